import 'fake-indexeddb/auto';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { openDB } from 'idb';
import { describe, expect, it } from 'vitest';
import { until } from '../testing/harness.ts';
import { describeLocalStore } from '../testing/local-store-contract.ts';
import { databaseName, type IdbStore, openIdbStore } from './idb-store.ts';
import { type IdbUnsentStore, openIdbUnsentStore, unsentDatabaseName } from './idb-unsent-store.ts';
import type { DraftRecord, OutboxRecord, UnsentStore } from './local-store.ts';
import { MemoryStore } from './memory-store.ts';
import { openLocalStore, ResilientStore, type ResilientStoreOptions } from './resilient-store.ts';
import { storeOwner } from './store-owner.ts';

const newUser = (): UserId => createEntryId() as string as UserId;
const TABLO = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;

const record = (id: EntryId): OutboxRecord => ({
  id,
  tabloId: TABLO,
  entry: { kind: 'message', id, author: newUser(), sentAt: 1, text: 'precious' },
  delivery: { status: 'pending' },
  createdAt: 1,
  owner: 'tab',
});

/** Beyond what a busy machine needs: silence is tested with deadlines of its own. */
const PATIENT_MS = 30_000;

const draft = (text: string): DraftRecord => ({ tabloId: TABLO, text, at: 1, isReported: false });

describeLocalStore('memory', async () => new MemoryStore());
describeLocalStore('IndexedDB', () => openLocalStore(newUser(), PATIENT_MS));

const failing = (name: string): Error => Object.assign(new Error(name), { name });

const openFor = (user: UserId, options: Partial<ResilientStoreOptions> = {}): Promise<ResilientStore> =>
  ResilientStore.open({
    timeoutMs: PATIENT_MS,
    openCache: () => openIdbStore(user),
    openUnsent: () => openIdbUnsentStore(user),
    ...options,
  });

const addTo = (store: UnsentStore, ...ids: readonly EntryId[]) =>
  store.changeOutbox([], () => ({ put: ids.map(record) }));

const databases = async (user: UserId): Promise<string[]> => {
  const names = (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
  return names.filter((name) => name.endsWith(user)).sort();
};

/** An outbox that fails as told. */
function breakable(inner: IdbUnsentStore, fail: () => Error | null): IdbUnsentStore {
  return new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const error = key === 'changeOutbox' ? fail() : null;
        if (error !== null) throw error;
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

describe('IndexedDB', () => {
  it('[R7] the local store keeps everything for the next start, in databases of this user', async () => {
    const user = newUser();
    const id = createEntryId();
    const first = await openLocalStore(user, PATIENT_MS);
    await first.writeDraft(draft('kept'));
    await addTo(first, id);
    await first.close();
    const second = await openLocalStore(user, PATIENT_MS);
    expect(await second.readDraft(TABLO)).toEqual(draft('kept'));
    expect(await second.readOutbox()).toEqual([record(id)].map((one) => ({ ...one, entry: expect.anything() })));
    const other = await openLocalStore(newUser(), PATIENT_MS);
    expect([await other.readDraft(TABLO), await other.readOutbox()]).toEqual([null, []]);
    await Promise.all([second.destroy(), other.destroy()]);
  });

  it('[R8] keeps what belongs to servers at two origins apart, and below two paths of one', async () => {
    const user = newUser();
    const page = 'https://app.example';
    const urls = [page, `${page}/chat`, `${page}/team/chat`, 'https://chat.example', 'https://chat.example/chat'];
    const stores = await Promise.all(urls.map((url) => openLocalStore(storeOwner(user, url, page), PATIENT_MS)));
    for (const [nth, store] of stores.entries()) await store.writeDraft(draft(`of ${nth}`));
    for (const [nth, store] of stores.entries()) expect(await store.readDraft(TABLO)).toEqual(draft(`of ${nth}`));
    for (const store of stores) await store.destroy();
  });

  it('[R7] the local store reads drafts of an earlier release, which have no time', async () => {
    const user = newUser();
    const store = await openIdbStore(user);
    const db = await openDB(databaseName(user));
    await db.put('drafts', { tabloId: TABLO, text: 'typed before the update' });
    db.close();
    const undated = { tabloId: TABLO, text: 'typed before the update', at: 0, isReported: false };
    expect(await store.readDraft(TABLO)).toEqual(undated);
    expect(await store.readDrafts()).toEqual([undated]);
    await store.writeDraft(draft('typed after it'));
    expect(await store.readDraft(TABLO)).toEqual(draft('typed after it'));
    await store.destroy();
  });

  it('destroying empties it although another tab holds it, and that tab lets go', async () => {
    const user = newUser();
    const [here, there] = [await openLocalStore(user, PATIENT_MS), await openIdbUnsentStore(user)];
    await addTo(here, createEntryId());
    await here.destroy();
    await expect(async () => there.readOutbox()).rejects.toThrow();
    expect(await databases(user)).toEqual([]);
  });

  it('[R8] the local store takes over what an earlier release kept beside the rest', async () => {
    const user = newUser();
    const id = createEntryId();
    await (await openIdbStore(user)).close();
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(databaseName(user));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const tx = request.result.transaction('outbox', 'readwrite');
        tx.objectStore('outbox').put(record(id));
        tx.oncomplete = () => {
          request.result.close();
          resolve();
        };
      };
    });
    const store = await openLocalStore(user, PATIENT_MS);
    expect((await store.readOutbox()).map((one) => one.id)).toEqual([id]);
    await store.changeOutbox([id], () => ({ remove: [id] }));
    await store.close();
    const again = await openLocalStore(user, PATIENT_MS);
    expect(await again.readOutbox()).toEqual([]);
    await again.destroy();
  });
});

describe('a browser that fails', () => {
  it('[R7] the local store goes on in memory when storage is refused, and says so', async () => {
    const refuse = () => Promise.reject(failing('SecurityError'));
    const store = await openFor(newUser(), { timeoutMs: 50, openCache: refuse, openUnsent: refuse });
    expect(store.state.get()).toMatchObject({ status: 'memory' });
    const id = createEntryId();
    await addTo(store, id);
    expect(await store.readOutboxRecords([id])).toMatchObject([{ id }]);
  });

  it('[R7] the local store goes on in memory when storage never answers', async () => {
    const hang = () => new Promise<never>(() => {});
    const store = await openFor(newUser(), { timeoutMs: 20, openCache: hang, openUnsent: hang });
    expect(store.state.get().status).toBe('memory');
    await store.writeDraft(draft('text'));
    expect(await store.readDraft(TABLO)).toEqual(draft('text'));
  });

  it('[R8] the local store keeps unsent entries on the disk although the cache has failed, and says which of the two', async () => {
    const user = newUser();
    const store = await openFor(user, { openCache: () => Promise.reject(failing('UnknownError')) });
    expect(store.state.get()).toMatchObject({ status: 'partial', message: expect.stringMatching(/sent yet are safe/) });
    const id = createEntryId();
    await addTo(store, id);
    await store.close();
    const again = await openLocalStore(user, PATIENT_MS);
    expect(await again.readOutbox()).toHaveLength(1);
    await again.destroy();
  });

  it('[R7] the local store opens the databases anew when they were closed behind our back', async () => {
    const user = newUser();
    const opened: { close(): Promise<void> }[] = [];
    const openCache = async () => {
      const store: IdbStore = await openIdbStore(user);
      opened.push(store);
      return store;
    };
    const openUnsent = async () => {
      const store = await openIdbUnsentStore(user);
      opened.push(store);
      return store;
    };
    const store = await openFor(user, { openCache, openUnsent });
    await store.writeDraft(draft('before'));
    for (const one of [...opened]) await one.close();
    await Promise.all([addTo(store, createEntryId()), addTo(store, createEntryId()), store.readDraft(TABLO)]);
    expect(store.state.get().status).toBe('durable');
    expect(opened).toHaveLength(4);
    expect(await store.readDraft(TABLO)).toEqual(draft('before'));
    expect(await store.readOutbox()).toHaveLength(2);
    await store.destroy();
  });

  it('[R8] the local store puts unsent entries back when the browser has thrown the database away', async () => {
    const user = newUser();
    const opened: IdbUnsentStore[] = [];
    const openUnsent = async () => {
      const store = await openIdbUnsentStore(user);
      opened.push(store);
      return store;
    };
    const store = await openFor(user, { openUnsent });
    const [kept, added, settled] = [createEntryId(), createEntryId(), createEntryId()];
    await addTo(store, kept, settled);
    await store.changeOutbox([settled], () => ({ remove: [settled] }));
    await opened[0]!.close();
    await new Promise((resolve) => {
      indexedDB.deleteDatabase(unsentDatabaseName(user)).onsuccess = resolve;
    });
    await addTo(store, added);
    expect(store.state.get().status).toBe('durable');
    await store.close();
    const again = await openLocalStore(user, PATIENT_MS);
    expect((await again.readOutbox()).map(({ id }) => id).sort()).toEqual([kept, added].sort());
    await again.destroy();
  });

  it('the local store does not bring back what another tab has deleted', async () => {
    const user = newUser();
    const here = await openLocalStore(user, PATIENT_MS);
    const there = await openLocalStore(user, PATIENT_MS);
    await here.destroy();
    await there.writeDraft(draft('too late'));
    await addTo(there, createEntryId());
    expect(await databases(user)).toEqual([]);
  });

  it('[R8] the local store makes room by dropping cached history before it gives up on a full disk', async () => {
    const user = newUser();
    const inner = await openIdbStore(user);
    let isFull = true;
    inner.clearRows = async () => {
      isFull = false;
    };
    const store = await openFor(user, {
      openCache: async () => inner,
      openUnsent: async () =>
        breakable(await openIdbUnsentStore(user), () => (isFull ? failing('QuotaExceededError') : null)),
    });
    await addTo(store, createEntryId());
    expect(store.state.get().status).toBe('durable');
    expect(await store.readOutbox()).toHaveLength(1);
    await store.destroy();
  });

  it('[R8] the local store says at once, and truthfully, what is left when another tab deletes the databases', async () => {
    const user = newUser();
    const here = await openLocalStore(user, PATIENT_MS);
    const there = await openLocalStore(user, PATIENT_MS);
    await addTo(there, createEntryId());
    await here.destroy();
    await until(() =>
      expect(there.state.get()).toMatchObject({
        status: 'memory',
        message: expect.stringMatching(/lost when this tab/),
      }),
    );
    expect(await there.readOutbox()).toHaveLength(1);
    expect(await databases(user)).toEqual([]);
  });

  it('[R8] the local store opens anew, before anything is written, what the browser has closed', async () => {
    const user = newUser();
    const opened: IdbUnsentStore[] = [];
    let tellLost = () => {};
    const openUnsent = async () => {
      const store = await openIdbUnsentStore(user);
      store.watch = (onLost) => {
        tellLost = onLost;
      };
      opened.push(store);
      return store;
    };
    const store = await openFor(user, { openUnsent });
    await addTo(store, createEntryId());
    await opened[0]!.close();
    tellLost();
    await until(() => expect(opened).toHaveLength(2));
    expect([store.state.get().status, (await store.readOutbox()).length]).toEqual(['durable', 1]);
    await store.destroy();
  });

  it('[R8] what was taken back while the disk is full is not there after a reload', async () => {
    const user = newUser();
    let isFull = false;
    const openUnsent = async () => {
      const inner = await openIdbUnsentStore(user);
      const change = inner.changeOutbox.bind(inner);
      // As browsers do: writing fails, deleting does not.
      inner.changeOutbox = (ids, decide) =>
        change(ids, (view) => {
          const writes = decide(view);
          if (isFull && (writes.put ?? []).length > 0) throw failing('QuotaExceededError');
          return writes;
        });
      return inner;
    };
    const store = await openFor(user, { openUnsent });
    const [kept, cancelled] = [createEntryId(), createEntryId()];
    await addTo(store, kept, cancelled);
    isFull = true;
    const withdrawn = { status: 'withdrawn', replacedBy: null, at: 1 } as const;
    await store.changeOutbox([cancelled], (view) => ({
      put: view.get(cancelled) === null ? [] : [{ ...record(cancelled), delivery: withdrawn }],
    }));
    expect(await store.readOutboxRecords([cancelled])).toMatchObject([{ delivery: withdrawn }]);
    isFull = false;
    const again = await openLocalStore(user, PATIENT_MS);
    expect((await again.readOutbox()).map(({ id }) => id)).toEqual([kept]);
    await again.destroy();
  });

  it('[R8] the local store never throws into a send: a full disk turns to memory, with all that was unsent before', async () => {
    const user = newUser();
    let isFull = false;
    const store = await openFor(user, {
      openUnsent: async () =>
        breakable(await openIdbUnsentStore(user), () => (isFull ? failing('QuotaExceededError') : null)),
    });
    const [before, after] = [createEntryId(), createEntryId()];
    await addTo(store, before);
    isFull = true;
    await addTo(store, after);
    expect(store.state.get()).toMatchObject({ status: 'memory', message: expect.stringContaining('full') });
    expect(await store.readOutboxRecords([before, after])).toMatchObject([{ id: before }, { id: after }]);
    await store.destroy();
    expect(await databases(user)).toEqual([]);
  });
});
