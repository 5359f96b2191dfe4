/** What may be stored as text, and what shows something. PostgreSQL refuses U+0000, and half a surrogate pair has no UTF-8 form: both would fail a whole commit later. */

export function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1) count += 1;
  return count;
}

export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/**
 * White paper that Unicode counts among letters and symbols: the blank Braille pattern, the note without a head, the two blanks of hieroglyphs. For the class of a
 * regular expression with the flag `u`.
 */
export const BLANKS = '\\u2800\\u{1D159}\\u{13441}\\u{13442}';

/**
 * A character that people can see: not of the categories C and Z, not ignorable by default, none of the blanks, and not the object replacement character.
 * Marks are left out, since without a base they stand on nothing; with one, the base is found.
 */
const VISIBLE = new RegExp(`[^\\p{C}\\p{Z}\\p{M}\\p{Default_Ignorable_Code_Point}${BLANKS}\\uFFFC]`, 'u');

/** Texts, names and emoji need a character that can be seen. Stops at the first, so an ordinary text costs one step. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}
