/** What a device knows of people: before and after a restart without the server, of tablos that were opened there and of others, of who has left. */
import { createMessage } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoomHandle } from '../chat.ts';
import { FakeServer, type FakeTablo } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, type Device, FakeBrowser, openDevice, texts, until } from '../testing/harness.ts';

const CAROL = 'cccccccc-0000-4000-8000-0000000000c3' as UserId;

let server: FakeServer;
beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  server.names.set(BOB, 'Bob');
  server.names.set(CAROL, 'Carol');
});
afterEach(async () => {
  await closeDevices();
  await server.stop();
});

/** Written before any device looks, so that REST's rows have it and the document does not. */
function seed(tablo: FakeTablo, author: UserId, text: string): void {
  const entry = createMessage({ author, sentAt: Date.now() - 60_000 + tablo.lastSeq }, text);
  tablo.lastSeq += 1;
  tablo.durable.set(entry.id, { entry, seq: tablo.lastSeq, isDeleted: false });
}

const called = (room: RoomHandle, id: UserId) => {
  const { name, mark, hasLeft } = room.names.get().of(id);
  return `${name}${mark === null ? '' : ` ${mark}`}${hasLeft ? ' (left)' : ''}`;
};

const inList = ({ chat }: Device, tablo: FakeTablo) => {
  const last = chat.channels.get().channels.find(({ id }) => id === tablo.id)?.lastMessage;
  return last == null ? null : `${last.authorName}${last.hasAuthorLeft ? ' (left)' : ''}`;
};

/** The same browser, with nobody to ask. */
async function restartOffline(device: Device): Promise<Device> {
  await device.chat.close();
  await server.stop();
  return openDevice(server, ALICE, { browser: device.browser });
}

const askedFor = (part: string) => server.requests.filter((request) => request.includes(part));

describe('names', () => {
  it('[R7] names of who wrote in a tablo that was synced and never opened are there without the server, in the first list too', async () => {
    const tablo = server.addTablo('Never opened', { [ALICE]: 'member', [BOB]: 'member', [CAROL]: 'member' });
    const [bob, carol] = [await openDevice(server, BOB), await openDevice(server, CAROL)];
    const rooms = [carol.chat.openRoom(tablo.id), bob.chat.openRoom(tablo.id)];
    await rooms[0]?.send('Hello');
    await until(() => expect(rooms[1] && texts(rooms[1])).toEqual(['Hello']));
    await rooms[1]?.send('Good morning');
    await until(() => expect(tablo.lastSeq).toBe(2));
    // Whoever is present is named by that.
    await closeDevices();

    const before = askedFor(`${tablo.id}/members`).length;
    const device = await openDevice(server, ALICE);
    // Bob is named by the list, Carol by nobody but who is asked.
    await until(() => expect(askedFor('/chat/people').join()).toContain(CAROL));
    await until(() => expect(inList(device, tablo)).toBe('Bob'));
    await until(async () => expect(await namesStored(device)).toContain('Carol'));
    expect(askedFor(`${tablo.id}/members`)).toHaveLength(before);

    const again = await restartOffline(device);
    expect(inList(again, tablo)).toBe('Bob');
    const room = again.chat.openRoom(tablo.id);
    expect([called(room, BOB), called(room, CAROL)]).toEqual(['Bob', 'Carol']);
    room.release();
    await server.start();
  });

  it('[R7] names stay with who was removed, who is former at once and after a restart; two of one name are told apart', async () => {
    server.names.set(CAROL, 'Bob');
    const tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member', [CAROL]: 'member' });
    seed(tablo, BOB, 'mine');
    seed(tablo, CAROL, 'mine too');
    const device = await openDevice(server, ALICE);
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(room.members.get()).toHaveLength(3));
    expect([called(room, BOB), called(room, CAROL)]).toEqual(['Bob #00b2', 'Bob #00c3']);
    await device.chat.removeMember(tablo.id, BOB);
    await device.chat.removeMember(tablo.id, CAROL);
    const both = ['Bob #00b2 (left)', 'Bob #00c3 (left)'];
    expect([called(room, BOB), called(room, CAROL)]).toEqual(both);
    await until(() => expect(inList(device, tablo)).toBe('Bob (left)'));
    room.release();

    const again = await restartOffline(device);
    expect(inList(again, tablo)).toBe('Bob (left)');
    const shown = again.chat.openRoom(tablo.id);
    await until(() => expect([called(shown, BOB), called(shown, CAROL)]).toEqual(both));
    shown.release();
    await server.start();
  });

  it('[R7] nobody has left without the server’s word: not while its list is not here, and not when they write again', async () => {
    const tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
    seed(tablo, CAROL, 'I was here');
    const device = await openDevice(server, ALICE);
    await until(() => expect(inList(device, tablo)).toBe('Carol'));
    const room = device.chat.openRoom(tablo.id);
    expect(called(room, CAROL)).toBe('Carol');
    await until(() => expect(called(room, CAROL)).toBe('Carol (left)'));

    tablo.members.set(CAROL, 'member');
    const carol = await openDevice(server, CAROL);
    const back = carol.chat.openRoom(tablo.id);
    await back.send('Here again');
    await until(() => expect(texts(room)).toContain('Here again'));
    await until(() => expect(called(room, CAROL)).toBe('Carol'));
    back.release();
    room.release();
  });

  it('[R7] members are asked for again when the connection is back', async () => {
    const tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
    const device = await openDevice(server, ALICE);
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(room.members.get()).toHaveLength(2));
    await until(() => expect(device.chat.connection.get().status).toBe('online'));
    await server.stop();
    await until(() => expect(device.chat.connection.get().status).not.toBe('online'));
    tablo.members.set(CAROL, 'member');
    await server.start();
    await until(() => expect(room.members.get()).toHaveLength(3));
    expect(called(room, CAROL)).toBe('Carol');
    room.release();
  });

  it('[R7] names that one tab learns are there in the other', async () => {
    const tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
    const browser = new FakeBrowser();
    const [first, second] = [
      await openDevice(server, ALICE, { browser }),
      await openDevice(server, ALICE, { browser }),
    ];
    const shown = second.chat.openRoom(tablo.id);
    await until(() => expect(shown.members.get()).toHaveLength(2));
    const room = first.chat.openRoom(tablo.id);
    await until(() => expect(room.members.get()).toHaveLength(2));
    server.names.set(BOB, 'Robert');
    await first.chat.setMemberRole(tablo.id, BOB, 'admin');
    await until(() => expect([called(room, BOB), called(shown, BOB)]).toEqual(['Robert', 'Robert']));
    for (const one of [room, shown]) one.release();
  });

  it('[R7] names that an earlier release kept with the members are there after the update, without the server', async () => {
    const tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
    seed(tablo, BOB, 'mine');
    const browser = new FakeBrowser();
    const device = await openDevice(server, ALICE, { browser });
    await until(() => expect(device.chat.channels.get().channels).toHaveLength(1));
    await device.chat.close();
    const [record] = await browser.store.readChannels();
    await browser.store.destroy();
    if (record === undefined) throw new Error('nothing was stored');
    await browser.store.writeChannels({ put: [record] });
    const member = { id: BOB, name: 'Bob', email: null, avatarUrl: null, role: 'member' as const };
    await browser.store.writeMembers(tablo.id, [member]);
    await server.stop();
    expect(inList(await openDevice(server, ALICE, { browser }), tablo)).toBe('Bob');
    await server.start();
  });
});

const namesStored = async ({ browser }: Device) => (await browser.store.readPeople()).names.map(([, name]) => name);
