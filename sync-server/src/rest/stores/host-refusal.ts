/**
 * A host application's database may have rules of its own for its tables: users must be known to it, columns must be filled, a trigger looks at every change. Their refusals are
 * answers for the caller, not faults of ours. The log has PostgreSQL's message, and the caller gets the message that a trigger raises.
 */
import { AppError, type RestRefusal, refusal } from '../base/app-error.ts';

const HOST_TABLES = ['tablos', 'tablo_access'];
const FOREIGN_KEY = '23503';
/** Integrity constraints (class 23). */
const INTEGRITY = /^23...$/;
/** What a trigger raises by itself, PostgREST's HTTP statuses among it; a word that an enum of the host's does not have; a name that is too long for its column; a column that became generated. */
const BY_HOST = /^(P0001|PT...|22P02|22001|428C9)$/;
/** PL/pgSQL's `RAISE`, with whatever code. Ours names a table, and no class here is one that says how the database is: those are to be tried again. */
const RAISED = 'exec_stmt_raise';
const OF_STATE = /^(08|40|53|55|57|58|XX)/;
const WORDS_MAX_LENGTH = 200;
/** A violated key names its columns in PostgreSQL's detail: "Key (user_id)=(…) is not present in table …". */
const NAMES_USER = /^Key \((user_id|owner_id|created_by)\)=/;

const NO_SUCH_USER: RestRefusal = {
  code: 'not-found',
  message: 'The application that this tablo belongs to does not know this user.',
};
const DENIED = 'The application that this tablo belongs to does not allow this change';
const REFUSED = refusal('forbidden', `${DENIED}.`);

/** `null`: something else has failed. */
export function asHostRefusal(error: unknown): AppError | null {
  const { code, table, detail, routine } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code !== 'string') return null;
  const isOfHost = table === undefined || HOST_TABLES.includes(String(table));
  if (routine === RAISED && isOfHost && !OF_STATE.test(code))
    return new AppError(refusal('forbidden', `${DENIED}: ${wordsOf(error)}`), { cause: error });
  if (BY_HOST.test(code)) return new AppError(REFUSED, { cause: error });
  if (!INTEGRITY.test(code) || !HOST_TABLES.includes(String(table))) return null;
  const isUser = code === FOREIGN_KEY && NAMES_USER.test(String(detail));
  return new AppError(isUser ? NO_SUCH_USER : REFUSED, { cause: error });
}

/** The raised message is meant for the caller: a gateway of the host's would show it too. */
const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : '').replace(/\p{C}+/gu, ' ').slice(0, WORDS_MAX_LENGTH);
