/**
 * One tablo on this device, live: its document, its link to the server, its timeline, and what of it is on the screen.
 *
 * Invariants
 * 1. The timeline holds durable entries only; own unsent ones are its overlay, so *sent* is never shown before it is true [R1].
 * 2. An own entry leaves the outbox in `#settle` alone: when the server says that it is durable, or shows it to us.
 * 3. Whatever makes a document unusable (refusal, withdrawn entry, gap, damage, new epoch) ends in `#rehome` or `#moveEpoch`: a new Y.Doc with a new
 *    clientID, the server's state, then what is still pending again under its own ids [R4].
 */
import type { CausalClock } from '@tablo/schema/causal-clock';
import { createRefusal, isReasonCode, REASONS, type Refusal } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import type { Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { encodeStateless, parseServerStateless } from '@tablo/schema/stateless';
import { Timeline, type TimelineMessage, type TimelineRow } from '@tablo/schema/timeline';
import type { Api } from './api.ts';
import { Backoff } from './backoff.ts';
import type { ChannelBook } from './channel-book.ts';
import type { Person, RoomView } from './chat.ts';
import { Draft } from './draft.ts';
import { foldedRowOf } from './folded-rows.ts';
import { History, PAGE_SIZE } from './history.ts';
import type { Link, LinkOpener } from './link.ts';
import type { LocalStore } from './local-store.ts';
import { MessageWindow } from './message-window.ts';
import type { Outbox, OutboxChange } from './outbox.ts';
import type { People } from './people.ts';
import { RoomPresence } from './presence.ts';
import { type Readable, Writable } from './readable.ts';
import { ReadMarker } from './read-marker.ts';
import { inBackground } from './report-error.ts';
import { RoomCommands } from './room-commands.ts';
import { RoomDocument } from './room-document.ts';
import { type Home, Sender } from './sender.ts';
import type { Tabs } from './tabs.ts';
import type { Timing } from './timing.ts';
import { forgetDeleted, moveReadPosition, type UnreadAnswer } from './unread.ts';

export interface RoomContext {
  readonly user: Person;
  readonly store: LocalStore;
  readonly outbox: Outbox;
  readonly book: ChannelBook;
  readonly api: Api;
  readonly links: LinkOpener;
  readonly people: People;
  readonly tabs: Tabs;
  readonly clock: CausalClock;
  readonly timing: Timing;
  /** The list should be read from the server again: an epoch has moved, members have changed. */
  readonly refreshChannels: () => void;
  /** Something that the list of tablos shows has changed. */
  readonly onActivity: (id: TabloId) => void;
}

export class Room {
  readonly id: TabloId;
  readonly draft: Draft;
  readonly presence: RoomPresence;
  readonly commands: RoomCommands;
  readonly #context: RoomContext;
  readonly #view: Writable<RoomView>;
  readonly #history: History;
  readonly #window = new MessageWindow(PAGE_SIZE);
  readonly #marker: ReadMarker;
  readonly #sender: Sender;
  readonly #rejoin: Backoff;
  readonly #rows = new Map<EntryId, TimelineRow>();
  #timeline = new Timeline();
  #document: RoomDocument | null = null;
  #link: Link | null = null;
  #epoch = 0;
  #handles = 0;
  #isLoaded = false;
  #isVerified = false;
  #isLoadingMore = false;
  #closed: Refusal | null = null;
  #unreadAtOpen = new Set<EntryId>();
  #isFirstAnswer = false;
  #publishing = false;
  #isDisposed = false;
  /** Ends in replacing the document; what is asked for meanwhile waits. */
  #moving: Promise<void> | null = null;
  /** After a re-home from nothing: own durable entries of the document before, to be put back if the server has lost them. */
  #remembered: readonly MemberEntry[] = [];
  #rejoinTimer: ReturnType<typeof setTimeout> | null = null;
  #gapTimer: ReturnType<typeof setTimeout> | null = null;
  #graceTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(id: TabloId, context: RoomContext) {
    const { store, api, book, outbox, clock, user, tabs, timing, people } = context;
    this.id = id;
    this.#context = context;
    this.#view = new Writable<RoomView>({
      status: 'loading',
      messages: [],
      hasMore: false,
      isLoadingMore: false,
      firstUnreadId: null,
      closed: null,
    });
    this.draft = new Draft({ tabloId: id, store, tabs, saveMs: timing.draftSaveMs });
    this.presence = new RoomPresence(user, timing);
    this.#rejoin = new Backoff(timing.retryMinMs, timing.retryMaxMs);
    this.#history = new History({
      tabloId: id,
      store,
      api,
      host: {
        documentStart: () => this.#documentStart(),
        isDocumentComplete: () => (this.#document?.messageCount ?? 0) >= (book.get(id)?.lastSeq ?? Number.POSITIVE_INFINITY),
        addRows: (rows) => this.#addRows(rows),
        dropRows: (ids) => this.#dropRows(ids),
        learnNames: (messages) => people.learn(messages.map(({ user_id, user_name }) => ({ id: user_id as UserId, name: user_name }))),
      },
    });
    this.#marker = new ReadMarker(
      { tabloId: id, reader: user.id, authorOf: (entry) => this.#authorOf(entry), isReady: () => this.#isReady },
      book,
    );
    this.commands = new RoomCommands({
      tabloId: id,
      user: user.id,
      clock,
      outbox,
      message: (entry) => this.#timeline.get(entry),
      withdrawn: (ids) => this.#takeBack(ids),
    });
    this.#sender = new Sender(
      {
        pushable: () => this.#pushable(),
        held: () => this.#held(),
        doubtful: () => this.#doubtful(),
        push: (entries) => this.#push(entries),
        check: (ids) => this.#link?.sendStateless(encodeStateless({ type: 'check', ids: [...ids] })),
        refuse: (ids, refusal) => inBackground(outbox.refuse(id, ids, refusal)),
        rehome: (home) => this.#rehome(home),
        moveEpoch: () => this.#askForEpoch(),
        expireToken: () => context.links.expireToken(),
      },
      timing,
    );
  }

  get view(): Readable<RoomView> {
    return this.#view;
  }

  get isClosed(): boolean {
    return this.#closed !== null;
  }

  /** The newest message that is not deleted, own unsent ones included. */
  newest(): TimelineMessage | null {
    return this.#timeline.messages().findLast((message) => !message.isDeleted) ?? null;
  }

  isDeleted(id: EntryId): boolean {
    return this.#timeline.get(id)?.isDeleted ?? false;
  }

  /** Shows what this device has, then joins. */
  async open(): Promise<void> {
    const record = this.#context.book.get(this.id);
    this.#overlay();
    if (record !== null) await this.#enter(record.epoch);
    await this.draft.load();
    this.#isLoaded = true;
    this.#publish();
  }

  /** The list names the live epoch. */
  noteEpoch(epoch: number): void {
    if (this.#closed !== null && this.#handles >= 0) this.#reopen();
    if (epoch === this.#epoch || this.#isDisposed) return;
    this.#start(async () => this.#enter(epoch));
  }

  /** Not ours any more: what is here stays readable. */
  shut(refusal: Refusal): void {
    if (this.#closed !== null) return;
    this.#closed = refusal;
    this.#dropLink();
    const pending = this.#context.outbox.unsent(this.id).filter(({ delivery }) => delivery.status === 'pending');
    const ids = pending.map(({ entry }) => entry.id);
    if (ids.length > 0) inBackground(this.#context.outbox.refuse(this.id, ids, refusal));
    this.#publish();
  }

  acquire(): void {
    this.#handles += 1;
    if (this.#handles > 1) return;
    const { book, people, store: _store } = this.#context;
    this.#unreadAtOpen = new Set(Object.keys(book.get(this.id)?.unread ?? {}) as EntryId[]);
    this.#isFirstAnswer = true;
    if (this.#link !== null) this.#link.isUrgent = true;
    this.presence.setOpen(true);
    inBackground(this.#openHistory());
    inBackground(people.load(this.id).then(() => people.refresh(this.id).catch(() => {}))); // Offline: the cached ones will do.
    this.#publish();
  }

  release(): void {
    this.#handles -= 1;
    if (this.#handles > 0) return;
    if (this.#link !== null) this.#link.isUrgent = false;
    this.presence.setOpen(false);
    inBackground(this.draft.save());
    // Memory follows what is open: the rows are on the disk.
    this.#history.restart();
    this.#isVerified = false;
    this.#window.reset();
    this.#unreadAtOpen = new Set();
    this.#rows.clear();
    this.#rebuild();
  }

  get isOpen(): boolean {
    return this.#handles > 0;
  }

  async loadMore(): Promise<void> {
    if (this.#isLoadingMore) return;
    this.#isLoadingMore = true;
    this.#publish();
    try {
      const messages = this.#timeline.messages();
      const start = this.#window.startOf(messages);
      const oldest = messages[0];
      if (start < PAGE_SIZE) await this.#history.showCached(oldest === undefined ? null : { shownAt: oldest.shownAt, id: oldest.id });
      const known = this.#timeline.messages();
      const target = known[Math.max(0, this.#window.startOf(known) - PAGE_SIZE)];
      await this.#history.verify(target === undefined || known.length <= PAGE_SIZE ? null : target).catch(() => {}); // Offline: the cache will do.
      this.#window.grow(this.#timeline.messages());
    } finally {
      this.#isLoadingMore = false;
      this.#publish();
    }
  }

  markRead(): void {
    this.#marker.markRead();
  }

  noteUnreadAnswer(answer: UnreadAnswer, askedAtSeq: number): void {
    // What came while we were away was unread when the room was opened, as people see it.
    if (this.isOpen && this.#isFirstAnswer) for (const { id } of answer.messages) this.#unreadAtOpen.add(id);
    this.#isFirstAnswer = false;
    this.#marker.answered(answer, askedAtSeq);
    this.#publish();
  }

  noteOutbox({ sent }: OutboxChange): void {
    for (const entry of sent) this.#show([entry]);
    // Another tab has taken back what we had pushed.
    const { outbox } = this.#context;
    const gone = this.#held().filter((id) => outbox.get(this.id, id)?.delivery.status !== 'pending' && !sent.some((entry) => entry.id === id));
    if (gone.length > 0) this.#takeBack(gone);
    this.#overlay();
    this.#sender.flush();
  }

  /** The user asked: no waiting. */
  retryNow(): void {
    this.#rejoin.reset();
    if (this.#rejoinTimer !== null) this.#rejoinNow();
    this.#sender.retryNow();
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    for (const timer of [this.#rejoinTimer, this.#gapTimer, this.#graceTimer]) if (timer !== null) clearTimeout(timer);
    this.#sender.close();
    this.presence.close();
    this.#dropLink();
    await Promise.all([this.draft.save(), this.#document?.save()]);
    this.#document?.close();
  }

  async save(): Promise<void> {
    await Promise.all([this.draft.save(), this.#document?.save()]);
  }

  get #isReady(): boolean {
    return this.#link?.isReady ?? false;
  }

  // --- the document and its link

  #start(work: () => Promise<void>): void {
    const next = (this.#moving ?? Promise.resolve()).then(() => (this.#isDisposed ? undefined : work()));
    this.#moving = next;
    inBackground(next);
  }

  /** Leaves the document at hand, if any, for the one of `epoch`. */
  async #enter(epoch: number): Promise<void> {
    if (epoch === this.#epoch) return;
    const { store } = this.#context;
    const left = this.#document;
    this.#dropLink();
    if (left !== null) {
      // The old document will not be there again; what it showed bridges the time until REST answers.
      await store.writeRows(this.id, { put: this.#timeline.messages().filter((one) => one.delivery.status === 'sent').map(foldedRowOf) });
      left.close();
      await store.replaceUpdates(left.name, () => null);
    }
    this.#epoch = epoch;
    this.#document = await this.#openDocument('stored');
    this.#history.restart();
    this.#isVerified = false;
    this.#rows.clear();
    if (this.isOpen) await this.#history.showCached(null);
    this.#rebuild();
    this.#join();
  }

  #rehome(home: Home): void {
    this.#dropLink();
    this.#start(async () => {
      const left = this.#document;
      if (left === null) return;
      this.#dropLink();
      if (home === 'empty') {
        this.#remembered = [...left.entries].flatMap((entry) =>
          entry.kind !== 'arrival' && entry.author === this.#context.user.id && !left.isHeld(entry.id) ? [entry] : [],
        );
      }
      await left.save();
      left.close();
      this.#document = await this.#openDocument(home);
      this.#isFresh = home === 'empty';
      this.#join();
    });
  }

  #isFresh = false;

  async #openDocument(home: Home): Promise<RoomDocument> {
    const { store, timing } = this.#context;
    const options = {
      name: encodeDocumentName({ tabloId: this.id, epoch: this.#epoch }),
      store,
      timing,
      listener: {
        entries: (entries: readonly Entry[]) => this.#receive(entries),
        erased: () => this.#rebuild(),
      },
    };
    return home === 'empty' ? RoomDocument.create(options) : RoomDocument.open(options);
  }

  #join(): void {
    const document = this.#document;
    if (document === null || this.#closed !== null || this.#isDisposed || this.#link !== null) return;
    const mine = <Args extends unknown[]>(act: (...args: Args) => void) => (...args: Args): void => {
      if (this.#document === document && !this.#isDisposed) act(...args);
    };
    this.#link = this.#context.links.openLink({
      name: document.name,
      doc: document.doc,
      isUrgent: this.isOpen,
      listener: {
        ready: mine(() => this.#handleReady()),
        lost: mine(() => this.#handleLost()),
        ended: mine((reason) => this.#handleEnded(reason)),
        stateless: mine((payload) => this.#handleStateless(payload)),
        acknowledged: mine(() => this.#settle(this.#held())),
        presence: mine((states) => this.presence.receive(states)),
      },
    });
    this.presence.attach(this.#link);
  }

  #dropLink(): void {
    this.#sender.left();
    this.presence.attach(null);
    this.#link?.close();
    this.#link = null;
  }

  #handleReady(): void {
    this.#rejoin.reset();
    if (this.#isFresh) {
      this.#isFresh = false;
      inBackground(this.#document?.replaceStored() ?? Promise.resolve());
      this.#rebuild();
    }
    this.#sender.joined();
    this.#watchGap();
    if (this.isOpen && !this.#isVerified) inBackground(this.#verifyNewest());
    this.#publish();
  }

  #handleLost(): void {
    this.#sender.left();
    this.presence.receive([]);
    this.#publish();
  }

  #handleEnded(reason: string): void {
    this.#sender.left();
    this.presence.receive([]);
    const code = isReasonCode(reason) ? reason : 'unavailable';
    switch (REASONS[code].next) {
      case 'never':
        this.shut(createRefusal(code));
        return this.#context.refreshChannels();
      case 're-home':
        return code === 'epoch-moved' ? this.#askForEpoch() : this.#rehome('stored');
      case 'after-auth':
        this.#context.links.expireToken();
        return this.#rejoinLater(reason);
      case 'backoff':
        return this.#rejoinLater(reason);
    }
  }

  #rejoinLater(reason: string): void {
    const ms = this.#rejoin.nextMs();
    // The first no may pass in a moment; the second is worth telling.
    if (ms > this.#context.timing.retryMinMs) this.#context.links.noteReason(reason);
    if (this.#rejoinTimer !== null) clearTimeout(this.#rejoinTimer);
    const isFirst = ms <= this.#context.timing.retryMinMs;
    this.#rejoinTimer = setTimeout(() => this.#rejoinNow(), isFirst && reason === 'token-expired' ? 0 : ms);
  }

  #rejoinNow(): void {
    if (this.#rejoinTimer !== null) clearTimeout(this.#rejoinTimer);
    this.#rejoinTimer = null;
    this.#link?.rejoin();
  }

  /** The document has moved: the list knows where to. */
  #askForEpoch(): void {
    this.#context.refreshChannels();
    // Should the list still name the old one, we ask the server again in a while.
    this.#rejoinLater('epoch-moved');
  }

  #reopen(): void {
    this.#closed = null;
    this.#join();
    this.#publish();
  }

  #watchGap(): void {
    if (this.#gapTimer !== null || !this.#document?.hasGap) return;
    const { doc } = this.#document;
    this.#gapTimer = setTimeout(() => {
      this.#gapTimer = null;
      if (this.#document?.doc === doc && this.#document.hasGap) this.#rehome('empty');
    }, this.#context.timing.pendingStructsMs);
  }

  // --- own entries

  #held(): readonly EntryId[] {
    return this.#document?.heldIds() ?? [];
  }

  #pushable(): readonly MemberEntry[] {
    const { outbox, tabs, timing } = this.#context;
    const records = outbox.pushable(this.id).filter(({ id }) => !(this.#document?.has(id) ?? true));
    const mine = records.filter(({ owner, createdAt }) => !isLeftToOthers(tabs, owner, createdAt, timing.ownerGraceMs));
    if (mine.length < records.length) this.#graceTimer ??= setTimeout(() => this.#endGrace(), timing.ownerGraceMs);
    return mine.map((record) => record.entry);
  }

  #endGrace(): void {
    this.#graceTimer = null;
    this.#sender.flush();
  }

  #doubtful(): readonly EntryId[] {
    const remembered = this.#remembered.filter((entry) => !this.#document?.has(entry.id)).map((entry) => entry.id);
    return [
      ...this.#context.outbox.list(this.id).flatMap(({ id, delivery }) => (delivery.status === 'refused' ? [] : [id])),
      ...remembered,
    ];
  }

  #push(entries: readonly MemberEntry[]): void {
    if (this.#link === null) return;
    this.#link.hasUnacknowledged = true;
    this.#document?.push(entries);
  }

  /** The document must not send these (again): the next one will not have them. */
  #takeBack(ids: readonly EntryId[]): void {
    if (ids.some((id) => this.#document?.isHeld(id))) this.#rehome('stored');
  }

  /** [R1] These are durable. */
  #settle(ids: readonly EntryId[]): void {
    if (ids.length === 0) return;
    const settled = this.#context.outbox.settle(this.id, ids);
    this.#document?.confirm(ids);
    if (this.#link !== null) this.#link.hasUnacknowledged = this.#held().length > 0;
    if (settled.length === 0) return;
    this.#show(settled.map((record) => record.entry));
    this.#overlay();
    for (const record of settled) {
      const isOurs = record.owner === this.#context.tabs.id || !this.#context.tabs.isAlive(record.owner);
      if (record.delivery.status === 'withdrawn' && isOurs) this.commands.settleWithdrawn(record);
    }
    this.#sender.confirmed();
  }

  // --- what the server says

  #handleStateless(payload: string): void {
    const message = parseServerStateless(payload);
    if (message === null) return;
    switch (message.type) {
      case 'refused':
        this.#sender.refused(message.code, message.message, message.ids);
        return this.#publish();
      case 'committed': {
        const messages = message.messages as EntryId[];
        this.#marker.numbered(messages.map((id, index) => ({ id, seq: message.seq + index })));
        this.#settle([...messages, ...(message.others as EntryId[])]);
        if (this.#sender.committed(message.messages, message.others)) {
          this.#restoreLost(new Set(message.others));
          this.#sender.answered();
        }
        return;
      }
      case 'read':
        return this.#context.book.update(this.id, (record) => moveReadPosition(record, message.seq));
      case 'changed':
        if (this.isOpen) inBackground(this.#context.people.refresh(this.id).catch(() => {})); // Offline again: the next refresh will do.
        return this.#context.refreshChannels();
    }
  }

  /** Own durable entries that a restored backup does not have any more are sent again. */
  #restoreLost(durable: ReadonlySet<string>): void {
    const lost = this.#remembered.filter((entry) => !this.#document?.has(entry.id) && !durable.has(entry.id));
    this.#remembered = [];
    if (lost.length > 0) inBackground(this.#context.outbox.add(this.id, lost));
  }

  #receive(entries: readonly Entry[]): void {
    this.#watchGap();
    this.#settle(entries.map((entry) => entry.id));
    this.#show(entries);
    for (const entry of entries) {
      if (entry.kind === 'message' && this.#isLoaded) this.#marker.arrived(entry.id, entry.author);
      if (entry.kind === 'delete') this.#context.book.update(this.id, (record) => forgetDeleted(record, entry.target));
    }
  }

  // --- what people see

  #show(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#timeline.add(entry);
      this.#context.clock.observe(entry.kind === 'arrival' ? entry.at : entry.sentAt);
    }
    this.#publish();
  }

  #overlay(): void {
    this.#timeline.setUnsent(this.#context.outbox.unsent(this.id));
    this.#publish();
  }

  #addRows(rows: readonly TimelineRow[]): void {
    for (const row of rows) {
      this.#rows.set(row.id, row);
      this.#timeline.addRow(row);
      this.#context.clock.observe(row.shownAt);
    }
    this.#publish();
  }

  #dropRows(ids: readonly EntryId[]): void {
    for (const id of ids) this.#rows.delete(id);
    this.#rebuild();
  }

  #rebuild(): void {
    this.#timeline = new Timeline();
    for (const row of this.#rows.values()) this.#timeline.addRow(row);
    const document = this.#document;
    if (document !== null) for (const entry of document.entries) if (!document.isHeld(entry.id)) this.#show([entry]);
    this.#overlay();
  }

  #documentStart(): { shownAt: number; id: string } | null {
    return this.#timeline.messages().find((message) => message.delivery.status === 'sent' && this.#document?.has(message.id)) ?? null;
  }

  #authorOf(id: EntryId): UserId | null {
    const entry = this.#document?.get(id);
    return entry?.kind === 'message' ? entry.author : (this.#rows.get(id)?.author ?? null);
  }

  async #openHistory(): Promise<void> {
    await this.#history.showCached(null);
    if (this.#isReady && !this.#isVerified) await this.#verifyNewest();
  }

  async #verifyNewest(): Promise<void> {
    this.#isVerified = true;
    const shown = this.#timeline.messages();
    const target = shown[this.#window.startOf(shown)];
    try {
      await this.#history.verify(shown.length > PAGE_SIZE ? (target ?? null) : null);
    } catch {
      this.#isVerified = false; // Not reachable now: again at the next join.
    }
    this.#publish();
  }

  /** Many changes of one turn are one new view. */
  #publish(): void {
    if (this.#publishing || this.#isDisposed) return;
    this.#publishing = true;
    queueMicrotask(() => {
      this.#publishing = false;
      if (!this.#isDisposed) this.#publishNow();
    });
  }

  #publishNow(): void {
    this.#context.onActivity(this.id);
    if (!this.isOpen) return;
    const all = this.#timeline.messages();
    const start = this.#window.startOf(all);
    this.#window.hold(all);
    const isKnown = this.#isLoaded && (all.length > 0 || this.#isReady || this.#closed !== null || this.#history.isComplete);
    this.#view.set({
      status: isKnown ? 'ready' : 'loading',
      messages: all.slice(start),
      hasMore: start > 0 || !this.#history.isComplete,
      isLoadingMore: this.#isLoadingMore,
      firstUnreadId: this.#unreadAtOpen.size === 0 ? null : (all.find((message) => this.#unreadAtOpen.has(message.id))?.id ?? null),
      closed: this.#closed,
    });
  }
}

/** Every tab has every pending entry; so that it is not pushed by all of them, those of a living tab are left to it for a while. */
function isLeftToOthers(tabs: Tabs, owner: string, createdAt: number, graceMs: number): boolean {
  return owner !== tabs.id && tabs.isAlive(owner) && Date.now() - createdAt < graceMs;
}
