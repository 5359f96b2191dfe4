import 'fake-indexeddb/auto';
import { createMessage } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { expect, it, onTestFinished } from 'vitest';
import { IndexeddbPersistence } from 'y-indexeddb';
import * as Y from 'yjs';
import { MemoryStore } from '../store/memory-store.ts';
import { Tabs } from '../store/tabs.ts';
import { Outbox } from './outbox.ts';
import { takeOverYIndexedDb } from './y-indexeddb-rows.ts';

const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const BOB = 'bbbbbbbb-0000-4000-8000-0000000000b2' as UserId;

async function openOutbox(store: MemoryStore): Promise<Outbox> {
  const tabs = new Tabs({ owner: ALICE, openChannel: () => null });
  onTestFinished(() => tabs.close());
  return Outbox.open(store, tabs, 1_000);
}

/** What the real package has stored. */
async function storeByYIndexedDb(name: string, entries: readonly object[]): Promise<void> {
  const doc = new Y.Doc();
  const persistence = new IndexeddbPersistence(name, doc);
  await persistence.whenSynced;
  for (const entry of entries) doc.getArray('messages').push([entry]);
  await persistence.destroy();
  doc.destroy();
}

it('[R8] what was written offline with y-indexeddb is unsent here, once, and others’ entries are left to the server', async () => {
  const tablo = createEntryId() as string as TabloId;
  const own = [1, 2].map((sentAt) => createMessage({ author: ALICE, sentAt }, `written offline, ${sentAt}`));
  const theirs = createMessage({ author: BOB, sentAt: 3 }, 'by bob');
  await storeByYIndexedDb(`${tablo}/4`, [...own, theirs, { kind: 'nonsense' }]);
  await storeByYIndexedDb('somebody else’s database', [own[0]!]);
  const store = new MemoryStore();
  const outbox = await openOutbox(store);
  await takeOverYIndexedDb(ALICE, store, outbox);
  expect(outbox.list(tablo).map(({ entry }) => entry)).toEqual(own);

  // Durable by now: the next start does not bring them back.
  outbox.settle(
    tablo,
    own.map(({ id }) => id),
    { stamp: () => ({ id: createEntryId(), author: ALICE, sentAt: 1 }), id: () => createEntryId() },
  );
  await takeOverYIndexedDb(ALICE, store, outbox);
  expect(outbox.list(tablo)).toEqual([]);
});

it('a database that cannot be read stops nothing', async () => {
  const tablo = createEntryId() as string as TabloId;
  await new Promise((resolve) => {
    const request = indexedDB.open(`${tablo}/1`);
    request.onupgradeneeded = () =>
      request.result.createObjectStore('updates', { autoIncrement: true }).add(Uint8Array.of(9, 9));
    request.onsuccess = () => {
      request.result.close();
      resolve(null);
    };
  });
  const store = new MemoryStore();
  const outbox = await openOutbox(store);
  await takeOverYIndexedDb(ALICE, store, outbox);
  expect(outbox.list(tablo)).toEqual([]);
});
