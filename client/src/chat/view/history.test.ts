import type { TimelineRow } from '@tablo/schema/timeline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api } from '../session/api.ts';
import { CachedTokens } from '../session/session.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer, fakeToken } from '../testing/fake-server.ts';
import {
  ALICE,
  BOB,
  closeDevices,
  FakeBrowser,
  fillArchive,
  openDevice,
  statusOf,
  texts,
  until,
} from '../testing/harness.ts';
import { History } from './history.ts';

let server: FakeServer;
let tablo: FakeTablo;
const TOTAL = 230;

/** A tablo whose live document is young: all but the last messages are rows. */
beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  tablo = server.addTablo('Archive', { [ALICE]: 'owner', [BOB]: 'member' });
  fillArchive(tablo, TOTAL);
});

afterEach(async () => {
  await closeDevices();
  await server.stop();
});

const rowTexts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `row ${from + index}`);

/** Begins again while what it has just fetched is being stored, as when the tablo moves to its next document. */
class RestartingStore extends MemoryStore {
  restart: (() => void) | null = null;

  override async writeRows(...args: Parameters<MemoryStore['writeRows']>): Promise<void> {
    await super.writeRows(...args);
    this.restart?.();
    this.restart = null;
  }
}

describe('history', () => {
  it('[R9] a page that was asked for before a change of documents says nothing about what is known after it', async () => {
    const store = new RestartingStore();
    const api = new Api({ baseUrl: server.url, tokens: new CachedTokens(async () => fakeToken(ALICE)) });
    const shown = new Map<string, TimelineRow>();
    const history = new History({
      tabloId: tablo.id,
      store,
      api,
      timeline: { documentStart: null, isDocumentComplete: false, shownRows: () => shown.values() },
      screen: {
        addRows: (rows) => {
          for (const row of rows) shown.set(row.id, row);
        },
        dropRows: () => {},
      },
      authors: { learnNames: () => {} },
    });
    for (let page = 0; page < 4; page += 1) await history.verify(null);
    store.restart = () => {
      history.restart();
      shown.clear();
    };
    await history.verify(null); // The oldest page, of before.
    expect(history.isComplete).toBe(false);
    await history.verify(null);
    expect([...shown.values()].map(({ text }) => text)).toEqual(rowTexts(180, 230));
  });

  it('[R9] shows the newest page, then older ones, until there are no more', async () => {
    const { chat } = await openDevice(server, ALICE);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(texts(room)).toEqual(rowTexts(180, 230)));
    expect(room.view.get().hasMore).toBe(true);
    await Promise.all([room.loadMore(), room.loadMore()]);
    await until(() => expect(texts(room)).toEqual(rowTexts(130, 230)));
    for (let page = 0; page < 3; page += 1) await room.loadMore();
    await until(() => expect(texts(room)).toEqual(rowTexts(0, 230)));
    expect(room.view.get().hasMore).toBe(false);
    expect(
      server.requests.filter((request) => !request.includes('after=') && request.includes('/messages')),
    ).toHaveLength(5);
  });

  it('[R9] a new message makes the window longer, not the reader lose the place', async () => {
    const { chat } = await openDevice(server, ALICE);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(texts(room)).toEqual(rowTexts(180, 230)));
    await room.send('newest');
    await until(() => expect(statusOf(room, 'newest')).toBe('sent'));
    expect(texts(room)).toEqual([...rowTexts(180, 230), 'newest']);
  });

  it('[R7] what was read once can be read again offline, page by page', async () => {
    const browser = new FakeBrowser();
    const first = await openDevice(server, ALICE, { browser });
    const room = first.chat.openRoom(tablo.id);
    await until(() => expect(texts(room)).toHaveLength(50));
    await room.loadMore();
    await room.send('newest');
    await until(() => expect(statusOf(room, 'newest')).toBe('sent'));
    await first.chat.close();
    await server.stop();
    const second = await openDevice(server, ALICE, { browser });
    const again = second.chat.openRoom(tablo.id);
    await until(() => expect(texts(again)).toEqual([...rowTexts(180, 230), 'newest']));
    await again.loadMore();
    await until(() => expect(texts(again)).toEqual([...rowTexts(130, 230), 'newest']));
    await again.loadMore();
    expect(texts(again)).toEqual([...rowTexts(130, 230), 'newest']);
    expect(again.view.get().hasMore).toBe(true);
    expect((await again.search('ROW 13 ')).messages.map(({ text }) => text)).toEqual([
      'row 213',
      ...rowTexts(130, 140).reverse(),
    ]);
  });

  it.each([
    ['in the middle', 'row 200', 'row 229'],
    ['the newest', 'row 229', 'row 228'],
  ])(
    '[R5] a cached message that was deleted meanwhile (%s) is gone when the server has been asked',
    async (_where, text, newest) => {
      const browser = new FakeBrowser();
      const first = await openDevice(server, ALICE, { browser });
      const room = first.chat.openRoom(tablo.id);
      await until(() => expect(texts(room)).toHaveLength(50));
      await first.chat.close();
      const gone = [...tablo.durable.values()].find(({ entry }) => 'text' in entry && entry.text === text)!;
      gone.isDeleted = true;
      const second = await openDevice(server, ALICE, { browser });
      const again = second.chat.openRoom(tablo.id);
      await until(() => expect(texts(again)).toContain(newest));
      await until(() => expect(texts(again)).not.toContain(text));
      expect(await browser.store.readRows(tablo.id, null, 999)).toHaveLength(50);
    },
  );
});

describe('the documents on this device', () => {
  it('[R9] steady traffic is merged, and reading alone writes nothing', async () => {
    const young = server.addTablo('Busy', { [ALICE]: 'owner' });
    const browser = new FakeBrowser();
    const first = await openDevice(server, ALICE, { browser, timing: { compactRows: 10, updateSaveMs: 1 } });
    const room = first.chat.openRoom(young.id);
    const document = `${young.id}/1`;
    let most = 0;
    for (let index = 0; index < 60; index += 1) {
      await room.send(`message ${index}`);
      await until(() => expect(statusOf(room, `message ${index}`)).toBe('sent'));
      most = Math.max(most, (await browser.store.readUpdates(document)).length);
    }
    expect(most).toBeLessThanOrEqual(11);
    await first.chat.close();
    const before = await browser.store.readUpdates(document);
    for (let visit = 0; visit < 3; visit += 1) {
      const { chat } = await openDevice(server, ALICE, { browser });
      const again = chat.openRoom(young.id);
      await until(() => expect(chat.connection.get().status).toBe('online'));
      expect(texts(again)).toHaveLength(50);
      await chat.close();
    }
    expect(await browser.store.readUpdates(document)).toEqual(before);
  });

  it('[R7] one that cannot be read is fetched anew, and nothing unsent is lost', async () => {
    const young = server.addTablo('Damaged', { [ALICE]: 'owner' });
    const browser = new FakeBrowser();
    const first = await openDevice(server, ALICE, { browser });
    const room = first.chat.openRoom(young.id);
    await until(() => expect(first.chat.connection.get().status).toBe('online'));
    await room.send('kept');
    await until(() => expect(statusOf(room, 'kept')).toBe('sent'));
    first.environment.goOffline();
    await room.send('unsent');
    await first.chat.close();
    await browser.store.replaceUpdates(`${young.id}/1`, () => new Uint8Array([1, 2, 3, 255, 255]));
    const second = await openDevice(server, ALICE, { browser });
    const again = second.chat.openRoom(young.id);
    await until(() => expect(texts(again)).toEqual(['kept', 'unsent']));
    await until(() => expect(statusOf(again, 'unsent')).toBe('sent'));
  });
});
