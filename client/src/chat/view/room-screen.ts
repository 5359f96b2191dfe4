/**
 * What people see of one tablo: the timeline, the part of it that is on the screen, and where the new messages begin.
 *
 * Invariants
 * 1. The timeline holds durable entries only; own unsent ones are its overlay. So *sent* is never shown before it is true [R1].
 * 2. Only what is open, or has something unsent to show in the list, has a timeline: three hundred tablos at rest cost their documents alone [R9].
 */
import type { Refusal } from '@tablo/schema/close-codes';
import { arrivalsOf, type Entry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import type { RestMessage } from '@tablo/schema/rest/message';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import { Timeline, type TimelineMessage, type TimelineRow } from '@tablo/schema/timeline';
import { type Readable, Writable } from '../base/readable.ts';
import { inBackground } from '../base/report-error.ts';
import type { Reached, RoomView } from '../chat.ts';
import { authorsOf, authorsOfRows } from '../people/authors-of.ts';
import { timelineRowOf } from '../session/rest-rows.ts';
import { NewMessages } from '../unread/new-messages.ts';
import type { Excerpt } from './excerpt.ts';
import { Excursion } from './excursion.ts';
import { foldedRowOf } from './folded-rows.ts';
import { History, PAGE_SIZE } from './history.ts';
import { MessageWindow } from './message-window.ts';
import { RoomArchive } from './room-archive.ts';
import { LOADING, type ScreenOptions } from './room-view.ts';

/** A first new message that is here, and no further from the end, is shown when the tablo is opened. */
const FIRST_NEW_REACH = 200;

export class RoomScreen {
  /** What is not on the screen. */
  readonly archive: RoomArchive;
  readonly news = new NewMessages(() => this.publish());
  readonly away: Excursion;
  readonly #options: ScreenOptions;
  readonly #history: History;
  readonly #window = new MessageWindow(PAGE_SIZE);
  readonly #rows = new Map<EntryId, TimelineRow>();
  readonly #view = new Writable<RoomView>(LOADING);
  #timeline: Timeline | null = null;
  #isOpen = false;
  #isLoaded = false;
  #isVerified = false;
  #isUpToDate = false;
  /** The timeline holds entries that neither the document nor a row does. */
  #isDoubtful = false;
  #loadingMore: Promise<void> | null = null;
  #closed: Refusal | null = null;
  /** The tablo's first message, once it has been shown. */
  #beginning: TimelineKey | null = null;
  #isPublishing = false;

  constructor(options: ScreenOptions) {
    const { tabloId, store, api, host } = options;
    this.#options = options;
    this.#history = new History({
      tabloId,
      store,
      api,
      host: {
        documentStart: () => this.#documentStart(),
        isDocumentComplete: () => {
          const document = host.document();
          return document?.isFirst === true && document.messageCount >= (host.lastSeq() ?? Number.POSITIVE_INFINITY);
        },
        shownRows: () => this.#rows.values(),
        addRows: (rows) => this.#addRows(rows),
        dropRows: (ids) => {
          this.archive.noteGone(ids);
          this.#dropRows(ids);
        },
        learnNames: (messages) => this.#learnNames(messages),
      },
    });
    this.archive = new RoomArchive({
      tabloId,
      store,
      api,
      history: this.#history,
      host: {
        timeline: () => this.#timeline,
        shownApart: (id) => this.away.excerpt?.get(id) ?? null,
        fill: (timeline) => {
          this.#fill(timeline);
          timeline.setUnsent(host.unsent());
        },
        isReady: () => host.isReady() && this.#isVerified && !this.#isDoubtful,
        documentStart: () => this.#firstOfDocument(),
        show: (id, rows) => {
          this.#addRows(rows);
          if (this.#isOpen) this.#window.reach(this.#need().messages(), id);
          this.publish();
        },
        meet: (authors) => this.#meet(authors),
        publish: () => this.publish(),
      },
    });
    this.away = new Excursion({
      tabloId,
      api,
      learnNames: (messages) => {
        this.#learnNames(messages);
        this.#meet(authorsOfRows(messages.map(timelineRowOf)));
      },
      entries: () => this.#durableEntries(),
      unsent: () => host.unsent(),
      knownFrom: () => this.#history.knownFrom,
      shown: (id) => this.#view.get().messages.find((message) => message.id === id) ?? null,
      find: (id) => this.#need().get(id),
      include: (message) => {
        this.#window.include(this.#need().messages(), message);
        this.publish();
      },
      adopt: (rows, hasOlder, isToEnd) => this.#history.adopt(rows, hasOlder, isToEnd),
      recall: (id, depth) => this.#recall(id, depth),
      onChange: () => this.publish(),
    });
  }

  get view(): Readable<RoomView> {
    return this.#view;
  }

  get closed(): Refusal | null {
    return this.#closed;
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
    return this.#need().get(id) ?? this.away.find(id);
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
    const durable = new Timeline();
    this.#fill(durable);
    for (const entry of entries) durable.add(entry);
    return durable.messages().findLast((message) => !message.isDeleted) ?? null;
  }

  isDeleted(id: EntryId): boolean {
    return this.#timeline?.get(id)?.isDeleted ?? false;
  }

  authorOf(id: EntryId): UserId | null {
    const entry = this.#options.host.document()?.get(id);
    return entry?.kind === 'message' ? entry.author : (this.#rows.get(id)?.author ?? null);
  }

  /** Messages of others that are on the screen. */
  othersShown(): readonly EntryId[] {
    const { host } = this.#options;
    const isOthers = ({ author, delivery }: TimelineMessage) => author !== host.user && delivery.status === 'sent';
    return this.#view.get().messages.flatMap((message) => (isOthers(message) ? [message.id] : []));
  }

  /** What is durable of the timeline, as rows: own changes that are on their way are not. */
  folded(): readonly TimelineRow[] {
    const durable = new Timeline();
    this.#fill(durable);
    return durable.messages().map(foldedRowOf);
  }

  show(entries: readonly Entry[]): void {
    for (const entry of entries) this.#timeline?.add(entry);
    this.away.add(entries);
    this.#observe(entries, arrivalsOf(entries));
    this.#meet(authorsOf(entries));
    this.publish();
  }

  overlay(): void {
    const unsent = this.#options.host.unsent();
    // Written by another tab, or before a reload: seen all the same [R5].
    for (const { entry } of unsent) this.#options.clock.observe(entry.sentAt);
    if (this.#isOpen || unsent.length > 0) this.#need().setUnsent(unsent);
    else this.#timeline = null;
    this.away.setUnsent(unsent);
    this.publish();
  }

  rebuild(): void {
    this.#timeline = null;
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
    this.#isOpen = true;
    this.overlay();
    await this.#history.showCached(null);
    await this.verify();
  }

  /** Memory follows what is open: the rows are on the disk. */
  close(): void {
    this.#isOpen = false;
    this.away.close();
    this.news.clear();
    this.#isUpToDate = false;
    this.#beginning = null;
    this.#window.reset();
    this.#forgetRows();
    this.rebuild();
    // Whoever opens it next begins with what is so then.
    this.#view.set(LOADING);
  }

  /** The document is another one, of another epoch: what was verified with the last one has to be again. */
  async changeDocument(): Promise<void> {
    // As many as stand on the screen: whoever reads back keeps their place while the new document is empty.
    const shown = this.#view.get().messages.length;
    this.#forgetRows();
    this.#observe(this.#options.host.document()?.entries ?? []);
    this.#meet(authorsOf(this.#options.host.document()?.entries ?? []));
    if (this.#isOpen) await this.#history.showCached(null, Math.max(PAGE_SIZE, shown));
    this.rebuild();
    inBackground(this.away.reread());
  }

  /**
   * Own entries have been shown on the server's word alone, that they are durable: in a document that has gone, say. What became of them since, a deletion
   * from another device for instance, is in the server's rows [R5].
   */
  async doubt(): Promise<void> {
    if (!this.#isOpen) return this.rebuild();
    this.#isDoubtful = true;
    this.#isVerified = false;
    this.#history.restart();
    await this.verify();
  }

  /** Asks the server for the newest page, once per opening and document. */
  async verify(): Promise<void> {
    if (!this.#isOpen || this.#isVerified || !this.#options.host.isReady()) return;
    this.#isVerified = true;
    const wasDoubtful = this.#isDoubtful;
    const { round } = this.#history;
    const shown = this.#need().messages();
    const target = shown.length > PAGE_SIZE ? keyOf(shown[this.#window.startOf(shown)]) : null;
    try {
      await this.#history.verify(target);
      // Closed and opened again meanwhile, or another document: that one's own answer counts.
      if (round !== this.#history.round) return;
      this.#isUpToDate = this.#isOpen;
      if (wasDoubtful) {
        this.#isDoubtful = false;
        this.rebuild();
      }
    } catch {
      if (round === this.#history.round) this.#isVerified = false; // Not reachable now: again at the next join.
    }
    this.publish();
  }

  loadMore(): Promise<void> {
    const loading = () => (this.away.excerpt === null ? this.#loadOlder() : this.away.growOlder());
    this.#loadingMore ??= loading().finally(() => {
      this.#loadingMore = null;
      this.publish();
    });
    this.publish();
    return this.#loadingMore;
  }

  /** Many changes of one turn are one new view. */
  publish(): void {
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    queueMicrotask(() => {
      this.#isPublishing = false;
      this.#options.host.onActivity();
      if (this.#isOpen) this.#publishNow();
    });
  }

  #publishNow(): void {
    const { excerpt } = this.away;
    if (this.#options.host.unreadCount() === 0 && this.news.isUnread) this.news.clear();
    this.news.readElsewhere(this.#options.host.readSeq());
    const all = this.#need().messages();
    if (excerpt !== null) return this.#publishExcerpt(excerpt);
    this.#revealFirstNew(all);
    const start = this.#window.startOf(all);
    this.#window.hold(all);
    const messages = start === 0 ? all : all.slice(start);
    const isKnown = all.length > 0 || this.#options.host.isReady() || this.#closed !== null || this.#history.isComplete;
    this.#view.set({
      status: this.#isLoaded && isKnown ? 'ready' : 'loading',
      messages,
      hasMore: start > 0 || !this.#history.isComplete,
      isAtBeginning: start === 0 && this.#isBeginning(all[0]),
      isUpToDate: this.#isUpToDate,
      hasNewer: false,
      ...this.#sharedView(messages),
    });
  }

  #publishExcerpt({ messages, hasOlder }: Excerpt): void {
    this.#view.set({
      status: 'ready',
      messages,
      hasMore: hasOlder,
      isAtBeginning: !hasOlder,
      isUpToDate: false,
      hasNewer: true,
      ...this.#sharedView(messages),
    });
  }

  #sharedView(messages: readonly TimelineMessage[]) {
    const first = this.news.first(messages);
    return {
      isLoadingMore: this.#loadingMore !== null,
      firstUnreadId: first?.id ?? null,
      firstUnreadAt: first === null ? null : (first.shownAt ?? this.#need().get(first.id)?.shownAt ?? null),
      hasUnseen: this.news.isUnread && this.#options.host.unreadCount() > 0,
      closed: this.#closed,
    };
  }

  /** Where everything from the first new message on is here. Part of it may be missing before the server has answered. */
  #revealFirstNew(all: readonly TimelineMessage[]): void {
    const ids = this.news.isUnread ? this.news.ids : null;
    if (ids === null || ids.length > FIRST_NEW_REACH) return;
    const near = new Map(all.slice(-FIRST_NEW_REACH).map((message) => [message.id, message]));
    if (!ids.every((id) => near.has(id))) return;
    const first = all.find(({ id }) => this.news.has(id));
    if (first !== undefined) this.#window.include(all, first);
  }

  #isBeginning(first: TimelineMessage | undefined): boolean {
    const { isComplete } = this.#history;
    if (first === undefined || first.delivery.status !== 'sent') return isComplete;
    if (isComplete) this.#beginning = keyOf(first);
    return this.#beginning !== null && compareKeys(first, this.#beginning) <= 0;
  }

  async #loadOlder(): Promise<void> {
    const before = this.#need().messages();
    if (this.#window.startOf(before) < PAGE_SIZE) await this.#history.showCached(keyOf(before[0]));
    const known = this.#need().messages();
    const target =
      this.#window.startOf(known) >= PAGE_SIZE ? keyOf(known[this.#window.startOf(known) - PAGE_SIZE]) : null;
    // Not reachable: what this device has must do.
    await this.#history.verify(target).catch(() => {});
    this.#window.grow(this.#need().messages());
  }

  #need(): Timeline {
    if (this.#timeline !== null) return this.#timeline;
    const timeline = new Timeline();
    this.#fill(timeline);
    timeline.setUnsent(this.#options.host.unsent());
    this.#timeline = timeline;
    return timeline;
  }

  #fill(timeline: Timeline): void {
    for (const row of this.#rows.values()) timeline.addRow(row);
    for (const entry of this.#durableEntries()) timeline.add(entry);
  }

  *#durableEntries(): Iterable<Entry> {
    const document = this.#options.host.document();
    if (document === null) return;
    const held = new Set(document.heldIds());
    for (const entry of document.entries) if (!held.has(entry.id)) yield entry;
  }

  /** A message that this device has stored, among the newest `depth` ones, with all that it has after it. */
  async #recall(id: EntryId, depth: number): Promise<TimelineMessage | null> {
    const { store, tabloId, host } = this.#options;
    const rows = await store.readRows(tabloId, null, depth + PAGE_SIZE);
    const index = rows.findIndex((row) => row.id === id);
    const first = Math.max(0, index - PAGE_SIZE / 2);
    const from = rows[first];
    if (!this.#isOpen || index < 0 || from === undefined) return null;
    this.#addRows(rows.slice(first));
    // As it was when it was stored: what has become of it, the server tells.
    if (host.isReady()) inBackground(this.#history.verify(keyOf(from)).catch(() => {}));
    return this.#need().get(id);
  }

  #learnNames(messages: readonly RestMessage[]): void {
    const { people } = this.#options;
    people.learn(messages.map(({ user_id, user_name }) => ({ id: user_id as UserId, name: user_name })));
  }

  /** When they are shown, not when their authors say they were sent: one clock that is a year ahead would take everybody's with it. */
  #observe(entries: Iterable<Entry>, arrivedAt?: ReadonlyMap<EntryId, number>): void {
    const document = this.#options.host.document();
    // An arrival, which may come alone, is sent when it says.
    for (const { id, sentAt } of entries)
      this.#options.clock.observe(arrivedAt?.get(id) ?? document?.arrivedAt(id) ?? sentAt);
  }

  /** Whoever left something here is told apart from the others, and has a name, also when they have left. */
  #meet(authors: Iterable<UserId>): void {
    const { people, tabloId } = this.#options;
    if (people.meet(tabloId, authors) && this.#isOpen) people.refreshSoon(tabloId);
  }

  #addRows(rows: readonly TimelineRow[]): void {
    if (!this.#isOpen) return;
    for (const row of rows) {
      this.#rows.set(row.id, row);
      this.#need().addRow(row);
      this.#options.clock.observe(row.shownAt);
    }
    this.#meet(authorsOfRows(rows));
    this.publish();
  }

  #dropRows(ids: readonly EntryId[]): void {
    for (const id of ids) this.#rows.delete(id);
    this.rebuild();
  }

  #forgetRows(): void {
    this.#history.restart();
    this.#isVerified = false;
    this.#rows.clear();
  }

  /**
   * Only of a tablo's first document. What a later one begins with is as it was then: it tells a newcomer all, but not who remembers a reaction that was taken back, or a
   * message that was deleted meanwhile. The server's rows tell that.
   */
  #documentStart(): TimelineKey | null {
    return this.#options.host.document()?.isFirst === true ? this.#firstOfDocument() : null;
  }

  #firstOfDocument(): TimelineKey | null {
    const document = this.#options.host.document();
    if (document === null) return null;
    const isIn = ({ id, delivery }: TimelineMessage) => delivery.status === 'sent' && document.has(id);
    return keyOf(this.#need().messages().find(isIn));
  }
}

function keyOf(message: TimelineKey | undefined): TimelineKey | null {
  return message === undefined ? null : { shownAt: message.shownAt, id: message.id };
}
