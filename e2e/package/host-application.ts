// A host application in a folder of its own, outside of the repository, with the packed tarball installed as any host does it.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const ROOT = dirname(dirname(import.meta.dirname));
const module = (...path: string[]) => join(ROOT, 'node_modules', ...path);

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'tablo-host-'));

/** `npm run pack`; what it prints, and the tarball. */
export async function packInto(folder: string): Promise<{ readonly printed: string; readonly tarball: string }> {
  const { stdout } = await run(process.execPath, [join(ROOT, 'client', 'package', 'pack.ts'), folder], { cwd: ROOT });
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error(`There is no tarball:\n${stdout}`);
  return { printed: stdout, tarball: join(folder, name) };
}

export interface HostApplication {
  readonly folder: string;
  /** Empty: the types are right. */
  typeErrors(): Promise<string>;
  /** Builds the page with Vite, and what a server renders. */
  build(): Promise<void>;
  renderOnServer(): Promise<{ readonly html: string; readonly problems: string }>;
  remove(): void;
}

/** `react` is a version of React and of its types, as `18.2.0` and `18`. */
export async function installHost(tarball: string, react: string, types: string): Promise<HostApplication> {
  const folder = newFolder();
  cpSync(join(import.meta.dirname, 'host-page'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'host', private: true, type: 'module' }));
  const packages = [
    tarball,
    `react@${react}`,
    `react-dom@${react}`,
    `@types/react@${types}`,
    `@types/react-dom@${types}`,
  ];
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'];
  const script = process.env.npm_execpath;
  const [command, first] = script?.endsWith('npm-cli.js') ? [process.execPath, [script]] : ['npm', []];
  await run(command, [...first, ...args, ...packages, `@types/node@24`], { cwd: folder, env: plainEnvironment() });

  const vite = async (...more: string[]) => {
    // Vite is the repository's; React and the package are the folder's.
    await run(
      process.execPath,
      [module('vite', 'bin', 'vite.js'), 'build', '--mode', 'development', '--logLevel', 'error', ...more],
      {
        cwd: folder,
        // So that React says what it does not like.
        env: { ...plainEnvironment(), NODE_ENV: 'development' },
      },
    );
  };
  return {
    folder,
    typeErrors: async () => {
      const { stdout } = await run(process.execPath, [module('typescript', 'bin', 'tsc'), '-p', folder]).catch(
        (error: { stdout: string }) => error,
      );
      return stdout;
    },
    build: async () => {
      await vite();
      await vite('--ssr', 'src/render-on-server.tsx', '--outDir', 'server');
    },
    renderOnServer: async () => {
      const { stdout, stderr } = await run(process.execPath, [join(folder, 'server', 'render-on-server.js')]);
      return { html: stdout, problems: stderr };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** npm hands its own state to what it starts, and an inner npm would take it for settings. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(?!config_(?:registry|cache|userconfig)$|execpath$)/iu.test(name) && name !== 'NODE_ENV',
    ),
  );
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves `folder()`'s built page under a policy that allows no style but those of files. `chat` may be spoken to. */
export async function servePage(folder: () => string, chat: () => string) {
  const server = createServer(({ url = '/' }, answer) => {
    const path = join(folder(), 'dist', url === '/' ? 'index.html' : (url.split('?')[0] ?? ''));
    if (!existsSync(path)) return void answer.writeHead(404).end();
    answer.writeHead(200, {
      'content-type': `${TYPES[extname(path)] ?? 'application/octet-stream'}; charset=utf-8`,
      'content-security-policy':
        `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; ` +
        `connect-src ${chat()} ${chat().replace(/^http/u, 'ws')}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`,
    });
    answer.end(readFileSync(path));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
