import { describe, expect, it } from 'vitest';
import { isReservedName, skeletonOf } from './look-alike.ts';
import { cleanName } from './name.ts';
import { isVisible } from './text.ts';

describe('skeletonOf', () => {
  it.each([
    ['Alice', 'Аlісе', 'Cyrillic letters'],
    ['Alice', 'Αlice', 'a Greek capital'],
    ['Alice', 'ALICE', 'capitals'],
    ['Alice', 'Alicé', 'an accent'],
    ['Alice', 'A1ice', 'a digit'],
    ['Bill', 'BiII', 'capital I for l'],
    ['Bob', 'B0b', 'a zero'],
    ['Alice', '𝐀𝓵𝗂𝖈𝒆', 'mathematical letters'],
    ['Alice', 'Ａｌｉｃｅ', 'wide letters'],
    ['Alice', 'ⓐⓛⓘⓒⓔ', 'letters in circles'],
    ['Alice', '🅐🅛🅘🅒🅔', 'white letters in circles'],
    ['Alice', 'ᴀʟɪᴄᴇ', 'small capitals'],
    ['Hanna', 'Ꮋanna', 'a Cherokee letter'],
    ['Nora', 'ꓠora', 'a Lisu letter'],
    ['Ernst', 'Emst', 'r and n for m'],
    ['Conan O’Brien', "Conan O'Brien", 'another apostrophe'],
    ['علی‌رضا', 'علیرضا', 'a joiner'],
    ['Alice', 'Alice\u{16FE4}', 'a mark that shows nothing'],
    ['Alice', 'Ali\u0E4Ece', 'a Thai mark'],
    ['Alice', 'Аl\u3099iсе', 'a Japanese mark, among Cyrillic letters'],
    ['Nora', 'ꓠo\u0483ra', 'a mark among Lisu letters'],
    ['Alice', 'Alice\u{1D159}', 'a note without a head'],
    ['Alice', '\u{13441}Alice\u{13442}', 'blanks of hieroglyphs'],
    ['Nguyen Thi Anh', 'Nguyễn Thị Ánh', 'Vietnamese accents'],
  ])('[R3] %s and %s look alike: %s', (left, right) => expect(skeletonOf(right)).toBe(skeletonOf(left)));

  it.each([
    ['Alice', 'Alicia'],
    ['Ada Lovelace', 'Ada Yonath'],
    ['राम', 'रमा'],
    ['はは', 'ばば'],
    ['はは', 'は\u3099は\u3099'],
    ['ไม', 'ไม่'],
    ['สมชาย', 'สมช่าย'],
    ['کتاب', 'کتابی'],
    ['1\uFE0F\u20E3', '2\uFE0F\u20E3'],
    ['👩\u200D👦', '👩\u200D👧'],
    ['李', '季'],
    ['Anna', 'Hanna'],
  ])('%s and %s do not look alike', (left, right) => expect(skeletonOf(right)).not.toBe(skeletonOf(left)));
});

describe('isReservedName', () => {
  it.each([
    'You',
    'you',
    'YOU',
    ' -You- ',
    'You:',
    'Υου',
    'Үоu',
    'Yоu',
    'Ｙｏｕ',
    '🇾🇴🇺',
    'Yóu',
    '@here',
    'System',
    'Ѕуѕtеm',
    'Tablo  Chat',
  ])('[R3] %j is, or looks like, a word of the page', (name) => expect(isReservedName(name)).toBe(true));
  it.each(['Ada (you)', 'Everyone', 'Vous', 'Former member', 'Someone'])('[R3] %j is too', (name) =>
    expect(isReservedName(name)).toBe(true),
  );
  it.each(['Ali', 'Yousef', 'Young', 'You Na', 'Systemus', 'Hereward', 'Jean-Luc', 'Ada', '李', 'Thank You'])(
    '%j is not',
    (name) => expect(isReservedName(name)).toBe(false),
  );
});

/** All that Unicode has, as far as this runtime knows it; surrogates are no characters. */
function* assigned(): Generator<string> {
  for (let code = 0x20; code <= 0x10_ffff; code += 1) {
    if (code === 0xd800) code = 0xe000;
    const char = String.fromCodePoint(code);
    if (!/[\p{Cn}\p{Co}]/u.test(char)) yield char;
  }
}
const codeOf = (char: string): string => `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}`;

describe('of all characters', () => {
  it('[R3] no mark, of whatever script, makes another name of You or Alice', () => {
    const marks = [...assigned()].filter((char) => /\p{M}/u.test(char));
    expect(marks.length).toBeGreaterThan(2_400);
    const different = marks.filter((mark) =>
      [`You${mark}`, `Yo${mark}u`, `${mark}Y${mark}${mark}ou`].some(
        (raw) => !isReservedName(raw) || !isReservedName(cleanName(raw)) || skeletonOf(raw) !== skeletonOf('You'),
      ),
    );
    expect(different.map(codeOf)).toEqual([]);
    expect(marks.filter((mark) => skeletonOf(`Αli${mark}ce`) !== skeletonOf('Alice')).map(codeOf)).toEqual([]);
  });

  it('[R3] no character that is invisible alone makes another name at the end of You, or a name', () => {
    const unseen = [...assigned()].filter((char) => !isVisible(char));
    expect(unseen.length).toBeGreaterThan(2_400);
    const named = unseen.filter((char) => cleanName(char) !== '' || cleanName(`${char}\u0301${char}`) !== '');
    expect(named.map(codeOf)).toEqual([]);
    const different = unseen.filter((char) => cleanName(`${char}You${char}`) !== 'You' && !/\p{M}/u.test(char));
    // A tag and a joiner may vary a letter of another script, never one of these.
    expect(different.map(codeOf)).toEqual([]);
    const told = unseen.filter((char) => skeletonOf(`Alice${char}`) !== skeletonOf('Alice'));
    expect(told.map(codeOf)).toEqual([]);
  });

  it.each(['\u2800', '\u{1D159}', '\u{13441}', '\u{13442}', '\uFFFC', '\u3164', '\u{16FE4}', '\u{1107F}'])(
    '[R3] %j shows nothing',
    (char) => expect([isVisible(char), isVisible(char.repeat(3))]).toEqual([false, false]),
  );
});
