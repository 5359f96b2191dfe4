/**
 * One open tablo's messages that its live document does not hold: rows, from this device at once, from REST when it can be reached.
 *
 * Invariants
 * 1. Pages are contiguous: everything from `#floor` up is as the server says, as of this connection. Below it, the device's cache is shown as it is.
 * 2. A cached row that a page should contain and does not has been deleted.
 * 3. Cost follows the window [R9]: no call reads more than a few pages.
 */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { ON_TIME_MS } from '@tablo/schema/limits';
import type { RestMessage } from '@tablo/schema/rest/message';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineRow } from '@tablo/schema/timeline';
import type { Api } from '../session/api.ts';
import { timelineRowOf } from '../session/rest-rows.ts';
import type { LocalStore } from '../store/local-store.ts';

export const PAGE_SIZE = 50;
/** Deleted messages and interleaved ones make pages short: a few more are fetched for one screen. */
const PAGES_PER_CALL = 4;
const CACHE_SCAN = 1_000;
const START: TimelineKey = { shownAt: Number.NEGATIVE_INFINITY, id: '' };
const END: TimelineKey = { shownAt: Number.POSITIVE_INFINITY, id: '' };

/** What is in memory. */
interface TimelineInMemory {
  /** Where the document's own messages begin; `null` when it has none. Everything after is known from the document. */
  readonly documentStart: TimelineKey | null;
  /** Does the document hold every message the tablo ever had? */
  readonly isDocumentComplete: boolean;
  /** What is shown of them: another tab may have taken one from the cache already. */
  shownRows(): Iterable<TimelineRow>;
}

/** What is made of the rows. */
interface RowsScreen {
  addRows(rows: readonly TimelineRow[]): void;
  dropRows(ids: readonly EntryId[]): void;
}

export interface HistoryOptions {
  readonly tabloId: TabloId;
  readonly store: LocalStore;
  readonly api: Api;
  readonly timeline: TimelineInMemory;
  readonly screen: RowsScreen;
  readonly authors: { learnNames(messages: readonly RestMessage[]): void };
}

export interface StoredPage {
  /** Oldest first. */
  readonly rows: readonly TimelineRow[];
  readonly hasMore: boolean;
}

/** As REST takes it. */
const boundOf = (before: TimelineKey | null): string | null =>
  before === null ? null : before.id === '' ? new Date(before.shownAt).toISOString() : before.id;

export class History {
  readonly #options: HistoryOptions;
  #floor: TimelineKey | null = null;
  #hasStart = false;
  /** A verification that was begun before the last `restart` counts no more. */
  #round = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Nothing older exists. */
  get isComplete(): boolean {
    return this.#hasStart || this.#options.timeline.isDocumentComplete;
  }

  /** From here on everything is known, up to the newest; `null`: nothing is certain yet. */
  get knownFrom(): TimelineKey | null {
    return this.isComplete ? START : (this.#floor ?? this.#firstBound());
  }

  /** After an epoch change or a gap in the connection: what was verified may have changed. */
  restart(): void {
    this.#round += 1;
    this.#floor = null;
    this.#hasStart = false;
  }

  /** At most `count` rows of this device, the newest before `before`. */
  async showCached(before: TimelineKey | null, count = PAGE_SIZE): Promise<number> {
    const { store, tabloId, screen } = this.#options;
    const rows = await store.readRows(tabloId, before, count);
    if (rows.length > 0) screen.addRows(rows);
    return rows.length;
  }

  /** Where what the server has told in this connection begins; null: nothing yet. */
  get floor(): TimelineKey | null {
    return this.#floor;
  }

  /** Fetches until everything from `target` up is verified (`null`: one page). Rejects with `ChatError`. */
  async verify(target: TimelineKey | null): Promise<void> {
    const round = this.#round;
    for (let pages = 0; pages < PAGES_PER_CALL && !this.isComplete && round === this.#round; pages += 1) {
      await this.#fetchPage(round);
      if (target === null || (this.#floor !== null && compareKeys(this.#floor, target) <= 0)) return;
    }
  }

  /** A page of what stands before `before` (null: the newest), for this device alone: it is stored, not shown. Rejects with `ChatError`. */
  async store(before: TimelineKey | null, limit: number): Promise<StoredPage> {
    const { api, tabloId, store, authors } = this.#options;
    const page = await api.readMessages(tabloId, boundOf(before), limit);
    const rows = page.messages.map(timelineRowOf);
    authors.learnNames(page.messages);
    await this.#dropMissing(rows, before, page.hasMore);
    if (rows.length > 0) await store.writeRows(tabloId, { put: rows });
    return { rows, hasMore: page.hasMore };
  }

  /**
   * Rows that were read apart, oldest first and without a gap, and that reach up to `knownFrom`; or to the very end (`isToEnd`). `false`: it has begun anew meanwhile, and
   * does not have them.
   */
  async adopt(rows: readonly TimelineRow[], hasOlder: boolean, isToEnd: boolean): Promise<boolean> {
    const { store, tabloId, screen } = this.#options;
    const round = this.#round;
    const [oldest, newest] = [rows[0], rows.at(-1)];
    if (oldest === undefined || newest === undefined) return true;
    const known = this.#floor ?? this.#firstBound();
    // Beyond their last one they say nothing about what was deleted.
    const upper = isToEnd ? known : known !== null && compareKeys(known, newest) < 0 ? known : keyOf(newest);
    await this.#dropMissing(rows, upper, hasOlder);
    if (round !== this.#round) return false;
    screen.addRows(rows);
    await store.writeRows(tabloId, { put: rows });
    if (round !== this.#round) return false;
    if (this.#floor === null || compareKeys(oldest, this.#floor) < 0) this.#floor = keyOf(oldest);
    if (!hasOlder) this.#hasStart = true;
    return true;
  }

  async #fetchPage(round: number): Promise<void> {
    const { api, tabloId, store, screen, authors } = this.#options;
    const before = this.#floor === null ? this.#firstBound() : this.#floor;
    const page = await api.readMessages(tabloId, boundOf(before), PAGE_SIZE);
    if (round !== this.#round) return;
    const rows = page.messages.map(timelineRowOf);
    authors.learnNames(page.messages);
    await this.#dropMissing(rows, before, page.hasMore);
    if (round !== this.#round) return;
    if (rows.length > 0) {
      screen.addRows(rows);
      await store.writeRows(tabloId, { put: rows });
      if (round !== this.#round) return;
    }
    const oldest = rows[0];
    if (oldest !== undefined) this.#floor = keyOf(oldest);
    if (!page.hasMore || oldest === undefined) this.#hasStart = true;
  }

  /** The document is complete from its start up, but for what came around the change of documents, up to a minute apart [R5]. */
  #firstBound(): TimelineKey | null {
    const start = this.#options.timeline.documentStart;
    return start === null ? null : { shownAt: start.shownAt + ON_TIME_MS + 1, id: '' };
  }

  async #dropMissing(rows: readonly TimelineRow[], before: TimelineKey | null, hasMore: boolean): Promise<void> {
    const { store, tabloId, timeline, screen } = this.#options;
    const oldest = hasMore ? (rows[0] ?? null) : null;
    // The newest page goes up to the end: what stands after its last row and is not in it is gone as well.
    const upper = before ?? END;
    if (hasMore && oldest === null) return;
    const present = new Set(rows.map((row) => row.id));
    const cached = await store.readRows(tabloId, upper, CACHE_SCAN);
    const shown = [...timeline.shownRows()].filter((row) => compareKeys(row, upper) < 0);
    const missing = [...cached, ...shown].filter(
      (row) => !present.has(row.id) && (oldest === null || compareKeys(row, oldest) > 0),
    );
    if (missing.length === 0) return;
    const ids = [...new Set(missing.map((row) => row.id))];
    await store.writeRows(tabloId, { remove: ids });
    screen.dropRows(ids);
  }
}

const keyOf = ({ shownAt, id }: TimelineRow): TimelineKey => ({ shownAt, id });
