/**
 * One tablo on this device, live: brings together its document and link (`room-home.ts`), what people see of it (`room-screen.ts`), its own unsent
 * entries (`delivery.ts`), what is read of it (`room-reading.ts`), and what the server says about all of them.
 *
 * Invariant: its parts tell what happens (`room-event.ts`), and `#dispatch` alone decides what follows.
 */
import type { Refusal } from '@tablo/schema/close-codes';
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { inBackground } from '../base/report-error.ts';
import { Delivery } from '../delivery/delivery.ts';
import { Draft } from '../drafts/draft.ts';
import { watchWritten } from '../drafts/watch-written.ts';
import { parseServerStateless } from '../link/server-stateless.ts';
import type { OutboxChange } from '../outbox/outbox.ts';
import { RoomPresence } from '../people/presence.ts';
import { type MoveStep, RoomHome } from '../replica/room-home.ts';
import { noteShown } from '../unread/newest-message.ts';
import { RoomScreen } from '../view/room-screen.ts';
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
  readonly #delivery: Delivery;
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
    this.#delivery = new Delivery({ ...parts, home, screen: this.screen });
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
    this.#delivery.dispatch({ type: 'closed' });
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
    this.#delivery.dispatch({ type: 'renumbered' });
  }

  noteOutbox({ sent }: OutboxChange): void {
    if (sent.length > 0) this.#showSettled(sent);
    else this.screen.overlay();
    this.#delivery.dispatch({ type: 'outbox-changed', sent: sent.map((entry) => entry.id) });
  }

  /** What was left to another tab may be ours now. */
  noteTabGone(): void {
    this.#delivery.dispatch({ type: 'tab-gone' });
  }

  /** The user asked: no waiting. */
  retryNow(): void {
    this.#home.retryNow();
    this.#delivery.dispatch({ type: 'retry' });
  }

  async save(): Promise<void> {
    await Promise.all([this.draft.save(), this.#home.document?.save()]);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.reading.close();
    this.#delivery.close();
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
        return this.#delivery.dispatch({ type: 'taken-out', entries: event.gone });
      case 'ready':
        return this.#handleReady(event.isFresh);
      case 'lost':
        this.reading.lost(event.heardAt);
        this.#people.lost();
        this.#delivery.dispatch({ type: 'left' });
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
      case 'numbers-doubted':
        this.reading.doubt();
        return refreshChannels();
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
      return this.#delivery.dispatch({ type: 'entered' });
    }
    const { document, isForEarlier } = step;
    // The document of an epoch will not be there again; what it showed bridges the time until REST answers.
    const rows = document.messageCount > 0 ? this.screen.timeline.folded() : null;
    if (rows !== null) await this.#context.store.writeRows(this.id, { put: rows });
    await this.#delivery.leave(document, isForEarlier);
  }

  #handleReady(isFresh: boolean): void {
    if (isFresh) this.screen.rebuild();
    if (this.isOpen) this.#context.people.refreshIfMissed(this.id);
    this.#delivery.dispatch({ type: 'joined' });
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
      case 'refused':
        return this.#delivery.dispatch({ ...message, ids: message.ids as EntryId[] });
      case 'committed': {
        const messages = message.messages as EntryId[];
        this.reading.numbered(message.seq, messages);
        return this.#delivery.dispatch({ ...message, messages, others: message.others as EntryId[] });
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

  #receive(entries: readonly Entry[]): void {
    this.#delivery.dispatch({ type: 'received', entries });
    const isNewest = this.#show(entries);
    if (!this.#home.isFilling) this.#people.wrote(entries);
    this.reading.received(entries, isNewest);
  }

  /** Is the newest message of the list another one then? */
  #show(entries: readonly Entry[]): boolean {
    const { book } = this.#context;
    const before = book.get(this.id)?.lastMessage;
    this.screen.show(entries);
    book.update(this.id, (record) => noteShown(record, entries, () => this.screen.timeline.newestWith(entries)));
    return book.get(this.id)?.lastMessage !== before;
  }

  /** Durable by the server's word, ours or another tab's, and out of the outbox. */
  #showSettled(entries: readonly Entry[]): void {
    this.#show(entries);
    this.screen.overlay();
    const { document } = this.#home;
    if (entries.every((entry) => entry.kind === 'arrival' || document?.has(entry.id) === true)) return;
    inBackground(this.screen.doubt());
    this.#context.refreshChannels();
  }
}
