import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDatabaseAway } from '../database-away.ts';
import { silentLog } from './db-log.ts';
import { createPool } from './pool.ts';
import { onServer, openTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

describe('createPool', () => {
  it('[R11] outlives idle connections that the server ends, and says so', async () => {
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

  it('ends a statement that takes longer than allowed', async () => {
    const pool = createPool(database.url, { statementTimeoutMs: 50 });
    await expect(pool.query('select pg_sleep(5)')).rejects.toThrow(/statement timeout/);
    await pool.end();
  });
});

describe('errors of a connection', () => {
  it('[R11] are the database’s, whether it breaks under a query or before there is one', async () => {
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
