import type { EntryId, UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { describe, expect, it } from 'vitest';
import { GROUP_GAP_MS, groupMessages } from './group-messages.ts';

const NOON = new Date(2026, 4, 12, 12).getTime();

let made = 0;
function message(author: string, shownAt: number, more: Partial<TimelineMessage> = {}): TimelineMessage {
  made += 1;
  return {
    id: `m${made}` as EntryId,
    author: author as UserId,
    text: 'x',
    sentAt: shownAt,
    shownAt,
    replyTo: null,
    editedAt: null,
    isDeleted: false,
    reactions: [],
    delivery: { status: 'sent' },
    unsentChanges: [],
    ...more,
  };
}

const shape = (messages: readonly TimelineMessage[], firstUnreadId: EntryId | null = null) =>
  groupMessages(messages, firstUnreadId).map((row) =>
    row.type === 'message'
      ? `${row.message.author}${row.isFirst ? ' first' : ''}${row.isLast ? ' last' : ''}`
      : row.type,
  );

describe('groupMessages', () => {
  it('groupMessages puts messages of one author that are close together under one name', () => {
    const messages = [message('ada', NOON), message('ada', NOON + 1_000), message('bob', NOON + 2_000)];
    expect(shape(messages)).toEqual(['day', 'ada first', 'ada last', 'bob first last']);
  });

  it('groupMessages begins a new group after five minutes, and for an answer', () => {
    const messages = [
      message('ada', NOON),
      message('ada', NOON + GROUP_GAP_MS),
      message('ada', NOON + GROUP_GAP_MS + 1, { replyTo: 'm1' as EntryId }),
    ];
    expect(shape(messages)).toEqual(['day', 'ada first last', 'ada first last', 'ada first last']);
  });

  it('groupMessages separates days, also within five minutes', () => {
    const midnight = new Date(2026, 4, 13).getTime();
    expect(shape([message('ada', midnight - 1_000), message('ada', midnight + 1_000)])).toEqual([
      'day',
      'ada first last',
      'day',
      'ada first last',
    ]);
  });

  it('[R10] groupMessages stands the divider before the first unread message, which begins a group', () => {
    const messages = [message('ada', NOON), message('ada', NOON + 1_000), message('ada', NOON + 2_000)];
    expect(shape(messages, messages[1]!.id)).toEqual(['day', 'ada first last', 'new', 'ada first', 'ada last']);
  });

  it('groupMessages gives rows of the same messages the same keys, whatever is loaded before them', () => {
    const messages = Array.from({ length: 6 }, (_, index) => message('ada', NOON + index));
    const keys = (list: readonly TimelineMessage[]) => groupMessages(list, null).map((row) => row.key);
    expect(keys(messages).slice(-3)).toEqual(keys(messages.slice(3)).slice(-3));
    expect(new Set(keys(messages)).size).toBe(7);
  });
});
