/**
 * [R9] How much of the timeline is in the page: a window of at most `MAX_ROWS` that grows towards where the reader scrolls and lets go of the other
 * end. Bounds are message ids, not positions, because older messages are put in front and pending ones move.
 */
import type { EntryId } from '@tablo/schema/ids';

export const START_ROWS = 200;
export const STEP_ROWS = 100;
export const MAX_ROWS = 300;

export interface RenderWindow {
  /** `null`: the last `START_ROWS`. */
  readonly firstId: EntryId | null;
  /** `null`: up to the newest, and following it. */
  readonly lastId: EntryId | null;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

interface Identified {
  readonly id: EntryId;
}

export const TAIL: RenderWindow = { firstId: null, lastId: null };

const indexOf = (messages: readonly Identified[], id: EntryId | null): number =>
  id === null ? -1 : messages.findIndex((message) => message.id === id);

export function visibleRange(messages: readonly Identified[], window: RenderWindow): Range {
  const last = indexOf(messages, window.lastId);
  const end = last < 0 ? messages.length : last + 1;
  const first = indexOf(messages, window.firstId);
  const start = first < 0 || first >= end ? Math.max(0, end - START_ROWS) : first;
  return { start: Math.max(start, end - MAX_ROWS), end };
}

function windowOf(messages: readonly Identified[], { start, end }: Range): RenderWindow {
  return {
    firstId: messages[start]?.id ?? null,
    lastId: end >= messages.length ? null : (messages[end - 1]?.id ?? null),
  };
}

export function growUp(messages: readonly Identified[], range: Range): RenderWindow {
  const start = Math.max(0, range.start - STEP_ROWS);
  return windowOf(messages, { start, end: Math.min(range.end, start + MAX_ROWS) });
}

export function growDown(messages: readonly Identified[], range: Range): RenderWindow {
  const end = Math.min(messages.length, range.end + STEP_ROWS);
  return windowOf(messages, { start: Math.max(range.start, end - MAX_ROWS), end });
}

export function windowAround(messages: readonly Identified[], id: EntryId): RenderWindow {
  const index = Math.max(0, indexOf(messages, id));
  const start = Math.max(0, index - STEP_ROWS);
  return windowOf(messages, { start, end: Math.min(messages.length, index + STEP_ROWS) });
}
