/**
 * The end of a tablo's timeline that is on the screen: from an anchor up to the newest message. Older ones are taken from this device, and from the server as far as
 * it can be reached.
 */
import type { EntryId } from '@tablo/schema/ids';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { NewMessages } from '../unread/new-messages.ts';
import { type History, PAGE_SIZE } from './history.ts';
import { MessageWindow } from './message-window.ts';
import { keyOf, type RoomTimeline } from './room-timeline.ts';

/** A first new message that is here, and no further from the end, is shown when the tablo is opened. */
const FIRST_NEW_REACH = 200;

export class ShownTail {
  readonly #timeline: RoomTimeline;
  readonly #history: History;
  readonly #news: NewMessages;
  readonly #window = new MessageWindow(PAGE_SIZE);
  /** The tablo's first message, once it has been shown. */
  #beginning: TimelineKey | null = null;

  constructor(timeline: RoomTimeline, history: History, news: NewMessages) {
    this.#timeline = timeline;
    this.#history = history;
    this.#news = news;
  }

  /** What is shown stays shown, however much comes after it. */
  show(): {
    readonly messages: readonly TimelineMessage[];
    readonly hasMore: boolean;
    readonly isAtBeginning: boolean;
  } {
    const all = this.#timeline.messages();
    this.#revealFirstNew(all);
    const start = this.#window.startOf(all);
    this.#window.hold(all);
    return {
      messages: start === 0 ? all : all.slice(start),
      hasMore: start > 0 || !this.#history.isComplete,
      isAtBeginning: start === 0 && this.#isBeginning(all[0]),
    };
  }

  /** The first message on the screen, where more than a page is here: up to it the server is to be asked. */
  get first(): TimelineKey | null {
    const all = this.#timeline.messages();
    return all.length > PAGE_SIZE ? keyOf(all[this.#window.startOf(all)]) : null;
  }

  include(message: TimelineKey): void {
    this.#window.include(this.#timeline.messages(), message);
  }

  includeId(id: EntryId): void {
    this.#window.reach(this.#timeline.messages(), id);
  }

  /** One page more. */
  async loadOlder(): Promise<void> {
    const before = this.#timeline.messages();
    if (this.#window.startOf(before) < PAGE_SIZE) await this.#history.showCached(keyOf(before[0]));
    const known = this.#timeline.messages();
    const start = this.#window.startOf(known);
    const target = start >= PAGE_SIZE ? keyOf(known[start - PAGE_SIZE]) : null;
    // Not reachable: what this device has must do.
    await this.#history.verify(target).catch(() => {});
    this.#window.grow(this.#timeline.messages());
  }

  reset(): void {
    this.#beginning = null;
    this.#window.reset();
  }

  /** Where everything from the first new message on is here. Part of it may be missing before the server has answered. */
  #revealFirstNew(all: readonly TimelineMessage[]): void {
    const ids = this.#news.isUnread ? this.#news.ids : null;
    if (ids === null || ids.length > FIRST_NEW_REACH) return;
    const near = new Set(all.slice(-FIRST_NEW_REACH).map(({ id }) => id));
    if (!ids.every((id) => near.has(id))) return;
    const first = all.find(({ id }) => this.#news.has(id));
    if (first !== undefined) this.#window.include(all, first);
  }

  #isBeginning(first: TimelineMessage | undefined): boolean {
    const { isComplete } = this.#history;
    if (first === undefined || first.delivery.status !== 'sent') return isComplete;
    if (isComplete) this.#beginning = keyOf(first);
    return this.#beginning !== null && compareKeys(first, this.#beginning) <= 0;
  }
}
