/** Whether an error means that PostgreSQL is not available now, and not that a statement was wrong or that another connection broke. */
import { meaningOf } from './sqlstates.ts';

/** Error codes of opening a connection. The code that uses them opens connections to the database only. */
const DIAL_CODES = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'];
/** Error codes of any connection, also of a client that has hung up. They count only where a connection of the database has marked them. */
const SOCKET_CODES = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'];
/** Messages of pg without a code. A pool that has ended belongs to a server that is stopping. */
const PG_MESSAGES =
  /^(Connection terminated|Cannot use a pool after calling end|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

/** The database is available, but one statement failed: it took too long, waited too long for a lock, or conflicted with another one. By SQLSTATE. */
const OF_STATEMENT: Readonly<Record<string, string>> = {
  '57014': 'A statement took too long.',
  '55P03': 'A lock could not be had in time.',
  '40P01': 'Two transactions waited for each other.',
  '40001': 'A transaction met another one.',
};

/** The sentence about such a statement for the log; null for other errors. */
export function describeStatement(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? (OF_STATEMENT[code] ?? null) : null;
}

export const isOfStatement = (error: unknown): boolean => describeStatement(error) !== null;

const ofDatabase = new WeakSet<Error>();

/** Called by the holder of a connection to PostgreSQL: marks an error as one of that connection. */
export function markDatabaseError(error: unknown): void {
  if (error instanceof Error) ofDatabase.add(error);
}

export function isDatabaseAway(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (error instanceof AggregateError && error.errors.some(isDatabaseAway)) return true;
  if (typeof code !== 'string') return PG_MESSAGES.test(error.message);
  if (SOCKET_CODES.includes(code)) return ofDatabase.has(error);
  if (DIAL_CODES.includes(code)) return true;
  const meaning = meaningOf(error);
  return meaning !== null && meaning !== 'data';
}
