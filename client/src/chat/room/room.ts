/**
 * One tablo on this device, live: brings together its document and link (`room-home.ts`), what people see of it (`room-screen.ts`), its own unsent
 * entries (`own-entries.ts`, `sender.ts`), what is read of it (`room-reading.ts`), and what the server says about all of them.
 *
 * Invariant: its parts tell what happens (`room-event.ts`), and `#dispatch` alone decides what follows.
 */
import type { Refusal } from '@tablo/schema/close-codes';
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { inBackground } from '../base/report-error.ts';
import { OwnEntries } from '../delivery/own-entries.ts';
import { RestoredServer } from '../delivery/restored-server.ts';
import { Sender } from '../delivery/sender.ts';
import { Draft } from '../drafts/draft.ts';
import { watchWritten } from '../drafts/watch-written.ts';
import { parseServerStateless } from '../link/server-stateless.ts';
import type { OutboxChange } from '../outbox/outbox.ts';
import { RoomPresence } from '../people/presence.ts';
import { type MoveStep, RoomHome } from '../replica/room-home.ts';
import { noteShown } from '../unread/newest-message.ts';
import { RoomScreen } from '../view/room-screen.ts';
import { DeliveryHost } from './delivery-host.ts';
import { RoomCommands } from './room-commands.ts';
import type { RoomContext } from './room-context.ts';
import type { RoomEvent } from './room-event.ts';
import { RoomPeople } from './room-people.ts';
import { RoomReading } from './room-reading.ts';

export class Room {
  readonly id: TabloId;
  readonly draft: Draft;
  readonly presence: RoomPresence;
  readonly commands: RoomCommands;
  readonly screen: RoomScreen;
  readonly reading: RoomReading;
  readonly #context: RoomContext;
  readonly #people: RoomPeople;
  readonly #home: RoomHome;
  readonly #own: OwnEntries;
  readonly #sender: Sender;
  readonly #restored: RestoredServer;
  #handles = 0;
  #isDisposed = false;

  constructor(id: TabloId, context: RoomContext) {
    const { store, api, book, outbox, clock, tabs, timing, people, links, drafts, now } = context;
    const dispatch = (event: RoomEvent): void => this.#dispatch(event);
    const user = context.user.id;
    const [saveMs, idleMs] = [timing.draftSaveMs, timing.typingIdleMs];
    this.id = id;
    this.#context = context;
    this.draft = new Draft({ tabloId: id, store, tabs, saveMs, idleMs, now, reports: drafts });
    watchWritten(this.draft, (isWritten) => dispatch({ type: 'draft', isWritten }));
    this.presence = new RoomPresence(context.user, timing);
    this.#people = new RoomPeople({ tabloId: id, people, presence: this.presence, isOpen: () => this.isOpen });
    const takeStep = (step: MoveStep) => this.#takeStep(step);
    this.#home = new RoomHome({ tabloId: id, store, links, timing, tabs, dispatch, takeStep });
    const parts = { tabloId: id, user, store, api, people, clock, outbox, book, tabs, timing, links, dispatch };
    const home = this.#home;
    this.screen = new RoomScreen({ ...parts, home });
    this.reading = new RoomReading({ ...parts, home, screen: this.screen, room: this });
    this.commands = new RoomCommands({ ...parts, screen: this.screen });
    this.#restored = new RestoredServer({ ...parts, home });
    const host = new DeliveryHost({ ...parts, home });
    this.#own = new OwnEntries({ ...parts, home, host });
    this.#sender = new Sender(this.#own, host, timing);
  }

  get isOpen(): boolean {
    return this.#handles > 0;
  }

  /** Nothing more will be known of it here. */
  get isShut(): boolean {
    return this.screen.closed !== null || this.#isDisposed;
  }

  get isInAgreement(): boolean {
    return this.reading.isInAgreement;
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
    this.reading.shut();
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
    this.reading.unseen.opened();
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
    this.reading.released();
    this.#home.setUrgent(false);
    this.presence.setOpen(false);
    inBackground(this.draft.save());
    inBackground(this.#context.drafts.flush([this.draft]));
    this.screen.close();
  }

  /** The server was restored from a backup. */
  noteRenumbered(): void {
    this.reading.renumbered();
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
    this.reading.close();
    this.#restored.close();
    this.#own.close();
    this.#sender.close();
    this.presence.close();
    await this.draft.close();
    await this.#home.close();
  }

  #dispatch(event: RoomEvent): void {
    const { refreshChannels, reportRead, onActivity, onIdle } = this.#context;
    switch (event.type) {
      case 'entries':
        return this.#receive(event.entries);
      case 'erased':
        this.screen.rebuild();
        return inBackground(this.#restored.takenOut(event.gone));
      case 'ready':
        return this.#handleReady(event.isFresh);
      case 'lost':
        this.reading.lost(event.heardAt);
        this.#people.lost();
        this.#sender.left();
        return this.screen.publish();
      case 'denied':
        this.shut(event.refusal);
        return refreshChannels();
      case 'stateless':
        return this.#hear(event.payload);
      case 'acknowledged':
        return this.reading.acknowledged();
      case 'presence':
        return this.#people.met(event.states);
      case 'link':
        return this.presence.attach(event.link);
      case 'shown':
        return this.#isDisposed ? undefined : onActivity(this.id);
      case 'draft':
        return this.#handleDraft(event.isWritten);
      case 'settled':
        return this.#showSettled(event.entries);
      case 'outbox-changed':
        return this.screen.overlay();
      case 'pushable':
        return this.#sender.flush();
      case 'document-full':
        // The list tells where to; until it does, this document takes nothing.
        refreshChannels();
        return this.#home.rehome('stored');
      case 'epoch-moved':
      case 'list-wanted':
        return refreshChannels();
      case 'read-reportable':
        return reportRead();
      case 'idle':
        return onIdle(this.id);
      default:
        event satisfies never;
    }
  }

  /** The document is being replaced: the move goes on when this is done. */
  async #takeStep(step: MoveStep): Promise<void> {
    if (step.type === 'entered') {
      await this.screen.changeDocument();
      return this.#own.settleStored();
    }
    const { document, isForEarlier } = step;
    // The document of an epoch will not be there again; what it showed bridges the time until REST answers.
    const rows = document.messageCount > 0 ? this.screen.timeline.folded() : null;
    if (rows !== null) await this.#context.store.writeRows(this.id, { put: rows });
    await this.#restored.leaving(document, isForEarlier);
  }

  #handleReady(isFresh: boolean): void {
    this.#restored.joined();
    if (isFresh) this.screen.rebuild();
    if (this.isOpen) this.#context.people.refreshIfMissed(this.id);
    this.#sender.joined();
    this.reading.joined();
    inBackground(this.screen.verify());
    this.screen.publish();
  }

  /** The list marks tablos with a draft. */
  #handleDraft(isWritten: boolean): void {
    if (this.#isDisposed) return;
    this.#context.onActivity(this.id);
    // Nothing keeps it listed any more.
    if (!isWritten && this.screen.closed !== null) this.#context.refreshChannels();
  }

  #hear(payload: string): void {
    const { links, drafts, people, refreshChannels } = this.#context;
    const message = parseServerStateless(payload);
    if (message === null) return;
    switch (message.type) {
      case 'refused': {
        const isForgotten = message.code === 'not-your-entry' && this.#restored.hasForgotten(message.ids as EntryId[]);
        return isForgotten ? this.#noteForgotten() : this.#sender.refused(message.code, message.message, message.ids);
      }
      case 'committed': {
        const messages = message.messages as EntryId[];
        this.reading.numbered(message.seq, messages);
        this.#settle([...messages, ...(message.others as EntryId[])], message.shownAt);
        if (this.#sender.committed(message.messages, message.others)) this.#sender.answered();
        return;
      }
      case 'read':
        return this.reading.confirmed(message.seq);
      case 'storage':
        return links.noteStorage(message.isAway);
      case 'draft':
        return this.draft.receiveReported(message);
      case 'changed':
        // Also said when the server may have missed what changed.
        drafts.refresh();
        if (this.isOpen) people.refreshSoon(this.id);
        return refreshChannels();
    }
  }

  /** The server was restored from a backup. */
  #noteForgotten(): void {
    this.reading.doubt();
    this.#own.rehome('empty');
    this.#context.refreshChannels();
  }

  #settle(ids: readonly EntryId[], shownAt?: Readonly<Record<string, number>>): void {
    if (this.#own.settle(ids, shownAt)) this.#sender.confirmed();
  }

  #receive(entries: readonly Entry[]): void {
    this.#settle(entries.flatMap((entry) => (entry.author === this.#context.user.id ? [entry.id] : [])));
    const isNewest = this.#show(entries);
    if (!this.#home.isFilling) this.#people.wrote(entries);
    this.reading.received(entries, isNewest);
    for (const id of this.#restored.refusedChangesOf(new Set(entries.map((entry) => entry.id))))
      inBackground(this.commands.retry(id));
  }

  /** Is the newest message of the list another one then? */
  #show(entries: readonly Entry[]): boolean {
    const { book } = this.#context;
    const before = book.get(this.id)?.lastMessage;
    this.screen.show(entries);
    book.update(this.id, (record) => noteShown(record, entries, () => this.screen.timeline.newestWith(entries)));
    return book.get(this.id)?.lastMessage !== before;
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
}
