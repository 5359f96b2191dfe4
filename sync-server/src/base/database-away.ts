/** Whether an error says that PostgreSQL cannot do anything now, rather than that we asked for something wrong, or that somebody else's connection broke. */
import { meaningOf } from './sqlstates.ts';

/** Of a connection that we open; nobody opens one but to the database where these are asked for. */
const DIAL_CODES = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'];
/** Of any connection: a client's that hung up as well. They count where the database's connections marked them. */
const SOCKET_CODES = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'];
/** pg's own words, which carry no code. A pool that has ended is a server that stops. */
const PG_MESSAGES =
  /^(Connection terminated|Cannot use a pool after calling end|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

/** The database is there, and one statement did not get through: it took too long, waited too long for a lock, or met another one. By SQLSTATE. */
const OF_STATEMENT: Readonly<Record<string, string>> = {
  '57014': 'A statement took too long.',
  '55P03': 'A lock could not be had in time.',
  '40P01': 'Two transactions waited for each other.',
  '40001': 'A transaction met another one.',
};

/** What to say of such a statement in the log; null where it is something else. */
export function describeStatement(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? (OF_STATEMENT[code] ?? null) : null;
}

export const isOfStatement = (error: unknown): boolean => describeStatement(error) !== null;

const ofDatabase = new WeakSet<Error>();

/** Said by whoever holds a connection to PostgreSQL, of an error of that connection. */
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
