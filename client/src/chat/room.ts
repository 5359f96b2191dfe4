/**
 * One tablo on this device, live: brings together its document and link (`room-home.ts`), what people see of it (`room-screen.ts`), its own unsent
 * entries and what the server says about them.
 *
 * Invariants
 * 1. An own entry leaves the outbox in `#settle` alone: when the server says that it is durable, or shows it to us.
 * 2. A document that holds what its author has taken back is never synced again: the room moves to a new one first [R8].
 */
import type { CausalClock } from '@tablo/schema/causal-clock';
import type { Refusal } from '@tablo/schema/close-codes';
import type { Edit, Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { encodeStateless, parseServerStateless } from '@tablo/schema/stateless';
import type { Api } from './api.ts';
import type { ChannelBook } from './channel-book.ts';
import type { Person } from './chat.ts';
import { Draft } from './draft.ts';
import type { LinkOpener } from './link.ts';
import type { LocalStore } from './local-store.ts';
import type { Outbox, OutboxChange } from './outbox.ts';
import type { People } from './people.ts';
import { RoomPresence } from './presence.ts';
import { ReadMarker } from './read-marker.ts';
import { inBackground } from './report-error.ts';
import { RoomCommands } from './room-commands.ts';
import type { RoomDocument } from './room-document.ts';
import { RoomHome } from './room-home.ts';
import { RoomScreen } from './room-screen.ts';
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
  readonly screen: RoomScreen;
  readonly #context: RoomContext;
  readonly #home: RoomHome;
  readonly #marker: ReadMarker;
  readonly #sender: Sender;
  #handles = 0;
  #isFirstAnswer = false;
  #isDisposed = false;
  /** Own durable entries of a document that the server has refused: to be sent again if it has lost them (a restored backup). */
  #remembered: readonly MemberEntry[] = [];
  #graceTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(id: TabloId, context: RoomContext) {
    const { store, api, book, outbox, clock, user, tabs, timing, people, links } = context;
    this.id = id;
    this.#context = context;
    this.draft = new Draft({ tabloId: id, store, tabs, saveMs: timing.draftSaveMs });
    this.presence = new RoomPresence(user, timing);
    this.#home = new RoomHome({ tabloId: id, store, links, timing, listener: this.#homeListener() });
    this.screen = new RoomScreen({
      tabloId: id,
      store,
      api,
      people,
      clock,
      host: {
        document: () => this.#home.document,
        unsent: () => outbox.unsent(id),
        lastSeq: () => book.get(id)?.lastSeq ?? null,
        isReady: () => this.#home.isReady,
        onActivity: () => {
          if (!this.#isDisposed) context.onActivity(id);
        },
      },
    });
    this.#marker = new ReadMarker(
      {
        tabloId: id,
        reader: user.id,
        authorOf: (entry) => this.screen.authorOf(entry),
        isReady: () => this.#home.isReady,
      },
      book,
    );
    this.commands = new RoomCommands({
      tabloId: id,
      user: user.id,
      clock,
      outbox,
      message: (entry) => this.screen.message(entry),
      withdrawn: (ids) => this.#takeBack(ids),
    });
    this.#sender = new Sender(
      {
        pushable: () => this.#pushable(),
        held: () => this.#held(),
        doubtful: () => this.#doubtful(),
        push: (entries) => this.#push(entries),
        check: (ids) => this.#home.link?.sendStateless(encodeStateless({ type: 'check', ids: [...ids] })),
        refuse: (ids, refusal) => inBackground(outbox.refuse(id, ids, refusal)),
        rehome: (home) => this.#rehome(home),
        moveEpoch: () => this.#moveEpoch(),
        expireToken: () => links.expireToken(),
      },
      timing,
    );
  }

  get isOpen(): boolean {
    return this.#handles > 0;
  }

  /** Shows what this device has, then joins. */
  async open(): Promise<void> {
    this.screen.overlay();
    await this.draft.load();
    const record = this.#context.book.get(this.id);
    if (record !== null) await this.#home.enter(record.epoch);
    this.screen.loaded();
  }

  /** The list names this tablo, and its live epoch. */
  noteEpoch(epoch: number): void {
    if (this.screen.closed !== null) {
      this.screen.shut(null);
      this.#home.reopen();
    }
    inBackground(this.#home.enter(epoch));
  }

  /** Not ours any more: what is here stays readable. */
  shut(refusal: Refusal): void {
    if (this.screen.closed !== null) return;
    this.#home.shut();
    this.screen.shut(refusal);
    const pending = this.#context.outbox.unsent(this.id).filter(({ delivery }) => delivery.status === 'pending');
    if (pending.length > 0)
      inBackground(
        this.#context.outbox.refuse(
          this.id,
          pending.map(({ entry }) => entry.id),
          refusal,
        ),
      );
  }

  acquire(): void {
    this.#handles += 1;
    if (this.#handles > 1) return;
    const { book, people } = this.#context;
    this.#isFirstAnswer = true;
    this.#home.setUrgent(true);
    this.presence.setOpen(true);
    inBackground(this.screen.open(Object.keys(book.get(this.id)?.unread ?? {}) as EntryId[]));
    // Offline, the cached ones must do.
    inBackground(people.load(this.id).then(() => people.refresh(this.id).catch(() => {})));
  }

  release(): void {
    this.#handles -= 1;
    if (this.#handles > 0) return;
    this.#home.setUrgent(false);
    this.presence.setOpen(false);
    inBackground(this.draft.save());
    this.screen.close();
  }

  markRead(): void {
    this.#marker.markRead();
  }

  noteUnreadAnswer(answer: UnreadAnswer, askedAtSeq: number): void {
    // What came while we were away was unread when the room was opened, as people see it.
    if (this.isOpen && this.#isFirstAnswer) this.screen.addFirstUnread(answer.messages.map(({ id }) => id));
    this.#isFirstAnswer = false;
    this.#marker.answered(answer, askedAtSeq);
  }

  noteOutbox({ sent }: OutboxChange): void {
    const { outbox } = this.#context;
    if (sent.length > 0) {
      this.screen.show(sent);
      this.#home.document?.confirm(sent.map((entry) => entry.id));
    }
    // Another tab has taken back what we had pushed.
    const gone = this.#held().filter((id) => outbox.get(this.id, id)?.delivery.status !== 'pending');
    if (gone.length > 0) this.#takeBack(gone);
    this.screen.overlay();
    this.#sender.flush();
  }

  /** The user asked: no waiting. */
  retryNow(): void {
    this.#home.retryNow();
    this.#sender.retryNow();
  }

  async save(): Promise<void> {
    await Promise.all([this.draft.save(), this.#home.document?.save()]);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    if (this.#graceTimer !== null) clearTimeout(this.#graceTimer);
    this.#sender.close();
    this.presence.close();
    await this.draft.save();
    await this.#home.close();
  }

  #homeListener(): ConstructorParameters<typeof RoomHome>[0]['listener'] {
    return {
      entries: (entries) => this.#receive(entries),
      erased: () => this.screen.rebuild(),
      leaving: (document) => this.#leave(document),
      entered: async () => {
        await this.screen.changeDocument();
        this.#settleStored();
      },
      ready: (isFresh) => this.#handleReady(isFresh),
      lost: () => {
        this.#sender.left();
        this.presence.receive([]);
        this.screen.publish();
      },
      denied: (refusal) => {
        this.shut(refusal);
        this.#context.refreshChannels();
      },
      epochMoved: () => this.#context.refreshChannels(),
      stateless: (payload) => this.#handleStateless(payload),
      acknowledged: () => this.#settle(this.#held()),
      presence: (states) => this.presence.receive(states),
      linkChanged: (link) => this.presence.attach(link),
    };
  }

  /** The document of an epoch will not be there again; what it showed bridges the time until REST answers. */
  async #leave(document: RoomDocument): Promise<void> {
    if (document.messageCount > 0) await this.#context.store.writeRows(this.id, { put: this.screen.folded() });
  }

  #handleReady(isFresh: boolean): void {
    if (isFresh) this.screen.rebuild();
    // What was on its way when the socket went has just been sent again, by the sync.
    this.#noteUnacknowledged();
    this.#sender.joined();
    inBackground(this.screen.verify());
    this.screen.publish();
  }

  #rehome(home: Home): void {
    const document = this.#home.document;
    if (home === 'empty' && document !== null) {
      const held = new Set(document.heldIds());
      this.#remembered = [...document.entries].flatMap((entry) =>
        entry.kind !== 'arrival' && entry.author === this.#context.user.id && !held.has(entry.id) ? [entry] : [],
      );
    }
    this.#home.rehome(home);
  }

  /** The list tells where to; until it does, this document takes nothing. */
  #moveEpoch(): void {
    this.#context.refreshChannels();
    this.#home.rehome('stored');
  }

  // --- own entries

  /** On the document by our own push, not known to be durable. A document that is being left counts no more. */
  #held(): readonly EntryId[] {
    return this.#home.isMoving ? [] : (this.#home.document?.heldIds() ?? []);
  }

  #pushable(): readonly MemberEntry[] {
    const { outbox, tabs, timing } = this.#context;
    const document = this.#home.document;
    if (document === null) return [];
    const records = outbox.pushable(this.id).filter(({ id }) => !document.has(id));
    // Every tab has every pending entry: those of a living tab are left to it for a while, or all of them would push.
    const mine = records.filter(
      ({ owner, createdAt }) =>
        owner === tabs.id || !tabs.isAlive(owner) || Date.now() - createdAt >= timing.ownerGraceMs,
    );
    if (mine.length < records.length) this.#graceTimer ??= setTimeout(() => this.#endGrace(), timing.ownerGraceMs);
    return mine.map((record) => record.entry);
  }

  #endGrace(): void {
    this.#graceTimer = null;
    this.#sender.flush();
  }

  #doubtful(): readonly EntryId[] {
    const document = this.#home.document;
    const unsettled = this.#context.outbox
      .list(this.id)
      .flatMap(({ id, delivery }) => (delivery.status === 'refused' ? [] : [id]));
    return [...unsettled, ...this.#remembered.flatMap(({ id }) => (document?.has(id) ? [] : [id]))];
  }

  #push(entries: readonly MemberEntry[]): void {
    const { link, document } = this.#home;
    if (link === null || document === null) return;
    link.hasUnacknowledged = true;
    document.push(entries);
  }

  #noteUnacknowledged(): void {
    const { link } = this.#home;
    if (link !== null) link.hasUnacknowledged = this.#held().length > 0;
  }

  #takeBack(ids: readonly EntryId[]): void {
    const held = new Set(this.#held());
    if (ids.some((id) => held.has(id))) this.#home.rehome('stored');
  }

  /** [R1] These are durable. */
  #settle(ids: readonly EntryId[]): void {
    if (ids.length === 0) return;
    const { outbox, tabs } = this.#context;
    const { document } = this.#home;
    // First: a held entry without a record is one that another tab has taken back.
    document?.confirm(ids);
    const settled = outbox.settle(this.id, ids);
    this.#noteUnacknowledged();
    if (settled.length === 0) return;
    this.screen.show(settled.map((record) => record.entry));
    this.screen.overlay();
    for (const record of settled) {
      if (record.delivery.status === 'withdrawn' && (record.owner === tabs.id || !tabs.isAlive(record.owner))) {
        this.commands.settleWithdrawn(record);
      }
    }
    this.#sender.confirmed();
  }

  /** Durable entries whose records outlived them, because the last run ended in between. */
  #settleStored(): void {
    const document = this.#home.document;
    if (document === null) return;
    this.#settle(this.#context.outbox.list(this.id).flatMap(({ id }) => (document.has(id) ? [id] : [])));
  }

  /** Own durable entries that the server has lost are sent again. */
  #restoreLost(durable: ReadonlySet<string>): void {
    const document = this.#home.document;
    const lost = this.#remembered.filter((entry) => !document?.has(entry.id) && !durable.has(entry.id));
    this.#remembered = [];
    if (lost.length > 0) inBackground(this.#context.outbox.add(this.id, lost));
  }

  // --- what the server says

  #handleStateless(payload: string): void {
    const message = parseServerStateless(payload);
    if (message === null) return;
    switch (message.type) {
      case 'refused':
        return this.#sender.refused(message.code, message.message, message.ids);
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
        // Offline again: the next refresh will do.
        if (this.isOpen) inBackground(this.#context.people.refresh(this.id).catch(() => {}));
        return this.#context.refreshChannels();
    }
  }

  #receive(entries: readonly Entry[]): void {
    this.#home.watchGap();
    this.#settle(entries.flatMap((entry) => (entry.author === this.#context.user.id ? [entry.id] : [])));
    this.screen.show(entries);
    for (const entry of entries) {
      if (entry.kind === 'message') this.#marker.arrived(entry.id, entry.author);
      if (entry.kind === 'delete') this.#noteDeleted(entry.target);
      if (entry.kind === 'edit') this.#noteEdited(entry);
    }
  }

  #noteDeleted(target: EntryId): void {
    const { book, refreshChannels } = this.#context;
    if (book.get(this.id)?.lastMessage?.id === target) refreshChannels();
    book.update(this.id, (record) => forgetDeleted(record, target));
  }

  /** The list shows the newest message even where this device does not hold it. */
  #noteEdited({ target, author, text }: Edit): void {
    this.#context.book.update(this.id, (record) => {
      const { lastMessage } = record;
      return lastMessage?.id === target && lastMessage.author === author
        ? { ...record, lastMessage: { ...lastMessage, text } }
        : record;
    });
  }
}
