/**
 * Which part of the timeline is on the screen: from an anchor on. New messages make it longer at the end instead of pushing older ones out from under
 * the reader; `grow` moves the anchor back by a page.
 */
import type { EntryId } from '@tablo/schema/ids';
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

  /**
   * What is shown now stays shown. Only ever moves back: between two documents of a tablo fewer messages may be known for a moment, and what was shown has
   * to be shown again when they are.
   */
  hold(messages: readonly TimelineMessage[]): void {
    const first = messages[this.startOf(messages)];
    if (first !== undefined && (this.#anchor === null || compareKeys(first, this.#anchor) < 0)) this.#moveTo(first);
  }

  grow(messages: readonly TimelineMessage[]): void {
    const first = messages[Math.max(0, this.startOf(messages) - this.#pageSize)];
    if (first !== undefined) this.#moveTo(first);
  }

  /** Makes `id` and as much before it as a page holds part of it. */
  reach(messages: readonly TimelineMessage[], id: EntryId): void {
    const at = messages.findIndex((message) => message.id === id);
    const first = messages[Math.max(0, at - this.#pageSize)];
    if (at >= 0 && at < this.startOf(messages) && first !== undefined) this.#moveTo(first);
  }

  /** Shows the message at `key` too, and half a page that leads up to it. */
  include(messages: readonly TimelineMessage[], key: TimelineKey): void {
    const index = messages.findIndex((message) => compareKeys(message, key) >= 0);
    const first = messages[Math.max(0, index - Math.ceil(this.#pageSize / 2))];
    if (index >= 0 && index < this.startOf(messages) && first !== undefined) this.#moveTo(first);
  }

  reset(): void {
    this.#anchor = null;
  }

  #moveTo(first: TimelineMessage): void {
    // Own unsent ones come last whatever their time says, so they are no anchor.
    if (first.delivery.status === 'sent') this.#anchor = { shownAt: first.shownAt, id: first.id };
  }
}
