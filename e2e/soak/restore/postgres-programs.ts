/**
 * PostgreSQL as an operator has it: server and `pg_dump` of one version, which the bundled one lacks (a `pg_dump` refuses a newer server). Nothing on
 * npm brings the pair, so what is installed on this machine is used.
 */
import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export interface PostgresPrograms {
  /** The directory of all of them. */
  readonly bin: string;
  readonly version: string;
}

/** What README promises to run on. */
const OLDEST_MAJOR = 14;
const NEEDED = ['initdb', 'postgres', 'pg_dump', 'pg_restore', 'psql'];
/** Where distributions put them: `*` is one directory. */
const PLACES = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/usr/local/pgsql/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
];

/** The newest complete set, or a sentence why there is none. */
export async function findPostgresPrograms(): Promise<PostgresPrograms | string> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((place) => place !== '');
  const found: PostgresPrograms[] = [];
  for (const bin of new Set([...onPath, ...(await Promise.all(PLACES.map(expand))).flat()])) {
    const version = await readVersion(bin);
    if (version !== null && major(version) >= OLDEST_MAJOR) found.push({ bin, version });
  }
  found.sort((left, right) => major(right.version) - major(left.version));
  return (
    found[0] ??
    `no directory with ${NEEDED.join(', ')} of PostgreSQL ${OLDEST_MAJOR} or later, neither on PATH nor in ${PLACES.join(', ')}`
  );
}

const major = (version: string): number => Number.parseInt(version, 10);

async function expand(place: string): Promise<readonly string[]> {
  const [before = '', after] = place.split('*');
  if (after === undefined) return [place];
  const parent = before.slice(0, before.lastIndexOf('/'));
  const prefix = before.slice(parent.length + 1);
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).map((name) => `${join(parent, name)}${after}`);
}

/** `null`: not all of them are here, or they are not of one version. */
async function readVersion(bin: string): Promise<string | null> {
  try {
    for (const name of NEEDED) await access(join(bin, name), constants.X_OK);
    const [server, dump] = await Promise.all(['postgres', 'pg_dump'].map((name) => askVersion(join(bin, name))));
    return server !== undefined && server === dump ? server : null;
  } catch {
    return null; // Not there, or not for this machine.
  }
}

async function askVersion(program: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  return /\d+(\.\d+)?/.exec(stdout)?.[0];
}
