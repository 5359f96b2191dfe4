import type { MemberEntry } from '@tablo/schema/entry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, find, openDevice, statusOf, texts, until } from '../testing/harness.ts';

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

async function openKitchen(user = ALICE) {
  const device = await openDevice(server, user);
  const room = device.chat.openRoom(tablo.id);
  await until(() => expect(device.chat.connection.get().status).toBe('online'));
  return { ...device, room };
}

const saysBad = (entries: readonly MemberEntry[]) =>
  entries.some((entry) => 'text' in entry && entry.text.startsWith('bad'));

/** Commits wait until the returned function is called. */
function holdCommits(): () => void {
  let release = () => {};
  server.hold = new Promise((resolve) => {
    release = resolve;
  });
  return () => {
    server.hold = null;
    release();
  };
}

describe('a refusal that takes out what it refuses', () => {
  beforeEach(() => {
    server.takesOut = true;
    server.judge = (entries) => {
      const ids = entries.filter((entry) => saysBad([entry])).map(({ id }) => id);
      return ids.length === 0 ? null : { code: 'invalid-update', ids };
    };
  });

  it('[R8] marks what is refused of a backlog and delivers the rest, with one join and one update', async () => {
    const { room, environment, browser, chat } = await openKitchen();
    const bob = await openKitchen(BOB);
    environment.goOffline();
    for (let index = 0; index < 12; index += 1) await room.send(index % 4 === 3 ? `bad ${index}` : `good ${index}`);
    const before = server.updates;
    environment.goOnline();
    await until(() => expect(statusOf(room, 'good 10')).toBe('sent'));
    await until(() =>
      expect(
        room.view.get().messages.flatMap(({ text, delivery }) => (delivery.status === 'refused' ? [text] : [])),
      ).toEqual(['bad 3', 'bad 7', 'bad 11']),
    );
    const joins = server.joins;
    await room.send('goes on');
    await until(() => expect(statusOf(room, 'goes on')).toBe('sent'));
    expect(server.updates - before).toBe(2);
    expect(server.joins).toBe(joins);
    const good = [0, 1, 2, 4, 5, 6, 8, 9, 10].map((nth) => `good ${nth}`);
    await until(() => expect(texts(bob.room)).toEqual([...good, 'goes on']));
    // What is stored here is whole as well.
    await chat.close();
    environment.goOffline();
    const again = (await openDevice(server, ALICE, { browser, environment })).chat.openRoom(tablo.id);
    await until(() =>
      expect(texts(again).toSorted()).toEqual([...good, 'goes on', 'bad 3', 'bad 7', 'bad 11'].toSorted()),
    );
  });

  it('[R8] tells the reason although it got lost with the link', async () => {
    const { room, environment } = await openKitchen();
    const release = holdCommits();
    await room.send('bad luck');
    await until(() => expect(server.updates).toBe(1));
    environment.goOffline();
    release();
    await until(() => expect(server.documentLength(tablo)).toBe(0));
    environment.goOnline();
    await until(() =>
      expect(find(room, 'bad luck')?.delivery).toMatchObject({ refusal: { message: 'Refused: invalid-update.' } }),
    );
    await room.send('goes on');
    await until(() => expect(statusOf(room, 'goes on')).toBe('sent'));
  });

  it('[R8] one that is cancelled while it is on the way blocks nothing', async () => {
    const { room } = await openKitchen();
    const release = holdCommits();
    const id = await room.send('bad idea');
    await until(() => expect(server.updates).toBe(1));
    await room.remove(id);
    await room.send('better');
    release();
    await until(() => expect(statusOf(room, 'better')).toBe('sent'));
    expect(texts(room)).toEqual(['better']);
  });

  it('[R10] what others wrote meanwhile arrives with the refusal', async () => {
    const { room, environment } = await openKitchen();
    const release = holdCommits();
    await room.send('bad luck');
    await until(() => expect(server.updates).toBe(1));
    environment.goOffline();
    release();
    server.hold = null;
    await server.post(tablo, BOB, 'meanwhile');
    environment.goOnline();
    await until(() => expect(texts(room)).toEqual(['meanwhile', 'bad luck']));
    await until(() => expect(statusOf(room, 'bad luck')).toBe('refused'));
  });
});
