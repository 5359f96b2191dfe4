import { createEntryId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoomHandle } from '../chat.ts';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, FakeBrowser, fillArchive, openDevice, texts, until } from '../testing/harness.ts';

let server: FakeServer;
let tablo: FakeTablo;
const TOTAL = 430;

/** A tablo whose live document is young: all of its messages are rows. */
beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  tablo = server.addTablo('Archive', { [ALICE]: 'owner', [BOB]: 'member' });
  fillArchive(tablo, TOTAL, { textOf });
});
afterEach(async () => {
  await closeDevices();
  await server.stop();
});

const textOf = (index: number): string => (index === 200 ? 'the code is Héliotrope' : `row ${index}`);
const rowOf = (index: number) => [...tablo.durable.values()][index]!;

async function openRoom(browser = new FakeBrowser()): Promise<{ room: RoomHandle; goOffline: () => void }> {
  const { chat, environment } = await openDevice(server, ALICE, { browser });
  const room = chat.openRoom(tablo.id);
  await until(() => expect(texts(room)).toHaveLength(50));
  await until(() => expect(chat.connection.get().status).toBe('online'));
  return { room, goOffline: () => environment.goOffline() };
}

const signal = new AbortController().signal;
const onPage = () => undefined;
const pages = () => server.requests.filter((request) => request.includes('/messages?'));
const questions = () => server.requests.filter((request) => request.includes('/messages'));

describe('a search', () => {
  it('[R7] says how far back this device knows, and reads on until it finds', async () => {
    const { room } = await openRoom();
    await until(async () =>
      expect((await room.search('heliotrope')).reach).toEqual({
        count: 50,
        since: rowOf(380).entry.sentAt,
        isNewest: true,
        isWhole: false,
      }),
    );
    expect((await room.search('heliotrope')).messages).toEqual([]);
    const progress: number[] = [];
    const before = pages().length;
    await room.searchOlder('HELIOTROPE', { signal, onPage: ({ count }) => progress.push(count) });
    expect(progress).toEqual([100, 200]);
    expect(pages().length - before).toBe(2);
    const { messages, reach } = await room.search('heliotrope');
    expect(messages.map(({ text }) => text)).toEqual(['the code is Héliotrope']);
    expect(reach).toMatchObject({ count: 250, isNewest: true, isWhole: false });
    // What was read is not shown for that.
    expect(texts(room)).toHaveLength(50);
  });

  it('[R9] goes on where the last one stopped, to the beginning, and only then says that nothing is there', async () => {
    const { room } = await openRoom();
    await room.searchOlder('heliotrope', { signal, onPage });
    const before = pages().length;
    await room.searchOlder('nowhere', { signal, onPage });
    expect(pages().length - before).toBe(2);
    const { messages, reach } = await room.search('nowhere');
    expect(messages).toEqual([]);
    expect(reach).toMatchObject({ count: TOTAL, isNewest: true, isWhole: true });
    await room.searchOlder('nowhere', { signal, onPage });
    expect(pages().length - before).toBe(2);
  });

  it('keeps what was read when it is stopped', async () => {
    const { room } = await openRoom();
    const controller = new AbortController();
    await room.searchOlder('nowhere', { signal: controller.signal, onPage: () => controller.abort() });
    expect((await room.search('nowhere')).reach).toMatchObject({ count: 150, isWhole: false });
  });

  it('[R7] rejects with a sentence without the server, and keeps what was read', async () => {
    const { room } = await openRoom();
    const failing = room.searchOlder('nowhere', { signal, onPage: () => (server.hasHistory = false) });
    await expect(failing).rejects.toThrow('Not now.');
    const { reach } = await room.search('nowhere');
    expect(reach).toMatchObject({ count: 150, isWhole: false });
  });

  it('[R7] offline it says nothing of what the server has', async () => {
    const browser = new FakeBrowser();
    const { room, goOffline } = await openRoom(browser);
    await room.searchOlder('nowhere', { signal, onPage });
    goOffline();
    await until(async () => expect((await room.search('row 7 ')).reach.isWhole).toBe(false));
    const { messages, reach } = await room.search('heliotrope');
    expect(messages).toHaveLength(1);
    expect(reach).toMatchObject({ count: TOTAL, isNewest: false });
  });

  it('[R7] finds what waits to be sent', async () => {
    const { room, goOffline } = await openRoom();
    goOffline();
    await room.send('From the tunnel');
    expect((await room.search('TUNNEL')).messages.map(({ text }) => text)).toEqual(['From the tunnel']);
  });

  it('[R2] shows nothing that was deleted since it was stored here', async () => {
    const browser = new FakeBrowser();
    const first = await openRoom(browser);
    await first.room.searchOlder('heliotrope', { signal, onPage });
    await closeDevices();
    rowOf(200).isDeleted = true;
    const { room } = await openRoom(browser);
    expect((await room.search('heliotrope')).messages).toHaveLength(1);
    await room.searchOlder('nowhere', { signal, onPage });
    expect((await room.search('heliotrope')).messages).toEqual([]);
    expect(room.known(rowOf(200).entry.id)).toBe('deleted');
  });

  it('[R2] shows nothing that a quote’s question has told to be deleted', async () => {
    const { room } = await openRoom();
    await room.searchOlder('heliotrope', { signal, onPage });
    rowOf(200).isDeleted = true;
    expect(await room.lookUp(rowOf(200).entry.id)).toBe('deleted');
    expect((await room.search('heliotrope')).messages).toEqual([]);
  });
});

describe('a message that is not shown', () => {
  it('is looked up with one request, here or deleted', async () => {
    const { room } = await openRoom();
    const [there, gone] = [rowOf(10), rowOf(11)];
    gone.isDeleted = true;
    expect([room.known(there.entry.id), room.known(gone.entry.id)]).toEqual([null, null]);
    const before = questions().length;
    expect(await room.lookUp(there.entry.id)).toBe('here');
    expect(await room.lookUp(gone.entry.id)).toBe('deleted');
    expect(await room.lookUp(createEntryId())).toBe('deleted');
    expect(questions().length - before).toBe(3);
    expect([room.known(there.entry.id), room.known(gone.entry.id)]).toEqual([null, 'deleted']);
  });

  it('is known to be deleted from when a jump to it found nothing', async () => {
    const { room } = await openRoom();
    const { entry } = rowOf(12);
    rowOf(12).isDeleted = true;
    expect(room.known(entry.id)).toBeNull();
    expect(await room.reach(entry.id)).toBe('gone');
    expect(room.known(entry.id)).toBe('deleted');
  });

  it('[R7] is shown from this device without the server, however far up it stands; with it, nothing is shown over a gap', async () => {
    const { room, goOffline } = await openRoom();
    await room.searchOlder('heliotrope', { signal, onPage });
    await until(async () => {
      expect(await room.reveal(rowOf(200).entry.id)).toBe(false);
      expect(texts(room)).toHaveLength(50);
    });
    goOffline();
    const before = questions().length;
    await until(async () => expect(await room.reveal(rowOf(200).entry.id)).toBe(true));
    expect(texts(room)).toHaveLength(250);
    expect(texts(room)).toContain('the code is Héliotrope');
    expect(await room.reveal(rowOf(3).entry.id)).toBe(false);
    expect(questions().length).toBe(before);
  });

  it('is deleted where the whole tablo is here without it, as long as the server can say so', async () => {
    const small = server.addTablo('Small', { [ALICE]: 'owner' });
    const { chat, environment } = await openDevice(server, ALICE);
    const room = chat.openRoom(small.id);
    await room.send('The only one');
    await until(() => expect(texts(room)).toEqual(['The only one']));
    await until(() => expect(room.known(createEntryId())).toBe('deleted'));
    expect((await room.search('other')).reach).toMatchObject({ count: 1, isWhole: true });
    environment.goOffline();
    // Who knows what the others write meanwhile.
    await until(() => expect(room.known(createEntryId())).toBe(null));
    expect((await room.search('other')).reach).toMatchObject({ count: 1, isWhole: false });
  });
});
