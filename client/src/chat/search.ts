/** How text is compared when searching: without case, accents or differences of Unicode form. */

export function foldForSearch(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
