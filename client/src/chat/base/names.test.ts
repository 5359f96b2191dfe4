/** What names become on this device: from the server, from SQL behind it, from what an earlier release stored. */
import { createMessage } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPresence } from '../people/presence.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, FakeBrowser, openDevice, until } from '../testing/harness.ts';
import { emailOf, personNameOf, tabloNameOf } from './names.ts';

describe('names', () => {
  it.each([
    ['\u202Eecila', null, 'ecila'],
    ['', 'a@example.org', 'a@example.org'],
    ['\u200B', null, 'Someone'],
    [null, '\u202E', 'Someone'],
  ])('[R3] a person of %j and %j is %j', (name, email, shown) => expect(personNameOf(name, email)).toBe(shown));

  it('[R3] a tablo always has a name to click on', () => {
    expect(tabloNameOf(' Plans\u2067 \n2')).toBe('Plans 2');
    expect(tabloNameOf('\u3164')).toBe('Untitled tablo');
  });

  it('[R3] an address that hides something is not shown', () => {
    expect([emailOf('a@example.org'), emailOf('a\u202E@example.org'), emailOf(null)]).toEqual([
      'a@example.org',
      null,
      null,
    ]);
  });

  it('[R3] presence shows clean names', () => {
    const self = { id: ALICE, name: 'Alice' };
    const { typing } = readPresence([{ user: { id: BOB, name: '\u202EboB' }, typing: true }], self, true);
    expect(typing).toEqual([{ id: BOB, name: 'boB' }]);
  });
});

describe('in the list and in a tablo', () => {
  let server: FakeServer;
  const eve = 'eeeeeeee-0000-4000-8000-0000000000e5' as UserId;

  beforeEach(async () => {
    server = new FakeServer();
    await server.start();
  });
  afterEach(async () => {
    await closeDevices();
    await server.stop();
  });

  function seed() {
    const tablo = server.addTablo('\u202EPlans\u200B', { [ALICE]: 'member', [BOB]: 'member', [eve]: 'member' });
    server.names.set(BOB, 'Bob');
    const entry = createMessage({ author: eve, sentAt: Date.now() }, 'I promise');
    tablo.lastSeq = 1;
    tablo.durable.set(entry.id, { entry, seq: 1, isDeleted: false });
    return tablo;
  }

  it('[R3] a person who looks like another member is told apart in the list, also without a network', async () => {
    server.names.set(eve, 'Воb\u200B');
    const tablo = seed();
    const browser = new FakeBrowser();
    const device = await openDevice(server, ALICE, { browser });
    const room = device.chat.openRoom(tablo.id);
    const last = () => device.chat.channels.get().channels[0];
    await until(() =>
      expect(last()).toMatchObject({ name: 'Plans', lastMessage: { authorName: 'Воb', authorMark: '#00e5' } }),
    );
    expect(room.members.get().map(({ name }) => name)).toEqual(['Name a1', 'Bob', 'Воb']);
    room.release();
  });

  it('[R3] a person who is called You is never shown as the reader', async () => {
    server.names.set(eve, 'You');
    seed();
    const device = await openDevice(server, ALICE);
    await until(() =>
      expect(device.chat.channels.get().channels[0]?.lastMessage).toMatchObject({
        authorName: 'You',
        authorMark: '#00e5',
      }),
    );
  });

  it('[R6] members are asked for in no tablo that was never opened here, whoever was added to it and whatever is written there', async () => {
    server.names.set(eve, 'Eve');
    server.namesAuthors = false;
    const tablo = seed();
    const opened = server.addTablo('Garden', { [ALICE]: 'member', [BOB]: 'member' });
    const asked: string[] = [];
    const device = await openDevice(server, ALICE, {
      fetch: (...args) => {
        asked.push(String(args[0]));
        return fetch(...args);
      },
    });
    const room = device.chat.openRoom(opened.id);
    // At rest somewhere: whoever is present is named by that, unasked.
    const other = await openDevice(server, eve, { user: { id: eve, name: 'Eve', email: null } });
    const trap = other.chat.openRoom(tablo.id);
    const last = () => device.chat.channels.get().channels.find(({ id }) => id === tablo.id)?.lastMessage;
    for (const text of ['Look', 'here']) {
      await trap.send(text);
      // It came by the document, which is joined like any other.
      await until(() => expect(last()).toMatchObject({ text }));
    }
    await until(() => expect(room.members.get()).toHaveLength(2));
    expect(asked.filter((url) => url.includes(`/channels/${tablo.id}`))).toEqual([]);
    room.release();
    const opening = device.chat.openRoom(tablo.id);
    await until(() => expect(last()).toMatchObject({ authorName: 'Eve' }));
    opening.release();
    trap.release();
  });

  it('[R9] names in the list and in a tablo come with the list: no members are asked for to show who wrote', async () => {
    server.names.set(eve, 'Eve');
    seed();
    const device = await openDevice(server, ALICE);
    await until(() => expect(device.chat.channels.get().channels[0]?.lastMessage).toMatchObject({ authorName: 'Eve' }));
    expect(server.requests.filter((request) => request.includes('/members'))).toEqual([]);
  });

  it('[R3] a person who is the only one of a name has nothing beside it', async () => {
    server.names.set(eve, 'Eve');
    seed();
    const device = await openDevice(server, ALICE);
    await until(() =>
      expect(device.chat.channels.get().channels[0]?.lastMessage).toMatchObject({
        authorName: 'Eve',
        authorMark: null,
      }),
    );
  });

  it('[R3] what an earlier release stored is cleaned when it is shown', async () => {
    const tablo = seed();
    const browser = new FakeBrowser();
    const first = await openDevice(server, ALICE, { browser });
    await until(() => expect(first.chat.channels.get().channels).toHaveLength(1));
    await first.chat.close();
    await server.stop();
    const [record] = await browser.store.readChannels();
    if (record === undefined) throw new Error('nothing was stored');
    await browser.store.writeChannels({ put: [{ ...record, name: '\u202EPlans' }] });
    const member = { id: eve, name: '\u202EevE', email: 'x\u202E@y', avatarUrl: null, role: 'member' as const };
    await browser.store.writeMembers(tablo.id, [member]);
    const device = await openDevice(server, ALICE, { browser });
    expect(device.chat.channels.get().channels[0]?.name).toBe('Plans');
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(room.members.get()).toEqual([{ ...member, name: 'evE', email: null }]));
    room.release();
    await server.start();
  });
});
