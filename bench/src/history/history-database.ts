/** A PostgreSQL of our own that waits for no disk, so that the disk hides no work, and that counts what every statement touches. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import { migrate } from '@tablo/sync-server/db/migrate';
import pg from 'pg';

/** What statements have done since the last reset, ours for counting left out. */
export interface Work {
  /** Pages of tables and indexes looked at, whether in memory or not. */
  readonly blocks: number;
  /** Bytes written to the WAL, without whole pages: those depend on the last checkpoint. */
  readonly wal: number;
  /** ms of executing statements, triggers included. */
  readonly ms: number;
}

export interface HistoryDatabase {
  readonly url: string;
  readonly client: pg.Client;
  connect(): Promise<pg.Client>;
  readWork(): Promise<Work>;
  close(): Promise<void>;
}

const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // Not in the middle of a measurement: everything is vacuumed and analysed once it is filled.
  autovacuum: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  checkpoint_timeout: '1h',
  max_wal_size: '8GB',
  shared_buffers: '1GB',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'top',
};

const WORK = `SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float8 AS blocks, coalesce(sum(wal_bytes), 0)::float8 AS wal,
    coalesce(sum(total_exec_time), 0)::float8 AS ms
  FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'`;

export async function openHistoryDatabase(): Promise<HistoryDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-history-'));
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const postgres = await openEmbeddedPostgres({ dataDir, log, settings: SETTINGS }).catch(async (error: unknown) => {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  });
  const clients: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: postgres.url });
    clients.push(client);
    await client.connect();
    return client;
  };
  const end = async (): Promise<void> => {
    await Promise.allSettled(clients.map((client) => client.end()));
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  // Asked by an interruption, and by what it interrupts.
  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  try {
    await migrate(postgres.url, log);
    const client = await connect();
    await client.query('CREATE EXTENSION pg_stat_statements');
    const readWork = async (): Promise<Work> =>
      (await client.query<Work>(WORK)).rows[0] ?? { blocks: 0, wal: 0, ms: 0 };
    return { url: postgres.url, client, connect, readWork, close };
  } catch (error) {
    await close();
    throw error;
  }
}
