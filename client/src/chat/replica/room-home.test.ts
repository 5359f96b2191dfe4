import { encodeDocumentName } from '@tablo/schema/document-name';
import { createMessage, ENTRIES_ROOT } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { beforeEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { DEFAULT_TIMING } from '../base/timing.ts';
import type { Link } from '../link/link.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { until } from '../testing/harness.ts';
import { RoomHome } from './room-home.ts';

const TABLO = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;

let opened: number;
let store: MemoryStore;
let home: RoomHome;

beforeEach(() => {
  opened = 0;
  store = new MemoryStore();
  const nothing = () => {};
  home = new RoomHome({
    tabloId: TABLO,
    store,
    timing: DEFAULT_TIMING,
    tabs: { isFirst: true },
    dispatch: nothing,
    takeStep: async () => {},
    links: {
      openLink: (): Link => {
        opened += 1;
        return {
          ...{ isReady: false, isReceiving: false, isUrgent: false },
          ...{ sendStateless: nothing, setPresence: nothing, rejoin: nothing, close: nothing },
        };
      },
      ...{ expireToken: nothing, noteReason: nothing, noteStorage: nothing },
    },
  });
});

/** Done when told to. */
function later() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isAsked = false;
  const act = () => {
    isAsked = true;
    return promise;
  };
  return { act, resolve, isAsked: () => isAsked };
}

it('[R8] what is to be done before the next join is, also during a move', async () => {
  await home.enter(1);
  await until(() => expect(opened).toBe(1));
  const [first, second] = [later(), later()];
  home.rehome('stored', first.act);
  await until(() => expect(first.isAsked()).toBe(true));
  home.rehome('stored', second.act);
  expect(home.isMoving).toBe(true);
  first.resolve();
  await until(() => expect(second.isAsked()).toBe(true));
  expect(opened).toBe(1);
  second.resolve();
  await until(() => expect(opened).toBe(2));
  await home.close();
});

it('[R8] what fails before a join does not stand in its way', async () => {
  await home.enter(1);
  const asked: string[] = [];
  home.rehome('empty', async () => {
    asked.push('one');
    throw new Error('the disk is full');
  });
  await until(() => expect(opened).toBe(2));
  expect(asked).toEqual(['one']);
  await home.close();
});

it('[R8] what was to be filled by the server alone stays so when something is to be prepared meanwhile', async () => {
  const doc = new Y.Doc();
  doc
    .getArray(ENTRIES_ROOT)
    .push([createMessage({ author: createEntryId() as string as UserId, sentAt: 1 }, 'refused')]);
  await store.appendUpdate(encodeDocumentName({ tabloId: TABLO, epoch: 1 }), Y.encodeStateAsUpdate(doc));
  await home.enter(1);
  expect(home.document?.messageCount).toBe(1);
  const first = later();
  home.rehome('stored', first.act);
  await until(() => expect(first.isAsked()).toBe(true));
  home.rehome('empty');
  home.rehome('stored', async () => {});
  first.resolve();
  await until(() => expect(opened).toBe(2));
  expect(home.document?.messageCount).toBe(0);
  await home.close();
});
