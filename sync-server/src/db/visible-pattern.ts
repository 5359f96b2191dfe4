/**
 * `isVisible` of the schema as a regular expression of PostgreSQL, whose own classes follow the database's locale and know neither Unicode's categories nor what is ignorable
 * by default. Made from the function itself, character by character, so that the two cannot differ; a tenth of a second, once in the life of a database.
 */
import { isVisible } from '@tablo/schema/names/text';

const LAST = 0x10ffff;

/** Matches a text with a character that people can see. Needs a database in UTF-8, as all our SQL does. */
export function visiblePattern(): string {
  const unseen: string[] = [];
  let start: number | null = null;
  // PostgreSQL's texts have no U+0000.
  for (let code = 1; code <= LAST + 1; code += 1) {
    const isUnseen = code <= LAST && !isVisible(String.fromCodePoint(code));
    if (isUnseen) start ??= code;
    else if (start !== null) {
      unseen.push(`${escaped(start)}-${escaped(code - 1)}`);
      start = null;
    }
  }
  return `[^${unseen.join('')}]`;
}

const escaped = (code: number): string => `\\U${code.toString(16).padStart(8, '0')}`;
