import { describe, expect, it } from 'vitest';
import { isReservedName, skeletonOf } from './look-alike.ts';

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
  ])('[R3] %s and %s look alike: %s', (left, right) => expect(skeletonOf(right)).toBe(skeletonOf(left)));

  it.each([
    ['Alice', 'Alicia'],
    ['Ada Lovelace', 'Ada Yonath'],
    ['राम', 'रमा'],
    ['はは', 'ばば'],
    ['李', '季'],
    ['Anna', 'Hanna'],
  ])('%s and %s do not', (left, right) => expect(skeletonOf(right)).not.toBe(skeletonOf(left)));
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
