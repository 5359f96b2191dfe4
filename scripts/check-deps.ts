// The one check of the import rules: who may import whom (levels and doors of rooms, no circles), what each workspace
// declares, which room may know which library. The rules stand in `house-plan.ts`; `findViolations` decides; the rest reads files and prints.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { findCircles } from './find-circles.ts';
import { DOORS, LAYERS, LIBRARY_RULES, OWN_IMPORTS } from './house-plan.ts';

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
}
/** Workspace directory → names of the packages its package.json declares. */
export type Declared = ReadonlyMap<string, ReadonlySet<string>>;

interface Import {
  readonly specifier: string;
  readonly isType: boolean;
  /** By `import()`: it comes when it is asked for. */
  readonly isLazy: boolean;
}

const WORKSPACES = ['schema', 'sync-server', 'client', 'e2e', 'bench', 'scripts'];

const isTest = (path: string) =>
  /\.test(-d)?\.tsx?$|-contract\.ts$|\.e2e\.ts$|\/test-[^/]*\.tsx?$|\/testing\/|^sync-server\/src\/attacks\/|^e2e\//.test(
    path,
  );
const workspaceOf = (path: string) => path.slice(0, path.indexOf('/'));

export function findViolations(files: readonly SourceFile[], declared: Declared): string[] {
  return [
    ...files.flatMap((file) => [
      ...importsOf(file.text).flatMap((one) =>
        judge(file.path, one, declared).map((why) => `${file.path}: '${one.specifier}': ${why}`),
      ),
      ...(readsEnvironment(file) ? [`${file.path}: only main, cli and config read process.env`] : []),
    ]),
    ...findCircles(valueImports(files)).map((circle) => `a circle of imports: ${circle.join(', ')}`),
  ];
}

/** Types are left out: a class and what it holds may name each other. */
function valueImports(files: readonly SourceFile[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter(({ specifier, isType, isLazy }) => specifier.startsWith('.') && !isType && !isLazy)
        .map(({ specifier }) => targetOf(path, specifier)),
    ]),
  );
}

const targetOf = (path: string, specifier: string): string =>
  normalize(join(dirname(path), specifier)).replaceAll('\\', '/');

/** Type-only imports included: they couple as well. Comments are not told apart, and none holds an import statement. */
function importsOf(text: string): Import[] {
  const statements =
    /^\s*(?:import|export)\b(\s+type\b)?[^'";]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...text.matchAll(statements)].map(([, type, from, effect, lazy]) => ({
    specifier: from ?? effect ?? lazy ?? '',
    isType: type !== undefined,
    isLazy: lazy !== undefined,
  }));
}

function judge(path: string, { specifier, isLazy }: Import, declared: Declared): string[] {
  return specifier.startsWith('.') ? judgeRelative(path, specifier, isLazy) : judgeLibrary(path, specifier, declared);
}

function judgeRelative(path: string, specifier: string, isLazy: boolean): string[] {
  const workspace = workspaceOf(path);
  const target = targetOf(path, specifier);
  if (!target.startsWith(`${workspace}/`)) return ['packages import each other by name, never by path'];
  if (isTest(path) && workspace !== 'e2e') return [];
  if (isTest(target) && workspace !== 'e2e') return ['only tests import tests and their helpers'];
  if (isLazy) return [];
  return [
    ...Object.entries(LAYERS).flatMap(([folder, levels]) => judgeLevels(folder, levels, path, target)),
    ...Object.entries(DOORS).flatMap(([room, doors]) => judgeDoors(room, doors, path, target)),
  ];
}

function judgeLevels(
  folder: string,
  levels: readonly (readonly string[])[],
  path: string,
  target: string,
): readonly string[] {
  const [from, to] = [roomIn(folder, path), roomIn(folder, target)];
  if (from === null || to === null || from === to) return [];
  const [upper, lower] = [levelOf(levels, from), levelOf(levels, to)];
  if (upper < 0 || lower < 0) return [`${upper < 0 ? from : to} has no level in ${folder}`];
  return lower < upper ? [] : [`${folder}: ${from} (level ${upper}) must not import ${to} (level ${lower})`];
}

function judgeDoors(room: string, doors: readonly string[], path: string, target: string): readonly string[] {
  if (path.startsWith(`${room}/`) || !target.startsWith(`${room}/`) || target.endsWith('.css')) return [];
  const file = target.slice(room.length + 1);
  return doors.includes(file) ? [] : [`${file} is no door of ${room} (${doors.join(', ') || 'it has none'})`];
}

/** The room, or the file at the top; null: not in that folder. */
const roomIn = (folder: string, path: string): string | null =>
  path.startsWith(`${folder}/`) ? (path.slice(folder.length + 1).split('/')[0] ?? null) : null;
const levelOf = (levels: readonly (readonly string[])[], room: string): number =>
  levels.findIndex((rooms) => rooms.includes(room));

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

function readsEnvironment({ path, text }: SourceFile): boolean {
  if (!/^(sync-server|client|schema)\/src\//.test(path) || isTest(path)) return false;
  return /\bprocess\.env\b/.test(text) && !/\/(main|cli|config)\.tsx?$/.test(path);
}

function readSources(root: string, dir: string): SourceFile[] {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    // A host's page is no part of the house.
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
