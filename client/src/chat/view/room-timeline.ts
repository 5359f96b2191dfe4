/**
 * The messages of one tablo that are in memory: entries of the document, rows of its history beside them, and over both what is ours and unsent.
 *
 * Invariant: it holds durable entries only; own unsent ones are its overlay. So *sent* is never shown before it is true [R1].
 */
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { TimelineKey } from '@tablo/schema/shown-at';
import { Timeline, type TimelineMessage, type TimelineRow, type UnsentEntry } from '@tablo/schema/timeline';
import type { RoomDocument } from '../replica/room-document.ts';
import type { ChannelRecord } from '../store/local-store.ts';
import { foldedRowOf } from './folded-rows.ts';

export interface TimelineSources {
  readonly tabloId: TabloId;
  readonly home: { readonly document: RoomDocument | null };
  readonly outbox: { unsent(id: TabloId): readonly UnsentEntry[] };
  readonly book: { get(id: TabloId): ChannelRecord | null };
}

export class RoomTimeline {
  readonly #sources: TimelineSources;
  readonly #rows = new Map<EntryId, TimelineRow>();
  #timeline: Timeline | null = null;

  constructor(sources: TimelineSources) {
    this.#sources = sources;
  }

  /** What is held; null for a tablo at rest. */
  get held(): Timeline | null {
    return this.#timeline;
  }

  /** Ours, and not durable. */
  get unsent(): readonly UnsentEntry[] {
    return this.#sources.outbox.unsent(this.#sources.tabloId);
  }

  /** From now on it is held. */
  need(): Timeline {
    if (this.#timeline !== null) return this.#timeline;
    const timeline = new Timeline();
    this.fill(timeline);
    this.#timeline = timeline;
    return timeline;
  }

  messages(): readonly TimelineMessage[] {
    return this.need().messages();
  }

  find(id: EntryId): TimelineMessage | null {
    return this.need().get(id);
  }

  /** Made anew when it is needed. */
  drop(): void {
    this.#timeline = null;
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) this.#timeline?.add(entry);
  }

  addRow(row: TimelineRow): void {
    this.#rows.set(row.id, row);
    this.need().addRow(row);
  }

  /** Not from what is held, which is to be made anew. */
  dropRows(ids: readonly EntryId[]): void {
    for (const id of ids) this.#rows.delete(id);
  }

  clearRows(): void {
    this.#rows.clear();
  }

  shownRows(): Iterable<TimelineRow> {
    return this.#rows.values();
  }

  /** Puts in all that is here. */
  fill(timeline: Timeline): void {
    this.#fillDurable(timeline);
    timeline.setUnsent(this.unsent);
  }

  /** What the live document holds that is durable. */
  *entries(): Iterable<Entry> {
    const { document } = this.#sources.home;
    if (document === null) return;
    const held = new Set(document.heldIds());
    for (const entry of document.entries) if (!held.has(entry.id)) yield entry;
  }

  /** The newest message that is not deleted, own unsent ones included; `null` too for a tablo at rest. */
  newest(): TimelineMessage | null {
    return this.#timeline?.messages().findLast((message) => !message.isDeleted) ?? null;
  }

  /**
   * The newest message that is not deleted, as the server has it. `null` where an own change of it waits, which may be refused or taken back: what the list said of the
   * tablo before is the better answer then.
   */
  newestDurable(): TimelineMessage | null {
    for (const message of this.#timeline?.messages().toReversed() ?? []) {
      if (message.delivery.status !== 'sent') continue;
      const isChanging = message.unsentChanges.some(
        ({ entry, delivery }) => delivery.status === 'pending' && entry.kind !== 'reaction',
      );
      if (isChanging) return null;
      if (!message.isDeleted) return message;
    }
    return null;
  }

  /** The same of all that is durable here and of `entries`, which are as well: of a tablo at rest too, whose timeline nobody holds. */
  newestWith(entries: readonly Entry[]): TimelineMessage | null {
    return (
      this.#durable(entries)
        .messages()
        .findLast((message) => !message.isDeleted) ?? null
    );
  }

  isDeleted(id: EntryId): boolean {
    return this.#timeline?.get(id)?.isDeleted ?? false;
  }

  authorOf(id: EntryId): UserId | null {
    const entry = this.#sources.home.document?.get(id);
    return entry?.kind === 'message' ? entry.author : (this.#rows.get(id)?.author ?? null);
  }

  /** What is durable of the timeline, as rows: own changes that are on their way are not. */
  folded(): readonly TimelineRow[] {
    return this.#durable([]).messages().map(foldedRowOf);
  }

  /** Does the document hold every message the tablo ever had? */
  get isDocumentComplete(): boolean {
    const { home, book, tabloId } = this.#sources;
    const lastSeq = book.get(tabloId)?.lastSeq;
    return home.document?.isFirst === true && lastSeq !== undefined && home.document.messageCount >= lastSeq;
  }

  /**
   * Where the document's own messages begin, if from there on everything is known from it. Only of a tablo's first document: what a later one begins with is as it was
   * then. It tells a newcomer all, but not who remembers a reaction that was taken back, or a message that was deleted meanwhile. The server's rows tell that.
   */
  get documentStart(): TimelineKey | null {
    return this.#sources.home.document?.isFirst === true ? this.firstOfDocument : null;
  }

  /** The document holds the newest messages from here on, without a gap. */
  get firstOfDocument(): TimelineKey | null {
    const { document } = this.#sources.home;
    if (document === null) return null;
    const isIn = ({ id, delivery }: TimelineMessage) => delivery.status === 'sent' && document.has(id);
    return keyOf(this.messages().find(isIn));
  }

  #durable(entries: readonly Entry[]): Timeline {
    const durable = new Timeline();
    this.#fillDurable(durable);
    for (const entry of entries) durable.add(entry);
    return durable;
  }

  #fillDurable(timeline: Timeline): void {
    for (const row of this.#rows.values()) timeline.addRow(row);
    for (const entry of this.entries()) timeline.add(entry);
  }
}

export const keyOf = (message: TimelineKey | undefined): TimelineKey | null =>
  message === undefined ? null : { shownAt: message.shownAt, id: message.id };
