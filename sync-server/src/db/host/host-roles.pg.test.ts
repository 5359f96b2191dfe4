/** [R6] On a host's database whose `tablo_access` got `role` from us: what the host says of its people makes owners and admins, and nobody else more than they are. */
import type { Pool } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fillTakenOver } from '../../ledger/store/pg-taken-over.ts';
import { DatabaseClient } from '../database-client.ts';
import { silentLog } from '../db-log.ts';
import { migrate } from '../migrate.ts';
import { createPool } from '../pool.ts';
import { ada, ben, boat, cleo, nameless, openHost } from '../testing/open-host.ts';
import { followHostRoles } from './take-over.ts';

let host: Awaited<ReturnType<typeof openHost>>;
let pool: Pool;
beforeEach(async () => {
  host = await openHost();
  pool = createPool(host.superuserUrl);
  await start();
});
afterEach(async () => {
  await pool.end();
  await host.close();
});

const start = () => migrate(host.url, silentLog, { fillDocuments: fillTakenOver });

const roleOf = async (user: string, tablo = boat): Promise<unknown> =>
  (await pool.query('SELECT role FROM tablo_access WHERE tablo_id = $1 AND user_id = $2', [tablo, user])).rows[0]?.role;

it('[R6] a new guest is a guest, and so is a role that nobody knows; a new admin of the host’s is an admin', async () => {
  await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1', [boat]);
  const add = (user: string, role: string, isAdmin: boolean | null) =>
    pool.query('INSERT INTO tablo_access (tablo_id, user_id, role, is_admin) VALUES ($1, $2, $3, $4)', [
      boat,
      user,
      role,
      isAdmin,
    ]);
  await add(ben, 'guest', false);
  await add(cleo, 'viewer', null);
  await add(ada, 'guest', false);
  // Ada owns it.
  expect([await roleOf(ben), await roleOf(cleo), await roleOf(ada)]).toEqual(['guest', 'viewer', 'owner']);
  await pool.query('DELETE FROM tablo_access WHERE user_id = $1', [ben]);
  await add(ben, 'guest', true);
  expect(await roleOf(ben)).toBe('admin');
});

it('[R6] a guest who loses the host’s admin rights stays a guest', async () => {
  await pool.query(`UPDATE tablo_access SET is_admin = true WHERE user_id = $1`, [ben]);
  await pool.query(`UPDATE tablo_access SET role = 'guest' WHERE user_id = $1`, [ben]);
  await pool.query(`UPDATE tablo_access SET is_admin = false WHERE user_id = $1`, [ben]);
  expect([await roleOf(ben), await roleOf(ben, nameless)]).toEqual(['guest', 'owner']);
});

it('[R6] the first look at the host’s people raises its owners and admins, and no guest', async () => {
  await pool.query(`UPDATE tablo_access SET role = 'guest' WHERE tablo_id = $1`, [boat]);
  const client = new DatabaseClient({ connectionString: host.url });
  await client.connect();
  await client.query('BEGIN');
  await followHostRoles(client);
  await client.query('COMMIT');
  await client.end();
  expect([await roleOf(ada), await roleOf(ben), await roleOf(cleo)]).toEqual(['owner', 'guest', 'admin']);
});

it('[R6] an is_admin that the host’s database makes from its other columns is followed as one that is written', async () => {
  const role = (value: string) => pool.query('UPDATE tablo_access SET host_role = $2 WHERE user_id = $1', [ben, value]);
  await pool.query(`ALTER TABLE tablo_access ADD host_role text, DROP is_admin`);
  await pool.query(`ALTER TABLE tablo_access ADD is_admin boolean GENERATED ALWAYS AS (host_role = 'chief') STORED`);
  await role('chief');
  expect([await roleOf(ben), await roleOf(ben, nameless)]).toEqual(['admin', 'owner']);
  await pool.query('UPDATE tablo_access SET is_active = true');
  expect(await roleOf(ben)).toBe('admin');
  await role('other');
  expect([await roleOf(ben), await roleOf(ben, nameless)]).toEqual(['member', 'owner']);
  await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1', [boat]);
  await pool.query(
    `INSERT INTO tablo_access (tablo_id, user_id, role, host_role) VALUES ($1, $2, 'member', 'chief'), ($1, $3, 'guest', NULL), ($1, $4, 'member', NULL)`,
    [boat, ben, cleo, ada],
  );
  expect([await roleOf(ben), await roleOf(cleo), await roleOf(ada)]).toEqual(['admin', 'guest', 'owner']);
});
