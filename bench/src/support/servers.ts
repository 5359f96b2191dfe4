/** The two servers under load, each a process of its own on the same database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TOKEN_SETTINGS } from '@tablo/sync-server/testing/tokens';

const OURS = fileURLToPath(new URL('../../../sync-server/src/main.ts', import.meta.url));
const STOCK = fileURLToPath(new URL('./stock-server.ts', import.meta.url));
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;

export type ServerName = 'ours' | 'stock';
/** Whose tokens our server takes: those that the benchmark signs, or those of its own accounts. */
export type Identity = 'secret' | 'built-in';

export interface RunningServer {
  readonly name: ServerName;
  readonly pid: number;
  /** Where documents are synced. */
  readonly url: string;
  close(): Promise<void>;
}

interface Starting {
  readonly databaseUrl: string;
  /** Directory for a CPU profile, which is written when the server ends; null: none. */
  readonly profileDir: string | null;
  /** Of our server: null leaves the default. */
  readonly epochMaxEntries: number | null;
  /** Further settings of our server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of our server; absent: `secret`. */
  readonly identity?: Identity;
}

export async function openServer(
  name: ServerName,
  { databaseUrl, profileDir, epochMaxEntries, settings = {}, identity = 'secret' }: Starting,
): Promise<RunningServer> {
  const profile =
    profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${name}.cpuprofile`];
  const child = spawn(process.execPath, [...profile, name === 'ours' ? OURS : STOCK], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...inherited(),
      ...{ DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'warn' },
      ...(identity === 'secret' ? TOKEN_SETTINGS : {}),
      ...(epochMaxEntries === null ? {} : { EPOCH_MAX_ENTRIES: String(epochMaxEntries) }),
      ...settings,
    },
  });
  const http = await readAddress(child, name);
  return {
    name,
    pid: child.pid ?? 0,
    url: `${http.replace('http:', 'ws:')}${name === 'ours' ? '/sync' : '/'}`,
    close: () => stop(child),
  };
}

/** Only what a program needs to run: settings of the person at the keyboard would change what is measured. */
function inherited(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );
}

function readAddress(child: ChildProcess, name: ServerName): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (what: string): void => reject(new Error(`The server '${name}' ${what}:\n${output}`));
    const timer = setTimeout(() => fail('did not start in time'), START_DEADLINE_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}
