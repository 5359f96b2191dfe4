// Who runs PostgreSQL, and where its files are. PostgreSQL refuses to run as root, and the user which root picks instead
// may be unable to enter the clone or DATA_DIR (below /root, say). Modes of directories that are not ours never change.
// Root therefore tries, in this order: the plain user; the user with the one capability to pass closed directories;
// a place outside of DATA_DIR, which a pointer file in DATA_DIR then names.
import { createHash } from 'node:crypto';
import { chown, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DbLog } from '../db-log.ts';
import { findHome, POINTER_FILE } from './home.ts';
import { copyBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { runProgram } from './run-program.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}
type Launcher = (program: string, args: readonly string[]) => Command;

export interface PostgresPlace {
  /** Ours alone: the cluster (`data/`), its password and the lock live in it. */
  readonly home: string;
  readonly binaries: PostgresBinaries;
  readonly launch: Launcher;
  /** Hands a file that we made to the user who runs PostgreSQL. */
  own(path: string): Promise<void>;
}

/** The ways root can start a program as `user`. Tests leave some out. */
export type RootWay = 'plain' | 'pass-closed-directories';
const ROOT_WAYS: readonly RootWay[] = ['plain', 'pass-closed-directories'];
export const FALLBACK_PARENT = '/var/lib/tablo-chat';

export interface PlaceOptions {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly log: DbLog;
  readonly rootWays?: readonly RootWay[] | undefined;
  readonly fallbackParent?: string | undefined;
}

export async function findPlace(options: PlaceOptions): Promise<PostgresPlace> {
  const { dataDir, binaries } = options;
  await mkdir(dataDir, { recursive: true });
  const within = join(await realpath(dataDir), 'postgres');
  const home = await findHome(await realpath(dataDir));
  if (process.getuid?.() === 0) return await findPlaceForRoot(within, home, options);
  await mkdir(home, { recursive: true, mode: 0o700 });
  // What is kept outside of DATA_DIR was made by root's user, and may be closed to us.
  const cluster = await stat(home === within ? join(home, 'data') : home).catch(() => undefined);
  if (cluster && process.getuid && cluster.uid !== process.getuid()) {
    throw new Error(
      `${home} belongs to user ${cluster.uid}. Start as that user or as root, or choose another DATA_DIR.`,
    );
  }
  return { home, binaries, launch: (command, args) => ({ command, args }), own: async () => {} };
}

/** `within`: DATA_DIR. `here`: where the cluster is by now, or would be made. */
async function findPlaceForRoot(within: string, here: string, options: PlaceOptions): Promise<PostgresPlace> {
  const pointer = join(options.dataDir, POINTER_FILE);
  const user = await findUser(here);
  const own = (path: string) => chown(path, user.uid, user.gid);
  await mkdir(here, { recursive: true, mode: 0o700 });
  await own(here);
  const launchers = (options.rootWays ?? ROOT_WAYS).flatMap((way) => launchersOf(way, user));
  const found = await firstThatWorks(launchers, here, options.binaries);
  if (found) return { home: here, binaries: options.binaries, launch: found, own };
  // Programs ask access(2) about themselves, which heeds no capability: in a closed clone they need an open place.
  const copy = await copyBinaries(options.binaries, await openParent(options));
  const foundWithCopy = await firstThatWorks(launchers, here, copy);
  if (foundWithCopy) return { home: here, binaries: copy, launch: foundWithCopy, own };
  return await findPlaceOutside(here === within ? outsideOf(within, options) : here, user, pointer, options);
}

/** Root's own directory, entered by all, written by nobody else: what lies in it is run. */
async function openParent({ fallbackParent = FALLBACK_PARENT }: PlaceOptions): Promise<string> {
  await mkdir(fallbackParent, { recursive: true, mode: 0o755 });
  return fallbackParent;
}

async function firstThatWorks(
  launchers: readonly Launcher[],
  home: string,
  binaries: PostgresBinaries,
): Promise<Launcher | undefined> {
  for (const launch of launchers) if (await canWork(launch, home, binaries)) return launch;
  return undefined;
}

const outsideOf = (home: string, { fallbackParent = FALLBACK_PARENT }: PlaceOptions) =>
  join(fallbackParent, createHash('sha256').update(home).digest('hex').slice(0, 16));

async function findPlaceOutside(
  home: string,
  user: User,
  pointer: string,
  options: PlaceOptions,
): Promise<PostgresPlace> {
  const { binaries, log } = options;
  const copy = await copyBinaries(binaries, await openParent(options));
  await mkdir(home, { recursive: true, mode: 0o700 });
  const own = (path: string) => chown(path, user.uid, user.gid);
  await own(home);
  const [launch] = launchersOf('plain', user);
  if (!launch || !(await canWork(launch, home, copy))) {
    throw new Error(
      `PostgreSQL cannot run as root, and user ${user.name} can enter neither DATA_DIR nor ${home}. ` +
        'Start as an ordinary user, or set DATABASE_URL.',
    );
  }
  await writeFile(pointer, `${home}\n`);
  log.info(`User ${user.name}, who runs PostgreSQL for root, cannot enter DATA_DIR: the database is kept in ${home}.`);
  return { home, binaries: copy, launch, own };
}

interface User {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** The owner of the cluster where there is one, else the customary user, else nobody. */
async function findUser(home: string): Promise<User> {
  const cluster = await stat(join(home, 'data')).catch(() => undefined);
  if (cluster && cluster.uid !== 0) return { uid: cluster.uid, gid: cluster.gid, name: String(cluster.uid) };
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const found = users.find(([name]) => name === wanted);
    if (found) return { name: wanted, uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new Error('PostgreSQL cannot run as root, and there is no user postgres or nobody. Start as an ordinary user.');
}

function launchersOf(way: RootWay, { uid, gid }: User): Launcher[] {
  if (way === 'plain') return [(command, args) => ({ command, args, uid, gid })];
  // Either capability lets a process pass directories that are closed to its user; containers tend to keep only the second.
  return ['dac_read_search', 'dac_override'].map((capability) => (program, args) => ({
    command: 'setpriv',
    args: [
      ...[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
      ...[`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`, `--bounding-set=-all,+${capability}`],
      ...['--', program, ...args],
    ],
  }));
}

async function canWork(launch: Launcher, home: string, { initdb }: PostgresBinaries): Promise<boolean> {
  const probe = launch('/bin/sh', ['-c', 'cd "$1" && test -w . && "$2" --show --pgdata="$1/data"', 'sh', home, initdb]);
  const { code } = await runProgram(probe.command, probe.args, optionsOf(probe));
  return code === 0;
}

/** What node needs to spawn a command: no environment of ours, or PGHOST and LC_ALL would reach PostgreSQL. */
export function optionsOf({ uid, gid }: Command) {
  return {
    cwd: '/',
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', TZ: 'UTC' },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}
