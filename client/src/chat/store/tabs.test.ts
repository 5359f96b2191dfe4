import { createEntryId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeLocks } from '../testing/fake-locks.ts';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer } from '../testing/fake-server.ts';
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
} from '../testing/harness.ts';
import { type TabLocks, Tabs } from './tabs.ts';

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

async function openTwoTabs(timing = {}) {
  const browser = new FakeBrowser();
  const here = await openDevice(server, ALICE, { browser, timing });
  const there = await openDevice(server, ALICE, { browser, timing });
  const rooms = { here: here.chat.openRoom(tablo.id), there: there.chat.openRoom(tablo.id) };
  for (const { chat } of [here, there]) await until(() => expect(chat.connection.get().status).toBe('online'));
  return { browser, here, there, rooms };
}

/** The real ones are Node's, which has Web Locks of its own. */
describe.each([
  ['the real ones', () => ({ locks: navigator.locks as unknown as TabLocks, kill: () => {} })],
  ['ours for tests', () => new FakeLocks().openTab()],
])('Web Locks (%s)', (_name, open) => {
  const { signal } = new AbortController();

  it('Web Locks are held by one at a time, and given to who waits', async () => {
    const { locks } = open();
    const name = createEntryId();
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = locks.request(name, { mode: 'exclusive', signal }, async () => {
      order.push('first');
      await held;
    });
    const shared = [1, 2].map((nth) =>
      locks.request(name, { mode: 'shared', signal }, async () => void order.push(`shared ${nth}`)),
    );
    await until(() => expect(order).toEqual(['first']));
    release();
    await Promise.all([first, ...shared]);
    expect(order).toEqual(['first', 'shared 1', 'shared 2']);
  });

  it('Web Locks are not waited for any more by who gives up', async () => {
    const { locks } = open();
    const name = createEntryId();
    const waiting = new AbortController();
    let release = () => {};
    const held = locks.request(
      name,
      { mode: 'exclusive', signal },
      () => new Promise((resolve) => (release = resolve)),
    );
    const given = locks.request(name, { mode: 'exclusive', signal: waiting.signal }, async () => {});
    waiting.abort();
    await expect(given).rejects.toThrow();
    const next = locks.request(name, { mode: 'exclusive', signal }, async () => {});
    release();
    await Promise.all([held, next]);
  });
});

describe('tabs', () => {
  it('tabs know who is first, and the next one when that one has gone or crashed', async () => {
    const browser = new FakeBrowser();
    const openTab = () => {
      const share = browser.locks.openTab();
      return { share, tabs: new Tabs({ owner: ALICE, openChannel: browser.openTabChannel, locks: share.locks }) };
    };
    const [one, two, three] = [openTab(), openTab(), openTab()];
    const first = () => [one, two, three].map(({ tabs }) => tabs.isFirst);
    await until(() => expect(first()).toEqual([true, false, false]));
    await until(() => expect([two.tabs.isAlive(one.tabs.id), one.tabs.isAlive(three.tabs.id)]).toEqual([true, true]));
    one.tabs.close();
    await until(() => expect(first().slice(1)).toEqual([true, false]));
    two.share.kill();
    await until(() => expect(three.tabs.isFirst).toBe(true));
    await until(() => expect(three.tabs.isAlive(two.tabs.id)).toBe(false));
    three.tabs.close();
  });

  it('tabs are all first where the browser has no Web Locks', () => {
    const browser = new FakeBrowser();
    const tabs = [1, 2].map(() => new Tabs({ owner: ALICE, openChannel: browser.openTabChannel, locks: null }));
    expect(tabs.map(({ isFirst }) => isFirst)).toEqual([true, true]);
    for (const tab of tabs) tab.close();
  });
});

describe('two tabs of one browser', () => {
  it('[R4] what one writes both show, and only one pushes', async () => {
    const { here, there, rooms } = await openTwoTabs();
    here.environment.goOffline();
    await rooms.here.send('shared');
    await until(() => expect(statusOf(rooms.there, 'shared')).toBe('pending'));
    expect(server.updates).toBe(0);
    here.environment.goOnline();
    for (const room of [rooms.here, rooms.there]) await until(() => expect(statusOf(room, 'shared')).toBe('sent'));
    expect(server.documentLength(tablo)).toBe(1);
    expect(await there.chat.countUnsent()).toBe(0);
  });

  it('[R4] the other tab does not push what this one has on its way', async () => {
    const { rooms } = await openTwoTabs();
    let release = () => {};
    server.hold = new Promise((resolve) => {
      release = resolve;
    });
    await rooms.here.send('only once');
    await until(() => expect(statusOf(rooms.there, 'only once')).toBe('pending'));
    await server.post(tablo, BOB, 'meanwhile');
    for (const room of [rooms.here, rooms.there]) await until(() => expect(texts(room)).toContain('meanwhile'));
    release();
    for (const room of [rooms.here, rooms.there]) await until(() => expect(statusOf(room, 'only once')).toBe('sent'));
    expect(server.updates).toBe(1);
    expect(server.documentLength(tablo)).toBe(2);
  });

  it('[R7] a tab that is gone leaves its entries to the other', async () => {
    const { here, rooms } = await openTwoTabs({ ownerGraceMs: 60_000 });
    here.environment.goOffline();
    await rooms.here.send('left behind');
    await until(() => expect(statusOf(rooms.there, 'left behind')).toBe('pending'));
    await here.chat.close();
    await rooms.there.send('mine');
    await until(() => expect(statusOf(rooms.there, 'left behind')).toBe('sent'));
  });

  it('[R7] a tab that crashes says nothing, and its entries are the other’s at once', async () => {
    const { here, rooms } = await openTwoTabs({ ownerGraceMs: 60_000 });
    here.environment.goOffline();
    await rooms.here.send('left behind');
    await until(() => expect(statusOf(rooms.there, 'left behind')).toBe('pending'));
    here.loseLocks();
    await until(() => expect(statusOf(rooms.there, 'left behind')).toBe('sent'));
  });

  it('[R5] what became durable late is told with the time that it is shown at: what the other tab writes next stands after it', async () => {
    const browser = new FakeBrowser();
    const yesterday = () => Date.now() - 24 * 3600_000;
    const here = await openDevice(server, ALICE, { browser, now: yesterday });
    const there = await openDevice(server, ALICE, { browser, now: yesterday });
    const rooms = { here: here.chat.openRoom(tablo.id), there: there.chat.openRoom(tablo.id) };
    for (const { chat } of [here, there]) await until(() => expect(chat.connection.get().status).toBe('online'));
    there.environment.goOffline();
    const startedAt = Date.now();
    await rooms.here.send('received today');
    await until(() => expect(statusOf(rooms.there, 'received today')).toBe('sent'));
    await rooms.there.send('after it');
    expect(texts(rooms.there)).toEqual(['received today', 'after it']);
    expect(find(rooms.there, 'after it')?.sentAt).toBeGreaterThan(startedAt);
  });

  it('[R8] a tab that dies after it has written and before it has told leaves its entries to the other', async () => {
    const browser = new FakeBrowser();
    const there = await openDevice(server, ALICE, { browser, timing: { ownerGraceMs: 60_000 } });
    const mute = { postMessage: () => {}, onmessage: null, close: () => {} };
    const here = await openDevice(server, ALICE, { browser, openTabChannel: () => mute });
    here.environment.goOffline();
    await here.chat.openRoom(tablo.id).send('untold');
    const room = there.chat.openRoom(tablo.id);
    await until(() => expect(there.chat.connection.get().status).toBe('online'));
    expect(texts(room)).toEqual([]);
    there.environment.fire('wake');
    await until(() => expect(statusOf(room, 'untold')).toBe('sent'));
  });

  it('[R7] a clock that is set back makes nobody wait longer than the grace', async () => {
    const browser = new FakeBrowser();
    const dayAhead = () => Date.now() + 24 * 3600_000;
    const here = await openDevice(server, ALICE, { browser, now: dayAhead });
    const there = await openDevice(server, ALICE, { browser, timing: { ownerGraceMs: 60 } });
    here.environment.goOffline();
    await here.chat.openRoom(tablo.id).send('from tomorrow');
    await until(() => expect(statusOf(there.chat.openRoom(tablo.id), 'from tomorrow')).toBe('sent'));
  });

  it('[R8] both change one pending message at once: the others get one, with one of the texts', async () => {
    const { here, there, rooms } = await openTwoTabs();
    for (const { environment } of [here, there]) environment.goOffline();
    const id = await rooms.here.send('draft');
    await until(() => expect(statusOf(rooms.there, 'draft')).toBe('pending'));
    await Promise.all([rooms.here.edit(id, 'by here'), rooms.there.edit(id, 'by there')]);
    for (const { environment } of [here, there]) environment.goOnline();
    await until(() => expect(server.entriesOf(tablo)).toHaveLength(1));
    for (const room of [rooms.here, rooms.there]) await until(() => expect(statusOf(room, 'by there')).toBe('sent'));
    expect(server.entriesOf(tablo)).toMatchObject([{ kind: 'message', text: 'by there' }]);
    for (const { chat } of [here, there]) await until(async () => expect(await chat.countUnsent()).toBe(0));
  });

  it('[R8] one takes back what the other changes at the same time: nobody gets it, and the other one is told', async () => {
    const { here, there, rooms } = await openTwoTabs();
    for (const { environment } of [here, there]) environment.goOffline();
    const id = await rooms.here.send('draft');
    await until(() => expect(statusOf(rooms.there, 'draft')).toBe('pending'));
    const removing = rooms.here.remove(id);
    await expect(rooms.there.edit(id, 'changed')).rejects.toMatchObject({ code: 'not-found' });
    await removing;
    for (const { environment } of [here, there]) environment.goOnline();
    await rooms.there.send('done');
    await until(() => expect(statusOf(rooms.here, 'done')).toBe('sent'));
    expect(server.entriesOf(tablo)).toMatchObject([{ text: 'done' }]);
    expect([texts(rooms.here), texts(rooms.there)]).toEqual([['done'], ['done']]);
  });

  it('[R7] a tab that stands still is not waited for longer than its grace', async () => {
    const { here, rooms } = await openTwoTabs({ ownerGraceMs: 60 });
    here.environment.goOffline();
    await rooms.here.send('frozen');
    await until(() => expect(statusOf(rooms.there, 'frozen')).toBe('sent'));
    await until(() => expect(statusOf(rooms.here, 'frozen')).toBe('sent'));
  });

  it('[R8] what one takes back the other does not send', async () => {
    const { here, there, rooms } = await openTwoTabs();
    for (const { environment } of [here, there]) environment.goOffline();
    const id = await rooms.here.send('never mind');
    await until(() => expect(statusOf(rooms.there, 'never mind')).toBe('pending'));
    await rooms.there.remove(id);
    await until(() => expect(texts(rooms.here)).toEqual([]));
    for (const { environment } of [here, there]) environment.goOnline();
    await rooms.here.send('done');
    await until(() => expect(statusOf(rooms.there, 'done')).toBe('sent'));
    expect(server.entriesOf(tablo)).toHaveLength(1);
  });

  it('[R7] two tabs of one browser share drafts and what is read', async () => {
    const { browser, here, there, rooms } = await openTwoTabs();
    rooms.here.setDraft('half a thou');
    await until(() => expect(rooms.there.draft.get()).toBe('half a thou'));
    await until(async () => expect((await browser.store.readDraft(tablo.id))?.text).toBe('half a thou'));
    await server.post(tablo, BOB, 'Read me');
    for (const device of [here, there]) await until(() => expect(unreadOf(device, tablo)).toBe(1));
    here.environment.goOffline();
    rooms.here.markRead();
    await until(() => expect(unreadOf(there, tablo)).toBe(0));
  });

  it('signing out in one closes the other and leaves nothing behind', async () => {
    const browser = new FakeBrowser();
    let wiped = 0;
    const here = await openDevice(server, ALICE, { browser });
    await openDevice(server, ALICE, { browser, onWiped: () => (wiped += 1) });
    await until(() => expect(here.chat.connection.get().status).toBe('online'));
    const room = here.chat.openRoom(tablo.id);
    room.setDraft('secret');
    await room.send('hello');
    await until(() => expect(statusOf(room, 'hello')).toBe('sent'));
    await here.chat.wipe();
    await until(() => expect(wiped).toBe(1));
    expect(await browser.store.readUpdates(`${tablo.id}/1`)).toEqual([]);
    expect(await browser.store.readDrafts()).toEqual([]);
    expect(await browser.store.readChannels()).toEqual([]);
  });

  it('tells its owner once that its data was deleted elsewhere, and not who has closed it meanwhile', async () => {
    const browser = new FakeBrowser();
    const ends = { heard: 0, closed: 0 };
    await openDevice(server, ALICE, { browser, onWiped: () => (ends.heard += 1) });
    const leaving = await openDevice(server, ALICE, { browser, onWiped: () => (ends.closed += 1) });
    const other = browser.openTabChannel('another tab');
    for (let nth = 0; nth < 2; nth += 1) other?.postMessage({ from: 'another tab', message: { type: 'wipe' } });
    await Promise.resolve();
    const closing = leaving.chat.close();
    await until(() => expect(ends.heard).toBe(1));
    await closing;
    // A turn, in which whoever is told twice would be told.
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(ends).toEqual({ heard: 1, closed: 0 });
  });
});
