/**
 * A stretch of the history apart from the newest messages: what stands around a message that a link, a quote or the first new one leads to.
 *
 * Invariants
 * 1. From its first row to its last nothing is missing: pages join at a message that both have.
 * 2. It is held in memory alone. On the disk, between it and what is there, would be a gap that nobody could tell from the end of a page.
 * 3. What is written meanwhile to its messages is added to it, as to every timeline; newer messages stand outside.
 */
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import type { RestMessage } from '@tablo/schema/rest/message';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import { Timeline, type TimelineMessage, type TimelineRow, type UnsentEntry } from '@tablo/schema/timeline';
import type { Api } from '../session/api.ts';
import { timelineRowOf } from '../session/rest-rows.ts';
import { PAGE_SIZE } from './history.ts';
import type { PlaceView } from './room-view.ts';

export interface ExcerptSource {
  readonly tabloId: TabloId;
  readonly api: Api;
  readonly timeline: {
    /** What the live document holds that is durable: the newest changes, also of old messages. */
    entries(): Iterable<Entry>;
    readonly unsent: readonly UnsentEntry[];
  };
  /** Hears whose messages these are. */
  readonly authors: { inAnswer(messages: readonly RestMessage[]): void };
}

export class Excerpt {
  readonly #source: ExcerptSource;
  readonly #timeline = new Timeline();
  readonly #rows = new Map<EntryId, TimelineRow>();
  #first: TimelineKey | null = null;
  #last: TimelineKey | null = null;
  #hasOlder = false;
  #hasNewer = false;
  #shown: { readonly of: readonly TimelineMessage[]; readonly messages: readonly TimelineMessage[] } | null = null;

  private constructor(source: ExcerptSource) {
    this.#source = source;
  }

  /** Rejects with `ChatError`: `not-found` where the tablo never had the message. */
  static async open(source: ExcerptSource, id: EntryId): Promise<Excerpt> {
    const excerpt = new Excerpt(source);
    const { tabloId, api } = source;
    const page = await api.readAround(tabloId, id, 2 * PAGE_SIZE);
    excerpt.#hasOlder = page.hasMore;
    excerpt.#hasNewer = page.hasNewer;
    excerpt.#add(page.messages);
    excerpt.add(source.timeline.entries());
    excerpt.setUnsent(source.timeline.unsent);
    return excerpt;
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** `false`: it goes up to what was the newest message when it was read. */
  get hasNewer(): boolean {
    return this.#hasNewer;
  }

  get last(): TimelineKey | null {
    return this.#last;
  }

  /** Oldest first. */
  get rows(): readonly TimelineRow[] {
    return [...this.#rows.values()].sort(compareKeys);
  }

  get messages(): readonly TimelineMessage[] {
    const of = this.#timeline.messages();
    const [first, last] = [this.#first, this.#last];
    if (first === null || last === null) return [];
    if (this.#shown?.of !== of) {
      const isInside = (message: TimelineMessage) =>
        message.delivery.status === 'sent' && compareKeys(message, first) >= 0 && compareKeys(message, last) <= 0;
      this.#shown = { of, messages: of.filter(isInside) };
    }
    return this.#shown.messages;
  }

  get view(): PlaceView {
    const hasOlder = this.#hasOlder;
    const place = { hasMore: hasOlder, isAtBeginning: !hasOlder, isUpToDate: false, hasNewer: true };
    return { status: 'ready', messages: this.messages, ...place };
  }

  get(id: EntryId): TimelineMessage | null {
    return this.messages.find((message) => message.id === id) ?? null;
  }

  add(entries: Iterable<Entry>): void {
    for (const entry of entries) this.#timeline.add(entry);
  }

  setUnsent(unsent: readonly UnsentEntry[]): void {
    this.#timeline.setUnsent(unsent);
  }

  async growOlder(): Promise<void> {
    const { tabloId, api } = this.#source;
    if (this.#first === null || !this.#hasOlder) return;
    const page = await api.readMessages(tabloId, this.#first.id, PAGE_SIZE);
    this.#hasOlder = page.hasMore;
    this.#add(page.messages);
  }

  async growNewer(): Promise<void> {
    const { tabloId, api } = this.#source;
    if (this.#last === null || !this.#hasNewer) return;
    // Around its last message: by their order, which is not that of arrival, and with no gap whatever became of that message.
    const page = await api.readAround(tabloId, this.#last.id as EntryId, 2 * PAGE_SIZE);
    this.#hasNewer = page.hasNewer;
    this.#add(page.messages);
  }

  /** The same stretch as it is now, for when changes may have been missed. */
  async reread(): Promise<Excerpt> {
    const again = await Excerpt.open(this.#source, this.#first?.id as EntryId);
    while (again.hasNewer && again.last !== null && this.#last !== null && compareKeys(again.last, this.#last) < 0)
      await again.growNewer();
    return again;
  }

  #add(messages: readonly RestMessage[]): void {
    this.#source.authors.inAnswer(messages);
    for (const message of messages) {
      const row = timelineRowOf(message);
      const key = { shownAt: row.shownAt, id: row.id };
      this.#rows.set(row.id, row);
      this.#timeline.addRow(row);
      if (this.#first === null || compareKeys(key, this.#first) < 0) this.#first = key;
      if (this.#last === null || compareKeys(key, this.#last) > 0) this.#last = key;
    }
    this.#shown = null;
  }
}
