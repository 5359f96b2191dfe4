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
  it.each(Object.keys(LAYERS))('docs/ARCHITECTURE.md says what each room of %s is for', (folder) => {
    const text = readFileSync(join(ROOT, 'docs/ARCHITECTURE.md'), 'utf8');
    const rooms = (LAYERS[folder] ?? []).flat().filter((room) => !/\.tsx?$/.test(room));
    expect(rooms.filter((room) => !new RegExp(`\\b${room}/`).test(text))).toEqual([]);
  });
});
