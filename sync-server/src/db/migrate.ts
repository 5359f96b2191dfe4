// Brings a database to this release's schema: the plain SQL files of `migrations/`, each once, in order of their names,
// forward only. Servers that start together queue for the lock, and the later ones find nothing left to do.
//
// Everything is one transaction, the schema for our own bookkeeping included: a failure, a kill or a database that cannot be used leaves nothing behind.
import { isDatabaseAway } from '../base/database-away.ts';
import { CannotStart } from './cannot-start.ts';
import { DatabaseClient } from './database-client.ts';
import type { DbLog } from './db-log.ts';
import { checkHost, checkTakenOver } from './host/check-host.ts';
import { renameProfiles } from './host/earlier-release.ts';
import { warnOfHostRights } from './host/host-rights.ts';
import { warnOfHostRoleWords } from './host/host-role-words.ts';
import { findHidden } from './host/row-security.ts';
import { createRoles } from './host/supabase-roles.ts';
import { followHostRoles, hasEarlierServer, reportTakenOver, takeOver } from './host/take-over.ts';
import { HOST_ROLES, MIGRATIONS_DIR, type Migration, readMigrationState } from './migration-files.ts';

/** The number of our advisory lock, different from those of other programs that migrate the same database. */
const MIGRATION_LOCK = 7_461_626_012_447;

// The table that node-pg-migrate made, which ran these files in earlier releases.
const MAKE_LOG = `CREATE SCHEMA IF NOT EXISTS tablo_private;
  CREATE TABLE IF NOT EXISTS tablo_private.migrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)`;
const NOTE = 'INSERT INTO tablo_private.migrations (name, run_on) VALUES ($1, now())';

const FIRST = '0001_tablo-chat';

export interface MigrateOptions {
  /** Of other files than the release's: for tests, which then look at nothing else. */
  readonly dir?: string;
  /** Within the transaction, when messages of a server before ours were taken over: fills their tablos' documents. */
  readonly fillDocuments?: (client: DatabaseClient) => Promise<void>;
}

/** Applies what is missing, returns the names of it, and warns of what a host's people may write. A failure changes nothing. */
export async function migrate(url: string, log: DbLog, options: MigrateOptions = {}): Promise<string[]> {
  const client = new DatabaseClient({
    connectionString: url,
    application_name: 'tablo-chat migrate',
    statement_timeout: 0,
  });
  // A broken connection rejects the running query. Without a listener its error would end the process as well.
  client.on('error', (error) => log.warn({ err: error }, 'The migration’s connection broke.'));
  await client.connect();
  try {
    // The lock is taken first: a server that waits here finds nothing left to do.
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query('BEGIN');
    const names = await migrateWithin(client, log, options);
    await client.query('COMMIT');
    if (names.length > 0) log.info({ applied: names }, 'Database: migrations were applied.');
    if (options.dir === undefined) {
      await warnOfHostRights(client, log);
      await warnOfHostRoleWords(client, log);
    }
    return names;
  } finally {
    // Ending the session releases the lock, and takes back what was not committed, also where the connection broke.
    await client.end().catch(() => {});
  }
}

async function migrateWithin(
  client: DatabaseClient,
  log: DbLog,
  { dir = MIGRATIONS_DIR, fillDocuments }: MigrateOptions,
): Promise<string[]> {
  const isOurs = dir === MIGRATIONS_DIR;
  const { applied, pending } = await readMigrationState(client, dir);
  if (isOurs && applied.length > 0) {
    await renameProfiles(client);
    await checkTakenOver(client);
  }
  if (pending.length === 0) return [];
  const earlier = isOurs && (await prepare(client, pending, applied.length === 0, log));
  await client.query(MAKE_LOG);
  for (const { name, sql } of pending) {
    await named(name, async () => {
      await client.query(sql);
      await client.query(NOTE, [name]);
      if (earlier && name === FIRST) await takeOver(client);
      if (isOurs && name === HOST_ROLES) await followHostRoles(client);
    });
  }
  if (earlier) {
    if (fillDocuments === undefined) throw new Error('messages were taken over, and nobody fills their documents');
    await fillDocuments(client);
    await reportTakenOver(client, log);
  }
  return pending.map(({ name }) => name);
}

/** Whether there are messages or read positions of a server before ours. Throws a `CannotStart` before anything is changed. */
async function prepare(
  client: DatabaseClient,
  pending: readonly Migration[],
  isFirst: boolean,
  log: DbLog,
): Promise<boolean> {
  const user = await checkHost(
    client,
    pending.map(({ sql }) => sql),
    isFirst,
  );
  if (!isFirst) {
    const hidden = await findHidden(client);
    if (hidden !== null) throw new CannotStart(hidden);
    return false;
  }
  await createRoles(client, user, log);
  return hasEarlierServer(client);
}

/** Every error is reported with the name of the migration. */
async function named(name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isDatabaseAway(error) || !(error instanceof Error)) throw error;
    // PostgreSQL's own words, without the statement: a file of ours has 20 KB.
    const { code } = error as { code?: unknown };
    throw new CannotStart(
      `the database migration ${name} failed, and nothing was changed: ${error.message} (${code})`,
      { cause: error },
    );
  }
}
