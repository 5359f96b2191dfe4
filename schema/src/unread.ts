/**
 * [R10] The one definition of *unread*, for the server's SQL and for the client: a message of somebody else's, not deleted, whose `seq` is above the
 * reader's position. `seq` counts a tablo's messages in order of arrival, so what was written offline at ten and delivered at noon is unread for
 * who read at eleven.
 */
import type { UserId } from './ids.ts';

export interface Countable {
  readonly author: string;
  readonly seq: number;
  readonly isDeleted: boolean;
}

export function isUnread(message: Countable, reader: UserId, lastReadSeq: number): boolean {
  return message.seq > lastReadSeq && message.author !== reader && !message.isDeleted;
}

/** `isUnread` in SQL, over a row `m` of `messages`. Both parameters are SQL expressions written by us, never input. */
export function unreadSql(reader: string, lastReadSeq: string): string {
  return `m.seq > ${lastReadSeq} AND m.user_id <> ${reader} AND m.deleted_at IS NULL`;
}

export interface CountedTablo {
  readonly id: string;
  readonly lastSeq: string;
  readonly readSeq: string;
}

/**
 * How many of a tablo's messages `unreadSql` holds for, without looking at them [R9]: `seq` has no gaps, so a difference says how many are above the position, and two
 * indexes count what of these is the reader's own or deleted. All parameters are SQL expressions written by us, never input.
 */
export function countUnreadSql(reader: string, { id, lastSeq, readSeq }: CountedTablo): string {
  const above = `m.channel_id = ${id} AND m.seq > ${readSeq}`;
  return `(greatest(${lastSeq} - ${readSeq}, 0)
    - (SELECT count(*) FROM messages m WHERE ${above} AND m.user_id = ${reader})
    - (SELECT count(*) FROM messages m WHERE ${above} AND m.user_id <> ${reader} AND m.deleted_at IS NOT NULL))`;
}

/** A read position never moves backwards, whatever order devices report in. */
export function mergeReadPosition(left: number, right: number): number {
  return Math.max(left, right);
}
