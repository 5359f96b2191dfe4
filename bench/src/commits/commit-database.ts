/** A durable PostgreSQL that counts what commits cost it: statements, WAL by kind of record, processor time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import { migrate } from '@tablo/sync-server/db/migrate';
import pg from 'pg';
import { readFamilyCpuSeconds } from '../support/cpu.ts';

export interface WalRecord {
  readonly type: string;
  readonly count: number;
  readonly bytes: number;
}

export interface Spent {
  /** Statements that PostgreSQL was sent. */
  readonly statements: number;
  /** Bytes of WAL without whole pages: those depend on the last checkpoint. */
  readonly wal: number;
  /** Bytes of whole pages, after a checkpoint right before. */
  readonly pages: number;
  /** Rows put into tables, changed rows included. */
  readonly rows: number;
  /** Entries put into indexes. */
  readonly indexEntries: number;
  /** By kind, most bytes first. */
  readonly records: readonly WalRecord[];
  /** ms of processor time, of all of PostgreSQL's processes. */
  readonly cpu: number;
}

export interface CommitDatabase {
  readonly url: string;
  readonly client: pg.Client;
  /** What `act` has cost. */
  measure(act: () => Promise<void>): Promise<Spent>;
  close(): Promise<void>;
}

const SETTINGS = {
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  max_wal_size: '8GB',
  shared_buffers: '512MB',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'top',
};

const WAL = `SELECT "resource_manager/record_type" AS type, count::float8, record_size::float8 AS bytes, fpi_size::float8 AS pages
  FROM pg_get_wal_stats($1, $2, true) WHERE count > 0 ORDER BY record_size DESC`;
const ROWS = /^Heap.*(INSERT|UPDATE)/;
const INDEX_ENTRIES = /^Btree\/(INSERT_LEAF|INSERT_POST|SPLIT)/;

export async function openCommitDatabase(): Promise<CommitDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-commits-'));
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const postgres = await openEmbeddedPostgres({ dataDir, log, settings: SETTINGS });
  await migrate(postgres.url, log);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_walinspect');
  const position = async (): Promise<string> =>
    (await client.query<{ at: string }>('SELECT pg_current_wal_flush_lsn() AS at')).rows[0]?.at ?? '';
  const cpu = (): number => (postgres.pid === null ? 0 : readFamilyCpuSeconds(postgres.pid));
  return {
    url: postgres.url,
    client,
    measure: async (act) => {
      await client.query('CHECKPOINT');
      const [from, before] = [await position(), cpu()];
      await client.query('SELECT pg_stat_statements_reset()');
      await act();
      const spent = cpu() - before;
      const { rows: statements } = await client.query<{ calls: number }>(
        `SELECT coalesce(sum(calls), 0)::float8 AS calls FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'`,
      );
      type Row = WalRecord & { readonly pages: number };
      const { rows } = await client.query<Row>(WAL, [from, await position()]);
      const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
      const countOf = (kind: RegExp): number => sum(({ type, count }) => (kind.test(type) ? count : 0));
      return {
        statements: statements[0]?.calls ?? 0,
        wal: sum(({ bytes }) => bytes),
        pages: sum(({ pages }) => pages),
        rows: countOf(ROWS),
        indexEntries: countOf(INDEX_ENTRIES),
        records: rows,
        cpu: spent * 1_000,
      };
    },
    close: async () => {
      await client.end();
      await postgres.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
