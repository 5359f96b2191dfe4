/** Turns the timeline into rows: day separators, the *new messages* divider, and runs of one author. Pure, so that it is cheap to test. */
import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { isSameDay } from './date-labels.ts';

/** Messages of one author closer than this stand together under one name. */
export const GROUP_GAP_MS = 5 * 60_000;

export type Row =
  | { readonly type: 'day'; readonly key: string; readonly at: number }
  | { readonly type: 'new'; readonly key: string }
  | {
      readonly type: 'message';
      readonly key: EntryId;
      readonly message: TimelineMessage;
      readonly isFirst: boolean;
      readonly isLast: boolean;
    };

function startsGroup(previous: TimelineMessage | undefined, message: TimelineMessage): boolean {
  if (previous === undefined || previous.author !== message.author) return true;
  if (message.replyTo !== null) return true;
  return Math.abs(message.shownAt - previous.shownAt) >= GROUP_GAP_MS || !isSameDay(previous.shownAt, message.shownAt);
}

export function groupMessages(messages: readonly TimelineMessage[], firstUnreadId: EntryId | null): readonly Row[] {
  const rows: Row[] = [];
  messages.forEach((message, index) => {
    const previous = messages[index - 1];
    const next = messages[index + 1];
    if (previous === undefined || !isSameDay(previous.shownAt, message.shownAt)) {
      rows.push({ type: 'day', key: `day ${message.id}`, at: message.shownAt });
    }
    const isNew = message.id === firstUnreadId;
    if (isNew) rows.push({ type: 'new', key: 'new' });
    rows.push({
      type: 'message',
      key: message.id,
      message,
      isFirst: isNew || startsGroup(previous, message),
      isLast: next === undefined || next.id === firstUnreadId || startsGroup(message, next),
    });
  });
  return rows;
}
