/** The piece of a text that shows what was found in it. */
import { foldForSearch, wordsOf } from '../../chat/view/search.ts';

export interface ExcerptPart {
  readonly text: string;
  readonly isMatch: boolean;
}

/** Where a match stands in the text: UTF-16 units, the end excluded. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const BEFORE = 60;
const LENGTH = 220;

/** One line around the first word of `query` that stands in it, with all of them marked, also where they differ in case and accents. */
export function excerptOf(text: string, query: string): readonly ExcerptPart[] {
  const line = text.trim().replace(/\s+/gu, ' ');
  const found = rangesOf(line, wordsOf(query));
  const start = startOf(line, found[0]?.start ?? 0);
  const end = codePointBorder(line, Math.min(line.length, start + LENGTH));
  const parts: ExcerptPart[] = [];
  const add = (from: number, to: number, isMatch: boolean) => {
    if (from < to) parts.push({ text: line.slice(from, to), isMatch });
  };
  let at = start;
  for (const range of found) {
    add(at, Math.min(range.start, end), false);
    add(range.start, Math.min(range.end, end), true);
    at = Math.max(at, range.end);
  }
  add(at, end, false);
  if (start > 0) parts.unshift({ text: '…', isMatch: false });
  if (end < line.length) parts.push({ text: '…', isMatch: false });
  return parts;
}

/** In order, without overlaps. */
function rangesOf(line: string, words: readonly string[]): readonly Range[] {
  const { folded, origin } = foldWithOrigin(line);
  const ranges: Range[] = [];
  for (const word of words)
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length))
      ranges.push({ start: origin[at] ?? 0, end: origin[at + word.length] ?? line.length });
  ranges.sort((left, right) => left.start - right.start || right.end - left.end);
  const joined: Range[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last === undefined || range.start > last.end) joined.push(range);
    else joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return joined;
}

/** `origin[n]`: where in `line` the code point begins that gave unit `n` of the folded text. Accents give none, so they go with the letter before them. */
function foldWithOrigin(line: string): { readonly folded: string; readonly origin: readonly number[] } {
  let folded = '';
  const origin: number[] = [];
  let at = 0;
  for (const character of line) {
    const one = foldForSearch(character);
    for (let unit = 0; unit < one.length; unit += 1) origin.push(at);
    folded += one;
    at += character.length;
  }
  return { folded, origin };
}

/** A little before the match; at the beginning of a word, where there is one. */
function startOf(line: string, match: number): number {
  if (match <= BEFORE) return 0;
  const space = line.indexOf(' ', match - BEFORE);
  return space >= 0 && space < match ? space + 1 : codePointBorder(line, match - BEFORE);
}

const codePointBorder = (line: string, at: number): number =>
  at > 0 && at < line.length && /[\uDC00-\uDFFF]/.test(line.charAt(at)) ? at - 1 : at;
