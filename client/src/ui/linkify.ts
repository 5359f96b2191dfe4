/** Finds http and https addresses in plain text. Text in, pieces of text out: nothing here ever becomes HTML. */

export type TextPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"'`]+/giu;
const PUNCTUATION = new Set('.,;:!?…\'"”’*_');
const OPENS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/**
 * The sentence's own punctuation is not part of the address; a closing bracket is, when the address opened it. One pass from the end: this runs on
 * whatever strangers write.
 */
function trimAddress(candidate: string): string {
  const counts = new Map<string, number>();
  for (const mark of candidate) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  let end = candidate.length;
  for (; end > 0; end -= 1) {
    const mark = candidate[end - 1] ?? '';
    if (PUNCTUATION.has(mark)) continue;
    const open = OPENS[mark];
    const closings = counts.get(mark) ?? 0;
    if (open === undefined || closings <= (counts.get(open) ?? 0)) break;
    counts.set(mark, closings - 1);
  }
  return candidate.slice(0, end);
}

function parseHref(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  // A name and password in front of the host dress one address up as another.
  const isPlain = url.username === '' && url.password === '';
  return (url.protocol === 'http:' || url.protocol === 'https:') && isPlain ? url.href : null;
}

export function linkify(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = trimAddress(match[0]);
    const href = parseHref(address);
    if (href === null) continue;
    if (match.index > end) pieces.push({ type: 'text', text: text.slice(end, match.index) });
    pieces.push({ type: 'link', text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) pieces.push({ type: 'text', text: text.slice(end) });
  return pieces;
}
