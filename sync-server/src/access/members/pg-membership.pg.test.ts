import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../../db/testing/test-database.ts';
import { newTabloId, newUserId, testMembership } from './membership-contract.ts';
import { PgMembership } from './pg-membership.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

const addTablo = (id: string, { epoch }: { epoch: number }) =>
  pool.query(`INSERT INTO tablos (id, name, epoch) VALUES ($1, 'Plans', $2)`, [id, epoch]);
const setRole = (tablo: string, user: string, role: string) =>
  pool.query('INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, $3)', [tablo, user, role]);

describe('PgMembership', () => {
  testMembership(() => ({
    membership: new PgMembership(pool),
    addTablo: async (...args) => void (await addTablo(...args)),
    setRole: async (...args) => void (await setRole(...args)),
    removeMember: async (tablo, user) =>
      void (await pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
        tablo,
        user,
      ])),
    deleteTablo: async (tablo) =>
      void (await pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [tablo])),
  }));

  it('PgMembership asks once for all look-ups of one event-loop turn', async () => {
    const query = vi.spyOn(pool, 'query');
    const membership = new PgMembership(pool);
    const user = newUserId();
    await Promise.all(Array.from({ length: 300 }, () => membership.find(newTabloId(), user)));
    expect(query).toHaveBeenCalledTimes(1);
    query.mockRestore();
  });

  it('PgMembership lets a role that nobody knows only read', async () => {
    const [tablo, user] = [newTabloId(), newUserId()];
    await addTablo(tablo, { epoch: 1 });
    await setRole(tablo, user, 'superuser');
    expect(await new PgMembership(pool).find(tablo, user)).toMatchObject({ role: 'guest' });
  });

  it('PgMembership reads a host application’s own table: role an enum, rows repeated', async () => {
    const host = await openTestDatabase();
    const hostPool = createPool(host.url);
    const [tablo, user] = [newTabloId(), newUserId()];
    await hostPool.query(`CREATE TYPE access_role AS ENUM ('guest', 'member', 'admin', 'owner');
      ALTER TABLE tablo_access DROP CONSTRAINT tablo_access_pkey, ALTER role DROP DEFAULT, ALTER role TYPE access_role USING role::access_role`);
    await hostPool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Plans')`, [tablo]);
    for (const role of ['guest', 'admin', 'member']) {
      await hostPool.query('INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, $3)', [
        tablo,
        user,
        role,
      ]);
    }
    expect(await new PgMembership(hostPool).find(tablo, user)).toMatchObject({ role: 'admin' });
    await hostPool.end();
    await host.close();
  });

  it('[R11] PgMembership waits on four connections at most while the database is silent, for so many look-ups and no more', async () => {
    const answer = Promise.withResolvers<never>();
    const query = vi.spyOn(pool, 'query').mockImplementation(() => answer.promise as never);
    const membership = new PgMembership(pool);
    const ask = () => Promise.allSettled([membership.find(newTabloId(), newUserId())]);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const early: unknown[] = [];
    for (let nth = 0; nth < 6; nth += 1) {
      early.push(ask());
      await turn();
    }
    expect(query).toHaveBeenCalledTimes(4);
    for (let nth = 0; nth < 20_000; nth += 1) early.push(ask());
    expect(await ask()).toMatchObject([{ status: 'rejected', reason: { code: '53300' } }]);
    answer.reject(new Error('gone'));
    expect(await Promise.all(early)).toHaveLength(20_006);
    query.mockRestore();
    expect(await membership.find(newTabloId(), newUserId())).toBeNull();
  });

  it('[R11] PgMembership rejects when the database is away, and works again when it is back', async () => {
    const query = vi.spyOn(pool, 'query').mockRejectedValueOnce(new Error('gone') as never);
    const membership = new PgMembership(pool);
    await expect(membership.find(newTabloId(), newUserId())).rejects.toThrow('gone');
    query.mockRestore();
    expect(await membership.find(newTabloId(), newUserId())).toBeNull();
  });
});
