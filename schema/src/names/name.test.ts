import { describe, expect, it } from 'vitest';
import { Random } from '../testing/random.ts';
import { cleanName, parseName } from './name.ts';

const MAX = { max: 200 };

describe('names that stay exactly as they are', () => {
  it.each([
    ['Ada Lovelace'],
    ["Conan O'Brien"],
    ['José Ñandú'],
    ['Nguyễn Thị Ánh'],
    ['李小龙'],
    ['葛\u{E0100}城'], // A variant of the first character (IVS).
    ['山田 太郎'],
    ['Владимир'],
    ['مهدی'],
    ['می\u200Cخواهم'], // Persian: the joiner keeps two letters apart.
    ['علی\u200Cرضا'],
    ['क\u094D\u200Dष'], // Hindi: a half form instead of a conjunct.
    ['र\u200D\u094Dय'],
    ['ශ\u0DCA\u200Dරී'],
    ['അവന\u0D4D\u200D'],
    ['ကျွန်ုပ်'],
    ['བསྒྲུབས'],
    ['שָׁלוֹם'],
    ['สมชาย'],
    ['한국'],
    ['👩\u200D👩\u200D👧\u200D👦 Family'],
    ['🏳\uFE0F\u200D🌈'],
    ['👩🏽\u200D💻'],
    ['❤\uFE0F'],
    ['1\uFE0F\u20E3'],
    ['🇳🇱🇫🇷'],
    ['🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'],
    ['ẹ\u0301'], // Yoruba: one mark that no precomposed letter has.
    ['<b>bold</b>'],
  ])('[R3] the name %j stays exactly as it is', (name) => {
    const nfc = name.normalize('NFC');
    expect(cleanName(name)).toBe(nfc);
    expect(parseName(name, MAX)).toEqual({ ok: true, value: nfc });
  });
});

describe('names that are mended', () => {
  it.each([
    ['a decomposed letter', 'Jose\u0301', 'José'],
    ['white space of any kind', '\t Ada \u00A0\u2003\n Lovelace\u3000', 'Ada Lovelace'],
    ['line and paragraph separators', 'Ada\u2028x\u2029y', 'Ada x y'],
    ['a blank Braille pattern', 'Ada\u2800Lovelace\u2800', 'Ada Lovelace'],
    ['an override', '\u202Eecila', 'ecila'],
    ['all bidi controls', '\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202EA\u2066\u2067\u2068\u2069', 'A'],
    ['invisible characters', 'A\u200Bl\u2060i\uFEFFc\u00ADe\u034F', 'Alice'],
    ['fillers', 'A\u115F\u1160\u3164\uFFA0', 'A'],
    ['controls', 'A\u0001\u001B[31m\u007F\u0085B', 'A[31m B'],
    ['private and unassigned characters', 'A\uE000\u{10FFFD}\u0378\uFFFE', 'A'],
    ['an object replacement character', 'A\uFFFC', 'A'],
    ['a joiner between Latin letters', 'Al\u200Cic\u200De', 'Alice'],
    ['joiners at the ends', '\u200DAlice\u200C', 'Alice'],
    ['joiners in a row', 'می\u200C\u200C\u200Cخ', 'می\u200Cخ'],
    ['a joiner after a blank', 'می \u200Cخ', 'می خ'],
    ['a joiner that no pictogram follows', '👩\u200D Ada', '👩 Ada'],
    ['a variation selector on a letter', 'Ali\uFE0Fce\u{E0101}', 'Alice'],
    ['variation selectors in a row', '❤\uFE0F\uFE0F', '❤\uFE0F'],
    ['tags without a flag', 'Alice\u{E0061}\u{E007F}', 'Alice'],
    ['a flag whose tags do not end', '🏴\u{E0067}\u{E0062}', '🏴'],
    ['a tower of marks', `Z${'\u0301\u0323'.repeat(20)}algo`, 'Ź\u0323\u0323\u0323\u0323algo'.normalize('NFC')],
    ['marks without a base', '\u0301\u0301Ada \u0301B', 'Ada B'],
    ['a mark after what is dropped', 'e\u200B\u0301', 'é'],
  ])('[R3] a name is mended: %s', (what, raw, name) => {
    const cleaned = cleanName(raw);
    if (what !== 'a tower of marks') expect(cleaned).toBe(name);
    else expect(cleaned.match(/\p{M}/gu)?.length ?? 0).toBeLessThanOrEqual(4);
    expect(cleanName(cleaned)).toBe(cleaned);
  });

  it('[R3] half a surrogate pair is dropped where nobody can be told', () => {
    expect(cleanName('A\uD800B\uDC00')).toBe('AB');
    expect(cleanName('A\u0000B')).toBe('AB');
  });

  it('[R3] a name that is too long is cut between characters', () => {
    expect(cleanName('😀'.repeat(300))).toBe('😀'.repeat(200));
    expect(cleanName(`${'x'.repeat(199)} yz`)).toBe('x'.repeat(199));
    expect(cleanName(`${'x'.repeat(198)}👩\u200D👦`)).toBe(`${'x'.repeat(198)}👩`);
  });

  it('[R3] a value without end costs no more than a long one', () => {
    expect(cleanName(`${'\u200B'.repeat(1_000_000)}Ada`)).toBe('');
    expect(cleanName('x'.repeat(1_000_000))).toHaveLength(200);
  });
});

describe('names that show nothing', () => {
  it.each([
    [''],
    [' \t\n'],
    ['\u200B\u2060'],
    ['\u202E\u202C'],
    ['\u00A0\u3000'],
    ['\u2800'],
    ['\u3164'],
    ['\u115F\u1160'],
    ['\uFFFC'],
    ['\u0301'],
    [' \u0301\u20E3'],
    ['\u200D\u200C'],
    ['\uFE0F'],
    ['\u{E0067}\u{E007F}'],
    ['\uE000'],
    ['\u0378'],
  ])('[R3] the name %j shows nothing', (raw) => {
    expect(cleanName(raw)).toBe('');
    expect(parseName(raw, MAX)).toMatchObject({ ok: false });
  });
});

describe('parseName', () => {
  it.each([
    ['no text', 7, 'must be 1 to 200 characters'],
    ['nothing', '  ', 'must be 1 to 200 characters'],
    ['201 characters', 'x'.repeat(201), 'must be 1 to 200 characters'],
    ['201 pairs', '😀'.repeat(201), 'must be 1 to 200 characters'],
    ['what cannot be read to its end', ' '.repeat(5_000), 'must be 1 to 200 characters'],
    ['a NUL', 'a\0', 'contains a NUL or half a surrogate pair'],
    ['half a pair', 'a\uD800', 'contains a NUL or half a surrogate pair'],
    ['nothing that shows', '\u200B', 'must have a character that can be seen'],
  ])('parseName says what is wrong with %s', (_, raw, error) =>
    expect(parseName(raw, MAX)).toEqual({ ok: false, error }),
  );

  it('parseName counts what is left, in code points', () => {
    expect(parseName(` ${'😀'.repeat(200)}\u200B `, MAX)).toEqual({ ok: true, value: '😀'.repeat(200) });
  });
});

it('[R3] a cleaned name is cleaned to itself, whatever it was', () => {
  const random = new Random(7);
  const alphabet = [
    ...[
      'a',
      'Z',
      '1',
      '#',
      ' ',
      '\u00A0',
      '\u0301',
      '\u0323',
      '\u20E3',
      '\u200C',
      '\u200D',
      '\u202E',
      '\uFE0F',
      '\u2800',
    ],
    ...[
      'م',
      'ی',
      '\u064B',
      'क',
      '\u094D',
      'ष',
      '👩',
      '👦',
      '🏽',
      '🏴',
      '\u{E0067}',
      '\u{E007F}',
      '葛',
      '\u{E0100}',
      '가',
      '\u1100',
    ],
    ...['\u1161', '\u11A8', '\uD83C', '\uDFF4', '\u0378', '\uE000', '\u3164', '\u180B', 'ᠠ', '\u0F71', '\u0F72', 'ཀ'],
  ];
  for (let round = 0; round < 5_000; round += 1) {
    const raw = Array.from({ length: 1 + random.below(14) }, () => random.pick(alphabet)).join('');
    const name = cleanName(raw);
    expect(cleanName(name), JSON.stringify(raw)).toBe(name);
    expect(name).toBe(name.normalize('NFC').trim());
    expect(name).not.toMatch(/[\u202E\u2800\u3164\uE000]|\s\s|\p{Cs}/u);
  }
});
