import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDatabaseAway } from '../base/database-away.ts';
import { silentLog } from './db-log.ts';
import { createPool } from './pool.ts';
import { onServer, openTestDatabase, type TestDatabase } from './testing/test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

describe('createPool', () => {
  it('[R11] createPool outlives idle connections that the server ends, and says so', async () => {
    const warnings: unknown[] = [];
    const warned = Promise.withResolvers<void>();
    const log = {
      ...silentLog,
      warn(...said: readonly unknown[]) {
        warnings.push(said);
        warned.resolve();
      },
    };
    const pool = createPool(database.url, { applicationName: 'doomed', log });
    await pool.query('select 1');
    await onServer(database.url, (client) =>
      client.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'`),
    );
    await warned.promise;
    const err = expect.objectContaining({ message: expect.stringContaining('terminating connection') });
    expect(warnings).toEqual([[{ err }, 'An idle database connection broke.']]);
    await expect(pool.query('select 1 as one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await pool.end();
  });

  it('createPool ends a statement that takes longer than allowed', async () => {
    const pool = createPool(database.url, { statementTimeoutMs: 50 });
    await expect(pool.query('select pg_sleep(5)')).rejects.toThrow(/statement timeout/);
    await pool.end();
  });
});

describe('a connection of the pool', () => {
  it('[R1] a connection of the pool has our settings, whatever the defaults of the database', async () => {
    const own = await openTestDatabase();
    const awful = {
      datestyle: 'SQL, DMY',
      intervalstyle: 'iso_8601',
      timezone: 'Asia/Kolkata',
      standard_conforming_strings: 'off',
      bytea_output: 'escape',
      extra_float_digits: '-15',
      default_transaction_isolation: 'serializable',
      lock_timeout: '1ms',
      statement_timeout: '1ms',
      synchronous_commit: 'off',
      search_path: 'pg_temp',
    };
    const name = new URL(own.url).pathname.slice(1);
    await onServer(own.url, (client) =>
      client.query(
        Object.entries(awful)
          .map(([setting, value]) => `ALTER DATABASE ${name} SET ${setting} = '${value}'`)
          .join('; '),
      ),
    );
    const pool = createPool(own.url);
    const read = async (setting: string) =>
      (await pool.query<{ value: string }>('SELECT current_setting($1) AS value', [setting])).rows[0]?.value;
    const found = Object.fromEntries(await Promise.all(Object.keys(awful).map(async (one) => [one, await read(one)])));
    expect(found).toEqual({
      datestyle: 'ISO, MDY',
      intervalstyle: 'postgres',
      timezone: 'UTC',
      standard_conforming_strings: 'on',
      bytea_output: 'hex',
      extra_float_digits: '1',
      default_transaction_isolation: 'read committed',
      lock_timeout: '0',
      statement_timeout: '10s',
      synchronous_commit: 'on',
      search_path: 'public',
    });
    await pool.end();
    await own.close();
  });
});

describe('errors of a connection', () => {
  it('[R11] errors of a connection are the database’s, whether it breaks under a query or before there is one', async () => {
    // Accepts, and hangs up without a word.
    const broken = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const pool = createPool(`postgres://x@127.0.0.1:${(broken.address() as AddressInfo).port}/x`);
    const error: unknown = await pool.query('select 1').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(isDatabaseAway(error)).toBe(true);
    await pool.end();
    broken.close();
  });
});
