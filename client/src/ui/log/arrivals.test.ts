import type { EntryId, UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { describe, expect, it } from 'vitest';
import { announcementOf } from './announcements.ts';
import { Arrivals } from './arrivals.ts';

const ADA = 'ada' as UserId;
const BOB = 'bob' as UserId;

const message = (shownAt: number, author: UserId = BOB, more: Partial<TimelineMessage> = {}): TimelineMessage => ({
  id: `at ${String(shownAt).padStart(4, '0')} of ${author}` as EntryId,
  author,
  text: `words of ${shownAt}`,
  sentAt: shownAt,
  shownAt,
  replyTo: null,
  editedAt: null,
  isDeleted: false,
  reactions: [],
  delivery: { status: 'sent' },
  unsentChanges: [],
  ...more,
});
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => message(first + index));

function open(messages: readonly TimelineMessage[]) {
  const arrivals = new Arrivals(ADA);
  const take = (view: readonly TimelineMessage[], { hasNewer = false } = {}) =>
    arrivals.take({ messages: view, isUpToDate: !hasNewer, hasNewer }).map(({ shownAt }) => shownAt);
  expect(take(messages)).toEqual([]);
  return take;
}

describe('a message has just come', () => {
  it('a message of somebody else arrives when it was not there before, and does not arrive again', () => {
    const take = open(from(1, 5));
    expect(take(from(1, 6))).toEqual([6]);
    expect(take(from(1, 6))).toEqual([]);
    expect(take(from(1, 8))).toEqual([7, 8]);
  });

  it('no message arrives before the server has answered: what this device has, and what it missed, is the first filling', () => {
    const arrivals = new Arrivals(ADA);
    const take = (last: number, isUpToDate: boolean) =>
      arrivals.take({ messages: from(1, last), isUpToDate, hasNewer: false }).map(({ shownAt }) => shownAt);
    expect(take(5, false)).toEqual([]);
    expect(take(15, false)).toEqual([]);
    expect(take(20, true)).toEqual([]);
    expect(take(21, true)).toEqual([21]);
  });

  it('no message arrives when an older page comes, alone or together with a new one', () => {
    const take = open(from(101, 110));
    expect(take(from(51, 110))).toEqual([]);
    expect(take(from(1, 111))).toEqual([111]);
  });

  it('no message arrives when messages are away for a moment, as between two documents', () => {
    const take = open(from(1, 50));
    expect(take(from(1, 60))).toHaveLength(10);
    expect(take([])).toEqual([]);
    expect(take(from(41, 60))).toEqual([]);
    expect(take(from(1, 61))).toEqual([61]);
  });

  it('a message does not arrive when it is one’s own, from whatever device, or deleted', () => {
    const take = open(from(1, 5));
    const pending = message(6, ADA, { delivery: { status: 'pending' } });
    expect(take([...from(1, 5), pending])).toEqual([]);
    expect(take([...from(1, 5), message(6, ADA), message(7, BOB, { isDeleted: true })])).toEqual([]);
  });

  it('a message also arrives before another that is shown already, whose author’s clock is ahead, and before an own one that waits', () => {
    const take = open(from(1, 5));
    expect(take([...from(1, 5), message(90)])).toEqual([90]);
    expect(take([...from(1, 6), message(90)])).toEqual([6]);
    const pending = message(2, ADA, { delivery: { status: 'pending' } });
    expect(take([...from(1, 7), message(90), pending])).toEqual([7]);
  });

  it('no message arrives while the reader has gone to older messages, nor on the way back', () => {
    const take = open(from(101, 110));
    expect(take(from(1, 50), { hasNewer: true })).toEqual([]);
    expect(take(from(1, 90), { hasNewer: true })).toEqual([]);
    expect(take(from(1, 112))).toEqual([]);
    expect(take(from(1, 113))).toEqual([113]);
  });

  it('the first message of an empty tablo arrives', () => {
    const take = open([]);
    expect(take(from(1, 1))).toEqual([1]);
  });
});

describe('what is spoken', () => {
  it('what is spoken is who and what, for up to three at once', () => {
    expect(announcementOf([{ author: 'Grace Hopper', text: 'See you\nat ten.' }])).toEqual([
      'Grace Hopper: See you at ten.',
    ]);
    expect(announcementOf(['a', 'b', 'c'].map((text) => ({ author: 'Bob', text })))).toHaveLength(3);
  });

  it('what is spoken is the number of them, for more', () => {
    const many = Array.from({ length: 1_200 }, (_, index) => ({ author: 'Bob', text: `${index}` }));
    expect(announcementOf(many.slice(0, 12))).toEqual(['12 new messages']);
    expect(announcementOf(many)).toEqual(['1,200 new messages']);
  });

  it('what is spoken is cut after a word, and never within a character', () => {
    const [words] = announcementOf([{ author: 'Bob', text: 'seven letters '.repeat(100) }]);
    expect(words?.length).toBeLessThanOrEqual('Bob: '.length + 241);
    expect(words).toMatch(/(?:seven|letters)…$/);
    const [faces] = announcementOf([{ author: 'Bob', text: '😀'.repeat(300) }]);
    expect(faces).toBe(`Bob: ${'😀'.repeat(240)}…`);
  });
});
