/**
 * One document of a tablo on this device: the Y.Doc, what of it is stored, and its entries as they come.
 *
 * Invariants
 * 1. Only durable content is stored or passed on [R1]: what the server sent, or what it has confirmed. Own pushes are held until then, so a reload
 *    starts from what is certain, and a cancelled entry is not sent again by a stored update.
 * 2. Each element is parsed once; an element that is no entry is skipped without an error.
 * 3. Cost follows the change: the array is read whole once, when loading.
 * 4. While content waits for other content, no new content is passed on: what is missing may be the time that it is shown at [R5]. A client that is joining
 *    receives the newest before it has what came while it was away.
 */
import { parseDocumentName } from '@tablo/schema/document-name';
import { ENTRIES_ROOT, type Entry, type MemberEntry, parseEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import * as Y from 'yjs';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { LocalStore } from '../store/local-store.ts';
import { compactUpdates } from './compact.ts';

const FROM_STORE = Symbol('from the local store');
const OWN_PUSH = Symbol('own push');

interface HeldPush {
  readonly waitingFor: Set<EntryId>;
  readonly update: Uint8Array;
}

export interface RoomDocumentListener {
  /** Durable entries that the server has just sent. */
  entries(entries: readonly Entry[]): void;
  /** [R2] The server has taken these out: it has refused them, or erased them. Own pushes that are held are not among them. */
  erased(gone: readonly Entry[]): void;
  /** Content has come that waits for other content. */
  gap(): void;
}

export interface RoomDocumentOptions {
  readonly name: string;
  readonly store: LocalStore;
  readonly timing: Timing;
  /** One of several tabs stores new content; the others wait, in case it does not. */
  readonly isFirstTab: () => boolean;
  readonly listener: RoomDocumentListener;
}

export class RoomDocument {
  readonly name: string;
  /** The tablo's first document: it holds everything there ever was. A later one begins with the newest messages as they were when it began. */
  readonly isFirst: boolean;
  readonly doc = new Y.Doc();
  readonly #store: LocalStore;
  readonly #timing: Timing;
  readonly #isFirstTab: () => boolean;
  readonly #listener: RoomDocumentListener;
  readonly #array: Y.Array<unknown>;
  /** By id, held ones included. */
  readonly #entries = new Map<EntryId, Entry>();
  /** Entries that the server has removed and that were not added again. */
  readonly #takenOut = new Set<EntryId>();
  readonly #arrivedAt = new Map<EntryId, number>();
  readonly #held: HeldPush[] = [];
  #messageCount = 0;
  /** Passed on when Yjs has finished: a push from inside its observers would be part of the update that the server's own content is stored with. */
  #received: Entry[] = [];
  #unsaved: Uint8Array[] = [];
  readonly #saveTimer = new Timer();
  #hasErased = false;
  #isClosed = false;

  private constructor({ name, store, timing, isFirstTab, listener }: RoomDocumentOptions) {
    this.name = name;
    this.isFirst = parseDocumentName(name)?.epoch === 1;
    this.#store = store;
    this.#timing = timing;
    this.#isFirstTab = isFirstTab;
    this.#listener = listener;
    this.#array = this.doc.getArray(ENTRIES_ROOT);
    this.#array.observe((event, transaction) => this.#read(event, transaction));
    this.doc.on('afterAllTransactions', () => this.#tellReceived());
    this.doc.on('update', (update: Uint8Array, origin: unknown) => this.#keep(update, origin));
  }

  /** An empty document: to be filled by the server. */
  static create(options: RoomDocumentOptions): RoomDocument {
    return new RoomDocument(options);
  }

  /** Filled with what this device has stored. Unreadable data is dropped: the server has it, and own unsent entries are in the outbox. */
  static async open(options: RoomDocumentOptions): Promise<RoomDocument> {
    const updates = await options.store.readUpdates(options.name);
    const document = new RoomDocument(options);
    try {
      document.doc.transact(() => {
        for (const update of updates) Y.applyUpdate(document.doc, update);
      }, FROM_STORE);
      // A deletion is stored before what it deletes, an own push that is held: the next join brings both.
      if (document.doc.store.pendingStructs === null) document.doc.store.pendingDs = null;
      if (!document.hasGap) return document;
    } catch {
      // Damaged; handled as a gap is.
    }
    document.close();
    await options.store.replaceUpdates(options.name, () => null);
    return new RoomDocument(options);
  }

  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** Different messages, deleted ones included, own held ones not. */
  get messageCount(): number {
    return this.#messageCount - this.heldIds().filter((id) => this.#entries.get(id)?.kind === 'message').length;
  }

  get(id: EntryId): Entry | null {
    return this.#entries.get(id) ?? null;
  }

  /** When an entry was received that was received late, ms since the Unix epoch; null: shown at its `sentAt`, as far as is known. */
  arrivedAt(id: EntryId): number | null {
    return this.#arrivedAt.get(id) ?? null;
  }

  has(id: EntryId): boolean {
    return this.#entries.has(id) || this.isHeld(id);
  }

  /** Own pushes that are not known to be durable. */
  heldIds(): readonly EntryId[] {
    return this.#held.flatMap((push) => [...push.waitingFor]);
  }

  /** Own pushes among them are held until the reason of their refusal arrives, unless the link is cut in between. */
  takenOut(): readonly EntryId[] {
    return [...this.#takenOut];
  }

  isHeld(id: EntryId): boolean {
    return this.#held.some((push) => push.waitingFor.has(id));
  }

  /** Content waits for other content that has not come (TRAPS 4.1): normal for a moment, lost when it stays. */
  get hasGap(): boolean {
    return this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null;
  }

  /** [R2] Appends in one transaction, hence one update. */
  push(entries: readonly MemberEntry[]): void {
    // All ids are held, even those of entries that this version cannot parse: they are not durable.
    this.#held.push({ waitingFor: new Set(entries.map((entry) => entry.id)), update: new Uint8Array() });
    this.doc.transact(() => this.#array.push([...entries]), OWN_PUSH);
  }

  /** [R1] These entries are durable, or the server has refused and removed them: their update may be stored now. */
  confirm(ids: readonly EntryId[]): void {
    if (this.#held.length === 0) return;
    for (const id of ids) for (const push of this.#held) push.waitingFor.delete(id);
    for (let index = this.#held.length - 1; index >= 0; index -= 1) {
      const push = this.#held[index];
      if (push === undefined || push.waitingFor.size > 0) continue;
      this.#held.splice(index, 1);
      this.#saveSoon(push.update);
    }
  }

  /** After a resync, this document is what is stored from now on, whatever was there. */
  async replaceStored(): Promise<void> {
    this.#saveTimer.clear();
    this.#unsaved = [];
    const update = Y.encodeStateAsUpdate(this.doc);
    await this.#store.replaceUpdates(this.name, () => update);
  }

  async save(): Promise<void> {
    this.#saveTimer.clear();
    const updates = this.#unsaved.splice(0);
    if (updates.length === 0) return;
    const rows = await this.#store.appendUpdate(
      this.name,
      updates.length === 1 ? (updates[0] as Uint8Array) : Y.mergeUpdates(updates),
    );
    if (rows <= this.#timing.compactRows && !this.#hasErased) return;
    this.#hasErased = false;
    await this.#store.replaceUpdates(this.name, compactUpdates);
  }

  /** Stops listening; saves what is not saved. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    inBackground(this.save());
    this.doc.destroy();
  }

  #keep(update: Uint8Array, origin: unknown): void {
    if (this.#isClosed || origin === FROM_STORE) return;
    if (origin !== OWN_PUSH) return this.#saveSoon(update);
    const last = this.#held.at(-1);
    // `push` has made the place.
    if (last !== undefined) this.#held[this.#held.length - 1] = { ...last, update };
  }

  #saveSoon(update: Uint8Array): void {
    if (this.#isClosed) return;
    this.#unsaved.push(update);
    const { updateSaveMs, otherTabSaveMs } = this.#timing;
    this.#saveTimer.setIfUnset(() => inBackground(this.save()), this.#isFirstTab() ? updateSaveMs : otherTabSaveMs);
  }

  #read(event: Y.YArrayEvent<unknown>, transaction: Y.Transaction): void {
    if (this.#isClosed) return;
    const hasLost = event.changes.deleted.size > 0;
    if (hasLost) this.#rereadAll();
    const added = event.changes.delta.flatMap((change) =>
      Array.isArray(change.insert) ? (change.insert as unknown[]) : [],
    );
    const entries = added.flatMap((value) => {
      const parsed = parseEntry(value);
      return parsed.ok ? [parsed.value] : [];
    });
    if (!hasLost) for (const entry of entries) this.#add(entry);
    if (entries.length > 0 && transaction.origin !== FROM_STORE && transaction.origin !== OWN_PUSH)
      this.#received.push(...entries);
  }

  #tellReceived(): void {
    if (this.#isClosed) return;
    if (this.hasGap) return this.#listener.gap();
    const entries = this.#received.splice(0);
    if (entries.length > 0) this.#listener.entries(entries);
  }

  /** Rare: content was removed. It must be removed from the disk too. */
  #rereadAll(): void {
    this.#hasErased = true;
    const before = [...this.#entries];
    this.#entries.clear();
    this.#arrivedAt.clear();
    this.#messageCount = 0;
    for (const value of this.#array.toArray()) {
      const parsed = parseEntry(value);
      if (parsed.ok) this.#add(parsed.value);
    }
    const gone = before.filter(([id]) => !this.#entries.has(id));
    for (const [id] of gone) this.#takenOut.add(id);
    this.#listener.erased(gone.flatMap(([id, entry]) => (this.isHeld(id) ? [] : [entry])));
  }

  #add(entry: Entry): void {
    if (entry.kind === 'message' && !this.#entries.has(entry.id)) this.#messageCount += 1;
    if (entry.kind === 'arrival') for (const id of entry.of) this.#arrivedAt.set(id, entry.at);
    this.#entries.set(entry.id, entry);
    this.#takenOut.delete(entry.id);
  }
}
