/**
 * Names of people and of tablos: the one definition of what a name may be. `parseName` is for a name that somebody enters and that can be refused with
 * a reason; `cleanName` is for names that cannot be refused: claims of a token, rows written by plain SQL, records of an earlier release.
 * A cleaned name is cleaned again to the same.
 */
import { err, ok, type Result } from '../result.ts';
import { BLANKS, countCodePoints, isStorableText, isVisible } from './text.ts';

/** Unicode code points of a person's name. */
export const MAX_PERSON_NAME_CODE_POINTS = 200;
/** A longer value is not read further: what is dropped (white space, controls) may stand in it many times, but not without end. */
const MAX_RAW_UNITS = 4_000;
/** Combining marks on one base. Hebrew, Tibetan and Burmese need up to four; a tower that covers the lines above needs more. */
const MAX_MARKS = 4;

export interface NameRules {
  /** Unicode code points. */
  readonly max: number;
}

/** The name as it is stored and shown; the error is a predicate, as in "The name must be 1 to 200 characters". */
export function parseName(raw: unknown, { max }: NameRules): Result<string, string> {
  const lengths = `must be 1 to ${max} characters`;
  if (typeof raw !== 'string' || raw.length > MAX_RAW_UNITS) return err(lengths);
  if (!isStorableText(raw)) return err('contains a NUL or half a surrogate pair');
  const name = sift(raw);
  if (name === '') return err(raw.trim() === '' ? lengths : 'must have a character that can be seen');
  return countCodePoints(name) > max ? err(lengths) : ok(name);
}

/** What can be shown of `raw`; empty where that is nothing. Too long a name is cut. */
export function cleanName(raw: string, { max }: NameRules = { max: MAX_PERSON_NAME_CODE_POINTS }): string {
  const name = sift(raw.slice(0, MAX_RAW_UNITS));
  if (name.length <= max || countCodePoints(name) <= max) return name;
  // Cut between code points, which may leave half a sequence at the end: sifted once more.
  return sift([...name].slice(0, max).join(''));
}

/** Nearly every name: nothing in it has to be looked at. */
const ORDINARY = /^[!-~]+(?: [!-~]+)*$/;

/** White space of any kind, and what looks like it. */
const BLANK = new RegExp(`^[\\t-\\r\\p{Z}\\u0085${BLANKS}]$`, 'u');
/** Never in a name, wherever it stands: bidi controls, other controls and format characters, unassigned and private ones, halves of a pair, fillers. */
const DROPPED = /^[\p{C}\p{Default_Ignorable_Code_Point}\uFFFC]$/u;
const MARK = /^\p{M}$/u;
const LETTER = /^[\p{L}\p{N}]$/u;
const PICTOGRAM = /^\p{Extended_Pictographic}$/u;
const SKIN_TONE = /^\p{Emoji_Modifier}$/u;
/** Scripts whose letters join: there U+200C and U+200D between two letters choose their shapes, as in Persian. Elsewhere they show nothing. */
const CURSIVE =
  /^[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]$/u;
/** Signs that take a consonant's vowel (Unicode's canonical combining class 9): a joiner beside one chooses between conjunct and half form. */
const VIRAMA =
  /^[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u1039\u103A\u1B44\u1BAA\u1BAB\uA806\uA8C4\uA9C0\uAAF6\uABED\u{11046}\u{110B9}\u{11133}\u{111C0}\u{11235}\u{1134D}\u{11442}\u{114C2}\u{115BF}\u{1163F}\u{116B6}]$/u;
/** What is written with variation selectors that show: Han and Mongolian, Phags-pa, Myanmar, emoji and other symbols. */
const VARIED =
  /^[\p{Script=Han}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Script=Myanmar}\p{Extended_Pictographic}\p{S}]$/u;
const VARIATION = /^\p{Variation_Selector}$/u;
const KEYCAP_BASE = /^[0-9#*]$/;
/** England, Scotland, Wales: a black flag and its tags. Kept whole, or not at all. */
const TAGGED_FLAG = /\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{1,16}\u{E007F}/uy;
const ZWNJ = '\u200C';
const ZWJ = '\u200D';
const KEYCAP = '\u20E3';

/** NFC before, so that marks are counted on their bases; and after, since what stood between a base and its mark may be gone. */
function sift(raw: string): string {
  if (ORDINARY.test(raw)) return raw;
  const name = new Sieve(raw.normalize('NFC')).run().normalize('NFC').trim();
  return isVisible(name) ? name : '';
}

class Sieve {
  readonly #text: string;
  #kept = '';
  /** The last kept character; empty at the start. A blank that is held back counts as kept. */
  #last = '';
  /** The last kept character that is neither mark, joiner nor variation selector; empty after a blank, since a mark needs something to stand on. */
  #base = '';
  #marks = 0;
  /** Among the marks of the base: NFC may put others after it. */
  #hasVirama = false;
  #isBlankHeld = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    const text = this.#text;
    for (let index = 0; index < text.length; ) {
      TAGGED_FLAG.lastIndex = index;
      const flag = text.charCodeAt(index) === 0xd83c ? TAGGED_FLAG.exec(text)?.[0] : undefined;
      const char = flag ?? String.fromCodePoint(text.codePointAt(index) ?? 0);
      index += char.length;
      const next = index < text.length ? String.fromCodePoint(text.codePointAt(index) ?? 0) : '';
      if (flag !== undefined) this.#keepBase(flag);
      else if (BLANK.test(char)) this.#holdBlank();
      else if (char === ZWNJ || char === ZWJ) this.#join(char, next);
      else if (VARIATION.test(char)) this.#vary(char, next);
      else if (DROPPED.test(char)) continue;
      else if (MARK.test(char)) this.#mark(char);
      else this.#keepBase(char);
    }
    return this.#kept;
  }

  #holdBlank(): void {
    this.#isBlankHeld = this.#kept !== '';
    this.#base = '';
    this.#last = '';
    this.#marks = 0;
    this.#hasVirama = false;
  }

  #keepBase(char: string): void {
    if (this.#isBlankHeld) this.#kept += ' ';
    this.#isBlankHeld = false;
    this.#base = char;
    this.#marks = 0;
    this.#hasVirama = false;
    this.#keep(char);
  }

  #mark(char: string): void {
    if (this.#base === '' || this.#marks >= MAX_MARKS) return;
    this.#marks += 1;
    this.#hasVirama ||= VIRAMA.test(char);
    this.#keep(char);
  }

  /** Only where it joins something: two pictograms, two letters of a script that joins, or a consonant that has lost its vowel. */
  #join(char: string, next: string): void {
    const isPicture = char === ZWJ && this.#isPictureEnd() && PICTOGRAM.test(next);
    const isCursive = isJoining(this.#base) && isJoining(next);
    const isIndic = this.#hasVirama || (LETTER.test(this.#last) && VIRAMA.test(next));
    const isFirst = this.#last !== ZWNJ && this.#last !== ZWJ;
    if (isFirst && (isPicture || isCursive || isIndic)) this.#keep(char);
  }

  #isPictureEnd(): boolean {
    if (this.#base === '') return false;
    const isWhole = PICTOGRAM.test(this.#last) || SKIN_TONE.test(this.#last) || this.#last.length > 2;
    return isWhole || (VARIATION.test(this.#last) && PICTOGRAM.test(this.#base));
  }

  #vary(char: string, next: string): void {
    const isKeycap = KEYCAP_BASE.test(this.#last) && next === KEYCAP;
    if (isKeycap || (this.#last === this.#base && VARIED.test(this.#last))) this.#keep(char);
  }

  #keep(char: string): void {
    this.#kept += char;
    this.#last = char;
  }
}

const isJoining = (char: string): boolean => LETTER.test(char) && CURSIVE.test(char);
