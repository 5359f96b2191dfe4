/**
 * A search through one tablo: what this device has of it, and, page by page and only when it is asked for, what the server alone has.
 *
 * Invariants
 * 1. Nothing is said about a part of the tablo that was not read: `reach` tells how far the answer goes.
 * 2. Pages are contiguous: from `#span.from` up to `#span.to` this device has everything, as the server said. A search goes on where the last one stopped.
 */
import type { EntryId } from '@tablo/schema/ids';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { OlderSearch, SearchAnswer, SearchReach } from '../chat.ts';
import type { RoomArchive } from './room-archive.ts';
import { hasAllWords, wordsOf } from './search.ts';

/** What was read for searches. */
interface Span {
  readonly from: TimelineKey;
  readonly to: TimelineKey;
  /** Nothing is older than `from`. */
  readonly isFirst: boolean;
}

export class RoomSearch {
  readonly #archive: RoomArchive;
  #span: Span | null = null;

  constructor(archive: RoomArchive) {
    this.#archive = archive;
  }

  async find(query: string): Promise<SearchAnswer> {
    const words = wordsOf(query);
    const all = await this.#archive.everything();
    this.#forgetWhatWent(all);
    return { messages: matchesOf(all, words).reverse(), reach: this.#reachOf(all) };
  }

  async readOlder(query: string, { signal, onPage }: OlderSearch): Promise<void> {
    const words = wordsOf(query);
    const all = await this.#archive.everything();
    const known = new Set<EntryId>(matchesOf(all, words).map(({ id }) => id));
    this.#forgetWhatWent(all);
    let before = this.#knownFrom();
    let count = 0;
    while (!signal.aborted && !this.#isWhole) {
      const { rows, hasMore } = await this.#archive.readPage(before);
      const [oldest] = rows;
      const from = oldest === undefined ? before : keyOf(oldest);
      const to = before ?? keyOf(rows.at(-1));
      if (from !== null && to !== null) this.#extend({ from, to, isFirst: !hasMore });
      if (oldest === undefined) return;
      count += rows.length;
      onPage({ count, since: oldest.shownAt });
      if (!hasMore || this.#span?.isFirst === true) return;
      if (rows.some(({ id, text }) => !known.has(id) && hasAllWords(text, words))) return;
      before = this.#span?.from ?? from;
    }
  }

  get #isWhole(): boolean {
    return this.#archive.isWhole || (this.#isJoined() && this.#span?.isFirst === true);
  }

  /** From here on nothing is missing on this device. */
  #knownFrom(): TimelineKey | null {
    return this.#isJoined() ? (this.#span?.from ?? null) : this.#archive.knownFrom();
  }

  /** What was read for searches goes up to what is in memory: no document has come between that began later. */
  #isJoined(): boolean {
    const start = this.#archive.knownFrom();
    return start !== null && this.#span !== null && compareKeys(start, this.#span.to) <= 0;
  }

  #extend(read: Span): void {
    const last = this.#span;
    const isApart = last === null || compareKeys(read.from, last.to) > 0 || compareKeys(read.to, last.from) < 0;
    this.#span = isApart
      ? read
      : {
          from: compareKeys(read.from, last.from) < 0 ? read.from : last.from,
          to: compareKeys(read.to, last.to) > 0 ? read.to : last.to,
          isFirst: read.isFirst || last.isFirst,
        };
  }

  /** The cache was emptied to make room, or the first message of what was read has been deleted: it is read again. */
  #forgetWhatWent([oldest]: readonly TimelineMessage[]): void {
    if (this.#span !== null && (oldest === undefined || compareKeys(oldest, this.#span.from) > 0)) this.#span = null;
  }

  #reachOf(all: readonly TimelineMessage[]): SearchReach {
    const [oldest] = all;
    const from = this.#knownFrom();
    const isWhole = this.#isWhole;
    return {
      count: all.length,
      since: oldest?.shownAt ?? null,
      isNewest: isWhole || (from !== null && oldest !== undefined && compareKeys(from, oldest) <= 0),
      isWhole,
    };
  }
}

const keyOf = (row: TimelineKey | undefined): TimelineKey | null =>
  row === undefined ? null : { shownAt: row.shownAt, id: row.id };

const matchesOf = (messages: readonly TimelineMessage[], words: readonly string[]): TimelineMessage[] =>
  words.length === 0 ? [] : messages.filter(({ text }) => hasAllWords(text, words));
