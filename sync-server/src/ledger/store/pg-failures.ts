/** What PostgreSQL's errors mean to the ledger: trouble of the database, something in the way of these rows, or data that cannot be stored. */
import { meaningOf } from '../../base/sqlstates.ts';
import { BlockedError, UnansweredCommitError, UnstorableError } from './ledger-store.ts';

/** Two nodes insert one id at once: the repeated transaction reads the winner's row and decides by it. */
const UNIQUE_VIOLATION = '23505';

/** What is scarce for everybody: a small write may still find room, and says nothing. */
const SCARCITY = new Set(['53100', '53200', '53300']);

/** PostgreSQL has refused it and rolled it back, and its connection lives on, though the error is of a class that speaks of the database's state. */
export function isAnsweredNo(error: unknown): boolean {
  if (error instanceof UnansweredCommitError || error instanceof BlockedError || error instanceof UnstorableError)
    return false;
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return severity === 'ERROR' && typeof code === 'string' && !SCARCITY.has(code);
}

/** By SQLSTATE (PostgreSQL, appendix A). What is neither of the database's state nor of the data stands in the way of these rows alone: a lock, a trigger, a policy. */
export function asFailure(error: unknown): Error {
  if (error instanceof UnansweredCommitError || error instanceof BlockedError) return error;
  const { code } = error as { code?: unknown };
  const failure = error instanceof Error ? error : new Error(String(error));
  // Node's own errors have codes as well: ECONNRESET.
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return failure;
  const meaning = meaningOf(error);
  if (meaning === 'data' && code !== UNIQUE_VIOLATION)
    return new UnstorableError(`PostgreSQL refused the data: ${code}`);
  return meaning === 'database' || meaning === 'access'
    ? failure
    : new BlockedError(failure.message, { cause: failure });
}
