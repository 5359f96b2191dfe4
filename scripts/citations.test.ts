import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFile, isTitleAmong, readPromises, readTitles } from './citations.ts';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'THREAT-MODEL.md'), 'utf8');
const promises = readPromises(page);
const citations = promises.flatMap((promise) => promise.citations);

describe('THREAT-MODEL.md', () => {
  it('THREAT-MODEL.md is read: its tables and paragraphs, and what they cite', () => {
    expect(promises.length).toBeGreaterThan(75);
    expect(citations.filter(({ title }) => title !== null).length).toBeGreaterThan(100);
  });

  it('THREAT-MODEL.md cites a test for every promise', () => {
    expect(promises.filter((promise) => promise.citations.length === 0)).toEqual([]);
  });

  it('THREAT-MODEL.md names files that are there, also outside of proofs', () => {
    const named = [...page.matchAll(/`([^`\s]+\.tsx?)`/g)].map(([, file]) => file ?? '');
    const missing = [...named, ...citations.map(({ file }) => file)].filter((file) => findFile(ROOT, file) === null);
    expect([...new Set(missing)]).toEqual([]);
  });

  it('THREAT-MODEL.md cites as proof files that have tests', () => {
    const files = new Set(citations.map(({ file }) => file));
    const empty = [...files].filter((file) => readTitles(findFile(ROOT, file) ?? import.meta.filename).length === 0);
    expect(empty).toEqual([]);
  });

  it('THREAT-MODEL.md quotes titles that stand in those files', () => {
    const missing = citations.filter(({ file, title }) => {
      const path = findFile(ROOT, file);
      return title !== null && (path === null || !isTitleAmong(title, readTitles(path)));
    });
    expect(missing.map(({ line, file, title }) => `line ${line}: ${file}: ${title}`)).toEqual([]);
  });
});

describe('a citation', () => {
  it.each([
    ['a part of it', 'one of them', true],
    ['what it leaves out', '… of … them is', true],
    ['a part of a word', 'ne of them', false],
    ['another order', 'them … one', false],
    ['a word more', 'one of them all', false],
  ])('a citation in %s is found: %s is %s', (_, cited, isFound) => {
    expect(isTitleAmong(cited, ['[R1] one of them is'])).toBe(isFound);
  });

  it('a citation belongs to the file before it, or to the one that the section names', () => {
    const text = [
      '## Who may try what',
      '### SQL',
      'Nothing. `a.test.ts`. What follows is in `b.test.ts` unless another place is named.',
      '',
      '| attempt | what stops it | proof |',
      '|---|---|---|',
      '| x | `no-proof.ts` | *one*; tokens: *two*, *three*; floods and sockets: all of it |',
      '| y | nothing |  |',
      '## Out of scope',
      '- *four*',
    ].join('\n');
    expect(readPromises(text).map((promise) => promise.citations.map(({ file, title }) => [file, title]))).toEqual([
      [
        ['a.test.ts', null],
        ['b.test.ts', null],
      ],
      [
        ['b.test.ts', 'one'],
        ['tokens', null],
        ['tokens', 'two'],
        ['tokens', 'three'],
        ['floods', null],
        ['sockets', null],
      ],
      [],
    ]);
  });
});
