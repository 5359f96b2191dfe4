/**
 * What a page of promises cites, and whether it is there. THREAT-MODEL.md says of each attack which test proves that it fails: a title that nobody finds any more proves
 * nothing, and a promise without one is a wish. Titles are read from the syntax tree, so that a comment or a helper's text never passes for a test.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';

export interface Citation {
  /** Of the page, from 1. */
  readonly line: number;
  /** As the page names it: a path, or a suite's short name. */
  readonly file: string;
  /** null: the file, all of it. */
  readonly title: string | null;
}

export interface Promised {
  readonly line: number;
  readonly text: string;
  readonly citations: readonly Citation[];
}

const CITED =
  /`([^`\s]+\.tsx?)`|\*([^*]+)\*|((?:e2e )?[a-z][a-z0-9.-]*)(?: and ([a-z-]+))?:(?= \*| all of it| the table)/g;
const DEFAULT_FILE = /What follows is in `([^`]+)` unless another place is named/;

/** The rows of tables, and the paragraphs, below `## Who may try what`: each is a promise. */
export function readPromises(page: string): readonly Promised[] {
  const promises: Promised[] = [];
  let isInside = false;
  let fallback = '';
  let paragraph: { line: number; texts: string[] } | null = null;
  const end = (): void => {
    if (paragraph === null) return;
    const text = paragraph.texts.join(' ');
    promises.push({ line: paragraph.line, text, citations: readCitations(text, paragraph.line, fallback) });
    fallback = DEFAULT_FILE.exec(text)?.[1] ?? fallback;
    paragraph = null;
  };
  for (const [index, text] of page.split('\n').entries()) {
    const line = index + 1;
    const isProse = text.trim() !== '' && !text.startsWith('|') && !text.startsWith('#');
    if (!isProse) end();
    if (text.startsWith('## ')) isInside = text === '## Who may try what';
    if (text.startsWith('### ')) fallback = '';
    if (!isInside) continue;
    if (isProse) {
      paragraph ??= { line, texts: [] };
      paragraph.texts.push(text);
    } else if (text.startsWith('|') && !/^\|(---| attempt )/.test(text)) {
      const proof = text.split('|').at(-2) ?? '';
      promises.push({ line, text, citations: readCitations(proof, line, fallback) });
    }
  }
  end();
  return promises;
}

function readCitations(text: string, line: number, fallback: string): readonly Citation[] {
  const citations: Citation[] = [];
  let file = fallback;
  for (const [, path, title, suite, another] of text.matchAll(CITED)) {
    if (title === undefined) {
      for (const named of [path ?? suite, another])
        if (named !== undefined) citations.push({ line, file: named, title: null });
      file = path ?? suite ?? file;
    } else citations.push({ line, file, title });
  }
  return citations;
}

function placesOfSuite(root: string, suite: string): readonly string[] {
  if (!suite.startsWith('e2e ')) return [`sync-server/src/attacks/${suite}.pg.test.ts`];
  const rooms = readdirSync(join(root, 'e2e/browser'));
  return rooms.map((room) => `e2e/browser/${room}/${suite.slice(4)}.e2e.ts`);
}

/** Where the file is; null: nowhere. Paths are the repository's or the server's; a short name is a suite of attacks, or one in a browser. */
export function findFile(root: string, file: string): string | null {
  const places = /\.tsx?$/.test(file) ? [file, `sync-server/src/${file}`] : placesOfSuite(root, file);
  return places.map((place) => join(root, place)).find((place) => existsSync(place)) ?? null;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** The titles of a file's tests and groups, and the texts of its tables, by whose rows such titles are filled in. */
export function readTitles(path: string): readonly string[] {
  const titles: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) visit(one);
    if (!isNode(value)) return;
    if (value.type === 'CallExpression' && isTestCall(value['callee']))
      titles.push(...textsOf([value['arguments']].flat()[0]));
    if (value.type === 'ArrayExpression') titles.push(...[value['elements']].flat().flatMap(textsOf));
    if (value.type === 'Property') titles.push(...textsOf(value['value']));
    for (const child of Object.values(value)) if (typeof child === 'object') visit(child);
  };
  visit(parseAst(readFileSync(path, 'utf8'), { lang: path.endsWith('x') ? 'tsx' : 'ts' }));
  return titles;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';

/** `it(…)`, `describe(…)`, `it.skipIf(…)(…)`, `it.each(…)(…)`. */
function isTestCall(called: unknown): boolean {
  if (!isNode(called)) return false;
  if (called.type === 'Identifier') return ['it', 'test', 'describe'].includes(String(called['name']));
  return isTestCall(called['callee'] ?? called['object'] ?? called['tag']);
}

/** Of a text, or of one with values in it. */
function textsOf(value: unknown): readonly string[] {
  if (!isNode(value)) return [];
  if (value.type === 'Literal') return typeof value['value'] === 'string' ? [value['value']] : [];
  if (value.type !== 'TemplateLiteral') return [];
  const parts = value['quasis'] as readonly { readonly value: { readonly cooked: string } }[];
  return [parts.map((part) => part.value.cooked).join('%s')];
}

/** As the page quotes it: a part of the title, `…` for what it leaves out. */
export function isTitleAmong(cited: string, titles: readonly string[]): boolean {
  const parts = cited.split('…').map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])${parts.filter((part) => part !== '').join('.*')}(?![\\p{L}\\p{N}])`,
    'u',
  );
  return titles.some((title) => pattern.test(title));
}
