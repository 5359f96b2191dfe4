// One PostgreSQL server process: made sure that no earlier one holds the cluster, started, watched, stopped.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { DbLog } from '../db-log.ts';
import { readPostgresLine } from './postgres-line.ts';
import { optionsOf, type PostgresPlace } from './postgres-user.ts';
import { processCommand, processIdentity } from './process-identity.ts';

const POLL_MS = 25;
/** Recovery after a crash replays the log; a large one takes minutes, and giving up early would lose it for no reason. */
const START_MS = 300_000;
const FAST_STOP_MS = 30_000;

export interface Postmaster {
  readonly pid: number;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export type StartResult = { readonly type: 'started'; readonly postmaster: Postmaster } | StartFailure;
interface StartFailure {
  readonly type: 'port-taken' | 'still-in-use' | 'failed';
  readonly reason: string;
}

export interface StartOptions {
  readonly place: PostgresPlace;
  readonly port: number;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: DbLog;
}

export async function startPostmaster(options: StartOptions): Promise<StartResult> {
  const { place, port, log } = options;
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // No Unix socket: its path may be too long, or its directory closed to the other user.
    unix_socket_directories: '',
    logging_collector: 'off',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const start = place.launch(place.binaries.postgres, ['-D', join(place.home, 'data'), ...args]);
  // In a session of its own, so that Ctrl-C reaches only us and we end it after the last commit.
  const child = spawn(start.command, start.args, {
    ...optionsOf(start),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const output = followLog(child, log);
  let alive = true;
  void exited.then(() => {
    alive = false;
  });
  const deadline = Date.now() + START_MS;
  while (alive && Date.now() < deadline) {
    if (child.pid !== undefined && (await answers(port, options.password, child.pid, place))) {
      const watchdog = startWatchdog(child.pid);
      void exited.then(() => watchdog?.kill('SIGKILL'));
      return { type: 'started', postmaster: { pid: child.pid, exited, stop: () => stopChild(child, exited) } };
    }
    await Promise.race([exited, delay(POLL_MS)]);
  }
  if (alive) await stopChild(child, exited);
  const reason = output().trim();
  if (/could not bind|Address already in use|could not create any TCP\/IP sockets/.test(reason))
    return { type: 'port-taken', reason };
  if (/pre-existing shared memory|lock file .* already exists/.test(reason)) return { type: 'still-in-use', reason };
  return { type: 'failed', reason: reason || 'it said nothing' };
}

/** The server of exactly this cluster answers: the port may be another's by now. */
async function answers(port: number, password: string, pid: number, place: PostgresPlace): Promise<boolean> {
  const lock = await readLock(place);
  if (lock?.pid !== pid || lock.status !== 'ready') return false;
  const client = new Client({ host: '127.0.0.1', port, user: 'tablo', password, database: 'postgres' });
  client.on('error', () => {
    // The server went down between connect and query: the query rejects as well, and we ask again.
  });
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    // Not ready yet; the caller asks until its deadline.
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function followLog(child: ChildProcess, log: DbLog): () => string {
  const lines: string[] = [];
  if (!child.stderr) return () => '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > 40) lines.shift();
    const sentence = readPostgresLine(line);
    if (sentence === null) return;
    if (sentence.isGrave) log.warn({ said: sentence.text }, 'PostgreSQL is in trouble.');
    else log.debug({ said: sentence.text }, 'PostgreSQL has something to say.');
  });
  return () => lines.join('\n');
}

/**
 * Ends PostgreSQL when we end without having done so (SIGKILL, out of memory): the other end of its standard input is
 * ours alone, and closes however we die.
 */
function startWatchdog(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const script = 'cat >/dev/null; kill -INT "$1" 2>/dev/null';
  const child = spawn('/bin/sh', ['-c', script, 'sh', String(pid)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {
    // No shell: then the next start stops what is left.
  });
  child.unref();
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return child;
}

/** Fast shutdown (rolls back, closes, writes a checkpoint); after a while immediate, which the next start recovers from. */
async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), FAST_STOP_MS);
  await exited;
  clearTimeout(timer);
}

interface Lock {
  readonly pid: number;
  readonly status: string;
}

async function readLock({ home }: PostgresPlace): Promise<Lock | undefined> {
  const lines = (await readFile(join(home, 'data', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : undefined;
}

/**
 * Makes the cluster free after a crash: an earlier server that outlived us is stopped, a lock that a killed one left is
 * removed. PostgreSQL itself mistakes a lock for live when its pid belongs to some other process of the same user now.
 */
export async function freeCluster(place: PostgresPlace, log: DbLog): Promise<void> {
  const lock = await readLock(place);
  if (!lock) return;
  const identity = processIdentity(lock.pid);
  if (identity && processCommand(lock.pid).includes(join(place.home, 'data'))) {
    log.warn({ pid: lock.pid }, 'A PostgreSQL outlived the server before; stopping it first.');
    await stopOrphan(lock.pid, identity);
  }
  await rm(join(place.home, 'data', 'postmaster.pid'), { force: true });
}

async function stopOrphan(pid: number, identity: string): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone between the look and the signal, which is what we want.
      return;
    }
    const deadline = Date.now() + patience;
    while (Date.now() < deadline) {
      if (processIdentity(pid) !== identity) return;
      await delay(POLL_MS);
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) holds the database and cannot be stopped; end it and start again.`);
}
