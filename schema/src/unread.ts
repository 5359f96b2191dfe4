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

/** Blocks of `tablo_private.deleted_counts`: 2^8, 2^16 and 2^24 numbers; the last level has as many blocks as there are. */
const BLOCK_BITS = 8;
const LEVELS = [1, 2, 3] as const;

/**
 * How many of a tablo's messages `unreadSql` holds for, without looking at them [R9]: `seq` has no gaps, so a difference says how many are above the position. Of these
 * the reader's own are counted from mark to mark (`ownSql`); others' deleted ones one by one in the position's own block of 256, and by the counts of whole blocks above
 * it. All parameters are SQL expressions written by us, never input.
 */
export function countUnreadSql(reader: string, { id, lastSeq, readSeq }: CountedTablo): string {
  const above = `m.channel_id = ${id} AND m.seq > ${readSeq}`;
  const levels = LEVELS.map(
    (level) => `
    - ${deletedSql('tablo_private.deleted_counts', id, readSeq, level)}
    + ${deletedSql('tablo_private.deleted_own_counts', id, readSeq, level, `AND d.user_id = ${reader}`)}`,
  );
  return `(greatest(${lastSeq} - ${readSeq}, 0)
    - ${ownSql(reader, id, readSeq)}
    - (SELECT count(*) FROM messages m WHERE ${above} AND m.seq < ${endOfBlock(readSeq, 1)} AND m.user_id <> ${reader} AND m.deleted_at IS NOT NULL)${levels.join('')})`;
}

/**
 * Own messages above the position, deleted or not. A mark says how many of an author's have a number up to its own, which never changes: those between the first mark
 * above the position and the last one are a difference, and only what lies before and after is counted.
 */
function ownSql(reader: string, id: string, readSeq: string): string {
  const own = (range: string) =>
    `(SELECT count(*) FROM messages m WHERE m.channel_id = ${id} AND m.user_id = ${reader} AND ${range})`;
  const mark = (more: string, order: string) => `(SELECT k.seq, k.messages FROM tablo_private.own_marks k
      WHERE k.channel_id = ${id} AND k.user_id = ${reader} ${more} ORDER BY k.seq ${order} LIMIT 1)`;
  return `(SELECT CASE WHEN next.seq IS NULL THEN ${own(`m.seq > ${readSeq}`)}
        ELSE ${own(`m.seq > ${readSeq} AND m.seq <= next.seq`)} + last.messages - next.messages + ${own('m.seq > last.seq')} END
      FROM (SELECT) AS one LEFT JOIN LATERAL ${mark(`AND k.seq > ${readSeq}`, 'ASC')} next ON true
      LEFT JOIN LATERAL ${mark('', 'DESC')} last ON true)`;
}

const block = (seq: string, level: number): string => `((${seq}) >> ${BLOCK_BITS * level})`;

/** The first number, or block of the level below, that is not in the block of `seq`. */
const endOfBlock = (seq: string, level: number): string => `((${block(seq, level)} + 1) << ${BLOCK_BITS})`;

/** Deleted messages in the whole blocks of a level that lie above the position, and within its block of the next level. */
function deletedSql(table: string, id: string, readSeq: string, level: number, more = ''): string {
  const isLast = level === LEVELS.length;
  return `(SELECT coalesce(sum(d.messages), 0)::bigint FROM ${table} d WHERE d.channel_id = ${id} ${more} AND d.level = ${level}
      AND d.block > ${block(readSeq, level)}${isLast ? '' : ` AND d.block < ${endOfBlock(readSeq, level + 1)}`})`;
}

/** A read position never moves backwards, whatever order devices report in. */
export function mergeReadPosition(left: number, right: number): number {
  return Math.max(left, right);
}
