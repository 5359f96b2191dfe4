import { describe, expect, it } from 'vitest';
import { snippetOf } from './search-in-room.ts';

describe('snippetOf', () => {
  it('shows one line around the first word', () => {
    expect(snippetOf('Hello\nbig  World', 'world hello')).toEqual({ before: 'Hello big ', match: 'World', after: '' });
  });

  it('cuts what is long on both sides', () => {
    const { before, match, after } = snippetOf(`${'a '.repeat(200)}needle${' b'.repeat(400)}`, 'NEEDLE');
    expect(before.startsWith('…a')).toBe(true);
    expect(before.length).toBeLessThan(50);
    expect(match).toBe('needle');
    expect(after.length).toBeLessThanOrEqual(220);
  });

  it('marks nothing when the word is found only without its accents', () => {
    expect(snippetOf('Crème brûlée', 'creme')).toEqual({ before: 'Crème brûlée', match: '', after: '' });
  });
});
