/** What may be stored as text. PostgreSQL refuses U+0000, and half a surrogate pair has no UTF-8 form: both would fail a whole commit later. */

export function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1) count += 1;
  return count;
}

export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
