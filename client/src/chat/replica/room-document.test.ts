import { createArrival, createMessage, ENTRIES_ROOT, type Entry } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import { expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { DEFAULT_TIMING } from '../base/timing.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { RoomDocument } from './room-document.ts';

const NAME = 'aaaaaaaa-0000-4000-8000-000000000001/1';
const [ALICE, BOB] = ['aaaaaaaa-0000-4000-8000-0000000000a1', 'aaaaaaaa-0000-4000-8000-0000000000b0'] as UserId[] as [
  UserId,
  UserId,
];

/** What one push adds to `doc`. */
function updateOf(doc: Y.Doc, entry: Entry): Uint8Array {
  const before = Y.encodeStateVector(doc);
  doc.getArray(ENTRIES_ROOT).push([entry]);
  return Y.encodeStateAsUpdate(doc, before);
}

it('[R5] a room document tells a late message together with the time that it is shown at, though what came before both is still on its way', () => {
  const told: (readonly Entry[])[] = [];
  const gap = vi.fn();
  const document = RoomDocument.create({
    name: NAME,
    store: new MemoryStore(),
    timing: DEFAULT_TIMING,
    isFirstTab: () => true,
    listener: { entries: (entries) => void told.push(entries), erased: () => {}, gap },
  });
  const server = new Y.Doc();
  const missed = createMessage({ author: BOB, sentAt: 1 }, 'while you were away');
  const late = createMessage({ author: ALICE, sentAt: 2 }, 'from a clock that is a day behind');
  const first = updateOf(server, missed);
  const arrival = createArrival([late.id], 90_000_000);
  const second = updateOf(server, arrival);
  const news = Y.mergeUpdates([second, updateOf(new Y.Doc(), late)]);
  Y.applyUpdate(document.doc, news, 'server');
  expect(told).toEqual([]);
  expect(gap).toHaveBeenCalledTimes(1);
  Y.applyUpdate(document.doc, first, 'server');
  expect(told.map((entries) => new Set(entries))).toEqual([new Set([missed, late, arrival])]);
  document.close();
});

it('[R8] [R10] a room document drops an own push that the server has taken out, and tells what others wrote although both come as one change', async () => {
  const told: (readonly Entry[])[] = [];
  const store = new MemoryStore();
  const options = { name: NAME, store, timing: DEFAULT_TIMING, isFirstTab: () => true };
  const document = RoomDocument.create({
    ...options,
    listener: { entries: (entries) => void told.push(entries), erased: () => {}, gap: () => {} },
  });
  const own = createMessage({ author: ALICE, sentAt: 1 }, 'refused');
  document.push([own]);
  const server = new Y.Doc();
  server.transact(() => {
    Y.applyUpdate(server, Y.encodeStateAsUpdate(document.doc));
    server.getArray(ENTRIES_ROOT).delete(0, 1);
  });
  const news = createMessage({ author: BOB, sentAt: 2 }, 'meanwhile');
  updateOf(server, news);
  Y.applyUpdate(document.doc, Y.encodeStateAsUpdate(server), 'server');
  expect(told).toEqual([[news]]);
  expect([...document.entries]).toEqual([news]);
  // Held until the reason is told, so that it is not pushed again meanwhile.
  expect([document.takenOut(), document.has(own.id)]).toEqual([[own.id], true]);
  document.confirm([own.id]);
  expect(document.has(own.id)).toBe(false);
  // What is stored is whole, and the text has left it.
  await document.save();
  document.close();
  const again = await RoomDocument.open({
    ...options,
    listener: { entries: () => {}, erased: () => {}, gap: () => {} },
  });
  expect([...again.entries]).toEqual([news]);
  expect(Buffer.concat(await store.readUpdates(NAME)).includes('refused')).toBe(false);
  again.close();
});

it('[R7] a room document opens what is stored when it ended between the server’s deletion of a refused push and its reason', async () => {
  const store = new MemoryStore();
  const options = { name: NAME, store, timing: DEFAULT_TIMING, isFirstTab: () => true };
  const listener = { entries: () => {}, erased: () => {}, gap: () => {} };
  const document = RoomDocument.create({ ...options, listener });
  const server = new Y.Doc();
  const old = createMessage({ author: BOB, sentAt: 1 }, 'stored long ago');
  Y.applyUpdate(document.doc, updateOf(server, old), 'server');
  await document.save();
  const refused = createMessage({ author: ALICE, sentAt: 2 }, 'refused');
  document.push([refused, createMessage({ author: ALICE, sentAt: 3 }, 'not confirmed yet')]);
  Y.applyUpdate(server, Y.encodeStateAsUpdate(document.doc));
  server.getArray(ENTRIES_ROOT).delete(1, 1);
  Y.applyUpdate(document.doc, Y.encodeStateAsUpdate(server), 'server');
  await document.save();
  document.close();
  const again = await RoomDocument.open({ ...options, listener });
  expect([...again.entries]).toEqual([old]);
  Y.applyUpdate(again.doc, Y.encodeStateAsUpdate(server), 'server');
  expect([again.hasGap, again.get(refused.id)]).toEqual([false, null]);
  again.close();
});

it('[R8] a room document tells which entries the server has taken out that were not on their way', () => {
  const gone: Entry[] = [];
  const document = RoomDocument.create({
    name: NAME,
    store: new MemoryStore(),
    timing: DEFAULT_TIMING,
    isFirstTab: () => true,
    listener: { entries: () => {}, erased: (entries) => void gone.push(...entries), gap: () => {} },
  });
  const [durable, held] = [1, 2].map((sentAt) => createMessage({ author: ALICE, sentAt }, `${sentAt}`)) as [
    Entry,
    never,
  ];
  const server = new Y.Doc();
  Y.applyUpdate(document.doc, updateOf(server, durable), 'server');
  document.push([held]);
  Y.applyUpdate(server, Y.encodeStateAsUpdate(document.doc));
  server.getArray(ENTRIES_ROOT).delete(0, 2);
  Y.applyUpdate(document.doc, Y.encodeStateAsUpdate(server), 'server');
  expect(gone).toEqual([durable]);
  document.close();
});
