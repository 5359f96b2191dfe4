// Clusters of their own, beside the run's: these tests kill them. Where root is needed, other users skip with a reason.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../base/free-port.ts';
import { untilTrue } from '../../testing/wait.ts';
import { silentLog } from '../db-log.ts';
import { onServer } from '../testing/test-database.ts';
import { type EmbeddedPostgresOptions, openEmbeddedPostgres } from './embedded-postgres.ts';
import { copyBinaries, findBinaries } from './postgres-binaries.ts';
import { processCommand, processIdentity } from './process-identity.ts';

const isRoot = process.getuid?.() === 0;
let dir: string;
let dataDir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tablo-embedded-'));
  // mkdtemp closes it to others; DATA_DIR of most people is open.
  await chmod(dir, 0o755);
  dataDir = join(dir, 'data');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = (options: Partial<EmbeddedPostgresOptions> = {}) =>
  openEmbeddedPostgres({ dataDir, log: silentLog, ...options });
const run = (url: string, sql: string) => onServer(url, (client) => client.query(sql));
async function ask(url: string, sql: string): Promise<unknown> {
  let row: Record<string, unknown> = {};
  await onServer(url, async (client) => {
    row = (await client.query<Record<string, unknown>>(sql)).rows[0] ?? {};
  });
  return Object.values(row)[0];
}

describe('openEmbeddedPostgres', () => {
  it('openEmbeddedPostgres keeps its data from one start to the next, in UTF-8 with one order everywhere', async () => {
    const first = await open();
    await run(first.url, `create table kept(name text); insert into kept values ('é'), ('z'), ('Z')`);
    await first.close();
    const second = await open();
    expect(await ask(second.url, `select string_agg(name, '' order by name) from kept`)).toBe('Zzé');
    expect(await ask(second.url, 'show server_encoding')).toBe('UTF8');
    await second.close();
  });

  it('openEmbeddedPostgres listens on 127.0.0.1 only, and opens to its password alone, which only its user can read', async () => {
    const postgres = await open();
    expect(await ask(postgres.url, 'show listen_addresses')).toBe('127.0.0.1');
    expect(await ask(postgres.url, 'show unix_socket_directories')).toBe('');
    await expect(run(postgres.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1')).rejects.toThrow(/password/);
    expect((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
    await postgres.close();
  });

  it('openEmbeddedPostgres refuses a DATA_DIR that another live server has, and names its process', async () => {
    const postgres = await open();
    await expect(open()).rejects.toThrow(`Another Tablo Chat (process ${process.pid})`);
    expect(await ask(postgres.url, 'select 1')).toBe(1);
    await postgres.close();
  });

  it('openEmbeddedPostgres chooses another port when the first is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const ports = [(taken.address() as AddressInfo).port, await freePort()];
    const [busy] = ports;
    const postgres = await open({ choosePort: async () => ports.shift() ?? freePort() });
    // The second may be taken by somebody else by now.
    expect(new URL(postgres.url).port).not.toBe(String(busy));
    await postgres.close();
    taken.close();
  });

  it('openEmbeddedPostgres begins again after an initdb that was interrupted', async () => {
    await mkdir(join(dataDir, 'postgres', 'data.new'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'data.new', 'PG_VERSION'), '18');
    const postgres = await open();
    expect(await ask(postgres.url, 'select 1')).toBe(1);
    await postgres.close();
  });

  it('[R11] openEmbeddedPostgres starts a PostgreSQL that is killed again, on the same url, with every committed row', async () => {
    const postgres = await open();
    await run(postgres.url, 'create table kept(); insert into kept default values');
    const killed = postgres.pid;
    if (killed === null) throw new Error('It has just answered: it has a process.');
    process.kill(killed, 'SIGKILL');
    await untilTrue('another PostgreSQL runs', () => postgres.pid !== null && postgres.pid !== killed, 20_000);
    expect(await ask(postgres.url, 'select count(*)::int from kept')).toBe(1);
    await postgres.close();
  });

  it('[R11] openEmbeddedPostgres starts over the lock of a killed PostgreSQL whose pid is another program’s now', async () => {
    await (await open()).close();
    // Of the same user, or PostgreSQL could tell by itself that it is not one of its own.
    const { uid, gid } = await stat(join(dataDir, 'postgres', 'data'));
    const other = spawn('sleep', ['60'], { stdio: 'ignore', ...(isRoot ? { uid, gid } : {}) });
    const lock = join(dataDir, 'postgres', 'data', 'postmaster.pid');
    await writeFile(
      lock,
      `${other.pid}\n${join(dataDir, 'postgres', 'data')}\n1\n5432\n\n127.0.0.1\n       1         1\nready   \n`,
    );
    const postgres = await open();
    expect(await ask(postgres.url, 'select 1')).toBe(1);
    expect(processIdentity(other.pid ?? 0)).toBeDefined();
    await postgres.close();
    other.kill();
  });
});

// A process which opens the cluster and says its url and pid, to be killed.
const HOLDER = `
  const { openEmbeddedPostgres } = await import(process.argv[1]);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const postgres = await openEmbeddedPostgres({ dataDir: process.argv[2], log });
  console.log(JSON.stringify({ url: postgres.url, pid: postgres.pid }));
  setInterval(() => {}, 1000);
`;
async function holdCluster() {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, module, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(holder.stdout, 'data')) as [Buffer];
  const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number };
  return { holder, url, pid };
}
/** The shell that waits for the holder's end, so that a test can take it away first. */
function watchdogOf(pid: number): number {
  const isIt = (candidate: number) => {
    const command = processCommand(candidate);
    return command.includes('cat >/dev/null') && command.endsWith(` sh ${pid}`);
  };
  // Its pid is a little above that of PostgreSQL and its helpers.
  const found = Array.from({ length: 4_000 }, (_, index) => pid + index).find(isIt);
  if (found === undefined) throw new Error(`PostgreSQL ${pid} has no watchdog.`);
  return found;
}

describe('openEmbeddedPostgres, after its server was killed', () => {
  it('openEmbeddedPostgres, after its server was killed, leaves no PostgreSQL running when the server is killed', async () => {
    const { holder, pid } = await holdCluster();
    holder.kill('SIGKILL');
    await untilTrue('the process has ended', () => processIdentity(pid) === undefined, 20_000);
  });

  it('[R11] openEmbeddedPostgres, after its server was killed, passes on what PostgreSQL logs under two sentences, without statements and values of rows', async () => {
    const lines: string[] = [];
    const kinds = new Set<unknown>();
    const heard = Promise.withResolvers<void>();
    const debug = (...said: readonly unknown[]) => {
      const line = JSON.stringify(said);
      lines.push(line);
      kinds.add(said.at(-1));
      if (line.includes('division by zero')) heard.resolve();
    };
    const postgres = await open({ log: { ...silentLog, debug, warn: debug }, settings: { log_statement: 'all' } });
    await run(postgres.url, 'create table texts(text text primary key)');
    const twice = run(postgres.url, `insert into texts values ('a secret'), ('a secret')`);
    await expect(twice).rejects.toMatchObject({ detail: expect.stringContaining('a secret') });
    await expect(run(postgres.url, `select 'FATAL:  a secret'::int`)).rejects.toThrow();
    await expect(run(postgres.url, `select 1 / 0\n, 'FATAL:  a secret'`)).rejects.toThrow();
    await heard.promise;
    await postgres.close();
    expect(lines.join('\n')).toContain('duplicate key value');
    expect(lines.join('\n')).not.toContain('secret');
    expect(kinds).toEqual(new Set(['PostgreSQL has something to say.']));
  });

  it('openEmbeddedPostgres, after its server was killed, stops a PostgreSQL that outlived the server, and starts with its data', async () => {
    const { holder, url, pid } = await holdCluster();
    await run(url, 'create table kept(); insert into kept default values');
    process.kill(watchdogOf(pid), 'SIGKILL');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(processIdentity(pid)).toBeDefined();
    const warnings: string[] = [];
    const warn = (...said: readonly unknown[]) => void warnings.push(JSON.stringify(said));
    const postgres = await open({ log: { ...silentLog, warn } });
    expect(processIdentity(pid)).toBeUndefined();
    expect(warnings[0]).toContain('outlived');
    expect(await ask(postgres.url, 'select count(*)::int from kept')).toBe(1);
    await postgres.close();
  });

  it('openEmbeddedPostgres, after its server was killed, starts when server and PostgreSQL were killed together', async () => {
    const { holder, url, pid } = await holdCluster();
    await run(url, 'create table kept(); insert into kept default values');
    process.kill(pid, 'SIGKILL');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const postgres = await open();
    expect(await ask(postgres.url, 'select count(*)::int from kept')).toBe(1);
    await postgres.close();
  });
});

describe.skipIf(!isRoot)('openEmbeddedPostgres, as root (skipped for other users: only root changes users)', () => {
  it('openEmbeddedPostgres, as root, keeps the data in a DATA_DIR which PostgreSQL’s user cannot enter, and leaves modes as they are', async () => {
    await chmod(dir, 0o700);
    const first = await open();
    await run(first.url, 'create table kept()');
    await first.close();
    const second = await open();
    expect(await ask(second.url, `select to_regclass('kept')::text`)).toBe('kept');
    await second.close();
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'postgres', 'data'))).uid).not.toBe(0);
  });

  it('openEmbeddedPostgres, as root, keeps the data in DATA_DIR when the whole clone, programs included, is closed to PostgreSQL’s user', async () => {
    await chmod(dir, 0o700);
    const fallbackParent = await mkdtemp(join(tmpdir(), 'tablo-fallback-'));
    await chmod(fallbackParent, 0o755);
    const binaries = await copyBinaries(await findBinaries(), dir);
    const postgres = await open({ binaries, fallbackParent });
    expect(await ask(postgres.url, 'show data_directory')).toBe(join(dataDir, 'postgres', 'data'));
    await postgres.close();
    await rm(fallbackParent, { recursive: true, force: true });
  });

  it('openEmbeddedPostgres, as root, falls back to a place outside, says where in one line, and finds it again', async () => {
    await chmod(dir, 0o700);
    const fallbackParent = await mkdtemp(join(tmpdir(), 'tablo-fallback-'));
    await chmod(fallbackParent, 0o755);
    const infos: string[] = [];
    const log = { ...silentLog, info: (...said: readonly unknown[]) => void infos.push(JSON.stringify(said)) };
    const first = await open({ rootWays: ['plain'], fallbackParent, log });
    await run(first.url, 'create table kept()');
    await first.close();
    const home = (await readFile(join(dataDir, 'postgres-location.txt'), 'utf8')).trim();
    expect(home.startsWith(fallbackParent)).toBe(true);
    expect(infos.filter((line) => line.includes(home) && line.includes('cannot enter'))).toHaveLength(1);
    for (const rootWays of [['plain'], ['plain', 'pass-closed-directories']] as const) {
      const next = await open({ rootWays, fallbackParent });
      expect(await ask(next.url, `select to_regclass('kept')::text`)).toBe('kept');
      await next.close();
    }
    await rm(fallbackParent, { recursive: true, force: true });
  });
});
