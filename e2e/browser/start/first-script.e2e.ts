// How much script people wait for. Bytes, not times: those are `npm run bench:paint`.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';

const DIST = join(import.meta.dirname, '../../../client', 'dist');
const read = (path: string): string => readFileSync(join(DIST, path), 'utf8');

/** Of a built script: those that it cannot start without. */
function importsOf(path: string): string[] {
  const found = read(path).matchAll(/(?:^|[;}\n])\s*(?:import|export)\b[^'"();]*?(?:from\s*)?["'](\.[^"']+\.js)["']/gu);
  return [...found].map(([, address]) => posix.join(posix.dirname(path), address ?? ''));
}

/** All that a script brings along. */
function withImports(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>();
  const add = (path: string) => {
    if (all.has(path)) return;
    all.add(path);
    for (const imported of importsOf(path)) add(imported);
  };
  for (const path of paths) add(path);
  return all;
}

const firstScripts = (): string[] =>
  [...read('index.html').matchAll(/(?:<script[^>]*src|<link[^>]*modulepreload[^>]*href)="\/([^"]+\.js)"/gu)].map(
    ([, path]) => path ?? '',
  );

const sizeOf = (path: string): number => brotliCompressSync(read(path)).byteLength;

it('the first script is at most 150 KB, compressed, before there is a composer', () => {
  const scripts = [...withImports(firstScripts())];
  expect(scripts.some((path) => path.startsWith('assets/'))).toBe(true);
  const sizes = Object.fromEntries(scripts.map((path) => [path, sizeOf(path)]));
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  expect(total, JSON.stringify(sizes)).toBeLessThan(150_000);
});

it('the first script leaves what nobody needs to read and write to scripts of their own: forms, settings, search, menus, dialogs', () => {
  const first = [...withImports(firstScripts())].map(read).join('\n');
  for (const words of [
    'Create account',
    'Delete tablo',
    'Search messages',
    'More emoji',
    'This invitation has ended',
    'Give it a name first.',
    // Of the socket, which comes beside the first screen.
    'websocketProvider',
    // Nor is anything shipped that the page does not use.
    'FontAwesomeIcon',
    'perfect-scrollbar',
  ])
    expect(first.includes(words), words).toBe(false);
  // And these words are those of the page.
  const all = readdirSync(join(DIST, 'assets'))
    .filter((name) => name.endsWith('.js'))
    .map((name) => read(`assets/${name}`))
    .join('\n');
  for (const words of ['Create account', 'Delete tablo', 'Search messages', 'More emoji', 'websocketProvider'])
    expect(all.includes(words), words).toBe(true);
});

it('[R7] the first script is kept for the time without a network, with all other scripts and styles', () => {
  const worker = read('sw.js');
  const first = withImports(firstScripts());
  const parts = [...first].flatMap((path) =>
    [...read(path).matchAll(/import\(["'`]\.\/([^"'`]+\.js)/gu)].map(([, name]) => `assets/${name}`),
  );
  expect(parts.length).toBeGreaterThan(5);
  for (const path of [...withImports([...first, ...parts]), 'index.html', 'before-paint.js'])
    expect(worker).toContain(`"${path}"`);
});

it('the first script has of the kit’s styles those of its elements, at the specificity of one class: our own are above them', () => {
  const [, path = ''] = /<link[^>]*href="\/([^"]+\.css)"/u.exec(read('index.html')) ?? [];
  const styles = read(path);
  expect(styles).toContain('.tablo-chat :where(.cs-conversation-header){');
  for (const block of ['cs-message-input', 'cs-expansion-panel', 'cs-status']) expect(styles).not.toContain(block);
});
