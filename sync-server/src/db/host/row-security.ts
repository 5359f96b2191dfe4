/**
 * Row level security is for a host's people; the server reads past it, as the owner of the tables. Where it is forced upon the owner too (FORCE ROW LEVEL SECURITY), and
 * the owner has no BYPASSRLS, all tables look empty and nothing fails: so it is asked for.
 */
import type { DatabaseClient } from '../database-client.ts';
import type { DbLog } from '../db-log.ts';
import type { Pool } from '../pool.ts';
import { hiddenSentence } from './host-shapes.ts';
import { TABLES } from './our-tables.ts';

/** How soon the log says so, whether somebody asks `/readyz` or not. */
const LOOK_EVERY_MS = 15_000;

const HIDDEN = `SELECT current_user AS user, array_agg(c.relname::text ORDER BY c.relname) AS tables
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY($1) AND c.relkind = 'r' AND row_security_active(c.oid)`;

/** A sentence that says what to do; null when the server sees all rows. */
export async function findHidden(database: Pick<DatabaseClient | Pool, 'query'>): Promise<string | null> {
  const { rows } = await (database as Pool).query<{ user: string; tables: string[] | null }>(HIDDEN, [TABLES]);
  const { user = '', tables = null } = rows[0] ?? {};
  return tables === null ? null : hiddenSentence(tables, user);
}

export interface RowSecurityWatch {
  close(): void;
}

/** Logs when row level security begins to hide rows, and when it stops. */
export function watchRowSecurity(pool: Pool, log: DbLog, everyMs: number = LOOK_EVERY_MS): RowSecurityWatch {
  let reported: string | null = null;
  const look = async (): Promise<void> => {
    const hidden = await findHidden(pool);
    if (hidden !== null && hidden !== reported)
      log.error({ what_to_do: hidden }, 'Row level security hides tablos from the server: people see empty lists.');
    if (hidden === null && reported !== null) log.info('Row level security no longer hides anything from the server.');
    reported = hidden;
  };
  // A database that does not answer is reported elsewhere.
  const lookNow = (): void => void look().catch(() => {});
  lookNow();
  const timer = setInterval(lookNow, everyMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
