// Brings a database to this release's schema: the plain SQL files of `migrations/`, each once, in order of their names,
// forward only. Servers that start together queue for the lock, and the later ones find nothing left to do.
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { DatabaseClient } from './database-client.ts';
import type { DbLog } from './db-log.ts';
import { warnOfHostRights } from './host-rights.ts';

const MIGRATIONS_DIR = fileURLToPath(new URL('./migrations', import.meta.url));
/** Ours among advisory locks, apart from any other program that migrates the same database. */
const MIGRATION_LOCK = 7_461_626_012_447;
const SAID_MAX_LENGTH = 1_000;

/** Applies what is missing, returns the names of it, and warns of what a host's people may write. All of it is one transaction: a failure changes nothing. */
export async function migrate(url: string, log: DbLog, dir: string = MIGRATIONS_DIR): Promise<string[]> {
  const client = new DatabaseClient({
    connectionString: url,
    application_name: 'tablo-chat migrate',
    statement_timeout: 0,
  });
  // A connection that breaks rejects the query under way; unheard, it would end the process as well.
  client.on('error', (error) => log.warn({ err: error }, 'The migration’s connection broke.'));
  await client.connect();
  try {
    // Taken before anything else: `create schema if not exists` itself fails when two run it together.
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await runner({
      dbClient: client,
      dir,
      direction: 'up',
      migrationsSchema: 'tablo_private',
      createMigrationsSchema: true,
      migrationsTable: 'migrations',
      checkOrder: true,
      // Its default is a transaction per file, whatever its documentation says.
      singleTransaction: true,
      noLock: true,
      logger: { debug: () => {}, info: () => {}, warn: saidTo(log.warn), error: saidTo(log.error) },
    });
    const names = applied.map(({ name }) => name);
    if (names.length > 0) log.info({ applied: names }, 'Database: migrations were applied.');
    if (dir === MIGRATIONS_DIR) await warnOfHostRights(client, log);
    return names;
  } finally {
    // Ending the session releases the lock, also where the connection broke.
    await client.end().catch(() => {});
  }
}

/** The runner's own words, which may quote a statement. */
const saidTo =
  (write: DbLog['warn']) =>
  (said: unknown): void =>
    write({ said: String(said).slice(0, SAID_MAX_LENGTH) }, 'A migration has something to say.');
