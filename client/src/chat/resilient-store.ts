/**
 * IndexedDB fails in many ways: refused (private modes), blocked, closed behind our back (Safari in the background), full, or it just never answers.
 * None of them may stop a message from being written. This store goes on in memory and says so [R7, R11].
 *
 * Invariants
 * 1. No call rejects because of the browser's storage.
 * 2. A failed call is tried once more, on a database opened anew (after making room, when it was full); only then do we turn to memory.
 * 3. Once in memory, always in memory: two truths in turns would show old states.
 */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineRow } from '@tablo/schema/timeline';
import type { Member, StorageState } from './chat.ts';
import { IdbStore, openIdbStore } from './idb-store.ts';
import type { ChannelRecord, DraftRecord, LocalStore, OutboxRecord } from './local-store.ts';
import { MemoryStore } from './memory-store.ts';
import { Writable } from './readable.ts';

const REFUSED =
  'This browser does not let the app store anything: messages that are not sent yet are lost when this tab closes.';
const FULL = 'The storage of this device is full: messages that are not sent yet are lost when this tab closes.';
const BROKEN =
  'The storage of this device has stopped working: messages that are not sent yet are lost when this tab closes.';

class Timeout extends Error {}

function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Timeout('The local database does not answer.')), ms);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

const isFull = (error: unknown): boolean => error instanceof Error && error.name === 'QuotaExceededError';

export interface ResilientStoreOptions {
  readonly timeoutMs: number;
  /** Opens the durable store, again after it broke. */
  readonly open: () => Promise<LocalStore>;
}

export async function openLocalStore(user: UserId, timeoutMs: number): Promise<ResilientStore> {
  return ResilientStore.open({ timeoutMs, open: () => openIdbStore(user) });
}

export class ResilientStore implements LocalStore {
  readonly state = new Writable<StorageState>({ status: 'durable' });
  readonly #options: ResilientStoreOptions;
  #store: LocalStore;
  #reopening: Promise<LocalStore> | null = null;

  private constructor(options: ResilientStoreOptions, store: LocalStore | null) {
    this.#options = options;
    this.#store = store ?? new MemoryStore();
    if (store === null) this.state.set({ status: 'memory', message: REFUSED });
  }

  static async open(options: ResilientStoreOptions): Promise<ResilientStore> {
    const opening = (async () => options.open())();
    const store = await withDeadline(opening, options.timeoutMs).catch(() => null);
    // Too late is as good as refused; but do not keep it open, or sign-out in another tab would be blocked.
    if (store === null) opening.then((late) => late.close()).catch(() => {});
    return new ResilientStore(options, store);
  }

  async #run<T>(action: (store: LocalStore) => Promise<T>): Promise<T> {
    const store = this.#store;
    try {
      return await this.#attempt(action, store);
    } catch (error) {
      if (store instanceof MemoryStore) throw error;
      try {
        if (isFull(error)) await this.#attempt((full) => full.clearRows(), store);
        else await this.#reopen(store);
        return await this.#attempt(action, this.#store);
      } catch (again) {
        this.#turnToMemory(isFull(again) ? FULL : BROKEN);
        return action(this.#store);
      }
    }
  }

  #attempt<T>(action: (store: LocalStore) => Promise<T>, store: LocalStore): Promise<T> {
    // In an async function, since `transaction()` on a closed connection throws instead of rejecting.
    return withDeadline((async () => action(store))(), this.#options.timeoutMs);
  }

  async #reopen(broken: LocalStore): Promise<void> {
    if (this.#store !== broken) return; // Another call has opened it anew already.
    if (broken instanceof IdbStore && broken.isDeleted) throw new Error('The local data was deleted by another tab.');
    this.#reopening ??= (async () => {
      await broken.close().catch(() => {}); // Closed already, most likely: that is why we are here.
      return withDeadline(this.#options.open(), this.#options.timeoutMs);
    })();
    try {
      this.#store = await this.#reopening;
    } finally {
      this.#reopening = null;
    }
  }

  #turnToMemory(message: string): void {
    if (this.#store instanceof MemoryStore) return;
    const broken = this.#store;
    this.#store = new MemoryStore();
    broken.close().catch(() => {}); // It is broken: that it cannot even be closed is no news.
    this.state.set({ status: 'memory', message });
  }

  readUpdates = (document: string) => this.#run((store) => store.readUpdates(document));
  appendUpdate = (document: string, update: Uint8Array) => this.#run((store) => store.appendUpdate(document, update));
  replaceUpdates = (document: string, merge: (updates: Uint8Array[]) => Uint8Array | null) =>
    this.#run((store) => store.replaceUpdates(document, merge));
  listDocuments = () => this.#run((store) => store.listDocuments());
  readOutbox = () => this.#run((store) => store.readOutbox());
  readOutboxRecord = (id: EntryId) => this.#run((store) => store.readOutboxRecord(id));
  writeOutbox = (change: { readonly put?: readonly OutboxRecord[]; readonly remove?: readonly EntryId[] }) =>
    this.#run((store) => store.writeOutbox(change));
  readChannels = () => this.#run((store) => store.readChannels());
  writeChannels = (change: { readonly put?: readonly ChannelRecord[]; readonly remove?: readonly TabloId[] }) =>
    this.#run((store) => store.writeChannels(change));
  readRows = (tabloId: TabloId, before: TimelineKey | null, limit: number) =>
    this.#run((store) => store.readRows(tabloId, before, limit));
  writeRows = (
    tabloId: TabloId,
    change: { readonly put?: readonly TimelineRow[]; readonly remove?: readonly EntryId[] },
  ) => this.#run((store) => store.writeRows(tabloId, change));
  clearRows = () => this.#run((store) => store.clearRows());
  readMembers = (tabloId: TabloId) => this.#run((store) => store.readMembers(tabloId));
  writeMembers = (tabloId: TabloId, members: readonly Member[]) =>
    this.#run((store) => store.writeMembers(tabloId, members));
  readDraft = (tabloId: TabloId) => this.#run((store) => store.readDraft(tabloId));
  readDrafts = () => this.#run((store) => store.readDrafts());
  writeDraft = (draft: DraftRecord) => this.#run((store) => store.writeDraft(draft));
  readMeta = (key: string) => this.#run((store) => store.readMeta(key));
  writeMeta = (key: string, value: unknown) => this.#run((store) => store.writeMeta(key, value));
  forgetTablo = (tabloId: TabloId) => this.#run((store) => store.forgetTablo(tabloId));

  /** Whatever is still called afterwards goes to a memory that nobody reads: it must not open the database again. */
  async close(): Promise<void> {
    await this.#letGo().close();
  }

  /** Also when IndexedDB failed meanwhile: what it held before must not stay on the device. Rejects when it does stay. */
  async destroy(): Promise<void> {
    const store = this.#letGo();
    if (!(store instanceof MemoryStore)) {
      try {
        return await store.destroy();
      } catch {
        // Closed behind our back: once more, on a connection of its own.
      }
    }
    await this.#destroyAnew();
  }

  #letGo(): LocalStore {
    const store = this.#store;
    this.#store = new MemoryStore();
    return store;
  }

  async #destroyAnew(): Promise<void> {
    const durable = await withDeadline(this.#options.open(), this.#options.timeoutMs).catch(() => null);
    await durable?.destroy();
  }
}
