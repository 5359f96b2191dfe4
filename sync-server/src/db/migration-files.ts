/** The files of `migrations/`, and which of them a database has run. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CannotStart } from './cannot-start.ts';
import type { DatabaseClient } from './database-client.ts';

export const MIGRATIONS_DIR = fileURLToPath(new URL('./migrations', import.meta.url));
export const HOST_ROLES = '0013_host-database';

const HAS_LOG = `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tablo_private' AND c.relname = 'migrations'`;
const APPLIED = 'SELECT name FROM tablo_private.migrations ORDER BY run_on, id';

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

export interface MigrationState {
  readonly applied: readonly string[];
  readonly pending: readonly Migration[];
  /** Of a later release. */
  readonly unknown: readonly string[];
}

/** Throws a `CannotStart` where the database has run other files. */
export async function readMigrationState(client: DatabaseClient, dir: string): Promise<MigrationState> {
  const all = await readMigrations(dir);
  const applied = await readApplied(client);
  const outOfOrder = applied.findIndex((name, nth) => all[nth] !== undefined && all[nth].name !== name);
  if (outOfOrder !== -1)
    throw new CannotStart(
      `The database has run ${applied[outOfOrder]} where this release has ${all[outOfOrder]?.name}.`,
    );
  return { applied, pending: all.slice(applied.length), unknown: applied.slice(all.length) };
}

/** How much of this release's schema is missing, for programs that do not migrate. Throws a `CannotStart` where the database has run other files. */
export async function findUnapplied(client: DatabaseClient): Promise<'none' | 'some' | 'all'> {
  const { applied, pending, unknown } = await readMigrationState(client, MIGRATIONS_DIR);
  if (applied.length === 0) return 'all';
  return pending.length === 0 && unknown.length === 0 ? 'none' : 'some';
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => ({ name: file.slice(0, -'.sql'.length), sql: await readFile(join(dir, file), 'utf8') })),
  );
}

async function readApplied(client: DatabaseClient): Promise<string[]> {
  if ((await client.query(HAS_LOG)).rowCount === 0) return [];
  const { rows } = await client.query<{ name: string }>(APPLIED);
  return rows.map(({ name }) => name);
}
