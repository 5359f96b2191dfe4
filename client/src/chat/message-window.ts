/**
 * Which part of the timeline is on the screen: from an anchor on. New messages make it longer at the end instead of pushing older ones out from under
 * the reader; `grow` moves the anchor back by a page.
 */
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineMessage } from '@tablo/schema/timeline';

export class MessageWindow {
  readonly #pageSize: number;
  #anchor: TimelineKey | null = null;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** Index of the first message shown. */
  startOf(messages: readonly TimelineMessage[]): number {
    const anchor = this.#anchor;
    const lastPage = Math.max(0, messages.length - this.#pageSize);
    if (anchor === null) return lastPage;
    let start = lastPage;
    while (start > 0 && compareKeys(messages[start - 1] as TimelineMessage, anchor) >= 0) start -= 1;
    return start;
  }

  /** What is shown now stays shown. */
  hold(messages: readonly TimelineMessage[]): void {
    this.#moveTo(messages, this.startOf(messages));
  }

  grow(messages: readonly TimelineMessage[]): void {
    this.#moveTo(messages, Math.max(0, this.startOf(messages) - this.#pageSize));
  }

  reset(): void {
    this.#anchor = null;
  }

  #moveTo(messages: readonly TimelineMessage[], start: number): void {
    const first = messages[start];
    // Own unsent ones come last whatever their time says, so they are no anchor.
    if (first !== undefined && first.delivery.status === 'sent')
      this.#anchor = { shownAt: first.shownAt, id: first.id };
  }
}
