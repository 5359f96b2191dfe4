/**
 * Keeps the list of tablos like the server's: asked at the start, whenever the connection is back or the page visible again, when the server says that
 * something changed, and every minute. It also reports to the server how far this device has read, as soon as the server can be reached.
 * 1. One request is in flight at a time, and one waits. Requests that the server causes are sent at most once a second.
 * 2. The list comes in pages, newest activity first. Each is applied when it arrives; only the last page shows which tablos are ours no more.
 */
import { Backoff } from '@tablo/schema/backoff';
import type { TabloId } from '@tablo/schema/ids';
import type { RestChannel } from '@tablo/schema/rest/channel';
import { Pace } from '../base/pace.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import { ChatError } from '../chat.ts';
import type { Api, ChannelsPage, UnreadChannel } from '../session/api.ts';
import type { ChannelRecord } from '../store/local-store.ts';
import type { ChannelRecords } from '../unread/channel-records.ts';
import { noteReported } from '../unread/unread.ts';

/** More tablos than this many pages hold are not all listed, and then none is taken for lost. */
const PAGES_MAX = 50;

/** One page of the list. */
export interface ListAnswer {
  readonly channels: readonly RestChannel[];
  /** With the last page: all tablos that are ours, those of the earlier pages included. */
  readonly all: ReadonlySet<string> | null;
  readonly unread: readonly UnreadChannel[];
  /** What was known of each tablo when the question was sent, at `askedAt` (`performance.now()`). */
  readonly asked: ReadonlyMap<TabloId, ChannelRecord>;
  readonly askedAt: number;
}

export interface ChannelListSyncHost {
  apply(answer: ListAnswer): void;
  beforeAsking(): void;
  /** Whether this device is known to hold the same state of the tablo as the server. */
  isInAgreement(id: TabloId): boolean;
}

export class ChannelListSync {
  readonly #api: Api;
  readonly #book: ChannelRecords;
  readonly #timing: Timing;
  readonly #host: ChannelListSyncHost;
  readonly #backoff: Backoff;
  readonly #reportBackoff: Backoff;
  readonly #pace: Pace;
  readonly #askTimer = new Timer();
  #askAt = 0;
  readonly #reportTimer = new Timer();
  #asking: Promise<void> | null = null;
  #isAskedAgain = false;
  #isReporting = false;
  /** The list is current for this connection. After each lost connection the server may be a restored one, with other numbers. */
  #isCurrent = false;
  #isClosed = false;

  constructor(api: Api, book: ChannelRecords, timing: Timing, host: ChannelListSyncHost) {
    this.#api = api;
    this.#book = book;
    this.#timing = timing;
    this.#host = host;
    this.#backoff = new Backoff(timing.retryMinMs, timing.retryMaxMs);
    this.#reportBackoff = new Backoff(timing.retryMinMs, timing.retryMaxMs);
    this.#pace = new Pace(timing.askGapMs);
  }

  /** Asks soon: several reasons share one request. `isAwaited`: nothing can be shown before the answer. */
  refresh(isAwaited = false): void {
    this.#askIn(this.#pace.waitMs(isAwaited ? 0 : this.#timing.listDebounceMs));
  }

  /** Asks now; rejects with `ChatError`. The answer to a request in flight may be too old, so another request follows it. */
  async refreshNow(): Promise<void> {
    if (this.#asking !== null) {
      this.#isAskedAgain = true;
      return this.#asking;
    }
    this.#asking = this.#askUntilCurrent().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** A read position has moved. */
  reportSoon(): void {
    if (this.#isClosed) return;
    this.#reportTimer.setIfUnset(() => void this.#report(), this.#timing.readReportMs);
  }

  /** The connection is lost. */
  noteLost(): void {
    this.#isCurrent = false;
  }

  close(): void {
    this.#isClosed = true;
    this.#askTimer.clear();
    this.#reportTimer.clear();
  }

  #askIn(ms: number): void {
    // Uses the clock of the timers: a clock that jumps ahead after a sleep would hide that a timer fires only much later.
    const at = performance.now() + ms;
    if (this.#isClosed || (this.#askTimer.isSet && this.#askAt <= at)) return;
    this.#askAt = at;
    this.#askTimer.set(() => {
      void this.#askAndPlan();
    }, ms);
  }

  async #askAndPlan(): Promise<void> {
    if (this.#asking !== null) {
      // The answer in flight may be older: another request follows, but not at once.
      await this.#asking.catch(() => {}); // The caller that asked receives the error.
      return this.#askIn(this.#pace.waitMs());
    }
    try {
      await this.refreshNow();
      this.#askIn(this.#timing.listRefreshMs);
    } catch {
      this.#askIn(this.#backoff.nextMs()); // The server is not reachable: ask again later, or when the connection is back.
    }
  }

  async #askUntilCurrent(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      await this.#ask();
    } while (this.#isAskedAgain && !this.#isClosed);
  }

  async #ask(): Promise<void> {
    this.#pace.noteStart();
    this.#host.beforeAsking();
    const asked = new Map(this.#book.list().map((record) => [record.id, record]));
    // From here on: should the connection be lost meanwhile, the answer may be that of the server before.
    this.#isCurrent = true;
    try {
      await this.#readPages(asked);
    } catch (error) {
      this.#isCurrent = false;
      throw error;
    }
    if (this.#isClosed) return;
    this.#backoff.reset();
    if (this.#book.list().some((record) => record.pendingRead !== null)) this.reportSoon();
  }

  async #readPages(asked: ReadonlyMap<TabloId, ChannelRecord>): Promise<void> {
    const seen = new Map<string, string | null>();
    const read = async (cursor: string | null) => {
      const askedAt = performance.now();
      return { askedAt, page: await this.#api.listChannels(cursor) };
    };
    const [first, unread] = await Promise.all([read(null), this.#api.listUnread()]);
    let { page, askedAt } = first;
    for (let count = 1; ; count += 1) {
      for (const channel of page.channels) seen.set(channel.id, channel.last_message?.id ?? null);
      if (this.#isClosed) return;
      if (page.cursor === null || count >= PAGES_MAX) break;
      this.#host.apply({ channels: page.channels, all: null, unread, asked, askedAt });
      ({ page, askedAt } = await read(page.cursor));
    }
    const isWhole = page.cursor === null;
    const moved = isWhole && seen.size > page.channels.length ? await this.#readMoved(seen) : [];
    const all = isWhole ? new Set(seen.keys()) : null;
    if (!this.#isClosed) this.#host.apply({ channels: [...page.channels, ...moved], all, unread, asked, askedAt });
  }

  /** A tablo that gets a message while the pages are read moves to the front of the list, before the current page. So the front is read again, as far as it is new. */
  async #readMoved(seen: Map<string, string | null>): Promise<readonly RestChannel[]> {
    const moved: RestChannel[] = [];
    let cursor: string | null = null;
    for (let count = 0; count < PAGES_MAX; count += 1) {
      const page: ChannelsPage = await this.#api.listChannels(cursor);
      const fresh = page.channels.filter(
        ({ id, last_message }) => !seen.has(id) || seen.get(id) !== (last_message?.id ?? null),
      );
      for (const channel of fresh) seen.set(channel.id, channel.last_message?.id ?? null);
      moved.push(...fresh);
      if (fresh.length < page.channels.length || page.cursor === null) break;
      cursor = page.cursor;
    }
    return moved;
  }

  async #report(): Promise<void> {
    this.#reportTimer.clear();
    // A read position from before the connection was lost must not be reported to a server that was restored and counts differently. The next answer of the list decides.
    if (!this.#isCurrent) return;
    if (this.#isReporting) return this.reportSoon();
    this.#isReporting = true;
    try {
      for (const { id, pendingRead } of this.#book.list()) {
        // Otherwise the number may be from before a restored backup. The room reports when it has joined.
        if (pendingRead === null || this.#isClosed || !this.#host.isInAgreement(id)) continue;
        await this.#reportOne(id, pendingRead);
      }
      this.#reportBackoff.reset();
    } catch {
      // The server is not reachable, or refuses for now: the position waits in the record. The list may not be asked again for a minute.
      if (!this.#isClosed) this.#reportTimer.setIfUnset(() => void this.#report(), this.#reportBackoff.nextMs());
    } finally {
      this.#isReporting = false;
    }
  }

  async #reportOne(id: TabloId, seq: number): Promise<void> {
    let confirmed: number;
    try {
      confirmed = await this.#api.reportRead(id, seq);
    } catch (error) {
      if (!(error instanceof ChatError) || !['forbidden', 'not-found', 'invalid-request'].includes(error.code))
        throw error;
      // A final refusal, for instance because the tablo is not ours any more: there is nothing to report or to confirm.
      return this.#book.update(id, (record) => ({ ...record, pendingRead: null }));
    }
    this.#book.update(id, (record) => noteReported(record, seq, confirmed));
    // Beyond the server's end: it has fewer messages than we have read.
    if (confirmed < seq) this.refresh();
  }
}
