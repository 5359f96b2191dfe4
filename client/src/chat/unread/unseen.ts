/**
 * [R10] What of an open tablo's messages nobody has looked at: what was unread when it was opened, what came while the connection was away, and what comes while
 * nobody looks.
 *
 * Invariants
 * 1. What comes under the reader's eyes is new to nobody; `watch` tells whose eyes are on it.
 * 2. After a gap the server alone knows what was missed: until it has answered, nothing is marked as read, or what the join brings would be read by nobody.
 */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Api } from '../session/api.ts';
import type { ChannelRecord } from '../store/local-store.ts';
import type { NewMessages } from './new-messages.ts';
import { countUnread, type SequencedMessage, type UnreadAnswer } from './unread.ts';

/** A connection that was away for less has missed nothing that whoever looks at the conversation would take for new. */
const SHORT_GAP_MS = 5_000;
/** A silent server that is alive sends something at least this often (`liveness.ts`: it answers pings). */
const UNHEARD_MS = 10_000;
/** Pages that are read in search of the first message that is not our own. */
const SEEK_PAGES = 5;
const SEEK_LIMIT = 100;

export interface UnseenHost {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly api: Api;
  readonly news: NewMessages;
  readonly book: { get(id: TabloId): ChannelRecord | null };
  readonly room: { readonly isOpen: boolean };
  readonly home: {
    /** Joined: what the server sends comes by itself. */
    readonly isReady: boolean;
  };
  readonly screen: {
    /** `null`: it is not here. */
    message(id: EntryId): object | null;
  };
  /** The list of tablos should be asked: it tells what is unread. */
  readonly dispatch: (event: { readonly type: 'list-wanted' }) => void;
}

export class Unseen {
  readonly #host: UnseenHost;
  readonly #watchers = new Map<object, () => boolean>();
  /** The server has reported what is unread since the connection was last away. */
  #isAnswered = false;
  /** The join that is under way has brought something. */
  #hasReceived = false;
  /** By the clock that never jumps, which may stand still while the device sleeps. */
  #lostAt = Number.NEGATIVE_INFINITY;
  /** By the clock on the wall. */
  #heardAt = Number.NEGATIVE_INFINITY;
  #seeking: Promise<void> | null = null;

  constructor(host: UnseenHost) {
    this.#host = host;
  }

  get count(): number {
    const record = this.#record;
    return record === null ? 0 : countUnread(record);
  }

  get #record(): ChannelRecord | null {
    return this.#host.book.get(this.#host.tabloId);
  }

  get #isWatched(): boolean {
    return [...this.#watchers.values()].some((isLooking) => isLooking());
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Whether new messages may still be announced. */
  get isUncertain(): boolean {
    return !this.#isAnswered && (this.#hasReceived || this.#host.home.isReady);
  }

  /** Entries have come. */
  received(): void {
    if (!this.#isAnswered) this.#hasReceived = true;
  }

  watch(watcher: object, isLooking: (() => boolean) | null): void {
    if (isLooking === null) this.#watchers.delete(watcher);
    else this.#watchers.set(watcher, isLooking);
  }

  opened(): void {
    const record = this.#record;
    if (record === null || this.count === 0) return;
    const unread = Object.entries(record.unread).map(([id, seq]) => ({ id: id as EntryId, seq }));
    this.#host.news.note(unread, record.unlistedUnread === 0, record.readSeq);
    void this.seekFirst();
  }

  /** `heardAt`: when the last frame of the server arrived, ms since the Unix epoch. */
  lost(heardAt: number): void {
    if (this.#isAnswered) {
      this.#lostAt = performance.now();
      this.#heardAt = heardAt;
    }
    this.#isAnswered = false;
  }

  joined(): void {
    this.#hasReceived = false;
    // By either clock: a jump ahead costs one question, a night that is taken for a moment would be read by nobody.
    const gapMs = Math.max(performance.now() - this.#lostAt, Date.now() - this.#heardAt - UNHEARD_MS);
    this.#isAnswered ||= gapMs < SHORT_GAP_MS;
    if (this.#host.room.isOpen && !this.#isAnswered) this.#host.dispatch({ type: 'list-wanted' });
  }

  /** Before the answer is taken into the record. */
  answered({ count, messages }: UnreadAnswer): void {
    const { room, news } = this.#host;
    const readSeq = this.#record?.readSeq ?? 0;
    const missed = messages.filter(({ seq }) => seq > readSeq);
    const isWhole = missed.length < messages.length || count <= messages.length;
    // What came in a gap, or got its number only now while nobody looked.
    const isNew = room.isOpen && missed.some(({ id }) => !news.has(id)) && (!this.#isAnswered || !this.#isWatched);
    if (isNew) news.note(missed, isWhole, readSeq);
    this.#isAnswered = true;
    this.#hasReceived = false;
    void this.seekFirst();
  }

  /** One of others has come and is unread. */
  arrived(message: SequencedMessage): void {
    const { room, news } = this.#host;
    if (room.isOpen && (!this.#isWatched || news.isUnread)) news.add(message, this.#record?.readSeq ?? 0);
  }

  /** The server was restored from a backup: other numbers. */
  renumbered(): void {
    this.#host.news.clear();
    this.#isAnswered = false;
  }

  /** The first new message may be far above what is here: the server names it and its time. Concurrent calls share one request. Nothing happens while the server cannot be reached. */
  seekFirst(): Promise<void> {
    this.#seeking ??= this.#seek()
      .catch(() => {}) // The reader sees a count without a time, and it is asked again when they want to go there.
      .finally(() => {
        this.#seeking = null;
      });
    return this.#seeking;
  }

  async #seek(): Promise<void> {
    const { api, tabloId, user, news, room, screen } = this.#host;
    const isHere = (id: EntryId) => screen.message(id) !== null;
    let after = room.isOpen && news.isUnread ? news.unknownAfter(isHere) : null;
    for (let page = 0; after !== null && page < SEEK_PAGES; page += 1) {
      const { messages, hasMore } = await api.readAfter(tabloId, after, SEEK_LIMIT);
      const unread = messages.filter(({ user_id, deleted_at }) => user_id !== user && deleted_at == null);
      news.nameFirst(
        unread.map(({ id, seq, created_at }) => ({ id: id as EntryId, seq, shownAt: Date.parse(created_at) })),
      );
      after = unread.length === 0 && hasMore ? (messages.at(-1)?.seq ?? null) : null;
      if (after !== null) news.noneUpTo(after);
    }
  }
}
