/** What PostgreSQL's error codes mean to us: the one table of them. Source: PostgreSQL documentation, appendix A. */

/**
 * - `database`: the database cannot do anything now, whatever the statement: connection, resources, intervention, system, read-only.
 * - `access`: the database refuses the login: a changed password, a dropped role or database. A running server treats that as a database that is away.
 * - `statement`: the database is available, but this statement failed: it took too long, waited too long for a lock, or conflicted with another one.
 * - `data`: the values cannot be stored.
 */
export type SqlstateMeaning = 'database' | 'access' | 'statement' | 'data';

const CLASSES: Readonly<Record<string, SqlstateMeaning>> = {
  '08': 'database',
  '22': 'data',
  '23': 'data',
  '28': 'access',
  '3D': 'access',
  '40': 'statement',
  '53': 'database',
  '54': 'data',
  '55': 'statement',
  '57': 'database',
  '58': 'database',
};

/** A change in a read-only transaction: a standby after a failover, or `default_transaction_read_only`. */
export const READ_ONLY_TRANSACTION = '25006';
/** `statement_timeout`, or somebody ended the statement. */
export const QUERY_CANCELED = '57014';
export const LOCK_NOT_AVAILABLE = '55P03';
/** The transaction that was asked about is in the future of this database. */
export const INVALID_PARAMETER_VALUE = '22023';
export const TOO_MANY_CONNECTIONS = '53300';
const IDLE_IN_TRANSACTION_TIMEOUT = '25P03';
const TRANSACTION_TIMEOUT = '25P04';

/** Codes that differ from their class. */
const CODES: Readonly<Record<string, SqlstateMeaning>> = {
  [READ_ONLY_TRANSACTION]: 'database',
  [IDLE_IN_TRANSACTION_TIMEOUT]: 'database',
  [TRANSACTION_TIMEOUT]: 'database',
  [QUERY_CANCELED]: 'statement',
};

/** null: no SQLSTATE (Node's own errors have codes as well: ECONNRESET), or one that is about the statement itself. */
export function meaningOf(error: unknown): SqlstateMeaning | null {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return null;
  return CODES[code] ?? CLASSES[code.slice(0, 2)] ?? null;
}
