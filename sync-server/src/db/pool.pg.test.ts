import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    const warnings: string[] = [];
    const warned = Promise.withResolvers<void>();
    const log = {
      ...silentLog,
      warn(message: string) {
        warnings.push(message);
        warned.resolve();
      },
    };
    const pool = createPool(database.url, { applicationName: 'doomed', log });
    await pool.query('select 1');
    await onServer(database.url, (client) =>
      client.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'`),
    );
    await warned.promise;
    expect(warnings).toEqual([expect.stringContaining('terminating connection')]);
    await expect(pool.query('select 1 as one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await pool.end();
  });

  it('ends a statement that takes longer than allowed', async () => {
    const pool = createPool(database.url, { statementTimeoutMs: 50 });
    await expect(pool.query('select pg_sleep(5)')).rejects.toThrow(/statement timeout/);
    await pool.end();
  });
});
