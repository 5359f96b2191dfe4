/**
 * A host application's database may have rules of its own for its tables: users must be known to it, columns must be filled, a trigger looks at every change. What they refuse is
 * an answer for the caller, not a fault of ours; the log has PostgreSQL's words.
 */
import { AppError, type RestRefusal, refusal } from './app-error.ts';

const HOST_TABLES = ['tablos', 'tablo_access'];
const FOREIGN_KEY = '23503';
/** Integrity constraints (class 23). */
const INTEGRITY = /^23...$/;
/** What a trigger raises by itself; a word that an enum of the host's does not have; a name that is too long for its column. */
const BY_HOST = ['P0001', '22P02', '22001'];
/** A violated key names its columns in PostgreSQL's detail: "Key (user_id)=(…) is not present in table …". */
const NAMES_USER = /^Key \((user_id|owner_id|created_by)\)=/;

const NO_SUCH_USER: RestRefusal = {
  code: 'not-found',
  message: 'The application that this tablo belongs to does not know this user.',
};
const REFUSED = refusal('forbidden', 'The application that this tablo belongs to does not allow this change.');

/** `null`: something else has failed. */
export function asHostRefusal(error: unknown): AppError | null {
  const { code, table, detail } = (error ?? {}) as { code?: unknown; table?: unknown; detail?: unknown };
  if (typeof code !== 'string') return null;
  if (BY_HOST.includes(code)) return new AppError(REFUSED, { cause: error });
  if (!INTEGRITY.test(code) || !HOST_TABLES.includes(String(table))) return null;
  const isUser = code === FOREIGN_KEY && NAMES_USER.test(String(detail));
  return new AppError(isUser ? NO_SUCH_USER : REFUSED, { cause: error });
}
