import 'fake-indexeddb/auto';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { deleteDB, openDB } from 'idb';
import { describe, expect, it } from 'vitest';
import { databaseName, type IdbStore, openIdbStore } from './idb-store.ts';
import type { DraftRecord, LocalStore, OutboxRecord } from './local-store.ts';
import { MemoryStore } from './memory-store.ts';
import { ResilientStore } from './resilient-store.ts';
import { describeLocalStore } from './testing/local-store-contract.ts';

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

const draft = (text: string): DraftRecord => ({ tabloId: TABLO, text, at: 1, isReported: false });

describeLocalStore('memory', async () => new MemoryStore());
describeLocalStore('IndexedDB', () => openIdbStore(newUser()));
describeLocalStore('resilient', () => {
  const user = newUser();
  return ResilientStore.open({ timeoutMs: 1_000, open: () => openIdbStore(user) });
});

const failing = (name: string): Error => Object.assign(new Error(name), { name });

/** IndexedDB whose outbox fails as told. */
function breakable(inner: LocalStore, fail: () => Error | null): LocalStore {
  return new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const error = key === 'writeOutbox' ? fail() : null;
        if (error !== null) throw error;
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

describe('IndexedDB', () => {
  it('[R7] keeps everything for the next start, one database per user', async () => {
    const user = newUser();
    const first = await openIdbStore(user);
    await first.writeDraft(draft('kept'));
    await first.close();
    const second = await openIdbStore(user);
    expect(await second.readDraft(TABLO)).toEqual(draft('kept'));
    const other = await openIdbStore(newUser());
    expect(await other.readDraft(TABLO)).toBeNull();
    await Promise.all([second.destroy(), other.destroy()]);
  });

  it('[R7] reads drafts of an earlier release, which have no time', async () => {
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
    const [here, there] = [await openIdbStore(user), await openIdbStore(user)];
    await here.writeDraft(draft('secret'));
    await here.destroy();
    await expect(async () => there.readDraft(TABLO)).rejects.toThrow();
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).not.toContain(databaseName(user));
  });
});

describe('a browser that fails', () => {
  it('[R7] goes on in memory when storage is refused, and says so', async () => {
    const store = await ResilientStore.open({ timeoutMs: 50, open: () => Promise.reject(failing('SecurityError')) });
    expect(store.state.get()).toMatchObject({ status: 'memory' });
    const id = createEntryId();
    await store.writeOutbox({ put: [record(id)] });
    expect(await store.readOutboxRecord(id)).not.toBeNull();
  });

  it('[R7] goes on in memory when storage never answers', async () => {
    const store = await ResilientStore.open({ timeoutMs: 20, open: () => new Promise(() => {}) });
    expect(store.state.get().status).toBe('memory');
    await store.writeDraft(draft('text'));
    expect(await store.readDraft(TABLO)).toEqual(draft('text'));
  });

  it('[R7] opens the database anew when it was closed behind our back', async () => {
    const user = newUser();
    const opened: IdbStore[] = [];
    const open = async () => {
      const store = await openIdbStore(user);
      opened.push(store);
      return store;
    };
    const store = await ResilientStore.open({ timeoutMs: 1_000, open });
    await store.writeDraft(draft('before'));
    await opened[0]!.close();
    const id = createEntryId();
    await Promise.all([store.writeOutbox({ put: [record(id)] }), store.readDraft(TABLO)]);
    expect(store.state.get().status).toBe('durable');
    expect(opened).toHaveLength(2);
    expect(await store.readDraft(TABLO)).toEqual(draft('before'));
    await store.destroy();
  });

  it('does not bring back what another tab has deleted', async () => {
    const user = newUser();
    const here = await ResilientStore.open({ timeoutMs: 1_000, open: () => openIdbStore(user) });
    const there = await ResilientStore.open({ timeoutMs: 1_000, open: () => openIdbStore(user) });
    await here.destroy();
    await there.writeDraft(draft('too late'));
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(databaseName(user));
  });

  it('[R8] makes room by dropping cached history before it gives up on a full disk', async () => {
    const user = newUser();
    const inner = await openIdbStore(user);
    let isFull = true;
    inner.clearRows = async () => {
      isFull = false;
    };
    const open = async () => breakable(inner, () => (isFull ? failing('QuotaExceededError') : null));
    const store = await ResilientStore.open({ timeoutMs: 1_000, open });
    await store.writeOutbox({ put: [record(createEntryId())] });
    expect(store.state.get().status).toBe('durable');
    expect(await inner.readOutbox()).toHaveLength(1);
    await store.destroy();
  });

  it('[R8] never throws into a send: a full disk turns to memory', async () => {
    const user = newUser();
    const open = async () => breakable(await openIdbStore(user), () => failing('QuotaExceededError'));
    const store = await ResilientStore.open({ timeoutMs: 1_000, open });
    const id = createEntryId();
    await store.writeOutbox({ put: [record(id)] });
    expect(store.state.get()).toMatchObject({ status: 'memory', message: expect.stringContaining('full') });
    expect(await store.readOutboxRecord(id)).not.toBeNull();
    await store.destroy();
    await deleteDB(databaseName(user));
  });
});
