/**
 * Finds web and mail addresses in plain text: `https://…`, `www.…`, `ann@example.org`. Text in, pieces of text out: nothing here ever becomes HTML.
 */

export type TextPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string };

/** Ends an address in any language: blanks, quotes, full-width marks, and what cannot be seen. `\x60` is the backtick. */
const END = String.raw`\s\p{C}<>"\x60“”„«»‹›、。，．！？：；…｡､（）［］｛｝「」｢｣『』【】〔〕《》〈〉`;
/** Where blanks part words, a letter in front belongs to the word; languages without blanks write an address right behind a letter. */
const LETTER = String.raw`\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{M}0-9`;
const WEB = String.raw`(?<![${LETTER}+.\-])https?:\/\/[^${END}]+`;
const WWW = String.raw`(?<![${LETTER}@\/.:\-])www\.[^${END}]+`;
/** Every length is bounded, so that it takes linear time. `git@host:path` and the second half of `o’brien@host` are no mail addresses. */
const MAIL =
  String.raw`(?<![${LETTER}’.+%\/@:=&?#\-])[a-z0-9][a-z0-9._%+'\-]{0,63}` +
  String.raw`@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![${LETTER}@]|[.\-][a-z0-9]|:\S)`;
const CANDIDATE = new RegExp(`${WEB}|${WWW}|${MAIL}`, 'giu');

const PUNCTUATION = new Set(".,;:!?'‘’*_");
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

function parseWeb(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  // A name and password in front of the host dress one address up as another.
  const isPlain = url.username === '' && url.password === '';
  return (url.protocol === 'http:' || url.protocol === 'https:') && isPlain ? url.href : null;
}

function parseHref(address: string): string | null {
  if (/^https?:/iu.test(address)) return parseWeb(address);
  // `www.` and a host of at least two more names: less is the start of a sentence about one.
  if (/^www\./iu.test(address))
    return /^www\.[^./?#:]+\.[^.\d/?#:]/iu.test(address) ? parseWeb(`https://${address}`) : null;
  const at = address.indexOf('@');
  return `mailto:${encodeURIComponent(address.slice(0, at))}${address.slice(at)}`;
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
