/** [R5] When an entry is shown: when it was sent, unless it was received more than a minute from that (written offline, or by a wrong clock). */
import { ON_TIME_MS } from './limits.ts';

export function isLate(sentAt: number, receivedAt: number): boolean {
  return Math.abs(receivedAt - sentAt) > ON_TIME_MS;
}

export function computeShownAt(sentAt: number, receivedAt: number): number {
  return isLate(sentAt, receivedAt) ? receivedAt : sentAt;
}

export interface TimelineKey {
  /** ms since the Unix epoch. */
  readonly shownAt: number;
  readonly id: string;
}

/** The order of everything: (`shownAt`, `id`). Ids compare as their bytes do, since they are lowercase. */
export function compareKeys(left: TimelineKey, right: TimelineKey): number {
  return left.shownAt - right.shownAt || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}
