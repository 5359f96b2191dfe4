/** Finds http and https addresses in plain text. Text in, pieces of text out: nothing here ever becomes HTML. */

export type TextPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"'`]+/giu;
const TRAILING = /[.,;:!?…'"”’*_]+$/u;
const BRACKETS: readonly (readonly [string, string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
];

const count = (text: string, mark: string): number => text.split(mark).length - 1;

/** The sentence's own punctuation is not part of the address; a closing bracket is, when the address opened it. */
function trimAddress(candidate: string): string {
  let address = candidate;
  for (;;) {
    let next = address.replace(TRAILING, '');
    for (const [open, close] of BRACKETS) {
      if (next.endsWith(close) && count(next, close) > count(next, open)) next = next.slice(0, -1);
    }
    if (next === address) return address;
    address = next;
  }
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
