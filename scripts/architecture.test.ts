/** The plan of the house tells of what is there: each file and each room that it names, and each room that there is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAYERS } from './house-plan.ts';

const ROOT = dirname(import.meta.dirname);
const PAGES = ['docs/ARCHITECTURE.md', 'docs/OPERATIONS.md', 'CONTRIBUTING.md', 'README.md', 'schema/SPEC.md'];
const WORKSPACES = ['schema', 'sync-server', 'client', 'e2e', 'bench', 'scripts'];

const paths = WORKSPACES.flatMap((workspace) =>
  readdirSync(join(ROOT, workspace), { recursive: true, encoding: 'utf8' })
    .filter((path) => !/(?:^|\/)(?:node_modules|dist)\//.test(path))
    .map((path) => `/${workspace}/${path}`),
);

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');

  it('the page names files that are there', () => {
    const named = [...text.matchAll(/`([^`\s*{}…<>]+\.(?:tsx?|mjs|css|sql))`/g)].map(([, file]) => file ?? '');
    const missing = named.filter((file) => !paths.some((path) => path.endsWith(`/${file.replace(/^\.\//, '')}`)));
    expect([...new Set(missing)]).toEqual([]);
  });

  it('the page links to files that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, path]) => path ?? '');
    expect(links.filter((path) => !existsSync(join(ROOT, dirname(page), path)))).toEqual([]);
  });
});

describe('docs/ARCHITECTURE.md', () => {
  const page = readFileSync(join(ROOT, 'docs/ARCHITECTURE.md'), 'utf8');

  it('says in the paragraph of e2e what each folder there is for, and names none that is not', () => {
    const [, paragraph = ''] = /\n(`e2e\/` [\s\S]*?)\n\n/.exec(page) ?? [];
    const foldersIn = (path: string) =>
      readdirSync(join(ROOT, path), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() && entry.name !== 'node_modules' ? entry.name : [],
      );
    const there = [...foldersIn('e2e'), ...foldersIn('e2e/browser'), ...foldersIn('e2e/soak')];
    const named = [...paragraph.matchAll(/`([\w-]+)\/`/g)].map(([, name]) => name ?? '');
    expect(there.filter((folder) => !named.includes(folder))).toEqual([]);
    expect(named.filter((folder) => folder !== 'e2e' && !there.includes(folder))).toEqual([]);
  });

  it.each(Object.keys(LAYERS))('says what each room of %s is for', (folder) => {
    const rooms = (LAYERS[folder] ?? []).flat().filter((room) => !/\.tsx?$/.test(room));
    expect(rooms.filter((room) => !new RegExp(`\\b${room}/`).test(page))).toEqual([]);
  });
});

describe('.dockerignore', () => {
  // The image is made of three packages; of the others it needs `package.json` alone, for the lock file.
  it('keeps what no image needs away from it, and names only what is there', () => {
    const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const copied = [...readFileSync(join(ROOT, 'Dockerfile'), 'utf8').matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(
      ([, from = '']) => from.split(' '),
    );
    const unneeded = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map(({ name }) => name)
      .filter((name) => !copied.includes(name));
    const isKept = (folder: string) => lines.some((line) => line === folder || line.startsWith(`${folder}/`));
    expect(unneeded.filter((folder) => !isKept(folder))).toEqual([]);
    const own = lines.filter((line) => /^\w/.test(line));
    expect(own.filter((line) => !line.includes('*') && !existsSync(join(ROOT, line)))).toEqual([]);
  });
});
