// What a bare clone lacks, put in place: dependencies from the lockfile, the Node.js that comes with them, the built page.
// Plain JavaScript for Node.js 20: it runs before anything is installed. Each part is skipped when it is already right.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const lockStamp = join(modules, '.tablo-lock-hash');
const buildStamp = join(root, 'client', 'dist', '.tablo-build-hash');
/** Strips types without a flag and has all that we use. */
const OLDEST_NODE = [22, 18];

/** Installs what is missing and returns the Node.js to run TypeScript with. */
export function install() {
  const wanted = hashOf([join(root, 'package-lock.json')], [process.platform, process.arch]);
  if (readText(lockStamp) !== wanted) {
    if (!installedMatchesLock()) installDependencies();
    writeFileSync(lockStamp, wanted);
  }
  return findNode();
}

/** Builds the page when its sources are others than those of the last build. */
export function buildPage(node) {
  const config = join(root, 'client', 'vite.config.ts');
  if (!existsSync(config)) return;
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('VITE_'));
  const sources = [
    ...filesBelow(join(root, 'client')),
    ...filesBelow(join(root, 'schema')),
    join(root, 'package-lock.json'),
  ];
  const wanted = hashOf(sources, settings.map(String).sort());
  if (readText(buildStamp) === wanted) return;
  say('Building the page …');
  const { status } = spawnSync(node, [join(modules, 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'client'),
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) fail('The page could not be built; the reason is above.');
  mkdirSync(dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, wanted);
}

export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function say(sentence) {
  process.stdout.write(`${sentence}\n`);
}

/** After `npm install` by hand there is no stamp, and nothing to do either: npm keeps a list of what it installed. */
function installedMatchesLock() {
  const installed = readPackages(join(modules, '.package-lock.json'));
  const locked = readPackages(join(root, 'package-lock.json'));
  if (!installed || !locked) return false;
  const isRight = ([path, entry]) => {
    if (path === '' || entry.link || !path.includes('node_modules/')) return true;
    const found = installed[path];
    if (!found) return entry.optional === true || entry.peer === true;
    return found.version === entry.version && existsSync(join(root, path, 'package.json'));
  };
  return Object.entries(locked).every(isRight);
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    // Absent, or cut off by an interrupted install: both mean that npm has to look.
    return undefined;
  }
}

function installDependencies() {
  say('Installing dependencies (once; later starts skip this) …');
  rmSync(lockStamp, { force: true });
  // The build tools are development dependencies: NODE_ENV=production must not leave them out.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  // Started by npm, its own program; else the one on the PATH.
  const script = process.env.npm_execpath;
  const [command, first] = script && basename(script) === 'npm-cli.js' ? [process.execPath, [script]] : ['npm', []];
  const spawnOptions = {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: withoutNpmState(process.env),
    shell: process.platform === 'win32' && command === 'npm',
  };
  const { status, error } = spawnSync(command, [...first, ...args], spawnOptions);
  if (error) fail(`npm could not be started (${error.message}). Install Node.js 20 or later, which brings npm.`);
  if (status === 0) return;
  // Another registry or another npm may find fault with a lockfile that is good enough; versions stay those it names.
  say('npm ci did not succeed; trying npm install with the same lockfile …');
  const retry = args.with(0, 'install').concat('--no-save');
  const again = spawnSync(command, [...first, ...retry], spawnOptions);
  if (again.status !== 0) fail('The dependencies could not be installed; npm says why above.');
}

/** npm hands its own state to scripts, and an inner npm would take it for settings (`--workspace`, `--omit`, a prefix). */
function withoutNpmState(env) {
  const state =
    /^npm_(package_|lifecycle_|command$|config_(workspaces?|include_workspace_root|local_prefix|prefix|omit|include|only|production|dry_run|json|global)$)/i;
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !state.test(name) && name !== 'INIT_CWD' && name !== 'NODE_ENV'),
  );
}

function findNode() {
  const bundled = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const { status } = spawnSync(bundled, ['--version'], { stdio: 'ignore' });
  if (status === 0) return bundled;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath;
  return fail(
    `The Node.js 24 that comes with the dependencies is missing, and this one is ${process.version}. ` +
      'Install scripts seem to be switched off: run `npm rebuild node --ignore-scripts=false`, or start with Node.js 22.18 or later.',
  );
}

function filesBelow(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter(({ name }) => !['node_modules', 'dist', 'coverage'].includes(name) && !/\.(test|e2e)\.tsx?$/.test(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(dir, entry.name)) : [join(dir, entry.name)]));
}

function hashOf(files, texts) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file));
  for (const text of texts) hash.update(`\0${text}`);
  return hash.digest('hex');
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
