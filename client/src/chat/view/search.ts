/** How text is compared when searching: without case, accents or differences of Unicode form. */

/** Of one code point or of many: folding a text is folding its code points one by one. */
export const foldForSearch = (text: string): string =>
  // The sigma at a word's end is the one letter whose small form depends on its neighbours.
  text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ς', 'σ');

/** What is searched for, folded. */
export const wordsOf = (query: string): readonly string[] =>
  foldForSearch(query)
    .split(/\s+/u)
    .filter((word) => word !== '');

/** `words` as `wordsOf` gives them. */
export function hasAllWords(text: string, words: readonly string[]): boolean {
  const folded = foldForSearch(text);
  return words.every((word) => folded.includes(word));
}
