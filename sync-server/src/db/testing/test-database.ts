// A fresh, migrated database for a test file: a copy of the run's template, dropped at the end.
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export const URL_VARIABLE = 'TEST_DATABASE_URL';
export const TEMPLATE_VARIABLE = 'TABLO_TEST_TEMPLATE';

export interface TestDatabase {
  readonly url: string;
  close(): Promise<void>;
}

export const openTestDatabase = (): Promise<TestDatabase> => createFrom(runTemplate());

/** An empty one, for tests of the migrations themselves. */
export const openEmptyDatabase = (): Promise<TestDatabase> => createFrom('template0');

async function createFrom(template: string): Promise<TestDatabase> {
  const server = runUrl();
  const name = `tablo_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, (client) => client.query(`create database ${name} template ${template}`));
  return {
    url: databaseUrl(server, name),
    close: async () => {
      await onServer(server, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

function runUrl(): string {
  const url = process.env[URL_VARIABLE];
  if (!url) throw new Error('No test database: run this file in the vitest projects pg or browser.');
  return url;
}

function runTemplate(): string {
  const template = process.env[TEMPLATE_VARIABLE];
  if (!template) throw new Error('No migrated template: run this file in the vitest projects pg or browser.');
  return template;
}

/** The same server, another database. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

export async function onServer<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
