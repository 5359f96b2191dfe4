/** A real reverse proxy with a configuration of the README's, where it is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@tablo/sync-server/base/free-port';
import { untilTrue } from '@tablo/sync-server/testing/wait';

export type ProxyProgram = 'nginx' | 'caddy';

export interface RealProxy {
  /** `http://127.0.0.1:<port>`: the README's names with TLS are for machines with names. */
  readonly url: string;
  close(): Promise<void>;
}

export const isInstalled = (program: ProxyProgram): boolean =>
  spawnSync(program, [program === 'nginx' ? '-v' : 'version'], { stdio: 'ignore' }).status === 0;

/** The README's blocks for the program, in their order. */
export async function readSnippets(program: ProxyProgram): Promise<string[]> {
  const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
  return [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, language, text = '']) =>
    language === program ? [text] : [],
  );
}

/** `target`: the server's own address, in place of the README's. */
export async function openRealProxy(program: ProxyProgram, snippet: string, target: string): Promise<RealProxy> {
  const folder = await mkdtemp(join(tmpdir(), `tablo-${program}-`));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder, 'config');
  const own = snippet.replaceAll('127.0.0.1:3000', new URL(target).host);
  await writeFile(file, program === 'nginx' ? nginxFile(own, folder, port) : caddyFile(own, url));
  const args = program === 'nginx' ? ['-c', file, '-p', folder] : ['run', '--config', file, '--adapter', 'caddyfile'];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-5_000);
    });
  const close = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilTrue(`${program} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${output}`);
      return (await fetch(url).catch(() => null)) !== null;
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** What stands around a `location`. Where root starts it, its workers would be somebody who may not enter the folder. */
function nginxFile(snippet: string, folder: string, port: number): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${join(folder, what)};`,
  );
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr;
events {}
http { access_log off; ${paths.join(' ')} server { listen 127.0.0.1:${port};
${snippet} } }
`;
}

const caddyFile = (snippet: string, url: string): string =>
  `{\n  admin off\n  auto_https off\n}\n${snippet.replace(/^\w+\.example\.org/m, url)}`;
