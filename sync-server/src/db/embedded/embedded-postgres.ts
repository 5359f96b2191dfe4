// PostgreSQL without anybody installing it: the bundled programs, a cluster in DATA_DIR, one server process of our own.
// 1. One Tablo server per DATA_DIR: `owner` names it, by pid and start time.
// 2. A cluster is complete or absent: initdb works beside it and is renamed into place.
// 3. The url never changes while we live; a server that dies is started again on its port [R11].
// 4. It ends with us: fast shutdown on close, a watchdog when we are killed, the next start for all else.

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '@tablo/schema/backoff';
import { Client } from 'pg';
import { freePort } from '../../base/free-port.ts';
import type { DbLog } from '../db-log.ts';
import { copyBinaries, findBinaries, type PostgresBinaries, repairBinaries } from './postgres-binaries.ts';
import { findPlace, optionsOf, type PostgresPlace, type RootWay } from './postgres-user.ts';
import { freeCluster, type Postmaster, startPostmaster } from './postmaster.ts';
import { processIdentity } from './process-identity.ts';
import { runProgram } from './run-program.ts';

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: DbLog;
  /** Server settings on top of ours; tests switch `fsync` off. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where to look for a port; tests hand out one that is taken. */
  readonly choosePort?: () => Promise<number>;
  /** Tests leave ways out and keep the fallback in a directory of theirs. */
  readonly rootWays?: readonly RootWay[];
  readonly fallbackParent?: string;
  readonly binaries?: PostgresBinaries;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** The server process of the moment, for tests which kill it; null while there is none. */
  readonly pid: number | null;
  close(): Promise<void>;
}

const START_ATTEMPTS = 8;
const RESTART_FIRST_MS = 250;
const RESTART_MAX_MS = 10_000;
/** The last lines of its output. */
const REASON_MAX_LENGTH = 1_000;
const DATABASE = 'tablo';

export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, settings = {}, choosePort = freePort } = options;
  const binaries = await usableBinaries(options);
  const place = await findPlace({
    ...{ dataDir, binaries, log },
    ...{ rootWays: options.rootWays, fallbackParent: options.fallbackParent },
  });
  const release = await claim(place);
  try {
    const password = await readOrCreatePassword(place);
    await freeCluster(place, log);
    await createClusterOnce(place, log);
    const server = new Server(place, password, settings, log);
    await server.open(choosePort);
    return {
      url: server.url,
      get pid() {
        return server.pid;
      },
      close: async () => {
        await server.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The state of one running cluster; `#keepAlive` alone decides when it is started again. */
class Server {
  readonly #place: PostgresPlace;
  readonly #password: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #log: DbLog;
  readonly #closing = new AbortController();
  #port = 0;
  #postmaster: Postmaster | undefined;
  #supervision: Promise<void> = Promise.resolve();

  constructor(place: PostgresPlace, password: string, settings: Readonly<Record<string, string>>, log: DbLog) {
    this.#place = place;
    this.#password = password;
    this.#settings = settings;
    this.#log = log;
  }

  get url(): string {
    return `postgres://tablo:${this.#password}@127.0.0.1:${this.#port}/${DATABASE}`;
  }

  get pid(): number | null {
    return this.#postmaster?.pid ?? null;
  }

  async open(choosePort: () => Promise<number>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#port = await choosePort();
      const result = await this.#start();
      if (result.type === 'started') break;
      if (result.type === 'failed' || attempt === START_ATTEMPTS) {
        throw new Error(`PostgreSQL did not start in ${this.#place.home}: ${result.reason}`);
      }
      this.#log.warn({ trouble: result.type }, 'PostgreSQL did not start, trying again.');
      // The helpers of a killed server need a moment to notice and to let go of its shared memory.
      if (result.type === 'still-in-use') await delay(RESTART_FIRST_MS * attempt);
    }
    this.#supervision = this.#keepAlive();
    await this.#createDatabaseOnce();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#postmaster?.stop();
    await this.#supervision;
  }

  async #start() {
    const { log, place, port, password, settings } = {
      ...{ log: this.#log, place: this.#place, port: this.#port },
      ...{ password: this.#password, settings: this.#settings },
    };
    const result = await startPostmaster({ log, place, port, password, settings });
    this.#postmaster = result.type === 'started' ? result.postmaster : undefined;
    return result;
  }

  async #keepAlive(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff(RESTART_FIRST_MS, RESTART_MAX_MS);
    for (;;) {
      await this.#postmaster?.exited;
      if (signal.aborted) return;
      this.#log.error('PostgreSQL ended unexpectedly; starting it again.');
      await freeCluster(this.#place, this.#log).catch((error: unknown) =>
        this.#log.error({ err: error }, 'What PostgreSQL left behind could not be cleared away.'),
      );
      const result = await this.#start();
      if (signal.aborted) return await this.#postmaster?.stop();
      if (result.type === 'started') {
        this.#log.info('PostgreSQL is back.');
        backoff.reset();
        continue;
      }
      this.#log.error({ reason: result.reason.slice(-REASON_MAX_LENGTH) }, 'PostgreSQL did not start.');
      await delay(backoff.nextMs(), undefined, { signal }).catch(() => {
        // Closing ends the pause; the loop sees it.
      });
    }
  }

  async #createDatabaseOnce(): Promise<void> {
    const client = new Client({ connectionString: this.url.replace(/\/[^/]*$/, '/postgres') });
    await client.connect();
    try {
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    } finally {
      await client.end();
    }
  }
}

async function usableBinaries(options: EmbeddedPostgresOptions): Promise<PostgresBinaries> {
  const binaries = options.binaries ?? (await findBinaries());
  try {
    await repairBinaries(binaries);
    return binaries;
  } catch {
    // node_modules cannot be written (an image's layer, another user's): work on a copy which can be.
    return await copyBinaries(binaries, join(options.dataDir, 'programs'));
  }
}

/** Takes DATA_DIR for this process, or says who has it. */
async function claim({ home }: PostgresPlace): Promise<() => Promise<void>> {
  const file = join(home, 'owner');
  const identity = processIdentity(process.pid) ?? '';
  const owner = (await readFile(file, 'utf8').catch(() => '')).trim();
  const ownerPid = Number(owner.split(':')[0]);
  if (owner !== '' && processIdentity(ownerPid) === owner) {
    throw new Error(`Another Tablo Chat (process ${ownerPid}) uses ${home}. Stop it, or choose another DATA_DIR.`);
  }
  await rm(file, { force: true });
  await writeFile(file, identity, { flag: 'wx', mode: 0o600 }).catch((cause: unknown) => {
    throw new Error(`Another Tablo Chat is starting on ${home}.`, { cause });
  });
  return () => rm(file, { force: true });
}

async function readOrCreatePassword(place: PostgresPlace): Promise<string> {
  const file = join(place.home, 'password');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known !== '') return known;
  if (await stat(join(place.home, 'data')).catch(() => undefined)) {
    throw new Error(`${file} is missing, and the database beside it opens with no other. Restore it from a backup.`);
  }
  const password = randomBytes(24).toString('hex');
  // Whole or absent: a half-written password would lock the cluster that initdb makes from it.
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  await place.own(file);
  return password;
}

async function createClusterOnce(place: PostgresPlace, log: DbLog): Promise<void> {
  const data = join(place.home, 'data');
  const version = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  const major = place.binaries.version.split('.')[0];
  if (version === major) return;
  if (version !== '') {
    throw new Error(
      `${data} was made by PostgreSQL ${version}, and this release brings ${major}. Dump and restore it first.`,
    );
  }
  log.info(`Creating a database in ${place.home}.`);
  const unfinished = `${data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const initdb = place.launch(place.binaries.initdb, [
    `--pgdata=${unfinished}`,
    '--username=tablo',
    `--pwfile=${join(place.home, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Same order and same case rules on every machine, whatever locales it has.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]);
  const { code, output } = await runProgram(initdb.command, initdb.args, optionsOf(initdb));
  if (code !== 0) throw new Error(`PostgreSQL's initdb failed: ${output.trim()}`);
  await rename(unfinished, data);
}
