import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatCommands } from '../hooks/chat-commands.ts';
import { MemoryStore } from './store/memory-store.ts';
import { FakeEnvironment } from './testing/fake-environment.ts';
import type { FakeTablo } from './testing/fake-server.ts';
import { FakeServer } from './testing/fake-server.ts';
import {
  ALICE,
  BOB,
  closeDevices,
  FakeBrowser,
  find,
  openDevice,
  statusOf,
  texts,
  unreadOf,
  until,
} from './testing/harness.ts';

let server: FakeServer;
let tablo: FakeTablo;

beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
});

afterEach(async () => {
  await closeDevices();
  await server.stop();
});

describe('two people', () => {
  it('[R1] a message is pending, then sent, and the other sees it', async () => {
    const alice = await openDevice(server, ALICE);
    const bob = await openDevice(server, BOB);
    const [here, there] = [alice.chat.openRoom(tablo.id), bob.chat.openRoom(tablo.id)];
    await until(() => expect(alice.chat.connection.get().status).toBe('online'));
    await here.send('Soup is ready');
    await until(() => expect(statusOf(here, 'Soup is ready')).toBe('sent'));
    await until(() => expect(statusOf(there, 'Soup is ready')).toBe('sent'));
    expect(server.documentLength(tablo)).toBe(1);
    expect(await alice.chat.countUnsent()).toBe(0);
  });

  it('[R1] nothing shows as sent while the server has not committed it', async () => {
    const alice = await openDevice(server, ALICE);
    const bob = await openDevice(server, BOB);
    const [here, there] = [alice.chat.openRoom(tablo.id), bob.chat.openRoom(tablo.id)];
    await until(() => expect(bob.chat.connection.get().status).toBe('online'));
    await until(() => expect(alice.chat.connection.get().status).toBe('online'));
    let release = () => {};
    server.hold = new Promise((resolve) => {
      release = resolve;
    });
    await here.send('Not yet');
    await until(() => expect(server.updates).toBe(1));
    expect(statusOf(here, 'Not yet')).toBe('pending');
    expect(texts(there)).toEqual([]);
    release();
    await until(() => expect(statusOf(here, 'Not yet')).toBe('sent'));
    await until(() => expect(texts(there)).toEqual(['Not yet']));
  });
});

describe('offline', () => {
  it('[R7] an offline chat opens, shows and takes messages with no server, and delivers when it is there', async () => {
    const browser = new FakeBrowser();
    const first = await openDevice(server, ALICE, { browser });
    const room = first.chat.openRoom(tablo.id);
    await until(() => expect(first.chat.connection.get().status).toBe('online'));
    await room.send('Before');
    await until(() => expect(statusOf(room, 'Before')).toBe('sent'));
    await first.chat.close();
    await server.stop();

    const second = await openDevice(server, ALICE, { browser });
    const again = second.chat.openRoom(tablo.id);
    expect(second.chat.channels.get().channels.map(({ name }) => name)).toEqual(['Kitchen']);
    await until(() => expect(texts(again)).toEqual(['Before']));
    await again.send('While away');
    await until(() => expect(second.chat.connection.get().status).toBe('offline'));
    expect(statusOf(again, 'While away')).toBe('pending');
    await second.chat.close();

    await server.start();
    const third = await openDevice(server, ALICE, { browser });
    const last = third.chat.openRoom(tablo.id);
    await until(() => expect(statusOf(last, 'While away')).toBe('sent'));
    expect(texts(last)).toEqual(['Before', 'While away']);
    expect(server.entriesOf(tablo)).toHaveLength(2);
  });

  it('[R7] what a room shows is up to date when the server has answered since it was opened, and not before', async () => {
    const browser = new FakeBrowser();
    const first = await openDevice(server, ALICE, { browser });
    const room = first.chat.openRoom(tablo.id);
    await room.send('Before');
    await until(() => expect(room.view.get().isUpToDate).toBe(true));
    await until(() => expect(statusOf(room, 'Before')).toBe('sent'));
    await first.chat.close();
    await server.stop();

    const second = await openDevice(server, ALICE, { browser });
    const again = second.chat.openRoom(tablo.id);
    await until(() => expect(texts(again)).toEqual(['Before']));
    await until(() => expect(second.chat.connection.get().status).toBe('offline'));
    expect(again.view.get().isUpToDate).toBe(false);
    await server.start();
    await until(() => expect(again.view.get().isUpToDate).toBe(true));
    again.release();
    const reopened = second.chat.openRoom(tablo.id);
    expect(reopened.view.get().isUpToDate).toBe(false);
    await until(() => expect(reopened.view.get().isUpToDate).toBe(true));
    await second.chat.close();
  });

  it('[R7] a device without network says so at once, keeps what is written and sends it when the network is back', async () => {
    const { chat, environment } = await openDevice(server, ALICE);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    environment.goOffline();
    expect(chat.connection.get().status).toBe('offline');
    await room.send('On the train');
    expect(statusOf(room, 'On the train')).toBe('pending');
    environment.goOnline();
    await until(() => expect(statusOf(room, 'On the train')).toBe('sent'));
    expect(chat.connection.get().status).toBe('online');
  });

  it('[R4] what was committed while the answer got lost is not sent twice', async () => {
    const environment = new FakeEnvironment();
    const { chat } = await openDevice(server, ALICE, { environment });
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    let release = () => {};
    server.hold = new Promise((resolve) => {
      release = resolve;
    });
    await room.send('Once');
    await until(() => expect(server.updates).toBe(1));
    environment.goOffline();
    server.hold = null;
    release();
    await until(() => expect(server.entriesOf(tablo)).toHaveLength(1));
    expect(statusOf(room, 'Once')).toBe('pending');
    environment.goOnline();
    await until(() => expect(statusOf(room, 'Once')).toBe('sent'));
    expect(server.entriesOf(tablo)).toHaveLength(1);
    expect(server.documentLength(tablo)).toBe(1);
  });

  it('[R11] an offline chat comes back by itself when the server was away', async () => {
    const { chat } = await openDevice(server, ALICE);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    await server.stop();
    await room.send('Into the void');
    await until(() => expect(chat.connection.get().status).toBe('offline'));
    await server.start();
    await until(() => expect(statusOf(room, 'Into the void')).toBe('sent'));
    await until(() => expect(chat.connection.get().status).toBe('online'));
  });
});

describe('many tablos', () => {
  it('[R7] the chat joins 150 tablos over one socket of a server that takes 100 waiting ones', async () => {
    for (let index = 0; index < 149; index += 1) server.addTablo(`Tablo ${index}`, { [ALICE]: 'member' });
    const { chat } = await openDevice(server, ALICE, { timing: { joinTimeoutMs: 5_000 } });
    await until(() => expect(chat.channels.get().channels).toHaveLength(150));
    const all = [...server.tablos.values()];
    await until(() => expect(all.filter((one) => server.connections(one) === 1)).toHaveLength(150), 15_000);
    expect({ joins: server.joins, isBounded: server.maxPending <= 50 }).toEqual({ joins: 150, isBounded: true });
    const last = all.at(-1) as FakeTablo;
    await server.post(last, BOB, 'Anyone?');
    await until(() =>
      expect(chat.channels.get().channels[0]).toMatchObject({
        id: last.id,
        unreadCount: 1,
        lastMessage: { text: 'Anyone?' },
      }),
    );
  });

  it('[R6] a tablo we are taken out of is closed and leaves the list, what is on the screen stays readable', async () => {
    const { chat } = await openDevice(server, BOB);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    await server.post(tablo, ALICE, 'Goodbye');
    await until(() => expect(texts(room)).toEqual(['Goodbye']));
    tablo.members.delete(BOB);
    server.cut(tablo, 'forbidden');
    await until(() => expect(room.view.get().closed?.code).toBe('forbidden'));
    expect(texts(room)).toEqual(['Goodbye']);
    await until(() => expect(chat.channels.get().channels).toEqual([]));
  });

  it('[R8] what a removed member wrote offline comes back as not delivered, though the tablo is not open', async () => {
    const browser = new FakeBrowser();
    const first = await openDevice(server, BOB, { browser });
    const room = first.chat.openRoom(tablo.id);
    await until(() => expect(first.chat.connection.get().status).toBe('online'));
    await server.stop();
    await room.send('On the train');
    await first.chat.close();
    tablo.members.delete(BOB);
    await server.start();
    const second = await openDevice(server, BOB, { browser });
    await until(() => expect(second.chat.connection.get().status).toBe('online'));
    const again = second.chat.openRoom(tablo.id);
    await until(() => expect(statusOf(again, 'On the train')).toBe('refused'));
    expect(second.chat.channels.get().channels.map(({ id }) => id)).toEqual([tablo.id]);
    expect(server.entriesOf(tablo)).toEqual([]);
  });

  it('[R8] what a removed member had only typed keeps the tablo in the list, until they discard it or leave', async () => {
    const device = await openDevice(server, BOB);
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(device.chat.connection.get().status).toBe('online'));
    room.setDraft('half a sentence');
    room.release();
    tablo.members.delete(BOB);
    server.cut(tablo, 'forbidden');
    const listed = () => device.chat.channels.get().channels.map(({ id, hasDraft }) => ({ id, hasDraft }));
    const again = device.chat.openRoom(tablo.id);
    await until(() => expect(again.view.get().closed?.code).toBe('forbidden'));
    expect(again.draft.get()).toBe('half a sentence');
    await until(() => expect(listed()).toEqual([{ id: tablo.id, hasDraft: true }]));
    again.setDraft('');
    device.environment.fire('visible');
    await until(() => expect(listed()).toEqual([]));
  });

  it('[R8] the chat also keeps listed what was typed before a restart, in whatever order drafts are read; and nothing there counts as unread', async () => {
    const browser = new FakeBrowser();
    const first = await openDevice(server, BOB, { browser });
    await until(() => expect(first.chat.connection.get().status).toBe('online'));
    const room = first.chat.openRoom(tablo.id);
    room.setDraft('half a sentence');
    room.release();
    await server.post(tablo, ALICE, 'not read');
    await until(() => expect(unreadOf(first, tablo)).toBe(1));
    await first.chat.close();
    tablo.members.delete(BOB);
    const readDraft = browser.store.readDraft.bind(browser.store);
    let read = () => {};
    const isSlow = new Promise<void>((resolve) => {
      read = resolve;
    });
    browser.store.readDraft = async (id) => {
      await isSlow;
      return readDraft(id);
    };
    const second = await openDevice(server, BOB, { browser });
    const asked = server.requests.length;
    second.environment.fire('visible');
    await until(() => expect(server.requests.length).toBeGreaterThan(asked));
    read();
    await until(() => expect(second.chat.openRoom(tablo.id).view.get().closed?.code).toBe('forbidden'));
    // The list's answer may come after the denial of the document.
    await until(() =>
      expect(second.chat.channels.get().channels).toMatchObject([{ id: tablo.id, hasDraft: true, unreadCount: 0 }]),
    );
  });

  it('what was typed in a tablo that one leaves goes with it, in another tab as well', async () => {
    const browser = new FakeBrowser();
    const [first, second] = [await openDevice(server, BOB, { browser }), await openDevice(server, BOB, { browser })];
    for (const { chat } of [first, second]) await until(() => expect(chat.connection.get().status).toBe('online'));
    first.chat.openRoom(tablo.id).setDraft('half a sentence');
    const there = second.chat.openRoom(tablo.id);
    await until(() => expect(there.draft.get()).toBe('half a sentence'));
    await first.chat.leaveTablo(tablo.id);
    for (const { chat } of [first, second]) await until(() => expect(chat.channels.get().channels).toEqual([]));
    expect(await first.chat.countDrafts()).toBe(0);
  });

  it('[R8] what a removed member tries again, or had just written, comes back with the reason each time', async () => {
    const { chat } = await openDevice(server, BOB);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    tablo.members.delete(BOB);
    server.cut(tablo, 'forbidden');
    await until(() => expect(room.view.get().closed?.code).toBe('forbidden'));
    await until(() => expect(chat.channels.get().channels).toEqual([]));
    const id = await room.send('just too late');
    await until(() => expect(statusOf(room, 'just too late')).toBe('refused'));
    await room.retry(id);
    await until(() =>
      expect(find(room, 'just too late')?.delivery).toMatchObject({
        status: 'refused',
        refusal: { code: 'forbidden' },
      }),
    );
  });

  it('[R8] what was written in a tablo that nobody knows of any more is shown, and can be discarded', async () => {
    const browser = new FakeBrowser();
    const first = await openDevice(server, BOB, { browser });
    const room = first.chat.openRoom(tablo.id);
    await until(() => expect(first.chat.connection.get().status).toBe('online'));
    await server.stop();
    const id = await room.send('the only copy');
    await first.chat.close();
    // The browser has emptied what can be fetched again; and it cannot be any more.
    await browser.store.writeChannels({ remove: [tablo.id] });
    tablo.members.delete(BOB);
    await server.start();
    const { chat } = await openDevice(server, BOB, { browser });
    await until(() => expect(chat.channels.get().channels.map((channel) => channel.id)).toEqual([tablo.id]));
    const again = chat.openRoom(tablo.id);
    await until(() => expect(statusOf(again, 'the only copy')).toBe('refused'));
    await again.discard(id);
    chat.reconnect();
    await until(() => expect(chat.channels.get().channels).toEqual([]));
    expect(await chat.countUnsent()).toBe(0);
  });

  it('[R8] leaving a tablo does not hide what was not delivered there', async () => {
    const { chat } = await openDevice(server, BOB);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    server.judge = () => ({ code: 'invalid-update' });
    await room.send('bad');
    await until(() => expect(statusOf(room, 'bad')).toBe('refused'));
    await chat.leaveTablo(tablo.id);
    await until(() => expect(room.view.get().closed?.code).toBe('forbidden'));
    chat.reconnect();
    await until(() => expect(chat.connection.get().status).not.toBe('connecting'));
    expect(chat.channels.get().channels).toMatchObject([{ id: tablo.id, name: 'Kitchen' }]);
  });

  it('[R5] somebody’s clock that is years ahead takes nobody’s with it', async () => {
    const { chat } = await openDevice(server, ALICE);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    await server.post(tablo, BOB, 'from the end of time', 8.64e15);
    await until(() => expect(texts(room)).toEqual(['from the end of time']));
    const before = Date.now();
    await room.send('from today');
    await until(() => expect(statusOf(room, 'from today')).toBe('sent'));
    const sentAt = server.entriesOf(tablo).find((entry) => 'text' in entry && entry.text === 'from today')?.sentAt;
    expect(sentAt).toBeGreaterThanOrEqual(before);
    expect(sentAt).toBeLessThan(before + 60_000);
    expect(texts(room)).toEqual(['from the end of time', 'from today']);
  });

  it('a tablo created elsewhere and one created here appear without a reload', async () => {
    const { chat } = await openDevice(server, ALICE);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    const id = await chat.createTablo('Mine');
    const room = chat.openRoom(id);
    await room.send('First');
    await until(() => expect(statusOf(room, 'First')).toBe('sent'));
    server.addTablo('Garden', { [ALICE]: 'member' });
    server.tell(tablo, { type: 'changed' });
    await until(() => expect(chat.channels.get().channels.map(({ name }) => name)).toContain('Garden'));
  });
});

describe('unread', () => {
  it('[R10] the chat counts what others write, live and while away, and forgets what is read or deleted', async () => {
    await server.post(tablo, ALICE, 'One');
    const bob = await openDevice(server, BOB);
    await until(() => expect(unreadOf(bob, tablo)).toBe(1));
    await server.post(tablo, ALICE, 'Two');
    await until(() => expect(unreadOf(bob, tablo)).toBe(2));
    const room = bob.chat.openRoom(tablo.id);
    await until(() => expect(texts(room)).toEqual(['One', 'Two']));
    expect(room.view.get().firstUnreadId).toBe(room.view.get().messages[0]?.id);
    room.markRead();
    await until(() => expect(unreadOf(bob, tablo)).toBe(0));
    await until(() => expect(tablo.readSeq.get(BOB)).toBe(2));
    await room.send('Mine');
    await until(() => expect(statusOf(room, 'Mine')).toBe('sent'));
    expect(unreadOf(bob, tablo)).toBe(0);
    expect(room.view.get().firstUnreadId).toBeNull();
  });

  it('[R10] markAsRead of a page that has just opened counts once the tablo has loaded, though nobody holds it any more', async () => {
    await server.post(tablo, ALICE, 'One');
    await server.post(tablo, ALICE, 'Two');
    const browser = new FakeBrowser();
    const markAtOnce = async () => {
      const bob = await openDevice(server, BOB, { browser });
      createChatCommands({ chat: bob.chat, whenOpen: async () => bob.chat }, tablo.id).markAsRead();
      return bob;
    };
    const first = await markAtOnce();
    await until(() => expect(tablo.readSeq.get(BOB)).toBe(2));
    expect(unreadOf(first, tablo)).toBe(0);
    await first.chat.close();

    // This device knows the tablo by now, and not what came meanwhile.
    await server.post(tablo, ALICE, 'Three');
    const second = await markAtOnce();
    await until(() => expect(tablo.readSeq.get(BOB)).toBe(3));
    expect(unreadOf(second, tablo)).toBe(0);
    // What comes after that is new.
    await server.post(tablo, ALICE, 'Four');
    await until(() => expect(unreadOf(second, tablo)).toBe(1));
  });

  it('[R10] markAsRead that nothing answers in time lapses: the tablo is let go of, and what is found there later is unread', async () => {
    await server.post(tablo, ALICE, 'One');
    await server.stop();
    const store = new MemoryStore();
    const forgotten = vi.spyOn(store, 'forgetTablo');
    const timing = { dismissalKeptMs: 50 };
    const bob = await openDevice(server, BOB, { browser: new FakeBrowser(store), timing });
    createChatCommands({ chat: bob.chat, whenOpen: async () => bob.chat }, tablo.id).markAsRead();
    expect(forgotten).not.toHaveBeenCalled();
    await until(() => expect(forgotten).toHaveBeenCalledWith(tablo.id));
    await server.start();
    await until(() => expect(unreadOf(bob, tablo)).toBe(1));
    expect(tablo.readSeq.get(BOB) ?? 0).toBe(0);
  });

  it('[R7] marking read works offline and is reported later', async () => {
    const bob = await openDevice(server, BOB);
    const room = bob.chat.openRoom(tablo.id);
    await until(() => expect(bob.chat.connection.get().status).toBe('online'));
    await server.post(tablo, ALICE, 'Read me');
    await until(() => expect(unreadOf(bob, tablo)).toBe(1));
    await server.stop();
    room.markRead();
    await until(() => expect(unreadOf(bob, tablo)).toBe(0));
    await bob.chat.close();
    await server.start();
    const again = await openDevice(server, BOB, { browser: bob.browser });
    await until(() => expect(tablo.readSeq.get(BOB)).toBe(1));
    expect(unreadOf(again, tablo)).toBe(0);
  });

  it('[R10] a position whose report fails is reported again soon, without the list being asked', async () => {
    const alice = await openDevice(server, ALICE);
    const room = alice.chat.openRoom(tablo.id);
    await until(() => expect(alice.chat.connection.get().status).toBe('online'));
    await server.post(tablo, BOB, 'Read me');
    await until(() => expect(unreadOf(alice, tablo)).toBe(1));
    server.failingReads = 3;
    room.markRead();
    await until(() => expect(tablo.readSeq.get(ALICE)).toBe(1));
    expect(server.failingReads).toBe(0);
  });

  it('[R10] another device having read is heard of', async () => {
    const bob = await openDevice(server, BOB);
    await until(() => expect(bob.chat.connection.get().status).toBe('online'));
    await server.post(tablo, ALICE, 'Hello');
    await until(() => expect(unreadOf(bob, tablo)).toBe(1));
    server.tell(tablo, { type: 'read', seq: 1 });
    await until(() => expect(unreadOf(bob, tablo)).toBe(0));
  });
});
