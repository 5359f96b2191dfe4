/**
 * Keeps the list of tablos like the server's: asked at the start, whenever the connection is back or the page visible again, when the server says that
 * something changed, and every minute. And tells the server how far this device has read, as soon as it can be told.
 */
import type { TabloId } from '@tablo/schema/ids';
import type { RestChannel } from '@tablo/schema/rest/channel';
import type { Api, UnreadChannel } from './api.ts';
import { Backoff } from './backoff.ts';
import type { ChannelBook } from './channel-book.ts';
import { ChatError } from './chat.ts';
import type { ChannelRecord } from './local-store.ts';
import type { Timing } from './timing.ts';
import { noteReported } from './unread.ts';

export interface ListAnswer {
  readonly channels: readonly RestChannel[];
  readonly unread: readonly UnreadChannel[];
  /** What was known of each tablo when the question was sent, at `askedAt` (`performance.now()`). */
  readonly asked: ReadonlyMap<TabloId, ChannelRecord>;
  readonly askedAt: number;
}

export interface ListSyncHost {
  apply(answer: ListAnswer): void;
  beforeAsking(): void;
  /** Is what this device holds of the tablo known to be what the server holds? */
  isInAgreement(id: TabloId): boolean;
}

export class ListSync {
  readonly #api: Api;
  readonly #book: ChannelBook;
  readonly #timing: Timing;
  readonly #host: ListSyncHost;
  readonly #backoff: Backoff;
  readonly #reportBackoff: Backoff;
  #askTimer: ReturnType<typeof setTimeout> | null = null;
  #askAt = 0;
  #reportTimer: ReturnType<typeof setTimeout> | null = null;
  #asking: Promise<void> | null = null;
  #isAskedAgain = false;
  #isReporting = false;
  /** The server that we are talking to has answered. It may be another one after every gap: restored, and with other numbers. */
  #isCurrent = false;
  #isClosed = false;

  constructor(api: Api, book: ChannelBook, timing: Timing, host: ListSyncHost) {
    this.#api = api;
    this.#book = book;
    this.#timing = timing;
    this.#host = host;
    this.#backoff = new Backoff(timing.retryMinMs, timing.retryMaxMs);
    this.#reportBackoff = new Backoff(timing.retryMinMs, timing.retryMaxMs);
  }

  /** Soon: several reasons to ask are one question. */
  refresh(): void {
    this.#askIn(this.#timing.listDebounceMs);
  }

  /** Now; rejects with `ChatError`. A question that is under way may be too old an answer, so another one follows it. */
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
    this.#reportTimer ??= setTimeout(() => void this.#report(), this.#timing.readReportMs);
  }

  /** The connection is lost. */
  noteLost(): void {
    this.#isCurrent = false;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#askTimer !== null) clearTimeout(this.#askTimer);
    if (this.#reportTimer !== null) clearTimeout(this.#reportTimer);
  }

  #askIn(ms: number): void {
    // The clock of the timers: one that jumps ahead, over a sleep, would hide a timer that is far away yet.
    const at = performance.now() + ms;
    if (this.#isClosed || (this.#askTimer !== null && this.#askAt <= at)) return;
    if (this.#askTimer !== null) clearTimeout(this.#askTimer);
    this.#askAt = at;
    this.#askTimer = setTimeout(() => {
      this.#askTimer = null;
      void this.#askAndPlan();
    }, ms);
  }

  async #askAndPlan(): Promise<void> {
    try {
      await this.refreshNow();
      this.#askIn(this.#timing.listRefreshMs);
    } catch {
      this.#askIn(this.#backoff.nextMs()); // Not reachable: again later, or when the connection is back.
    }
  }

  async #askUntilCurrent(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      await this.#ask();
    } while (this.#isAskedAgain && !this.#isClosed);
  }

  async #ask(): Promise<void> {
    this.#host.beforeAsking();
    const askedAt = performance.now();
    const asked = new Map(this.#book.list().map((record) => [record.id, record]));
    // From here on: should the connection be lost meanwhile, the answer may be that of the server before.
    this.#isCurrent = true;
    const [channels, unread] = await Promise.all([this.#api.listChannels(), this.#api.listUnread()]).catch(
      (error: unknown) => {
        this.#isCurrent = false;
        throw error;
      },
    );
    if (this.#isClosed) return;
    this.#backoff.reset();
    this.#host.apply({ channels, unread, asked, askedAt });
    if (this.#book.list().some((record) => record.pendingRead !== null)) this.reportSoon();
  }

  async #report(): Promise<void> {
    this.#reportTimer = null;
    // A position in numbers of before the gap must not be told to a server that has others: the next answer of the list decides.
    if (!this.#isCurrent) return;
    if (this.#isReporting) return this.reportSoon();
    this.#isReporting = true;
    try {
      for (const { id, pendingRead } of this.#book.list()) {
        // Else the number may be one of before a restored backup. The room says when it has joined.
        if (pendingRead === null || this.#isClosed || !this.#host.isInAgreement(id)) continue;
        await this.#reportOne(id, pendingRead);
      }
      this.#reportBackoff.reset();
    } catch {
      // Not reachable, or not now: the position waits in the record. The list may not be asked again for a minute.
      if (!this.#isClosed) this.#reportTimer ??= setTimeout(() => void this.#report(), this.#reportBackoff.nextMs());
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
      // Refused for good, as when the tablo is not ours any more: nothing to report then, and nothing confirmed.
      return this.#book.update(id, (record) => ({ ...record, pendingRead: null }));
    }
    this.#book.update(id, (record) => noteReported(record, seq, confirmed));
    // Beyond the server's end: it has fewer messages than we have read.
    if (confirmed < seq) this.refresh();
  }
}
