import { createEntryId, type EntryId, type UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer } from '../testing/fake-server.ts';
import {
  ALICE,
  BOB,
  closeDevices,
  FakeBrowser,
  fillArchive,
  find,
  openDevice,
  statusOf,
  texts,
  unreadOf,
  until,
} from '../testing/harness.ts';

const TOTAL = 600;

let server: FakeServer;
let tablo: FakeTablo;
let ids: EntryId[];

/** A tablo whose live document is young: all but the last messages are rows. */
beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  tablo = server.addTablo('Archive', { [ALICE]: 'owner', [BOB]: 'member' });
  // Some share a time: among them the id decides.
  ids = fillArchive(tablo, TOTAL, { sentAfter: (nth) => Math.floor(nth / 3) * 3_000 });
});
afterEach(async () => {
  await closeDevices();
  await server.stop();
});

const id = (nth: number) => ids[nth] as EntryId;
const rowTexts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `row ${from + index}`);

/** Of two with the same time the id decides. */
async function postInOrder(...words: readonly string[]): Promise<EntryId[]> {
  const start = Date.now();
  const posted: EntryId[] = [];
  for (const [nth, text] of words.entries()) posted.push(await server.post(tablo, BOB, text, start + nth));
  return posted;
}

async function openRoom(browser = new FakeBrowser()) {
  const device = await openDevice(server, ALICE, { browser });
  const room = device.chat.openRoom(tablo.id);
  await until(() => expect(texts(room)).toEqual(rowTexts(550, 600)));
  return { ...device, room };
}

describe('the way to a message', () => {
  it('[R9] shows what stands around it, however far away, and leads back', async () => {
    const { room } = await openRoom();
    expect(await room.reach(id(100))).toBe('here');
    await until(() => expect(texts(room)).toEqual(rowTexts(50, 150)));
    expect(room.view.get()).toMatchObject({ hasNewer: true, hasMore: true });
    await room.loadMore();
    await until(() => expect(texts(room)).toEqual(rowTexts(0, 150)));
    await until(() => expect(room.view.get().isAtBeginning).toBe(true));
    room.showLatest();
    await until(() => expect(texts(room)).toEqual(rowTexts(550, 600)));
    expect(room.view.get().hasNewer).toBe(false);
  });

  it('[R4] page by page leads to the newest ones, none lost and none twice, and stays one stretch from then on', async () => {
    const { room, browser } = await openRoom();
    await room.reach(id(300));
    await server.post(tablo, BOB, 'written meanwhile');
    await until(() => expect(texts(room)).toEqual(rowTexts(250, 350)));
    for (let page = 0; page < 10 && room.view.get().hasNewer; page += 1) {
      await room.loadNewer();
      const all = room.view.get().messages.map((message) => message.id);
      expect(new Set(all).size).toBe(all.length);
    }
    await until(() => expect(texts(room)).toEqual([...rowTexts(250, 600), 'written meanwhile']));
    await room.loadMore();
    await until(() => expect(texts(room)).toEqual([...rowTexts(200, 600), 'written meanwhile']));
    // Without a gap, it may be kept.
    expect((await browser.store.readRows(tablo.id, null, 9_999)).map(({ text }) => text)).toEqual(rowTexts(200, 600));
  });

  it('[R7] keeps nothing on the device as long as messages are missing in between', async () => {
    const { room, browser } = await openRoom();
    await room.reach(id(100));
    expect(await browser.store.readRows(tablo.id, null, 9_999)).toHaveLength(50);
  });

  it('[R9] to one just above what is here makes that longer', async () => {
    const { room } = await openRoom();
    expect(await room.reach(id(530))).toBe('here');
    await until(() => expect(texts(room)).toEqual(rowTexts(505, 600)));
    expect(room.view.get().hasNewer).toBe(false);
  });

  it('[R5] shows there what is written to those messages meanwhile, also over a change of documents', async () => {
    const { room } = await openRoom();
    await room.reach(id(100));
    await until(() => expect(find(room, 'row 100')).not.toBeNull());
    await room.react(id(100), '👍', true);
    await until(() => expect(find(room, 'row 100')?.reactions).toMatchObject([{ emoji: '👍', users: [ALICE] }]));
    const gone = tablo.durable.get(id(101));
    if (gone !== undefined) gone.isDeleted = true;
    server.moveEpoch(tablo);
    await until(() => expect(texts(room)).not.toContain('row 101'));
    expect(texts(room)).toContain('row 100');
    expect(room.view.get().hasNewer).toBe(true);
  });

  it('[R8] does not lose what is written from there', async () => {
    const { room } = await openRoom();
    await room.reach(id(100));
    await room.send('from far back');
    room.showLatest();
    await until(() => expect(statusOf(room, 'from far back')).toBe('sent'));
    expect(texts(room)).toEqual([...rowTexts(550, 600), 'from far back']);
  });

  it('[R8] lets an edit that was begun there end elsewhere', async () => {
    const own = tablo.durable.get(id(100));
    if (own?.entry.kind === 'message') own.entry = { ...own.entry, author: ALICE };
    const { room } = await openRoom();
    await room.reach(id(100));
    room.showLatest();
    await until(() => expect(texts(room)).toEqual(rowTexts(550, 600)));
    await room.edit(id(100), 'row 100, put right', true);
    await room.reach(id(100));
    await until(() => expect(texts(room)).toContain('row 100, put right'));
  });

  it('[R8] is not needed to save an edit that was begun there before a reload; another’s message is nobody’s to edit', async () => {
    const own = tablo.durable.get(id(100));
    if (own?.entry.kind === 'message') own.entry = { ...own.entry, author: ALICE };
    const { room } = await openRoom();
    await room.edit(id(100), 'row 100, put right', true);
    await until(() =>
      expect(server.entriesOf(tablo)).toContainEqual(expect.objectContaining({ kind: 'edit', target: id(100) })),
    );
    await expect(room.edit(id(599), 'row 599, put right')).rejects.toMatchObject({ code: 'not-your-entry' });
  });

  it('says what is gone, what never was, and what cannot be had', async () => {
    const { room, environment } = await openRoom();
    const deleted = tablo.durable.get(id(100));
    if (deleted !== undefined) deleted.isDeleted = true;
    expect(await room.reach(id(100))).toBe('gone');
    expect(await room.reach(createEntryId())).toBe('gone');
    expect(texts(room)).toEqual(rowTexts(550, 600));
    environment.goOffline();
    await server.stop();
    expect(await room.reach(id(200))).toBe('unreachable');
    expect(texts(room)).toEqual(rowTexts(550, 600));
  });

  it('[R7] leads without the server to what this device has', async () => {
    const browser = new FakeBrowser();
    const first = await openRoom(browser);
    for (let page = 0; page < 3; page += 1) await first.room.loadMore();
    await until(() => expect(texts(first.room)).toEqual(rowTexts(400, 600)));
    await first.chat.close();
    await server.stop();
    const again = await openRoom(browser);
    expect(await again.room.reach(id(420))).toBe('here');
    await until(() => expect(texts(again.room)).toEqual(rowTexts(400, 600).slice(0)));
  });

  it('[R5] names whoever wrote or reacted there and is no member any more, as somebody who has left', async () => {
    const carol = 'cccccccc-0000-4000-8000-0000000000c3' as UserId;
    const row = tablo.durable.get(id(100));
    if (row?.entry.kind === 'message') row.entry = { ...row.entry, author: carol };
    const { room } = await openRoom();
    expect(room.names.get().of(carol).hasLeft).toBe(false);
    expect(await room.reach(id(100))).toBe('here');
    await until(() => expect(room.names.get().of(carol)).toMatchObject({ hasLeft: true }));
  });

  it('that was asked for last counts', async () => {
    const { room } = await openRoom();
    const outcomes = await Promise.all([room.reach(id(100)), room.reach(id(200))]);
    expect(outcomes).toEqual(['superseded', 'here']);
    await until(() => expect(texts(room)).toEqual(rowTexts(150, 250)));
  });

  it('that was asked for last counts also while what was found before is being stored', async () => {
    const { room, browser } = await openRoom();
    const write = browser.store.writeRows.bind(browser.store);
    const { promise: mayStore, resolve: store } = Promise.withResolvers<void>();
    const { promise: isStoring, resolve: noteStoring } = Promise.withResolvers<void>();
    browser.store.writeRows = async (...given) => {
      noteStoring();
      await mayStore;
      return write(...given);
    };
    const first = room.reach(id(530));
    await isStoring;
    browser.store.writeRows = write;
    expect(await room.reach(id(100))).toBe('here');
    await until(() => expect(texts(room)).toEqual(rowTexts(50, 150)));
    store();
    expect(await first).toBe('superseded');
    expect(texts(room)).toEqual(rowTexts(50, 150));
    expect(room.view.get().hasNewer).toBe(true);
  });
});

describe('the first new message', () => {
  it('[R10] is found, with its time, however many there are; and what was deleted or is our own is none', async () => {
    tablo.readSeq.set(ALICE, 10);
    const own = tablo.durable.get(id(10));
    if (own?.entry.kind === 'message') own.entry = { ...own.entry, author: ALICE };
    const deleted = tablo.durable.get(id(11));
    if (deleted !== undefined) deleted.isDeleted = true;
    const { room } = await openRoom();
    const first = tablo.durable.get(id(12))?.entry.sentAt;
    await until(() =>
      expect(room.view.get()).toMatchObject({ hasUnseen: true, firstUnreadId: id(12), firstUnreadAt: first }),
    );
    expect(await room.reachFirstUnread()).toBe('here');
    await until(() => expect(texts(room).slice(0, 12)).toEqual([...rowTexts(0, 11), 'row 12']));
    room.dismissNew();
    await until(() => expect(tablo.readSeq.get(ALICE)).toBe(TOTAL));
    await until(() => expect(room.view.get()).toMatchObject({ hasUnseen: false, firstUnreadId: null }));
  });

  it('[R10] is shown at once where everything from it on is here', async () => {
    tablo.readSeq.set(ALICE, TOTAL);
    const device = await openDevice(server, ALICE);
    await until(() => expect(device.chat.connection.get().status).toBe('online'));
    await postInOrder(...Array.from({ length: 60 }, (_, nth) => `new ${nth}`));
    await until(() => expect(device.chat.channels.get().channels[0]?.unreadCount).toBe(60));
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(texts(room)).toContain('new 0'));
    expect(find(room, 'new 0')?.id).toBe(room.view.get().firstUnreadId);
  });

  it('[R10] is the first of what came while nobody looked; what is looked at is not new', async () => {
    tablo.readSeq.set(ALICE, TOTAL);
    const { room } = await openRoom();
    let isLooking = true;
    room.watch(() => isLooking);
    await server.post(tablo, BOB, 'seen');
    await until(() => expect(texts(room)).toContain('seen'));
    expect(room.view.get().firstUnreadId).toBeNull();
    room.markRead();
    isLooking = false;
    const [first] = await postInOrder('unseen', 'unseen too');
    await until(() => expect(texts(room)).toContain('unseen too'));
    await until(() => expect(room.view.get()).toMatchObject({ firstUnreadId: first, hasUnseen: true }));
  });

  it('[R10] of what came while the connection was away is told by the server, and nothing of it is read before', async () => {
    tablo.readSeq.set(ALICE, TOTAL);
    const browser = new FakeBrowser();
    const { chat } = await openRoom(browser);
    await chat.close();
    const [first] = await postInOrder('while away', 'while away too');
    const again = await openDevice(server, ALICE, { browser });
    const room = again.chat.openRoom(tablo.id);
    // A page that shows the end marks as read whatever comes into view.
    const stopReading = room.view.subscribe(() => {
      if (!room.view.get().hasUnseen) room.markRead();
    });
    await until(() => expect(texts(room)).toContain('while away too'));
    await until(() => expect(room.view.get()).toMatchObject({ firstUnreadId: first, hasUnseen: true }));
    expect(tablo.readSeq.get(ALICE)).toBe(TOTAL);
    // Nor later, when the reader looks elsewhere and the list is asked again.
    stopReading();
    room.release();
    await server.post(tablo, BOB, 'while elsewhere');
    again.environment.fire('visible');
    await until(() => expect(unreadOf(again, tablo)).toBe(3));
    const asked = server.requests.length;
    again.environment.fire('visible');
    await until(() => expect(server.requests.length).toBeGreaterThan(asked));
    await until(() => expect(again.chat.channels.get().channels[0]?.lastMessage?.text).toBe('while elsewhere'));
    expect(unreadOf(again, tablo)).toBe(3);
    expect(tablo.readSeq.get(ALICE)).toBe(TOTAL);
  });

  it('[R10] of what came while the device slept is told as well, though it noticed only when it woke, and was back at once', async () => {
    tablo.readSeq.set(ALICE, TOTAL);
    const { room, environment } = await openRoom();
    await until(() => expect(room.view.get().isUpToDate).toBe(true));
    room.watch(() => true);
    const stopReading = room.view.subscribe(() => {
      if (!room.view.get().hasUnseen) room.markRead();
    });
    const asked = server.requests.length;
    environment.fire('visible');
    await until(() => expect(server.requests.length).toBeGreaterThan(asked));
    await server.post(tablo, BOB, 'in the evening');
    await until(() => expect(tablo.readSeq.get(ALICE)).toBe(TOTAL + 1));
    environment.goOffline();
    const [first] = await postInOrder('in the night', 'in the night too');
    const now = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 8 * 3_600_000);
    environment.goOnline();
    await until(() => expect(texts(room)).toContain('in the night too'));
    await until(() => expect(room.view.get()).toMatchObject({ firstUnreadId: first, hasUnseen: true }));
    expect(tablo.readSeq.get(ALICE)).toBe(TOTAL + 1);
    stopReading();
    vi.restoreAllMocks();
  });
});
