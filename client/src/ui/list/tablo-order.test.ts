import type { TabloId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { neighbourOf, nextUnreadOf } from './tablo-order.ts';

const id = (name: string) => name as TabloId;
const LIST = [
  { id: id('a'), unreadCount: 0 },
  { id: id('b'), unreadCount: 2 },
  { id: id('c'), unreadCount: 0 },
  { id: id('d'), unreadCount: 1 },
];

describe('the tablo above or below', () => {
  it('the tablo above or below is the neighbour in the list, and none beyond its ends', () => {
    expect(neighbourOf(LIST, id('b'), 1)).toBe('c');
    expect(neighbourOf(LIST, id('b'), -1)).toBe('a');
    expect(neighbourOf(LIST, id('d'), 1)).toBe(null);
    expect(neighbourOf(LIST, id('a'), -1)).toBe(null);
  });

  it('the tablo above or below is the first or the last where none is open, or one that is not listed', () => {
    for (const current of [null, id('elsewhere')]) {
      expect(neighbourOf(LIST, current, 1)).toBe('a');
      expect(neighbourOf(LIST, current, -1)).toBe('d');
    }
    expect(neighbourOf([], null, 1)).toBe(null);
  });
});

it('the next unread tablo is the next in that direction, beginning again at the other end, and never the open one', () => {
  expect(nextUnreadOf(LIST, id('a'), 1)).toBe('b');
  expect(nextUnreadOf(LIST, id('b'), 1)).toBe('d');
  expect(nextUnreadOf(LIST, id('d'), 1)).toBe('b');
  expect(nextUnreadOf(LIST, id('a'), -1)).toBe('d');
  expect(nextUnreadOf(LIST, id('c'), -1)).toBe('b');
  expect(nextUnreadOf(LIST, null, 1)).toBe('b');
  expect(nextUnreadOf(LIST, null, -1)).toBe('d');
  expect(nextUnreadOf([LIST[0]!, LIST[1]!], id('b'), 1)).toBe(null);
});
