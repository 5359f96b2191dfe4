/**
 * What people see of one tablo: the part of its timeline (`room-timeline.ts`) that is on the screen, as far as the server has been asked about it (`screen-state.ts`), and
 * where the new messages begin.
 *
 * Invariant: only what is open, or has something unsent to show in the list, has a timeline: three hundred tablos at rest cost their documents alone [R9].
 */
import type { CausalClock } from '@tablo/schema/causal-clock';
import type { Refusal } from '@tablo/schema/close-codes';
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import type { TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineMessage, TimelineRow } from '@tablo/schema/timeline';
import { type Readable, Writable } from '../base/readable.ts';
import { inBackground } from '../base/report-error.ts';
import type { Reached, RoomView } from '../chat.ts';
import type { People } from '../people/people.ts';
import type { Api } from '../session/api.ts';
import type { LocalStore } from '../store/local-store.ts';
import { NewMessages } from '../unread/new-messages.ts';
import { countUnread } from '../unread/unread.ts';
import { AuthorsMet } from './authors-met.ts';
import { Excursion } from './excursion.ts';
import { History, PAGE_SIZE } from './history.ts';
import { RoomArchive } from './room-archive.ts';
import { keyOf, RoomTimeline, type TimelineSources } from './room-timeline.ts';
import { LOADING, type PlaceView } from './room-view.ts';
import { asked, asking, begunAnew, doubted, isCurrent, isUpToDate, OPENED, SHUT } from './screen-state.ts';
import { ShownTail } from './shown-tail.ts';

export interface ScreenOptions extends TimelineSources {
  readonly user: UserId;
  readonly store: LocalStore;
  readonly api: Api;
  readonly people: People;
  readonly clock: CausalClock;
  readonly home: TimelineSources['home'] & { readonly isReady: boolean };
  /** Hears that something has changed which the list of tablos may show. */
  readonly dispatch: (event: { readonly type: 'shown' }) => void;
}

export class RoomScreen {
  /** What is not on the screen. */
  readonly archive: RoomArchive;
  readonly timeline: RoomTimeline;
  readonly news: NewMessages;
  readonly away: Excursion;
  readonly #options: ScreenOptions;
  readonly #history: History;
  readonly #tail: ShownTail;
  readonly #authors: AuthorsMet;
  readonly #view = new Writable<RoomView>(LOADING);
  #state = SHUT;
  /** What this device has of the document is there. */
  #isLoaded = false;
  #loadingMore: Promise<void> | null = null;
  #closed: Refusal | null = null;
  #isPublishing = false;

  constructor(options: ScreenOptions) {
    const { tabloId, store, api, people, clock, home } = options;
    this.#options = options;
    this.news = new NewMessages(this);
    this.timeline = new RoomTimeline(options);
    this.#authors = new AuthorsMet({ tabloId, people, clock, home, screen: this });
    const parts = { tabloId, store, api, timeline: this.timeline, authors: this.#authors, screen: this };
    this.#history = new History(parts);
    this.#tail = new ShownTail(this.timeline, this.#history, this.news);
    this.archive = new RoomArchive({ ...parts, history: this.#history });
    this.away = new Excursion({ ...parts, history: this.#history });
  }

  get view(): Readable<RoomView> {
    return this.#view;
  }

  get closed(): Refusal | null {
    return this.#closed;
  }

  /** What is in memory is as the server has it now. */
  get isCurrent(): boolean {
    return this.#options.home.isReady && isCurrent(this.#state);
  }

  get isOpen(): boolean {
    return this.#state.status !== 'shut';
  }

  /** Shows a message, wherever it stands. What the server says is gone is known to be from now on: a quote of it leads nowhere. */
  async reach(id: EntryId, depth: number | null): Promise<Reached> {
    const reached = await this.away.reach(id, depth);
    if (reached === 'gone') {
      this.archive.noteGone([id]);
      this.publish();
    }
    return reached;
  }

  message(id: EntryId): TimelineMessage | null {
    return this.timeline.find(id) ?? this.away.find(id);
  }

  /** A message that is on the screen. */
  shown(id: EntryId): TimelineMessage | null {
    return this.#view.get().messages.find((message) => message.id === id) ?? null;
  }

  /** One of those far from the newest, if that is where the reader is. */
  shownApart(id: EntryId): TimelineMessage | null {
    return this.away.excerpt?.get(id) ?? null;
  }

  /** Messages of others that are on the screen. */
  othersShown(): readonly EntryId[] {
    const { user } = this.#options;
    const isOthers = ({ author, delivery }: TimelineMessage) => author !== user && delivery.status === 'sent';
    return this.#view.get().messages.flatMap((message) => (isOthers(message) ? [message.id] : []));
  }

  show(entries: readonly Entry[]): void {
    this.timeline.add(entries);
    this.away.add(entries);
    this.#authors.inEntries(entries);
    this.publish();
  }

  overlay(): void {
    const { unsent } = this.timeline;
    // Written by another tab, or before a reload: seen all the same [R5].
    for (const { entry } of unsent) this.#options.clock.observe(entry.sentAt);
    if (this.isOpen || unsent.length > 0) this.timeline.need().setUnsent(unsent);
    else this.timeline.drop();
    this.away.setUnsent(unsent);
    this.publish();
  }

  rebuild(): void {
    this.timeline.drop();
    this.overlay();
  }

  loaded(): void {
    this.#isLoaded = true;
    this.publish();
  }

  shut(refusal: Refusal | null): void {
    this.#closed = refusal;
    this.publish();
  }

  async open(): Promise<void> {
    this.#state = OPENED;
    this.overlay();
    await this.#history.showCached(null);
    await this.verify();
  }

  /** Memory follows what is open: the rows are on the disk. */
  close(): void {
    this.#state = SHUT;
    this.away.close();
    this.news.clear();
    this.#tail.reset();
    this.#forgetRows();
    this.rebuild();
    // Whoever opens it next begins with what is so then.
    this.#view.set(LOADING);
  }

  /** The document is another one, of another epoch. */
  async changeDocument(): Promise<void> {
    // As many as stand on the screen: whoever reads back keeps their place while the new document is empty.
    const shown = this.#view.get().messages.length;
    this.#state = begunAnew(this.#state);
    this.#forgetRows();
    this.#authors.inDocument();
    if (this.isOpen) await this.#history.showCached(null, Math.max(PAGE_SIZE, shown));
    this.rebuild();
    inBackground(this.away.reread());
  }

  /**
   * Own entries have been shown on the server's word alone, that they are durable: in a document that has gone, say. What became of them since, a deletion
   * from another device for instance, is in the server's rows [R5].
   */
  async doubt(): Promise<void> {
    if (!this.isOpen) return this.rebuild();
    this.#state = doubted(this.#state);
    this.#history.restart();
    await this.verify();
  }

  /** Asks the server for the newest page, once per opening and document. */
  async verify(): Promise<void> {
    if (this.#state.status !== 'unverified' || !this.#options.home.isReady) return;
    const state = asking(this.#state);
    this.#state = state;
    const isAnswered = await this.#history.verify(this.#tail.first).then(
      () => true,
      () => false, // Not reachable now: again at the next join.
    );
    // Closed and opened again meanwhile, or another document: that one's own answer counts.
    if (this.#state !== state) return;
    this.#state = asked(state, isAnswered);
    if (isAnswered && state.isDoubtful) this.rebuild();
    this.publish();
  }

  loadMore(): Promise<void> {
    const loading = () => (this.away.excerpt === null ? this.#tail.loadOlder() : this.away.growOlder());
    this.#loadingMore ??= loading().finally(() => {
      this.#loadingMore = null;
      this.publish();
    });
    this.publish();
    return this.#loadingMore;
  }

  /** Shows everything from a message in memory on. */
  include(message: TimelineKey): void {
    this.#tail.include(message);
    this.publish();
  }

  /** The same from `id` on, which these rows lead up to. */
  showFrom(id: EntryId, rows: readonly TimelineRow[]): void {
    this.addRows(rows);
    if (this.isOpen) this.#tail.includeId(id);
    this.publish();
  }

  /** A message that this device has stored, among the newest `depth` ones, with all that it has after it. */
  async recall(id: EntryId, depth: number): Promise<TimelineMessage | null> {
    const { store, tabloId, home } = this.#options;
    const rows = await store.readRows(tabloId, null, depth + PAGE_SIZE);
    const index = rows.findIndex((row) => row.id === id);
    const first = Math.max(0, index - PAGE_SIZE / 2);
    const from = rows[first];
    if (!this.isOpen || index < 0 || from === undefined) return null;
    this.addRows(rows.slice(first));
    // As it was when it was stored: what has become of it, the server tells.
    if (home.isReady) inBackground(this.#history.verify(keyOf(from)).catch(() => {}));
    return this.timeline.find(id);
  }

  addRows(rows: readonly TimelineRow[]): void {
    if (!this.isOpen) return;
    for (const row of rows) this.timeline.addRow(row);
    this.#authors.inRows(rows);
    this.publish();
  }

  dropRows(ids: readonly EntryId[]): void {
    this.archive.noteGone(ids);
    this.timeline.dropRows(ids);
    this.rebuild();
  }

  /** Many changes of one turn are one new view. */
  publish(): void {
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    queueMicrotask(() => {
      this.#isPublishing = false;
      this.#options.dispatch({ type: 'shown' });
      if (this.isOpen) this.#publishNow();
    });
  }

  #publishNow(): void {
    const record = this.#options.book.get(this.#options.tabloId);
    const unreadCount = record === null ? 0 : countUnread(record);
    if (unreadCount === 0 && this.news.isUnread) this.news.clear();
    this.news.readElsewhere(record?.readSeq ?? 0);
    const place = this.#place();
    const first = this.news.first(place.messages);
    this.#view.set({
      ...place,
      isLoadingMore: this.#loadingMore !== null,
      firstUnreadId: first?.id ?? null,
      firstUnreadAt: first === null ? null : (first.shownAt ?? this.timeline.find(first.id)?.shownAt ?? null),
      hasUnseen: this.news.isUnread && unreadCount > 0,
      closed: this.#closed,
    });
  }

  #place(): PlaceView {
    const { excerpt } = this.away;
    if (excerpt !== null) return excerpt.view;
    const shown = this.#tail.show();
    const isKnown =
      shown.messages.length > 0 || this.#options.home.isReady || this.#closed !== null || this.#history.isComplete;
    const status = this.#isLoaded && isKnown ? 'ready' : 'loading';
    return { status, ...shown, isUpToDate: isUpToDate(this.#state), hasNewer: false };
  }

  #forgetRows(): void {
    this.#history.restart();
    this.timeline.clearRows();
  }
}
