import { describe, expect, it } from 'vitest';
import { excerptOf } from './excerpt.ts';

/** Matches in brackets. */
const shown = (text: string, query: string): string =>
  excerptOf(text, query)
    .map((part) => (part.isMatch ? `[${part.text}]` : part.text))
    .join('');

describe('excerptOf', () => {
  it('excerptOf is one line, with every word marked wherever it stands', () => {
    expect(shown('Hello\nbig  World, hello', 'world hello')).toBe('[Hello] big [World], [hello]');
  });

  it.each([
    ['Crème brûlée, please', 'brulee', 'Crème [brûlée], please'],
    ['creme', 'CRÈME', '[creme]'],
    // The accent is a code point of its own.
    ['cre\u0300me', 'crem', '[cre\u0300m]e'],
    ['naïve', 'nai', '[naï]ve'],
    ['Straße İzmir', 'izmir', 'Straße [İzmir]'],
    ['ΟΔΟΣ και οδός', 'οδος', '[ΟΔΟΣ] και [οδός]'],
    ['ﬁnd the 😀 ﬁsh', 'fish', 'ﬁnd the 😀 [ﬁsh]'],
    ['한국어', '한국', '[한국]어'],
  ])('excerptOf marks in %j what is searched for as %j', (text, query, expected) => {
    expect(shown(text, query)).toBe(expected);
  });

  it('excerptOf joins marks that overlap', () => {
    expect(shown('heliotropes', 'helio otrop')).toBe('[heliotrop]es');
  });

  it('excerptOf cuts what is long on both sides, with the match in sight', () => {
    const cut = shown(`${'a '.repeat(200)}needle${' b'.repeat(400)}`, 'NEEDLE');
    expect(cut.startsWith('…a a')).toBe(true);
    expect(cut).toContain('[needle]');
    expect(cut.indexOf('[needle]')).toBeLessThan(70);
    expect(cut.endsWith('…')).toBe(true);
    expect(cut.length).toBeLessThanOrEqual(230);
  });

  it('excerptOf cuts no character in two', () => {
    const whole = shown('😀'.repeat(200), 'nothing');
    expect(whole.isWellFormed()).toBe(true);
    expect(shown(`${'😀'.repeat(100)}needle`, 'needle').isWellFormed()).toBe(true);
  });

  it('excerptOf marks nothing without words', () => {
    expect(shown('As it is', '  ')).toBe('As it is');
  });
});
