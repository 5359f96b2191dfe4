// A database for one server under test, a copy of the run's migrated template (vitest's global setup made both).
import { onServer, openTestDatabase } from '@tablo/sync-server/db/testing/test-database';
import type pg from 'pg';

export interface Database {
  readonly url: string;
  /** Looks from outside, as an administrator does. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function openDatabase(): Promise<Database> {
  const { url, close } = await openTestDatabase();
  return {
    url,
    query: (sql, values = []) => onServer(url, async (client) => (await client.query(sql, [...values])).rows),
    close,
  };
}
