/** The list of tablos in pages, and how often it is asked for. */
import { createMessage } from '@tablo/schema/entry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer, type FakeTablo } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, FakeBrowser, openDevice, statusOf, until } from '../testing/harness.ts';

let server: FakeServer;

beforeEach(async () => {
  server = new FakeServer();
  await server.start();
});
afterEach(async () => {
  await closeDevices();
  await server.stop();
});

const names = (device: { chat: { channels: { get(): { channels: readonly { name: string }[] } } } }) =>
  device.chat.channels.get().channels.map(({ name }) => name);
const listRequests = () => server.requests.filter((request) => /^GET \/chat\/channels(\?|$)/.test(request));
const seven = () =>
  Array.from({ length: 7 }, (_, nth) => server.addTablo(`Tablo ${nth}`, { [ALICE]: 'member', [BOB]: 'member' }));

/** A message of Bob's, which brings the tablo to the front of the list. */
function say(tablo: FakeTablo, sentAt = Date.now()): void {
  const entry = createMessage({ author: BOB, sentAt }, 'Hello');
  tablo.lastSeq += 1;
  tablo.durable.set(entry.id, { entry, seq: tablo.lastSeq, isDeleted: false });
}

describe('pages', () => {
  it('[R9] pages are all read, and each is shown when it is there', async () => {
    const all = seven();
    server.pageSize = 3;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const device = await openDevice(server, ALICE, {
      fetch: async (...args) => {
        if (String(args[0]).includes('cursor=')) await held;
        return fetch(...args);
      },
    });
    await until(() => expect(names(device)).toHaveLength(3));
    expect(device.chat.channels.get().status).toBe('ready');
    release();
    await until(() => expect(names(device).toSorted()).toEqual(all.map(({ name }) => name)));
    expect(listRequests().slice(0, 3)).toEqual([
      'GET /chat/channels',
      'GET /chat/channels?cursor=3',
      'GET /chat/channels?cursor=6',
    ]);
  });

  it('[R7] pages of a list that was cut off take nothing away from what this device has', async () => {
    seven();
    const browser = new FakeBrowser();
    const first = await openDevice(server, ALICE, { browser });
    await until(() => expect(names(first)).toHaveLength(7));
    await first.chat.close();
    server.pageSize = 3;
    let cut = 0;
    const device = await openDevice(server, ALICE, {
      browser,
      fetch: async (...args) => {
        if (!String(args[0]).includes('cursor=3')) return fetch(...args);
        cut += 1;
        throw new TypeError('the network is gone');
      },
    });
    await until(() => expect(cut).toBeGreaterThan(1));
    expect(names(device)).toHaveLength(7);
  });

  it('[R6] a tablo that no page names is ours no more', async () => {
    const all = seven();
    server.pageSize = 3;
    const device = await openDevice(server, ALICE);
    await until(() => expect(names(device)).toHaveLength(7));
    all[2]?.members.delete(ALICE);
    device.chat.reconnect();
    // A list that was under way when its pages moved lacks another one, until the next list.
    await until(() => {
      expect(names(device)).not.toContain('Tablo 2');
      expect(names(device)).toHaveLength(6);
    });
  });

  it('[R8] a tablo that moves to the front while the pages are read is not taken for lost', async () => {
    const all = seven();
    all.forEach((tablo, nth) => say(tablo, 1_000 - nth));
    const device = await openDevice(server, ALICE);
    await until(() => expect(names(device)).toHaveLength(7));
    const lost: number[] = [];
    device.chat.channels.subscribe(() => lost.push(names(device).length));
    server.pageSize = 3;
    const before = listRequests().length;
    server.onPage = (nth) => {
      if (nth === 1) say(all[6] as FakeTablo, 5_000);
      if (nth === 1) server.onPage = () => {};
    };
    device.chat.reconnect();
    await until(() => expect(listRequests().length).toBeGreaterThan(before + 3));
    await until(() => expect(names(device)[0]).toBe('Tablo 6'));
    expect(Math.min(7, ...lost)).toBe(7);
  });

  it('[R9] pages of members are all read', async () => {
    const people = Array.from({ length: 7 }, (_, nth) => `cccccccc-0000-4000-8000-00000000000${nth}`);
    const tablo = server.addTablo('Big', {
      [ALICE]: 'owner',
      ...Object.fromEntries(people.map((one) => [one, 'member'])),
    });
    server.pageSize = 3;
    const device = await openDevice(server, ALICE);
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(room.members.get()).toHaveLength(8));
    room.release();
  });
});

describe('changes that the server tells of', () => {
  it('[R9] a hundred of them are one question for the list and one for the members, a second apart from the last', async () => {
    const tablo = server.addTablo('Busy', { [ALICE]: 'member' });
    const device = await openDevice(server, ALICE, { timing: { askGapMs: 60_000 } });
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(room.members.get()).toHaveLength(1));
    // Joined: what the server tells from here on is heard.
    await room.send('Hello');
    await until(() => expect(statusOf(room, 'Hello')).toBe('sent'));
    const members = () => server.requests.filter((request) => request.endsWith('/members')).length;
    const drafts = () => server.requests.filter((request) => request.endsWith('/drafts')).length;
    await until(() => expect(drafts()).toBeGreaterThan(0));
    const before = { lists: listRequests().length, members: members(), drafts: drafts() };
    for (let nth = 0; nth < 100; nth += 1) server.tellUser(tablo, ALICE, { type: 'changed' });
    // Heard in order: when this one is here, so are the hundred.
    server.tellUser(tablo, ALICE, { type: 'draft', text: 'the last word', at: Date.now() });
    await until(() => expect(room.draft.get()).toBe('the last word'));
    await until(() => expect(members()).toBe(before.members + 1));
    expect({ lists: listRequests().length, drafts: drafts() }).toEqual({ lists: before.lists, drafts: before.drafts });
    room.release();
  });

  it('[R9] what changes while the list is asked for is asked for once more, by one question', async () => {
    server.addTablo('Busy', { [ALICE]: 'member' });
    let hold: Promise<void> | null = null;
    const device = await openDevice(server, ALICE, {
      fetch: async (...args) => {
        const answer = await fetch(...args);
        if (String(args[0]).endsWith('/chat/channels')) await hold;
        return answer;
      },
    });
    await until(() => expect(names(device)).toEqual(['Busy']));
    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const before = listRequests().length;
    device.environment.fire('visible');
    await until(() => expect(listRequests()).toHaveLength(before + 1));
    server.addTablo('New', { [ALICE]: 'member' });
    for (let nth = 0; nth < 20; nth += 1) device.environment.fire('visible');
    hold = null;
    release();
    await until(() => expect(names(device)).toContain('New'));
    expect(listRequests().length).toBeLessThanOrEqual(before + 3);
  });
});
