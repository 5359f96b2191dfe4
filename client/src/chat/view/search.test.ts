import { describe, expect, it } from 'vitest';
import { hasAllWords, wordsOf } from './search.ts';

describe('hasAllWords', () => {
  it.each([
    ['Crème brûlée', 'CREME brulee', true],
    ['creme', 'crème', true],
    ['ΟΔΟΣ', 'οδός', true],
    ['İzmir', 'izmir', true],
    ['ﬁsh', 'FISH', true],
    ['all of it', 'it all', true],
    ['some of it', 'it all', false],
  ])('%j has %j: %s', (text, query, expected) => {
    expect(hasAllWords(text, wordsOf(query))).toBe(expected);
  });
});
