/**
 * One tablo on this device, live: brings together its document and link (`room-home.ts`), what people see of it (`room-screen.ts`), its own unsent
 * entries (`own-entries.ts`, `sender.ts`), what is unread (`read-marker.ts`), and what the server says about all of them.
 */
import type { Refusal } from '@tablo/schema/close-codes';
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { Reached } from '../chat.ts';
import { OwnEntries } from '../delivery/own-entries.ts';
import { RestoredServer } from '../delivery/restored-server.ts';
import { Sender } from '../delivery/sender.ts';
import { Draft } from '../drafts/draft.ts';
import type { PeerState } from '../link/link.ts';
import { encodeClientStateless, parseServerStateless } from '../link/server-stateless.ts';
import type { OutboxChange } from '../outbox/outbox.ts';
import { authorsOf } from '../people/authors-of.ts';
import { RoomPresence } from '../people/presence.ts';
import type { RoomDocument } from '../replica/room-document.ts';
import { RoomHome } from '../replica/room-home.ts';
import { GapDetector } from '../unread/gap-detector.ts';
import { noteShown } from '../unread/newest-message.ts';
import { ReadMarker } from '../unread/read-marker.ts';
import { confirmReadPosition, doubtReadPosition, type UnreadAnswer } from '../unread/unread.ts';
import { Unseen } from '../unread/unseen.ts';
import { RoomScreen } from '../view/room-screen.ts';
import { RoomCommands } from './room-commands.ts';
import type { RoomContext } from './room-context.ts';

/** Whoever said longer ago that all is read has not seen what the first answer tells. */
const DISMISSAL_KEPT_MS = 60_000;

export class Room {
  readonly id: TabloId;
  readonly draft: Draft;
  readonly presence: RoomPresence;
  readonly commands: RoomCommands;
  readonly screen: RoomScreen;
  readonly stream: GapDetector;
  readonly unseen: Unseen;
  readonly #context: RoomContext;
  readonly #home: RoomHome;
  readonly #marker: ReadMarker;
  readonly #own: OwnEntries;
  readonly #sender: Sender;
  readonly #restored: RestoredServer;
  #handles = 0;
  #isReadWished = false;
  /** What is unread has been told, and is here. */
  #hasBeenKnown = false;
  /** Said before that, as a host's page does when it opens; as `performance.now()`. */
  #dismissedAt: number | null = null;
  /** [R10] The join has brought what was written since the list was asked: only the next answer counts it. */
  #isBehindList = false;
  #isInAgreement = false;
  readonly #agreementTimer = new Timer();
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
        unreadCount: () => this.unseen.count,
        readSeq: () => book.get(id)?.readSeq ?? 0,
        isReady: () => this.#home.isReady,
        onActivity: () => {
          if (!this.#isDisposed) context.onActivity(id);
        },
      },
    });
    this.stream = new GapDetector({
      gapTimeoutMs: timing.missedMs,
      isReceiving: () => this.#home.link?.isReceiving ?? false,
      onMissed: () => this.#home.rehome('stored'),
    });
    this.unseen = new Unseen({
      tabloId: id,
      user: user.id,
      api,
      news: this.screen.news,
      record: () => book.get(id),
      isOpen: () => this.isOpen,
      isReady: () => this.#home.isReady,
      isHere: (entry) => this.screen.message(entry) !== null,
      askServer: () => context.refreshChannels(),
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
        onUnread: (message) => this.unseen.arrived(message),
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
      this.#own,
      {
        check: (ids) => this.#home.link?.sendStateless(encodeClientStateless({ type: 'check', ids: [...ids] })),
        refuse: (ids, refusal) => inBackground(outbox.refuse(id, ids, refusal)),
        moveEpoch: () => this.#moveEpoch(),
        expireToken: () => links.expireToken(),
      },
      timing,
    );
  }

  get isOpen(): boolean {
    return this.#handles > 0;
  }

  /** Something is still to be done here that no view waits for. */
  get isAwaited(): boolean {
    return this.#dismissedAt !== null;
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
    this.#dismissedAt = null;
    if (this.screen.closed === null) {
      this.#home.shut();
      this.screen.shut(refusal);
    }
    this.#refusePending();
  }

  acquire(): void {
    this.#handles += 1;
    if (this.#handles > 1) return;
    const { people } = this.#context;
    this.unseen.opened();
    this.#home.setUrgent(true);
    this.presence.setOpen(true);
    this.#context.drafts.refresh();
    // Offline, the cached ones must do. They are read from the disk before the first messages are.
    inBackground(people.refresh(this.id).catch(() => {}));
    inBackground(this.screen.open());
  }

  release(): void {
    this.#handles -= 1;
    if (this.#handles > 0) return;
    // Whoever has left does not see what the answer tells.
    this.#isReadWished = false;
    this.#home.setUrgent(false);
    this.presence.setOpen(false);
    inBackground(this.draft.save());
    inBackground(this.#context.drafts.flush([this.draft]));
    this.screen.close();
  }

  markRead(): void {
    // [R10] What the join has just brought has no numbers yet. The server's answer tells what of it is new, and whoever has looked has not seen where that begins.
    this.#isReadWished = this.unseen.isUncertain;
    if (this.#isReadWished) return;
    this.#marker.markRead();
    this.screen.news.read();
  }

  /** The reader's own word, which counts at once: also while the server has not told what a join has brought. Before anything is known it is kept, also for who has left. */
  dismissNew(): void {
    this.#isReadWished = false;
    if (!this.#hasBeenKnown) this.#dismissedAt = performance.now();
    this.#dismissAll();
  }

  async reachFirstUnread(): Promise<Reached> {
    await this.unseen.seekFirst();
    const first = this.screen.news.first([]);
    if (first === null) return 'unreachable';
    const reached = await this.screen.reach(first.id, null);
    // Asked again, it leads to the one after it.
    if (reached === 'gone') this.screen.news.forget(first.id);
    return reached;
  }

  noteUnreadAnswer(answer: UnreadAnswer, askedAtSeq: number): void {
    this.unseen.answered(answer);
    // If it could not be asked before: the server answers.
    if (this.isOpen) inBackground(this.screen.verify());
    this.#marker.answered(answer, askedAtSeq);
    const isReadWished = this.#isReadWished;
    this.#isReadWished = false;
    // If something is new, they have not seen where it begins: then it is for them to say again.
    if (isReadWished && !this.screen.news.isUnread) this.markRead();
    this.#noteKnown();
    this.screen.publish();
  }

  /** The server was restored from a backup. */
  noteRenumbered(): void {
    this.#marker.renumbered();
    this.unseen.renumbered();
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
    this.#agreementTimer.clear();
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
      if (this.#isDisposed) return;
      this.#context.onActivity(this.id);
      // Nothing keeps it listed any more.
      if (!wasWritten && this.screen.closed !== null) this.#context.refreshChannels();
    };
    this.draft.text.subscribe(handleChange);
    this.draft.aim.subscribe(handleChange);
  }

  #homeListener(): ConstructorParameters<typeof RoomHome>[0]['listener'] {
    return {
      entries: (entries) => this.#receive(entries),
      erased: (gone) => {
        this.screen.rebuild();
        inBackground(this.#restored.takenOut(gone));
      },
      leaving: (document, isForEarlier) => this.#leave(document, isForEarlier),
      entered: async () => {
        await this.screen.changeDocument();
        this.#own.settleStored();
      },
      ready: (isFresh) => this.#handleReady(isFresh),
      lost: (heardAt) => {
        this.#isInAgreement = false;
        this.unseen.lost(heardAt);
        this.#context.people.noteLost(this.id);
        this.stream.left();
        this.#agreementTimer.clear();
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
      presence: (states) => this.#receivePresence(states),
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
    if (this.isOpen) this.#context.people.refreshIfMissed(this.id);
    this.#sender.joined();
    this.unseen.joined();
    this.#noteKnown();
    if (this.#isBehindList) this.#context.refreshChannels();
    this.#isBehindList = false;
    // A count that misses an answer never comes to zero; who is refused has heard of it by then.
    this.#agreementTimer.setIfUnset(() => this.#handleAcknowledged(), this.#context.timing.askHeldMs);
    inBackground(this.screen.verify());
    this.screen.publish();
  }

  #dismissAll(): void {
    this.#marker.markRead();
    this.screen.news.read();
    this.screen.news.clear();
  }

  /** The list has told what is unread, and the join has brought it. */
  #noteKnown(): void {
    if (this.#hasBeenKnown || !this.#home.isReady || !this.unseen.isAnswered) return;
    this.#hasBeenKnown = true;
    const dismissedAt = this.#dismissedAt;
    this.#dismissedAt = null;
    if (dismissedAt !== null && performance.now() - dismissedAt < DISMISSAL_KEPT_MS) this.#dismissAll();
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
        this.#context.book.update(this.id, (record) => confirmReadPosition(record, message.seq));
        return this.screen.publish();
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
    const { lastMessage } = this.#context.book.get(this.id) ?? {};
    this.unseen.received();
    this.#show(entries);
    this.#noteAuthors(entries);
    if (!this.#home.isReady && lastMessage !== this.#context.book.get(this.id)?.lastMessage) this.#isBehindList = true;
    for (const entry of entries) {
      if (entry.kind === 'message') this.#marker.arrived(entry.id, entry.author);
      if (entry.kind === 'delete') this.#noteDeleted(entry.target);
    }
    for (const id of this.#restored.refusedChangesOf(new Set(entries.map((entry) => entry.id))))
      inBackground(this.commands.retry(id));
  }

  /** Who writes here has not left, whatever was said before. */
  #noteAuthors(entries: readonly Entry[]): void {
    if (this.#home.isFilling) return;
    const { people } = this.#context;
    if (people.noteWritten(this.id, authorsOf(entries)) && this.isOpen) people.refreshSoon(this.id);
  }

  #receivePresence(states: readonly PeerState[]): void {
    const { people } = this.#context;
    this.presence.receive(states);
    const { online } = this.presence.view.get();
    // A token names its person as they were called when it was issued.
    people.learnMissing(online);
    const isNews = people.meet(
      this.id,
      online.map(({ id }) => id),
    );
    if (isNews && this.isOpen) people.refreshSoon(this.id);
  }

  #show(entries: readonly Entry[]): void {
    this.screen.show(entries);
    const newest = () => this.screen.newestWith(entries);
    this.#context.book.update(this.id, (record) => noteShown(record, entries, newest));
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
    this.screen.news.forget(target);
    const { book, refreshChannels } = this.#context;
    if (book.get(this.id)?.lastMessage?.id === target) refreshChannels();
    this.#marker.deleted(target);
  }
}
