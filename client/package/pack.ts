/** `npm run pack`: the package for host applications, as `client/package/dist` and as one tarball, at the repository's root or in the folder that is named. */
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { writeDeclarations } from './declarations.ts';
import { measure, type Size } from './host-page-size.ts';
import { bundledLicences } from './licences.ts';
import { createManifest } from './manifest.ts';

const here = import.meta.dirname;
const root = dirname(dirname(here));
const outDir = join(here, 'dist');

export interface Packed {
  readonly tarball: string;
  readonly directory: string;
}

/** `target` is where the tarball goes. */
export async function pack(target = root): Promise<Packed> {
  // Else Vite makes of JSX what only a development build of React has.
  process.env.NODE_ENV = 'production';
  await build({ configFile: join(here, 'vite.config.ts'), logLevel: 'warn' });
  // The entry of the styles has nothing but their import.
  for (const name of ['styles.js', 'styles.js.map']) rmSync(join(outDir, name), { force: true });
  const types = join(outDir, '.types');
  const complaints = emitTypes();
  const told = writeDeclarations(types, ['client/src/index.ts', 'client/src/headless.ts'], outDir);
  // Of modules that stay inside it is no matter whether their types can be told.
  const problems = complaints.filter((line) => told.has(line.split('(')[0] ?? '') || !line.includes('error TS4023'));
  if (problems.length > 0) throw new Error(`The types cannot be told:\n${problems.join('\n')}`);
  rmSync(types, { recursive: true });
  // For hosts whose compiler looks after imports without names as well.
  writeFileSync(join(outDir, 'styles.css.d.ts'), 'export {};\n');
  const read = (workspace: string) => JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
  const manifest = createManifest(outDir, read('client'), read('schema'));
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(here, 'README.md'), join(outDir, 'README.md'));
  writeFileSync(
    join(outDir, 'LICENSE'),
    [readFileSync(join(root, 'LICENSE'), 'utf8'), ...bundledLicences(outDir, join(root, 'node_modules'))].join('\n'),
  );
  return { tarball: join(target, npmPack(target)), directory: outDir };
}

/** What the compiler has to complain of, line by line. It writes what it can nevertheless. */
function emitTypes(): readonly string[] {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', here], { cwd: root, encoding: 'utf8' });
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
}

function npmPack(target: string): string {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', target];
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: outDir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  };
  const script = process.env.npm_execpath;
  const printed = script?.endsWith('npm-cli.js')
    ? execFileSync(process.execPath, [script, ...args], { ...options, shell: false })
    : execFileSync('npm', args, options);
  const parsed = JSON.parse(printed) as readonly { filename: string }[] | Record<string, { filename: string }>;
  // A list with npm 10, by names with later ones.
  const [file] = Object.values(parsed);
  if (file === undefined) throw new Error('npm pack named no file.');
  return file.filename.replace(/^@tablo\//u, 'tablo-');
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
const both = ({ brotli, gzip }: Size): string => `${kilobytes(brotli)} (gzip ${kilobytes(gzip)})`;

async function main(): Promise<void> {
  const { tarball, directory } = await pack(process.argv[2]);
  const { unread, page, styles } = await measure(directory);
  const lines = [
    `useChatUnread alone: ${both(unread.first)} first, ${both(unread.later)} later`,
    `ChatPage: ${both(page.first)} first, ${both(page.later)} later`,
    `styles.css: ${kilobytes(styles)}`,
    `${tarball} (${kilobytes(statSync(tarball).size)})`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

if (process.argv[1] === import.meta.filename) await main();
