/** A PostgreSQL of our own with its usual, durable settings, and the tablos of a round. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import { addTablo } from '@tablo/sync-server/testing/add-tablo';
import pg from 'pg';

export interface Tablo {
  readonly id: string;
  readonly members: readonly string[];
}

export interface Database {
  readonly url: string;
  readonly pid: number;
  /** Needs our server's migrations. */
  addTablos(count: number, members: number): Promise<readonly Tablo[]>;
  /** Of these people; its id. */
  addTablo(members: readonly string[]): Promise<string>;
  readEpoch(tablo: string): Promise<number>;
  readVersion(): Promise<string>;
  /** ms: one row, one client, one commit after the other. What durability costs at least on this machine. */
  measureCommit(): Promise<number>;
  close(): Promise<void>;
}

const COMMIT_SAMPLES = 200;

export async function openDatabase(): Promise<Database> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-bench-'));
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const postgres = await openEmbeddedPostgres({ dataDir, log });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const { pid } = postgres;
  if (pid === null) throw new Error('PostgreSQL has ended.');
  return {
    url: postgres.url,
    pid,
    addTablos: async (count, members) => {
      const tablos: Tablo[] = [];
      while (tablos.length < count) {
        const people = Array.from({ length: members }, () => randomUUID() as string);
        tablos.push({ id: await addTablo(client, people, { name: 'Bench' }), members: people });
      }
      return tablos;
    },
    addTablo: (members) => addTablo(client, members, { name: 'Bench' }),
    readEpoch: async (tablo) =>
      (await client.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [tablo])).rows[0]?.epoch ?? 0,
    readVersion: async () =>
      (await client.query<{ server_version: string }>('SHOW server_version')).rows[0]?.server_version ?? '',
    measureCommit: () => measureCommit(client),
    close: async () => {
      await client.end();
      await postgres.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function measureCommit(client: pg.Client): Promise<number> {
  await client.query('CREATE TABLE bench_commits (at timestamptz)');
  const startedAt = performance.now();
  for (let nth = 0; nth < COMMIT_SAMPLES; nth += 1) await client.query('INSERT INTO bench_commits VALUES (now())');
  const ms = (performance.now() - startedAt) / COMMIT_SAMPLES;
  await client.query('DROP TABLE bench_commits');
  return ms;
}
