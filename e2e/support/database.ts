// A database for one server under test, a copy of the run's migrated template (vitest's global setup made both).
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface Database {
  readonly url: string;
  /** Looks from outside, as an administrator does. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function openDatabase(): Promise<Database> {
  const { TEST_DATABASE_URL: server, TABLO_TEST_TEMPLATE: template } = process.env;
  if (!server || !template) throw new Error('No test database: run this file in the vitest project browser.');
  const name = `tablo_e2e_${randomUUID().replaceAll('-', '')}`;
  await run(server, `create database ${name} template ${template}`);
  const address = new URL(server);
  address.pathname = `/${name}`;
  return {
    url: address.href,
    query: (sql, values = []) => run(address.href, sql, values),
    close: async () => {
      await run(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function run<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
