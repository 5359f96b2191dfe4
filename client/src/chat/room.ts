/**
 * One tablo on this device, live: brings together its document and link (`room-home.ts`), what people see of it (`room-screen.ts`), its own unsent
 * entries (`own-entries.ts`, `sender.ts`), what is unread (`read-marker.ts`), and what the server says about all of them.
 */
import type { CausalClock } from '@tablo/schema/causal-clock';
import type { Refusal } from '@tablo/schema/close-codes';
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { encodeStateless, parseServerStateless } from '@tablo/schema/stateless';
import type { Api } from './api.ts';
import type { ChannelBook } from './channel-book.ts';
import { newestOf, noteNewest } from './channel-list.ts';
import type { Person } from './chat.ts';
import { Draft } from './draft.ts';
import type { DraftSync } from './draft-sync.ts';
import type { LinkOpener } from './link.ts';
import type { LocalStore } from './local-store.ts';
import type { Outbox, OutboxChange } from './outbox.ts';
import { OwnEntries } from './own-entries.ts';
import type { People } from './people.ts';
import { RoomPresence } from './presence.ts';
import { ReadMarker } from './read-marker.ts';
import { inBackground } from './report-error.ts';
import { RestoredServer } from './restored-server.ts';
import { RoomCommands } from './room-commands.ts';
import type { RoomDocument } from './room-document.ts';
import { RoomHome } from './room-home.ts';
import { RoomScreen } from './room-screen.ts';
import { Sender } from './sender.ts';
import { StreamWatch } from './stream-watch.ts';
import type { Tabs } from './tabs.ts';
import type { Timing } from './timing.ts';
import { confirmReadPosition, doubtReadPosition, type UnreadAnswer } from './unread.ts';

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
  readonly now?: (() => number) | undefined;
  readonly drafts: DraftSync;
  readonly timing: Timing;
  /** The list should be read from the server again: an epoch has moved, members have changed. */
  readonly refreshChannels: () => void;
  /** A read position may be reported that could not be before. */
  readonly reportRead: () => void;
  /** Something that the list of tablos shows has changed. */
  readonly onActivity: (id: TabloId) => void;
}

export class Room {
  readonly id: TabloId;
  readonly draft: Draft;
  readonly presence: RoomPresence;
  readonly commands: RoomCommands;
  readonly screen: RoomScreen;
  readonly stream: StreamWatch;
  readonly #context: RoomContext;
  readonly #home: RoomHome;
  readonly #marker: ReadMarker;
  readonly #own: OwnEntries;
  readonly #sender: Sender;
  readonly #restored: RestoredServer;
  #handles = 0;
  #isFirstAnswer = false;
  #isInAgreement = false;
  #agreementTimer: ReturnType<typeof setTimeout> | null = null;
  #isDisposed = false;

  constructor(id: TabloId, context: RoomContext) {
    const { store, api, book, outbox, clock, user, tabs, timing, people, links } = context;
    this.id = id;
    this.#context = context;
    this.draft = new Draft({
      tabloId: id,
      store,
      tabs,
      saveMs: timing.draftSaveMs,
      idleMs: timing.typingIdleMs,
      now: context.now,
      onUnreported: (draft, isOurs) => context.drafts.note(draft, isOurs),
    });
    this.#tellOfDraft();
    this.presence = new RoomPresence(user, timing);
    this.#home = new RoomHome({
      tabloId: id,
      store,
      links,
      timing,
      isFirstTab: () => tabs.isFirst,
      listener: this.#homeListener(),
    });
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
    this.stream = new StreamWatch({
      patienceMs: timing.missedMs,
      isReceiving: () => this.#home.link?.isReceiving ?? false,
      onMissed: () => this.#home.rehome('stored'),
    });
    this.#restored = new RestoredServer({ tabloId: id, user: user.id, store, outbox, home: this.#home });
    this.#marker = new ReadMarker(
      {
        tabloId: id,
        reader: user.id,
        authorOf: (entry) => this.screen.authorOf(entry),
        completeUpTo: () => (this.#home.isReady ? this.stream.complete : 0),
        others: () =>
          this.screen.view
            .get()
            .messages.flatMap(({ id, author, delivery }) =>
              author !== user.id && delivery.status === 'sent' ? [id] : [],
            ),
      },
      book,
    );
    this.commands = new RoomCommands({
      tabloId: id,
      user: user.id,
      clock,
      outbox,
      message: (entry) => this.screen.message(entry),
    });
    this.#own = new OwnEntries({
      tabloId: id,
      user: user.id,
      outbox,
      clock,
      tabs,
      timing,
      home: this.#home,
      host: {
        show: (entries) => this.#showSettled(entries),
        overlay: () => this.screen.overlay(),
        flush: () => this.#sender.flush(),
      },
    });
    this.#sender = new Sender(
      {
        pushable: () => this.#own.pushable(),
        held: () => this.#own.held(),
        doubtful: () => this.#own.doubtful(),
        replaced: () => this.#own.replaced(),
        push: (entries) => this.#own.push(entries),
        check: (ids) => this.#home.link?.sendStateless(encodeStateless({ type: 'check', ids: [...ids] })),
        refuse: (ids, refusal) => inBackground(outbox.refuse(id, ids, refusal)),
        rehome: (home) => this.#own.rehome(home),
        moveEpoch: () => this.#moveEpoch(),
        expireToken: () => links.expireToken(),
      },
      timing,
    );
  }

  get isOpen(): boolean {
    return this.#handles > 0;
  }

  /** Joined, and the server has taken what this device holds: it was not restored from a backup of before. */
  get isInAgreement(): boolean {
    return this.#isInAgreement;
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
    if (this.screen.closed === null) {
      this.#home.shut();
      this.screen.shut(refusal);
    }
    this.#refusePending();
  }

  acquire(): void {
    this.#handles += 1;
    if (this.#handles > 1) return;
    const { book, people } = this.#context;
    this.#isFirstAnswer = true;
    this.#home.setUrgent(true);
    this.presence.setOpen(true);
    this.#context.drafts.refresh();
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
    inBackground(this.#context.drafts.flush([this.draft]));
    this.screen.close();
  }

  markRead(): void {
    this.#marker.markRead();
  }

  noteUnreadAnswer(answer: UnreadAnswer, askedAtSeq: number): void {
    // What came while we were away was unread when the room was opened, as people see it.
    if (this.isOpen && this.#isFirstAnswer) this.screen.addFirstUnread(answer.messages.map(({ id }) => id));
    this.#isFirstAnswer = false;
    // If it could not be asked before: the server answers.
    if (this.isOpen) inBackground(this.screen.verify());
    this.#marker.answered(answer, askedAtSeq);
  }

  /** The server was restored from a backup. */
  noteRenumbered(): void {
    this.#marker.renumbered();
    inBackground(this.#restored.noticed());
  }

  noteOutbox({ sent }: OutboxChange): void {
    if (sent.length > 0) {
      this.#showSettled(sent);
      this.#home.document?.confirm(sent.map((entry) => entry.id));
    }
    this.#own.takeBackWithdrawn();
    this.screen.overlay();
    this.#sender.flush();
    this.#refusePending();
  }

  /** What was left to another tab may be ours now. */
  noteTabGone(): void {
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
    if (this.#agreementTimer !== null) clearTimeout(this.#agreementTimer);
    this.#restored.close();
    this.#own.close();
    this.#sender.close();
    this.presence.close();
    await this.draft.close();
    await this.#home.close();
  }

  /** The list marks tablos with a draft: it is told when there is one, and when there is none any more, not of every key. */
  #tellOfDraft(): void {
    let wasWritten = false;
    const handleChange = () => {
      if (this.draft.isWritten === wasWritten) return;
      wasWritten = !wasWritten;
      if (!this.#isDisposed) this.#context.onActivity(this.id);
    };
    this.draft.text.subscribe(handleChange);
    this.draft.aim.subscribe(handleChange);
  }

  #homeListener(): ConstructorParameters<typeof RoomHome>[0]['listener'] {
    return {
      entries: (entries) => this.#receive(entries),
      erased: () => this.screen.rebuild(),
      leaving: (document, isForEarlier) => this.#leave(document, isForEarlier),
      entered: async () => {
        await this.screen.changeDocument();
        this.#own.settleStored();
      },
      ready: (isFresh) => this.#handleReady(isFresh),
      lost: () => {
        this.#isInAgreement = false;
        this.stream.left();
        if (this.#agreementTimer !== null) clearTimeout(this.#agreementTimer);
        this.#agreementTimer = null;
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
      acknowledged: () => this.#handleAcknowledged(),
      presence: (states) => this.presence.receive(states),
      linkChanged: (link) => this.presence.attach(link),
    };
  }

  /** The document of an epoch will not be there again; what it showed bridges the time until REST answers. */
  async #leave(document: RoomDocument, isForEarlier: boolean): Promise<void> {
    if (document.messageCount > 0) await this.#context.store.writeRows(this.id, { put: this.screen.folded() });
    await this.#restored.leaving(document, isForEarlier);
  }

  #handleReady(isFresh: boolean): void {
    this.#restored.joined();
    this.stream.joined(this.#context.book.get(this.id)?.lastSeq ?? 0);
    if (isFresh) this.screen.rebuild();
    this.#sender.joined();
    // A count that misses an answer never comes to zero; who is refused has heard of it by then.
    this.#agreementTimer ??= setTimeout(() => this.#handleAcknowledged(), this.#context.timing.askHeldMs);
    inBackground(this.screen.verify());
    this.screen.publish();
  }

  #handleAcknowledged(): void {
    const { book, reportRead } = this.#context;
    this.#isInAgreement = this.#home.isReady;
    if (this.#isInAgreement && book.get(this.id)?.pendingRead != null) reportRead();
  }

  /** The server was restored from a backup: its numbers mean other messages now. */
  #noteForgotten(): void {
    const { book, refreshChannels } = this.#context;
    book.update(this.id, doubtReadPosition);
    this.#own.rehome('empty');
    refreshChannels();
  }

  /** The list tells where to; until it does, this document takes nothing. */
  #moveEpoch(): void {
    this.#context.refreshChannels();
    this.#home.rehome('stored');
  }

  #handleStateless(payload: string): void {
    const message = parseServerStateless(payload);
    if (message === null) return;
    switch (message.type) {
      case 'refused':
        if (message.code === 'not-your-entry' && this.#restored.hasForgotten(message.ids as EntryId[]))
          return this.#noteForgotten();
        return this.#sender.refused(message.code, message.message, message.ids);
      case 'committed': {
        const messages = message.messages as EntryId[];
        this.stream.heard(message.seq, messages.length);
        this.#marker.numbered(messages.map((id, index) => ({ id, seq: message.seq + index })));
        this.#settle([...messages, ...(message.others as EntryId[])], message.shownAt);
        if (this.#sender.committed(message.messages, message.others)) this.#sender.answered();
        return;
      }
      case 'read':
        return this.#context.book.update(this.id, (record) => confirmReadPosition(record, message.seq));
      case 'storage':
        return this.#context.links.noteStorage(message.isAway);
      case 'draft':
        return this.draft.receiveReported(message);
      case 'changed':
        // Also said when the server may have missed what changed.
        this.#context.drafts.refresh();
        if (this.isOpen) this.#context.people.refreshSoon(this.id);
        return this.#context.refreshChannels();
    }
  }

  #settle(ids: readonly EntryId[], shownAt?: Readonly<Record<string, number>>): void {
    if (this.#own.settle(ids, shownAt)) this.#sender.confirmed();
  }

  #receive(entries: readonly Entry[]): void {
    this.#settle(entries.flatMap((entry) => (entry.author === this.#context.user.id ? [entry.id] : [])));
    this.#show(entries);
    for (const entry of entries) {
      if (entry.kind === 'message') this.#marker.arrived(entry.id, entry.author);
      if (entry.kind === 'delete') this.#noteDeleted(entry.target);
    }
    for (const id of this.#restored.refusedChangesOf(new Set(entries.map((entry) => entry.id))))
      inBackground(this.commands.retry(id));
  }

  #show(entries: readonly Entry[]): void {
    this.screen.show(entries);
    const { book } = this.#context;
    book.update(this.id, (record) => noteNewest(record, entries));
    const last = book.get(this.id)?.lastMessage?.id;
    if (!entries.some((entry) => entry.kind === 'delete' && entry.target === last)) return;
    // The list tells what is the last one now. Until it has, what is known here must not be the message that is gone.
    const lastMessage = newestOf(null, this.screen.newestWith(entries));
    if (lastMessage !== null) book.update(this.id, (record) => ({ ...record, lastMessage }));
  }

  /** Durable by the server's word, ours or another tab's. */
  #showSettled(entries: readonly Entry[]): void {
    this.#show(entries);
    const { document } = this.#home;
    if (entries.every((entry) => entry.kind === 'arrival' || document?.has(entry.id) === true)) return;
    inBackground(this.screen.doubt());
    this.#context.refreshChannels();
  }

  /** [R8] In a tablo that is not ours any more nothing can be sent: what was written in its last moment, or tried again, comes back with the reason. */
  #refusePending(): void {
    const { outbox } = this.#context;
    const refusal = this.screen.closed;
    if (refusal === null) return;
    const pending = outbox
      .unsent(this.id)
      .flatMap(({ entry, delivery }) => (delivery.status === 'pending' ? [entry.id] : []));
    if (pending.length > 0) inBackground(outbox.refuse(this.id, pending, refusal));
  }

  #noteDeleted(target: EntryId): void {
    const { book, refreshChannels } = this.#context;
    if (book.get(this.id)?.lastMessage?.id === target) refreshChannels();
    this.#marker.deleted(target);
  }
}
