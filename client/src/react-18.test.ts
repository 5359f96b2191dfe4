/** The package's peers are React 18.2 and 19: what only the later one understands stays out of what the package is built of. `e2e/package` runs it in both. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDERS = ['embed', 'hooks', 'ui'];
const ONLY_IN_19: readonly (readonly [words: string, pattern: RegExp])[] = [
  ['a context as its own provider', /<\w+Context(?:\s+value=|>)/u],
  ['ref as a prop of a function component', /readonly ref\??:/u],
  [
    'a hook of React 19',
    /\b(?:use|useActionState|useEffectEvent|useFormStatus|useOptimistic)\b(?=[^;]*from 'react(?:-dom)?';)/u,
  ],
];

it('the client uses nothing that React 18.2 does not have', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/u.test(path) && !/\.test\.tsx?$/u.test(path) && !/^dev[\\/]/u.test(path))
      .map((path) => join(folder, path)),
  );
  expect(files.length).toBeGreaterThan(50);
  const found = files.flatMap((path) => {
    const text = readFileSync(join(import.meta.dirname, path), 'utf8');
    return ONLY_IN_19.flatMap(([words, pattern]) => (pattern.test(text) ? [`${path}: ${words}`] : []));
  });
  expect(found).toEqual([]);
});
