/** The local store that the chat uses: IndexedDB in two databases, each of which can fail without the other, and memory where one does. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import type { TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineRow } from '@tablo/schema/timeline';
import { Writable } from '../base/readable.ts';
import type { Member, StorageState } from '../chat.ts';
import { type IdbStore, openIdbStore } from './idb-store.ts';
import { openIdbUnsentStore } from './idb-unsent-store.ts';
import type {
  CacheStore,
  ChannelRecord,
  DraftRecord,
  LocalStore,
  OutboxView,
  OutboxWrites,
  PeopleChange,
  UnsentStore,
} from './local-store.ts';
import { MemoryStore } from './memory-store.ts';
import { type Durable, Resilient, type StorageFault } from './resilient.ts';

const WHY: Record<StorageFault, string> = {
  refused: 'This browser does not let the app store anything',
  full: 'The storage of this device is full',
  broken: 'The storage of this device has stopped working',
};
const UNSENT_IN_MEMORY = 'messages that are not sent yet are lost when this tab closes.';
const CACHE_IN_MEMORY =
  'what you read and draft now is gone when this tab closes. Messages that are not sent yet are safe.';

type EarlierCache = CacheStore & Partial<Pick<IdbStore, 'readOutbox' | 'forgetOutbox'>>;

export interface ResilientStoreOptions {
  readonly timeoutMs: number;
  readonly openCache: () => Promise<Durable<EarlierCache>>;
  readonly openUnsent: () => Promise<Durable<UnsentStore>>;
}

export async function openLocalStore(owner: string, timeoutMs: number): Promise<ResilientStore> {
  return ResilientStore.open({
    timeoutMs,
    openCache: () => openIdbStore(owner),
    openUnsent: () => openIdbUnsentStore(owner),
  });
}

export class ResilientStore implements LocalStore {
  readonly state: Writable<StorageState>;
  readonly #cache: Resilient<CacheStore>;
  readonly #unsent: Resilient<UnsentStore>;
  /** A copy of the outbox in memory, in case its database fails: changes are decided from the existing records. */
  readonly #shadow: MemoryStore;

  private constructor(
    state: Writable<StorageState>,
    cache: Resilient<CacheStore>,
    unsent: Resilient<UnsentStore>,
    shadow: MemoryStore,
  ) {
    this.state = state;
    this.#cache = cache;
    this.#unsent = unsent;
    this.#shadow = shadow;
  }

  static async open({ timeoutMs, openCache, openUnsent }: ResilientStoreOptions): Promise<ResilientStore> {
    const state = new Writable<StorageState>({ status: 'durable' });
    const note = (status: 'partial' | 'memory', message: string): void => {
      if (state.get().status !== 'memory') state.set({ status, message });
    };
    const shadow = new MemoryStore();
    // Both are opened at the same time: a browser that never answers costs one deadline.
    const openingCache = Resilient.open<CacheStore>({
      timeoutMs,
      open: openCache,
      fallback: () => new MemoryStore(),
      makeRoom,
      probe: (store) => store.readMeta(''),
      onFault: (fault) => note('partial', `${WHY[fault]}: ${CACHE_IN_MEMORY}`),
    });
    async function makeRoom(): Promise<void> {
      await (await openingCache).run((store) => store.clearRows());
    }
    const openingUnsent = Resilient.open<UnsentStore>({
      timeoutMs,
      open: openUnsent,
      fallback: () => shadow,
      makeRoom,
      probe: (store) => store.readOutboxRecords([]),
      reopened: async (before, after) => {
        if (before.instance === after.instance) return;
        const put = await shadow.readOutbox();
        await after.changeOutbox([], () => ({ put }));
      },
      onFault: (fault) => note('memory', `${WHY[fault]}: ${UNSENT_IN_MEMORY}`),
    });
    const [cache, unsent] = await Promise.all([openingCache, openingUnsent]);
    const store = new ResilientStore(state, cache, unsent, shadow);
    await store.#takeOver();
    return store;
  }

  /** Earlier releases kept unsent entries beside the rest. */
  async #takeOver(): Promise<void> {
    const left = await this.#cache.run(async (store: EarlierCache) => store.readOutbox?.() ?? []);
    if (left.length === 0) return;
    await this.changeOutbox([], () => ({ put: left }));
    if (this.state.get().status === 'durable')
      await this.#cache.run(async (store: EarlierCache) => store.forgetOutbox?.());
  }

  async readOutbox() {
    const put = await this.#unsent.run((store) => store.readOutbox());
    await this.#shadow.changeOutbox([], () => ({ put }));
    return put;
  }

  async readOutboxRecords(ids: readonly EntryId[]) {
    const records = await this.#unsent.run((store) => store.readOutboxRecords(ids));
    const put = records.filter((record) => record !== null);
    const remove = ids.filter((_id, index) => (records[index] ?? null) === null);
    await this.#shadow.changeOutbox([], () => ({ put, remove }));
    return records;
  }

  async changeOutbox(ids: readonly EntryId[], decide: (view: OutboxView) => OutboxWrites) {
    let decided: OutboxWrites = {};
    const change = (store: UnsentStore) => store.changeOutbox(ids, (view) => (decided = decide(view)));
    // A full disk cannot store that an entry was taken back, and must not deliver it after a reload. Deleting needs no room.
    const forget = (store: UnsentStore) => store.changeOutbox([], () => ({ remove: takenBack(decided) }));
    const writes = await this.#unsent.run(change, forget);
    await this.#shadow.changeOutbox([], () => writes);
    return writes;
  }

  readUpdates = (document: string) => this.#cache.run((store) => store.readUpdates(document));
  appendUpdate = (document: string, update: Uint8Array) =>
    this.#cache.run((store) => store.appendUpdate(document, update));
  replaceUpdates = (document: string, merge: (updates: Uint8Array[]) => Uint8Array | null) =>
    this.#cache.run((store) => store.replaceUpdates(document, merge));
  readChannels = () => this.#cache.run((store) => store.readChannels());
  writeChannels = (change: { readonly put?: readonly ChannelRecord[]; readonly remove?: readonly TabloId[] }) =>
    this.#cache.run((store) => store.writeChannels(change));
  readRows = (tabloId: TabloId, before: TimelineKey | null, limit: number) =>
    this.#cache.run((store) => store.readRows(tabloId, before, limit));
  writeRows = (
    tabloId: TabloId,
    change: { readonly put?: readonly TimelineRow[]; readonly remove?: readonly EntryId[] },
  ) => this.#cache.run((store) => store.writeRows(tabloId, change));
  clearRows = () => this.#cache.run((store) => store.clearRows());
  readMembers = (tabloId: TabloId) => this.#cache.run((store) => store.readMembers(tabloId));
  writeMembers = (tabloId: TabloId, members: readonly Member[]) =>
    this.#cache.run((store) => store.writeMembers(tabloId, members));
  readPeople = () => this.#cache.run((store) => store.readPeople());
  writePeople = (change: PeopleChange) => this.#cache.run((store) => store.writePeople(change));
  readDraft = (tabloId: TabloId) => this.#cache.run((store) => store.readDraft(tabloId));
  readDrafts = () => this.#cache.run((store) => store.readDrafts());
  writeDraft = (draft: DraftRecord) => this.#cache.run((store) => store.writeDraft(draft));
  readMeta = (key: string) => this.#cache.run((store) => store.readMeta(key));
  writeMeta = (key: string, value: unknown) => this.#cache.run((store) => store.writeMeta(key, value));
  forgetTablo = (tabloId: TabloId) => this.#cache.run((store) => store.forgetTablo(tabloId));

  async close(): Promise<void> {
    await Promise.all([this.#cache.close(), this.#unsent.close()]);
  }

  /** Rejects when something stays on the device. */
  async destroy(): Promise<void> {
    await Promise.all([this.#cache.destroy(), this.#unsent.destroy()]);
  }
}

function takenBack({ put = [], remove = [] }: OutboxWrites): readonly EntryId[] {
  return [...remove, ...put.flatMap(({ id, delivery }) => (delivery.status === 'withdrawn' ? [id] : []))];
}
