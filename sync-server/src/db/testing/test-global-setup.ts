// One PostgreSQL for a test run, and in it one migrated template that every test file copies.
// TEST_DATABASE_URL names a server to use instead; databases are created in it and dropped again.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../db-log.ts';
import { openEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { migrate } from '../migrate.ts';
import { databaseUrl, onServer, TEMPLATE_VARIABLE, URL_VARIABLE } from './test-database.ts';

/** Vitest's hook. Two projects name it; the second call finds the server of the first. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[TEMPLATE_VARIABLE]) return undefined;
  const server = process.env[URL_VARIABLE] ? undefined : await openThrowawayServer();
  const url = server?.url ?? process.env[URL_VARIABLE] ?? '';
  const template = `tablo_template_${randomUUID().replaceAll('-', '')}`;
  await onServer(url, (client) => client.query(`create database ${template}`));
  await migrate(databaseUrl(url, template), { ...silentLog, error: (message) => process.stderr.write(`${message}\n`) });
  process.env[URL_VARIABLE] = url;
  process.env[TEMPLATE_VARIABLE] = template;
  return async () => {
    await onServer(url, (client) => client.query(`drop database if exists ${template} with (force)`));
    await server?.close();
  };
}

async function openThrowawayServer(): Promise<{ url: string; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-test-'));
  // Nothing here outlives this machine's uptime, so nothing waits for a disk. Commits stay synchronous: tests kill the server.
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '200' };
  const server = await openEmbeddedPostgres({ dataDir, log: silentLog, settings });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
