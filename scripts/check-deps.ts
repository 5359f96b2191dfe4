// The dependency direction of docs/ARCHITECTURE.md, checked over every import: what each workspace declares, who may
// import whom, which room may know which library. `findViolations` decides; the rest reads files and prints.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
}
/** Workspace directory → names of the packages its package.json declares. */
export type Declared = ReadonlyMap<string, ReadonlySet<string>>;

/** Lowest first: a file imports its own level and lower ones. A folder or file not named here is a leaf, level 0. */
const LEVELS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'sync-server': [
    [],
    ['db'],
    ['access', 'admission', 'ledger', 'documents', 'presence', 'identity', 'audit'],
    ['rest', 'sync'],
    ['server.ts'],
    ['main.ts', 'cli.ts'],
  ],
  client: [[], ['chat'], ['hooks'], ['ui'], ['embed'], ['app'], ['main.ts', 'main.tsx', 'index.ts', 'headless.ts']],
};

/** The same within a folder: of its rooms, and of the files at its top. Rooms of one level do not import each other. */
const ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'client/src/chat': [
    ['base'],
    // The contract.
    ['draft-aim.ts'],
    ['chat.ts'],
    ['store', 'session'],
    ['outbox', 'drafts', 'link', 'unread'],
    ['people', 'replica'],
    ['delivery', 'view'],
    ['room'],
    ['list'],
    ['only-here.ts'],
    ['chat-client.ts'],
  ],
  'sync-server/src/sync': [
    ['socket'],
    ['sessions'],
    ['joins'],
    ['extensions'],
    ['sockets.ts', 'hocuspocus-poster.ts'],
    ['open-sync.ts'],
  ],
};

const WORKSPACES = ['schema', 'sync-server', 'client', 'e2e', 'bench', 'scripts'];
/** Which of our own packages a workspace may import. */
const OWN_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'sync-server': ['@tablo/schema'],
  client: ['@tablo/schema'],
  // Drives the real client code without a browser, against the real server process.
  e2e: ['@tablo/schema', '@tablo/client', '@tablo/sync-server'],
  // Measures rooms of the server by themselves, beside the whole.
  bench: ['@tablo/schema', '@tablo/client', '@tablo/sync-server'],
};

interface LibraryRule {
  readonly library: RegExp;
  readonly within: RegExp;
  readonly allowed: RegExp;
  readonly reason: string;
}
const NOWHERE = /^$/;
const LIBRARY_RULES: readonly LibraryRule[] = [
  {
    library: /^(?!(yjs|lib0|zod)(\/|$))/,
    within: /^schema\/src\//,
    allowed: NOWHERE,
    reason: 'schema knows yjs, lib0 and zod only',
  },
  {
    library: /^@hocuspocus\//,
    within: /^sync-server\/src\//,
    allowed: /-extension\.ts$|\/src\/server\.ts$|\/src\/sync\//,
    reason: 'only *-extension.ts, server.ts and sync/ import Hocuspocus',
  },
  {
    library: /^pg(\/|$)/,
    within: /^sync-server\/src\//,
    allowed: /\/src\/db\/|\/pg-[^/]*\.ts$/,
    reason: 'only db/ and pg-*.ts import pg',
  },
  {
    library: /^(node:|pg|ws|pino)/,
    within: /^sync-server\/src\/admission\//,
    allowed: NOWHERE,
    reason: 'admission/ is pure',
  },
  {
    library: /^(node:|pg(\/|$)|@hocuspocus\/server)/,
    within: /^client\/src\//,
    allowed: NOWHERE,
    reason: 'the client runs in a browser',
  },
  {
    library: /^@hocuspocus\/provider/,
    within: /^client\/src\//,
    allowed: /\/chat\/link\/(connection|provider-socket)\.ts$/,
    reason: 'only chat/link/connection.ts and provider-socket.ts import the provider',
  },
  {
    library: /^@chatscope\//,
    within: /^client\/src\//,
    allowed: /\/src\/ui\//,
    reason: 'only ui/ imports chatscope',
  },
  {
    library: /^react(-dom)?(\/|$)/,
    within: /^client\/src\/chat\//,
    allowed: NOWHERE,
    reason: 'chat/ has no React',
  },
];

const isTest = (path: string) =>
  /\.test(-d)?\.tsx?$|-contract\.ts$|\.e2e\.ts$|\/test-[^/]*\.tsx?$|\/testing\/|\/attacks\/|^e2e\//.test(path);
const workspaceOf = (path: string) => path.slice(0, path.indexOf('/'));

export function findViolations(files: readonly SourceFile[], declared: Declared): string[] {
  return files.flatMap((file) => [
    ...importsOf(file.text).flatMap((specifier) =>
      judge(file.path, specifier, declared).map((why) => `${file.path}: '${specifier}': ${why}`),
    ),
    ...(readsEnvironment(file) ? [`${file.path}: only main, cli and config read process.env`] : []),
  ]);
}

/** Type-only imports included: they couple as well. Comments are not told apart, and none holds an import statement. */
function importsOf(text: string): string[] {
  const statements =
    /^\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...text.matchAll(statements)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

function judge(path: string, specifier: string, declared: Declared): string[] {
  return specifier.startsWith('.') ? judgeRelative(path, specifier) : judgeLibrary(path, specifier, declared);
}

function judgeRelative(path: string, specifier: string): string[] {
  const workspace = workspaceOf(path);
  const target = normalize(join(dirname(path), specifier)).replaceAll('\\', '/');
  if (!target.startsWith(`${workspace}/`)) return ['packages import each other by name, never by path'];
  if (isTest(path)) return [];
  if (isTest(target)) return ['only tests import tests and their helpers'];
  const from = levelOf(workspace, path);
  const to = levelOf(workspace, target);
  if (to > from) return [`level ${from} (${roomOf(path)}) must not import level ${to} (${roomOf(target)})`];
  return Object.entries(ROOMS).flatMap(([folder, levels]) => judgeRooms(folder, levels, path, target));
}

function judgeRooms(
  folder: string,
  levels: readonly (readonly string[])[],
  path: string,
  target: string,
): readonly string[] {
  const roomIn = (file: string) => (file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split('/')[0] : null);
  const [from, to] = [roomIn(path), roomIn(target)];
  if (from === null || to === null || from === undefined || to === undefined || from === to) return [];
  const [lower, upper] = [from, to].map((room) => levels.findIndex((rooms) => rooms.includes(room))) as [
    number,
    number,
  ];
  if (lower < 0 || upper < 0) return [`${lower < 0 ? from : to} has no level in ${folder}`];
  return upper < lower ? [] : [`${folder}: ${from} (level ${lower}) must not import ${to} (level ${upper})`];
}

function judgeLibrary(path: string, specifier: string, declared: Declared): string[] {
  const workspace = workspaceOf(path);
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const reasons: string[] = [];
  if (name.startsWith('@tablo/') && name !== `@tablo/${workspace}` && !OWN_IMPORTS[workspace]?.includes(name)) {
    reasons.push(`${workspace} must not import ${name}`);
  }
  const isVirtual = name.startsWith('node:') || name.startsWith('virtual:');
  // The tests' own tools are declared once, at the root.
  const names = new Set([
    ...(declared.get(workspace) ?? []),
    ...(isTest(path) || /\.config\.ts$/.test(path) ? (declared.get('.') ?? []) : []),
  ]);
  if (!isVirtual && name !== `@tablo/${workspace}` && !names.has(name))
    reasons.push(`${workspace}/package.json does not declare ${name}`);
  if (isTest(path)) return reasons;
  for (const { library, within, allowed, reason } of LIBRARY_RULES) {
    if (library.test(specifier) && within.test(path) && !allowed.test(path)) reasons.push(reason);
  }
  return reasons;
}

const roomOf = (path: string) => path.split('/')[2] ?? '';
function levelOf(workspace: string, path: string): number {
  const level = LEVELS[workspace]?.findIndex((rooms) => rooms.includes(roomOf(path))) ?? 0;
  return Math.max(level, 0);
}

function readsEnvironment({ path, text }: SourceFile): boolean {
  if (!/^(sync-server|client|schema)\/src\//.test(path) || isTest(path)) return false;
  return /\bprocess\.env\b/.test(text) && !/\/(main|cli|config)\.tsx?$/.test(path);
}

function readSources(root: string, dir: string): SourceFile[] {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory())
      return /^(node_modules|dist|coverage|host-page)$/.test(entry.name) ? [] : readSources(root, path);
    if (!/\.tsx?$/.test(entry.name)) return [];
    return [{ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }];
  });
}

function readDeclared(root: string): Declared {
  const entries = ['.', ...WORKSPACES].map((workspace) => {
    const file = join(root, workspace === 'scripts' ? '.' : workspace, 'package.json');
    const fields = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string> | undefined>;
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
    return [workspace, new Set(kinds.flatMap((kind) => Object.keys(fields[kind] ?? {})))] as const;
  });
  return new Map(entries);
}

function main(): void {
  const root = dirname(import.meta.dirname);
  const files = WORKSPACES.flatMap((workspace) => readSources(root, workspace));
  const violations = findViolations(files, readDeclared(root));
  for (const violation of violations) console.error(violation);
  console.log(`${files.length} files, ${violations.length} violations (${relative(process.cwd(), root) || '.'})`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) main();
