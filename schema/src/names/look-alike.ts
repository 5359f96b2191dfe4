/**
 * Which names look alike. Not the whole table of Unicode (UTS #39 has 6,000 pairs), but the scripts that are used to imitate Latin names, and what
 * normalisation knows. It may take two names for alike that are not: then the page only distinguishes them more plainly than it had to.
 */
import { BLANKS } from './text.ts';

/** Latin letter, and what is drawn like it in other scripts, capitals first. Where a capital and its small letter resemble different letters, each stands with its own. */
const LOOKS: Readonly<Record<string, string>> = {
  a: 'ΑАᎪꓮᴀαаɑա',
  b: 'ΒВᏴꓐʙвβƄЬь',
  c: 'СᏟꓚᴄсϲⅽ',
  d: 'ᎠꓓᴅԁɗđĐðÐ',
  e: 'ΕЕᎬꓰᴇеεҽэє',
  f: 'ꓝꜰϜƒ',
  g: 'ᏀꓖɢɡցԌ',
  h: 'ΗНᎻꓧʜнһհħĦ',
  i: 'ΙІӀᏆꓲɪıιіɩ',
  j: 'ЈᎫꓙᴊјϳ',
  k: 'ΚКᏦꓗᴋκк',
  l: 'ᏞꓡʟŁłⅼӏ',
  m: 'ΜМᎷꓟᴍмⅿ',
  n: 'Νꓠɴηпո',
  o: 'ΟОՕꓳᴏοоօσøØ',
  p: 'ΡРᏢꓑᴘρрϱ',
  q: 'Ԛԛզգ',
  r: 'ᎡꓣʀгᴦГ',
  s: 'ЅᏚꓢꜱѕՏ',
  t: 'ΤТᎢꓔᴛτтŧŦ',
  u: 'Սꓴᴜυμս',
  v: 'ᏙꓦᴠνѵѴⅴ',
  w: 'ᎳꓪᴡωԝԜѡ',
  x: 'ΧХꓫχхⅹ×',
  y: 'ΥУҮᎩꓬʏγуүў',
  z: 'ΖᏃꓜᴢζʐ',
  "'": '’‘ʼ′`´＇ʹˈ',
  '-': '‐‑‒–—―−',
  '.': '․·',
};

const LATIN: ReadonlyMap<string, string> = new Map(
  Object.entries(LOOKS).flatMap(([latin, others]) => [...others].map((other) => [other, latin] as const)),
);
/** Accents of letters that several scripts share. */
const ACCENT = /^[\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]$/u;
const MARK = /^\p{M}$/u;
/** What no mark makes another letter of, whatever script the mark is from: some of them cannot be seen at all on such a base. */
const MARKLESS = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}]$/u;
const UNSEEN = /^[\p{C}\p{Default_Ignorable_Code_Point}\uFFFC]$/u;
const WHITE = new RegExp(`[\\s${BLANKS}]+`, 'gu');
const NOT_WORDS = /[^\p{L}\p{N}\p{M}]+/gu;
/** White letters in circles and squares, and the letters that flags are made of: A to Z each. Normalisation leaves them. */
const ALPHABETS = [0x1f150, 0x1f170, 0x1f1e6];

/** Nearly every name of many people: letters that stand for themselves. Looking at each takes ten times as long. */
const PLAIN = /^[ -~]*$/;

/** Two names with the same skeleton look alike. */
export function skeletonOf(name: string): string {
  const folded = lettersOf(name)
    .toLowerCase()
    .replace(/[il1|!]/g, 'l')
    .replace(/0/g, 'o');
  return folded.replace(/rn/g, 'm').replace(/vv/g, 'w').replace(WHITE, ' ').trim();
}

/** Marks of a script on its own letters (Hindi vowels, Thai tones) make other words and stay; on Latin letters, and what looks like them, none does. */
function lettersOf(name: string): string {
  if (PLAIN.test(name)) return name;
  let letters = '';
  let base = '';
  for (const char of name.normalize('NFKD')) {
    if (UNSEEN.test(char)) continue;
    if (MARK.test(char)) {
      if (base !== '' && !MARKLESS.test(base) && !ACCENT.test(char)) letters += char;
      continue;
    }
    base = latinOf(char);
    letters += base;
  }
  return letters;
}

function latinOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return char;
  const start = ALPHABETS.find((first) => code >= first && code < first + 26);
  return start === undefined ? (LATIN.get(char) ?? char) : String.fromCodePoint(0x61 + code - start);
}

/** What the page itself says where a name could stand, in the languages that it speaks or will speak. */
const RESERVED: ReadonlySet<string> = new Set(
  [
    ...['You', 'Yourself', 'Vous', 'System', 'Système', 'Server', 'Serveur', 'Tablo', 'Tablo Chat'],
    ...['Everyone', 'Everybody', 'Here', 'Tout le monde', 'Someone', "Quelqu'un"],
    ...['Former member', 'Ancien membre', 'Earlier message', 'Message deleted'],
  ].map(wordsOf),
);
const OWN_SUFFIX = wordsOf('you');

/** Is it, or does it look like, a word of the page? Nobody is refused such a name (some are called so), but it never stands alone. */
export function isReservedName(name: string): boolean {
  const words = wordsOf(name);
  return RESERVED.has(words) || (words.endsWith(` ${OWN_SUFFIX}`) && /[([{]/u.test(name.normalize('NFKC')));
}

/** Without what stands around and between the words: "-You-", "@here", "You:" and "(you)" are the word alone. */
function wordsOf(name: string): string {
  return skeletonOf(name).replace(NOT_WORDS, ' ').trim();
}
