/** One tablo with so much behind it, and its people. What is shown is the same in all of them: only what is over differs in number. */
import { randomUUID } from 'node:crypto';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';

export interface Past {
  /** Rows of each kind. */
  readonly rows: number;
  readonly nth: number;
  readonly tablo: TabloId;
  /** Owner; has read everything but the last ten messages, and does what is measured. */
  readonly reader: UserId;
  /** Has written half of everything and read nothing. */
  readonly late: UserId;
  readonly other: UserId;
  /** An old message with a quarter of all edits, and of all votes nearly all. */
  readonly hot: EntryId;
  /** Old messages that share the other edits: each is deleted once, with all of its past. */
  readonly targets: readonly EntryId[];
}

export const TARGETS = 64;
/** Others' messages that the reader has not read. */
export const UNREAD = 10;

export function createPast(rows: number, nth: number): Past {
  const user = (): UserId => randomUUID() as string as UserId;
  const longAgo = Date.now() - 3_600_000;
  return {
    rows,
    nth,
    tablo: randomUUID() as string as TabloId,
    reader: user(),
    late: user(),
    other: user(),
    hot: createEntryId(longAgo),
    targets: Array.from({ length: TARGETS }, (_, index) => createEntryId(longAgo + 1 + index)),
  };
}
