/** Webhooks on a host's own tables: its people, whom it makes admins and owners in its own words, repeats or takes away by SQL. */
import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../base/log.ts';
import { migrate } from '../db/migrate.ts';
import { createPool, type Pool } from '../db/pool.ts';
import { ada, ben, boat, cleo, openHost } from '../db/testing/open-host.ts';
import { PgWebhooks } from './pg-webhooks.ts';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function open(more = ''): Promise<Pool> {
  const host = await openHost({ more });
  await migrate(host.url, silentLog);
  const pool = createPool(host.url);
  close = async () => {
    await pool.end();
    await host.close();
  };
  await new PgWebhooks(pool).register('https://host.example/', [
    'member.added',
    'member.removed',
    'member.role_changed',
  ]);
  return pool;
}

/** What was noted since the last time. */
async function noted(pool: Pool): Promise<unknown[]> {
  const { rows } = await pool.query(
    `WITH gone AS (DELETE FROM tablo_private.webhook_events RETURNING id, type, user_id, role)
     SELECT type, user_id, role FROM gone ORDER BY id`,
  );
  return rows.map(({ type, user_id, role }) => [type, user_id, role]);
}

it('tells the role that the host’s words make of somebody', async () => {
  const pool = await open();
  await pool.query('UPDATE tablo_access SET is_admin = true WHERE tablo_id = $1 AND user_id = $2', [boat, ben]);
  expect(await noted(pool)).toEqual([['member.role_changed', ben, 'admin']]);
  await pool.query('UPDATE tablos SET owner_id = $2 WHERE id = $1', [boat, ben]);
  expect(new Set(await noted(pool))).toEqual(
    new Set([
      ['member.role_changed', ben, 'owner'],
      ['member.role_changed', ada, 'admin'],
    ]),
  );
  await pool.query('UPDATE tablo_access SET is_active = true WHERE tablo_id = $1 AND user_id = $2', [boat, cleo]);
  expect(await noted(pool)).toEqual([['member.added', cleo, 'admin']]);
  await pool.query(`UPDATE tablos SET name = 'Another' WHERE id = $1`, [boat]);
  await pool.query('UPDATE tablo_access SET is_active = NULL WHERE user_id = $1 AND tablo_id = $2', [cleo, boat]);
  expect(await noted(pool)).toEqual([['member.removed', cleo, 'admin']]);
});

it('tells nothing of a member whom the host’s table repeats, but when that changes what they are', async () => {
  const pool = await open('ALTER TABLE public.tablo_access DROP CONSTRAINT tablo_access_tablo_id_user_id_key');
  const add = (isAdmin: boolean) =>
    pool.query('INSERT INTO tablo_access (tablo_id, user_id, is_admin) VALUES ($1, $2, $3)', [boat, ben, isAdmin]);
  const remove = (role: string) =>
    pool.query('DELETE FROM tablo_access WHERE tablo_id = $1 AND user_id = $2 AND role = $3', [boat, ben, role]);
  await add(false);
  expect(await noted(pool)).toEqual([]);
  await add(true);
  expect(await noted(pool)).toEqual([['member.role_changed', ben, 'admin']]);
  await remove('member');
  expect(await noted(pool)).toEqual([]);
  await remove('admin');
  expect(await noted(pool)).toEqual([['member.removed', ben, 'admin']]);
});

it('tells who came before it tells what the database makes of them', async () => {
  const pool = await open(`ALTER TABLE public.tablo_access DROP COLUMN is_admin, ADD COLUMN level integer DEFAULT 0;
    ALTER TABLE public.tablo_access ADD COLUMN is_admin boolean GENERATED ALWAYS AS (level > 1) STORED`);
  await pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [boat, ben]);
  await noted(pool);
  await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1 AND user_id = $2', [boat, ben]);
  await pool.query('INSERT INTO tablo_access (tablo_id, user_id, level) VALUES ($1, $2, 2)', [boat, ben]);
  expect(await noted(pool)).toEqual([
    ['member.added', ben, 'member'],
    ['member.role_changed', ben, 'admin'],
  ]);
});
