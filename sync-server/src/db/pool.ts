// The one way to reach PostgreSQL: a pool whose broken idle connections are replaced, never fatal [R11].
import pg, { type Pool } from 'pg';
import { DatabaseClient, type DatabaseClientConfig } from './database-client.ts';
import { type DbLog, silentLog } from './db-log.ts';

/** For rooms that are handed a pool: they need not know where it comes from. */
export type { Pool };

export interface PoolOptions {
  readonly max?: number;
  /** PostgreSQL ends a statement that takes longer. */
  readonly statementTimeoutMs?: number;
  /** How much longer its answer is waited for: COMMIT is not counted. */
  readonly answerGraceMs?: number;
  readonly connectionTimeoutMs?: number;
  /** A transaction that is idle for so long is ended, so that a stopped process does not hold its locks. */
  readonly idleInTransactionMs?: number;
  /** Schemas to look in; absent: `public`. */
  readonly searchPath?: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  readonly log?: DbLog;
}

const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 10_000;
/**
 * How much longer than PostgreSQL itself we wait for an answer. A connection that died silently (failover, dropped by a firewall) never gives one, and
 * TCP takes a quarter of an hour to say so; a commit that waits on it would hold the ledger for as long [R11].
 */
const ANSWER_GRACE_MS = 2_000;
/** The other end of such a connection: a transaction nobody will finish lets go of its locks. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Shorter than the client's timeouts: a busy or absent database is reported instead of waited for without end. */
const CONNECTION_TIMEOUT_MS = 10_000;

export function createPool(url: string, options: PoolOptions = {}): Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const config: pg.PoolConfig & Pick<DatabaseClientConfig, 'searchPath'> = {
    Client: DatabaseClient,
    connectionString: url,
    max: options.max ?? POOL_MAX,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + (options.answerGraceMs ?? ANSWER_GRACE_MS),
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? CONNECTION_TIMEOUT_MS,
    application_name: options.applicationName ?? 'tablo-chat',
    // A peer that vanished silently (failover, unplugged) is noticed.
    keepAlive: true,
    ...(options.searchPath === undefined ? {} : { searchPath: options.searchPath }),
  };
  const pool = new pg.Pool(config);
  const log = options.log ?? silentLog;
  // Without a listener an idle connection that breaks ends the process; the pool has dropped it by now.
  pool.on('error', (error) => log.warn({ err: error }, 'An idle database connection broke.'));
  // The same for one that is checked out and breaks between two queries: its next query fails, and the pool drops it at release.
  pool.on('connect', (client) =>
    client.on('error', (error) => log.debug({ err: error }, 'A database connection in use broke.')),
  );
  return pool;
}

/** A query that hangs must not hold the process: its connection ends with it. */
export async function endPool(pool: Pool, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([pool.end(), deadline]);
  clearTimeout(timer);
}
