// The real server as a process of its own, so that a test can end it the hard way and start it again at the same address.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@tablo/sync-server/base/free-port';

export interface ServerOptions {
  /** DATABASE_URL or DATA_DIR, and whatever else the test is about; PORT and HOST are chosen here. */
  readonly env: Readonly<Record<string, string>>;
  /** `--check`. */
  readonly args?: readonly string[];
  /** Several nodes, or a fixed address: absent, a free one. */
  readonly port?: number;
  /** False: the start itself is what the test is about. */
  readonly isReadyAwaited?: boolean;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** What it wrote, for the message of a failing test. */
  output(): string;
  /** A signal, not awaited. */
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGSTOP' | 'SIGCONT'): void;
  /** The exit code, once it has ended. */
  ended(): Promise<number | null>;
  /** Nobody reads what it writes any more. */
  closeOutput(): void;
  /** SIGTERM, awaited; the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, awaited. */
  kill(): Promise<void>;
  /** The same address again, after `stop` or `kill`, or ending it first; awaited until it is ready. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
}

/** The first start creates a database where DATA_DIR is new. */
const READY_MS = 90_000;
const STOP_MS = 30_000;
const ROOT = dirname(dirname(import.meta.dirname));

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  let running = launch(options.env, port, options.args);
  if (options.isReadyAwaited ?? true) await waitUntilReady(url, running);
  return {
    url,
    port,
    closeOutput: () => {
      running.child.stdout?.destroy();
      running.child.stderr?.destroy();
    },
    output: () => running.output(),
    signal: (name) => void running.child.kill(name),
    ended: async () => {
      if (!hasEnded(running.child)) await once(running.child, 'exit');
      return running.child.exitCode;
    },
    stop: () => stop(running.child, running.output),
    kill: async () => {
      await end(running.child, 'SIGKILL');
    },
    restart: async (env = {}) => {
      await stop(running.child, running.output);
      running = launch({ ...options.env, ...env }, port);
      await waitUntilReady(url, running);
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  output(): string;
}

function launch(env: Readonly<Record<string, string>>, port: number, args: readonly string[] = []): Launched {
  const child = spawn(process.execPath, [join(ROOT, 'sync-server', 'src', 'main.ts'), ...args], {
    cwd: ROOT,
    env: { ...inherited(), ...env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return { child, output: () => output };
}

/** Only what a program needs to run: settings of the person at the keyboard would change what is tested. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LD_LIBRARY_PATH'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function waitUntilReady(url: string, { child, output }: Launched): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new Error(`The server ended with ${child.exitCode ?? child.signalCode}:\n${output()}`);
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    await delay(50);
  }
  await end(child, 'SIGKILL');
  throw new Error(`The server was not ready within ${READY_MS / 1000} s:\n${output()}`);
}

async function stop(child: ChildProcess, output: () => string): Promise<number | null> {
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await end(child, 'SIGTERM');
  clearTimeout(late);
  if (child.signalCode === 'SIGKILL' && !killedOnPurpose.has(child)) {
    throw new Error(`The server did not stop within ${STOP_MS / 1000} s:\n${output()}`);
  }
  return child.exitCode;
}

const killedOnPurpose = new WeakSet<ChildProcess>();

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (hasEnded(child)) return;
  if (signal === 'SIGKILL') killedOnPurpose.add(child);
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
