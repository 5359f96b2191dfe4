/** Types for the package: what the compiler says about each of our modules, as far as the entries reach, with schema's beside ours. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** As in `from './a.ts'`, `import('@tablo/schema/b')`, `import './c.ts'`. */
const SPECIFIER = /((?:from|import)\s*\(?\s*)(['"])([^'"]+)\2/gu;
const SCHEMA = '@tablo/schema/';
/** Ours tell a user's id from a tablo's; a host application has strings. */
const BRAND = /(?<=type Id<Name extends string> = string) & \{[^}]*\}/u;

/** Where a module of the repository (`client/src/a.ts`) stands in the package (`a`), as its script does. */
const placeOf = (module: string): string => module.replace(/^client\/src\//u, '').replace(/(?:\.d)?\.tsx?$/u, '');

/**
 * `emitted` is where the compiler has put its declarations, with the repository's folders; `entries` are modules of the repository. Returns all modules whose types
 * the entries' speak of.
 */
export function writeDeclarations(emitted: string, entries: readonly string[], outDir: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...entries];
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    if (seen.has(module)) continue;
    seen.add(module);
    const from = module;
    const text = readFileSync(join(emitted, module.replace(/\.tsx?$/u, '.d.ts')), 'utf8');
    const written = text.replaceAll(SPECIFIER, (all, before: string, quote: string, specifier: string) => {
      const target = targetOf(from, specifier);
      if (target === null) return all;
      waiting.push(target);
      return `${before}${quote}${relativeTo(from, target)}${quote}`;
    });
    if (module === 'schema/src/ids.ts' && !BRAND.test(text))
      throw new Error('ids.ts brands its ids in another way now.');
    const place = join(outDir, `${placeOf(module)}.d.ts`);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, written.replace(BRAND, ''));
  }
  return seen;
}

/** The module of ours that is meant; `null`: a library's. */
function targetOf(from: string, specifier: string): string | null {
  if (specifier.startsWith(SCHEMA)) return `schema/src/${specifier.slice(SCHEMA.length)}.ts`;
  return specifier.startsWith('.') ? slashed(join(dirname(from), specifier)) : null;
}

function relativeTo(from: string, target: string): string {
  const path = slashed(relative(dirname(placeOf(from)), placeOf(target)));
  return `${path.startsWith('.') ? '' : './'}${path}.js`;
}

const slashed = (path: string): string => path.replaceAll('\\', '/');
