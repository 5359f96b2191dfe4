/**
 * `npm run example`: a host application with Tablo Chat in it, from one command.
 * 1. The package is packed, as `npm run pack` does, and the host's page is built with it.
 * 2. The host's PostgreSQL starts, made as Supabase makes one, and then the host.
 * 3. The chat server starts on the host's database, with the host's tokens.
 *
 * HOST_PORT and CHAT_PORT: other ports than 4000 and 4001. EXAMPLE_DATA_DIR: another place than ./.data.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OPTIONS } from '@tablo/sync-server/config/config-options';
import { openHost } from './host/host-server.ts';
import { type HostDatabase, openDatabase } from './host/open-database.ts';

const HERE = import.meta.dirname;
const ROOT = dirname(dirname(HERE));
const DATA_DIR = process.env.EXAMPLE_DATA_DIR ?? join(HERE, '.data');
const HOST_PORT = Number(process.env.HOST_PORT ?? 4_000);
const CHAT_PORT = Number(process.env.CHAT_PORT ?? 4_001);
const START_MS = 60_000;

const closers: (() => Promise<unknown>)[] = [];
let isClosing = false;

async function run(args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}.`);
}

/** What the shell says, without settings that are meant for another chat server: a JWT_SECRET of its own, say. */
const withoutSettings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !Object.hasOwn(OPTIONS, name)));

/** Tablo Chat as anybody runs it: a process with settings. */
async function startChat({ url }: HostDatabase, host: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'sync-server', 'src', 'main.ts')], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...withoutSettings(),
      PORT: String(CHAT_PORT),
      DATABASE_URL: url,
      JWT_JWKS_URL: `${host}/.well-known/jwks.json`,
      JWT_ISSUER: host,
      ALLOWED_ORIGINS: host,
      // Who is on a board, the host's own tables say.
      ADD_MEMBERS: 'host',
    },
  });
  closers.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  child.once('exit', (code) => {
    if (!isClosing) void close(`The chat server ended (${code}).`);
  });
  return child;
}

async function waitUntilReady(url: string): Promise<void> {
  const end = Date.now() + START_MS;
  while (Date.now() < end && !isClosing) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    await delay(100);
  }
  throw new Error('The chat server did not become ready.');
}

async function main(): Promise<void> {
  mkdirSync(DATA_DIR, { recursive: true });
  console.log('Packing @tablo/client, and building the page with it …');
  await run([join(ROOT, 'client', 'package', 'pack.ts'), DATA_DIR], ROOT);
  const pageDir = join(DATA_DIR, 'page');
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  await run([vite, 'build', '--logLevel', 'error', '--outDir', pageDir, '--emptyOutDir'], join(HERE, 'page'));

  const database = await openDatabase(join(DATA_DIR, 'postgres'));
  closers.push(() => database.close());
  const chatUrl = `http://127.0.0.1:${CHAT_PORT}`;
  const host = await openHost(() => database.pool, {
    port: HOST_PORT,
    dataDir: DATA_DIR,
    pageDir,
    chatUrl: () => chatUrl,
  });
  closers.push(() => host.close());
  await startChat(database, host.url);
  await waitUntilReady(chatUrl);
  console.log(
    `\n  The example runs at ${host.url}\n  Open it in two windows (one of them private), as two people. Ctrl-C stops it.\n`,
  );
}

async function close(reason: string | null): Promise<void> {
  if (isClosing) return;
  isClosing = true;
  if (reason !== null) console.error(reason);
  for (const closer of closers.reverse()) await closer().catch((error: unknown) => console.error(error));
  process.exit(reason === null ? 0 : 1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close(null));
main().catch((error: unknown) => close(error instanceof Error ? error.message : String(error)));
