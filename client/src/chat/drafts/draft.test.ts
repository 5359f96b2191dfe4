import type { EntryId, UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.ts';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer } from '../testing/fake-server.ts';
import {
  ALICE,
  BOB,
  closeDevices,
  type Device,
  FakeBrowser,
  openDevice,
  statusOf,
  texts,
  unreadOf,
  until,
} from '../testing/harness.ts';

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

const isOnline = (...devices: Device[]) =>
  until(() => expect(devices.map(({ chat }) => chat.connection.get().status)).toEqual(devices.map(() => 'online')));
const hasOnServer = (text: string) => until(() => expect(tablo.drafts.get(ALICE)?.text).toBe(text));
const puts = () => server.requests.filter((request) => request.startsWith('PUT')).length;

/** What is typed next is typed in another millisecond. */
const untilLater = () => {
  const now = Date.now();
  return until(() => expect(Date.now()).toBeGreaterThan(now));
};

async function openTwoDevices(desktopIdleMs = 100) {
  const desktop = await openDevice(server, ALICE, { timing: { typingIdleMs: desktopIdleMs } });
  const phone = await openDevice(server, ALICE, { timing: { typingIdleMs: 100 } });
  const rooms = { desktop: desktop.chat.openRoom(tablo.id), phone: phone.chat.openRoom(tablo.id) };
  await isOnline(desktop, phone);
  return { desktop, phone, rooms };
}

describe('a draft on two devices', () => {
  it('[R7] a draft on two devices follows its author, there and back, and nobody else', async () => {
    const { rooms } = await openTwoDevices();
    const bob = await openDevice(server, BOB);
    const others = bob.chat.openRoom(tablo.id);
    rooms.desktop.setDraft('half a thou');
    await until(() => expect(rooms.phone.draft.get()).toBe('half a thou'));
    rooms.phone.setDraft('half a thought');
    await until(() => expect(rooms.desktop.draft.get()).toBe('half a thought'));
    expect(others.draft.get()).toBe('');
  });

  it('[R7] a draft on two devices is there on a device that comes later, and on one that opens the tablo only then', async () => {
    const { rooms } = await openTwoDevices();
    rooms.desktop.setDraft('for later');
    await hasOnServer('for later');
    const tablet = await openDevice(server, ALICE);
    await until(() => expect(tablet.chat.openRoom(tablo.id).draft.get()).toBe('for later'));
  });

  it('[R7] a draft on two devices is gone everywhere when it is sent, and does not come back from a device that was away', async () => {
    const { phone, rooms } = await openTwoDevices();
    rooms.desktop.setDraft('Soup is ready');
    await until(() => expect(rooms.phone.draft.get()).toBe('Soup is ready'));
    phone.environment.goOffline();
    await untilLater();
    await rooms.desktop.send('Soup is ready');
    rooms.desktop.setDraft('');
    await hasOnServer('');
    phone.environment.goOnline();
    await until(() => expect(rooms.phone.draft.get()).toBe(''));
    expect(tablo.drafts.get(ALICE)?.text).toBe('');
  });

  it('[R7] of two drafts that were written offline the later one stands, whichever comes first', async () => {
    for (const first of ['desktop', 'phone'] as const) {
      const devices = await openTwoDevices();
      const { desktop, phone, rooms } = devices;
      for (const { environment } of [desktop, phone]) environment.goOffline();
      rooms.phone.setDraft(`${first}: earlier`);
      await untilLater();
      rooms.desktop.setDraft(`${first}: later`);
      devices[first].environment.goOnline();
      await isOnline(devices[first]);
      for (const { environment } of [desktop, phone]) environment.goOnline();
      for (const room of [rooms.desktop, rooms.phone]) {
        await until(() => expect(room.draft.get()).toBe(`${first}: later`));
      }
      await hasOnServer(`${first}: later`);
      await closeDevices();
    }
  });

  it('[R8] a draft on two devices is not replaced under the fingers of who types, and what they type stands', async () => {
    const { rooms } = await openTwoDevices(60_000);
    const seen: string[] = [];
    rooms.desktop.draft.subscribe(() => seen.push(rooms.desktop.draft.get()));
    rooms.desktop.setDraft('here I t');
    await until(() => expect(rooms.phone.draft.get()).toBe('here I t'));
    rooms.phone.setDraft('from the phone');
    await hasOnServer('from the phone');
    rooms.desktop.setDraft('here I type');
    await hasOnServer('here I type');
    await until(() => expect(rooms.phone.draft.get()).toBe('here I type'));
    expect(seen).toEqual(['here I t', 'here I type']);
  });

  it('[R8] a later draft from elsewhere is shown after a pause', async () => {
    const { rooms } = await openTwoDevices();
    rooms.desktop.setDraft('typed');
    await until(() => expect(rooms.phone.draft.get()).toBe('typed'));
    rooms.phone.setDraft('typed on');
    await until(() => expect(rooms.desktop.draft.get()).toBe('typed on'));
  });

  it('[R8] a clock that jumps back a day loses nothing that was typed after what was seen', async () => {
    let now = Date.now() + 86_400_000;
    const ahead = await openDevice(server, ALICE, { now: () => now, timing: { typingIdleMs: 100 } });
    const behind = await openDevice(server, ALICE, {
      now: () => Date.now() - 86_400_000,
      timing: { typingIdleMs: 100 },
    });
    const rooms = { ahead: ahead.chat.openRoom(tablo.id), behind: behind.chat.openRoom(tablo.id) };
    await isOnline(ahead, behind);
    rooms.ahead.setDraft('one');
    await until(() => expect(rooms.behind.draft.get()).toBe('one'));
    rooms.behind.setDraft('one, two');
    await until(() => expect(rooms.ahead.draft.get()).toBe('one, two'));
    now -= 2 * 86_400_000;
    rooms.ahead.setDraft('one, two, three');
    await until(() => expect(rooms.behind.draft.get()).toBe('one, two, three'));
  });
});

describe('an empty draft from another device', () => {
  it('[R8] an empty draft from another device does not end a text that was typed offline, which it cannot have been meant for', async () => {
    const { phone, rooms } = await openTwoDevices();
    rooms.desktop.setDraft('a thought');
    await until(() => expect(rooms.phone.draft.get()).toBe('a thought'));
    phone.environment.goOffline();
    rooms.phone.setDraft('a thought, and a page more of it');
    await untilLater();
    rooms.desktop.setDraft('');
    await hasOnServer('');
    phone.environment.goOnline();
    await hasOnServer('a thought, and a page more of it');
    await until(() => expect(rooms.desktop.draft.get()).toBe('a thought, and a page more of it'));
  });

  it('[R8] an empty draft from another device ends no offline text either when the device was restarted meanwhile, though the server answers before its disk does', async () => {
    let release = () => {};
    const isReadable = new Promise<void>((resolve) => (release = resolve));
    const store = new MemoryStore();
    const browser = new FakeBrowser(store);
    await store.writeDraft({ tabloId: tablo.id, text: 'typed on the train', at: 5, isReported: false });
    tablo.drafts.set(ALICE, { text: '', at: 10 });
    const readDraft = store.readDraft.bind(store);
    store.readDraft = (id) => isReadable.then(() => readDraft(id));
    const device = await openDevice(server, ALICE, { browser });
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(server.requests).toContain('GET /chat/drafts'));
    await device.chat.createTablo('Garden');
    release();
    await hasOnServer('typed on the train');
    expect(room.draft.get()).toBe('typed on the train');
    await until(async () =>
      expect(await readDraft(tablo.id)).toMatchObject({ text: 'typed on the train', isReported: true }),
    );
  });

  it('[R7] an empty draft from another device ends one that the server has had', async () => {
    const browser = new FakeBrowser();
    await browser.store.writeDraft({ tabloId: tablo.id, text: 'sent elsewhere', at: 5, isReported: true });
    tablo.drafts.set(ALICE, { text: '', at: 10 });
    const device = await openDevice(server, ALICE, { browser });
    const room = device.chat.openRoom(tablo.id);
    await until(async () => expect((await browser.store.readDraft(tablo.id))?.text).toBe(''));
    expect({ shown: room.draft.get(), puts: puts() }).toEqual({ shown: '', puts: 0 });
  });
});

describe('a draft that cannot be told', () => {
  it.each([
    ['the network', (device: Device) => device.environment.goOffline()],
    ['the server', () => server.stop()],
  ])('[R7] a draft is kept over a restart without %s, and sent when that is back', async (_, leave) => {
    const browser = new FakeBrowser();
    const device = await openDevice(server, ALICE, { browser });
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    await leave(device);
    room.setDraft('on the train');
    await until(async () => expect((await browser.store.readDraft(tablo.id))?.text).toBe('on the train'));
    await device.chat.close();
    if (tablo.drafts.size > 0) throw new Error('it was told after all');
    await server.stop();
    await server.start();
    const again = await openDevice(server, ALICE, { browser });
    await hasOnServer('on the train');
    expect(again.chat.openRoom(tablo.id).draft.get()).toBe('on the train');
  });

  it('[R7] one of an earlier release, without a time, is shown and told', async () => {
    const browser = new FakeBrowser(new MemoryStore());
    await browser.store.writeDraft({ tabloId: tablo.id, text: 'typed before the update', at: 0, isReported: false });
    tablo.drafts.set(ALICE, { text: 'typed elsewhere', at: 10 });
    const device = await openDevice(server, ALICE, { browser });
    const room = device.chat.openRoom(tablo.id);
    await until(() => expect(room.draft.get()).toBe('typed before the update'));
    await hasOnServer('typed before the update');
  });

  it('[R8] a draft that is refused for good stays here, is not sent over and over, and is sent again at the next connection', async () => {
    server.refusesDrafts = { status: 403, code: 'read-only' };
    const device = await openDevice(server, ALICE, { timing: { retryMinMs: 1, retryMaxMs: 1 } });
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    room.setDraft('may I?');
    await until(() => expect(puts()).toBe(1));
    for (const text of ['Time', 'passes', 'with', 'every', 'message']) {
      await room.send(text);
      await until(() => expect(statusOf(room, text)).toBe('sent'));
    }
    expect({ puts: puts(), draft: room.draft.get() }).toEqual({ puts: 1, draft: 'may I?' });
    server.refusesDrafts = null;
    device.environment.goOffline();
    device.environment.goOnline();
    await hasOnServer('may I?');
  });

  it('[R11] a draft that is refused for now is sent again by itself', async () => {
    server.refusesDrafts = { status: 503, code: 'unavailable' };
    const device = await openDevice(server, ALICE);
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    room.setDraft('not now');
    await until(() => expect(puts()).toBeGreaterThan(1));
    server.refusesDrafts = null;
    await hasOnServer('not now');
  });

  it('[R8] a draft that is longer than a message may be stays here until it is shorter, and the server is not asked', async () => {
    const device = await openDevice(server, ALICE);
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    room.setDraft('x'.repeat(8_001));
    await until(async () => expect((await device.browser.store.readDraft(tablo.id))?.text).toHaveLength(8_001));
    room.setDraft('x'.repeat(8_000));
    await hasOnServer('x'.repeat(8_000));
    expect(puts()).toBe(1);
  });

  it('[R11] a draft that a restored server has lost is sent again', async () => {
    const device = await openDevice(server, ALICE);
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    room.setDraft('precious');
    await hasOnServer('precious');
    await until(async () => expect((await device.browser.store.readDraft(tablo.id))?.isReported).toBe(true));
    device.environment.goOffline();
    tablo.drafts.clear();
    device.environment.goOnline();
    await hasOnServer('precious');
  });

  it('a draft that cannot be told is told at once when the page is hidden or the tablo is left, and a message written in one go is none', async () => {
    const device = await openDevice(server, ALICE, { timing: { draftReportMs: 3_600_000 } });
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    room.setDraft('hidden');
    device.environment.fire('hide');
    await hasOnServer('hidden');
    room.setDraft('left');
    room.release();
    await hasOnServer('left');
    const again = device.chat.openRoom(tablo.id);
    again.setDraft('');
    device.environment.fire('hide');
    const known = { text: '', isReported: true };
    await until(async () => expect(await device.browser.store.readDraft(tablo.id)).toMatchObject(known));
    const before = puts();
    again.setDraft('in one go');
    await again.send('in one go');
    again.setDraft('');
    device.environment.fire('hide');
    await until(() => expect(statusOf(again, 'in one go')).toBe('sent'));
    expect(puts()).toBe(before);
  });

  it('[R7] a draft that cannot be told is told at once although the report of an earlier one is not answered yet', async () => {
    const device = await openDevice(server, ALICE, { timing: { draftReportMs: 3_600_000 } });
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    let answer = () => {};
    server.holdsDraftAnswers = new Promise((resolve) => (answer = resolve));
    room.setDraft('first');
    device.environment.fire('hide');
    await hasOnServer('first');
    room.setDraft('first, second');
    device.environment.fire('hide');
    await hasOnServer('first, second');
    answer();
    await until(async () => expect((await device.browser.store.readDraft(tablo.id))?.isReported).toBe(true));
    expect(room.draft.get()).toBe('first, second');
  });
});

describe('what a draft is aimed at', () => {
  const target = { id: 'message-1' as EntryId, author: BOB as UserId, text: 'Soup or salad?', shownAt: 1 };
  const edit = (text: string) => ({ target: { ...target, author: ALICE as UserId }, text });

  it('[R8] a reply and an edit survive a restart, beside the ordinary text', async () => {
    const browser = new FakeBrowser();
    const device = await openDevice(server, ALICE, { browser });
    const room = device.chat.openRoom(tablo.id);
    room.setDraft('the ordinary text');
    room.setAim({ replyTo: target, edit: edit('Soup, and bread') });
    await device.chat.close();
    const again = (await openDevice(server, ALICE, { browser })).chat.openRoom(tablo.id);
    await until(() => expect(again.draft.get()).toBe('the ordinary text'));
    expect(again.aim.get()).toMatchObject({ replyTo: target, edit: edit('Soup, and bread') });
  });

  it('[R8] what a draft is aimed at follows to another tab, and does not come back from one that was slower', async () => {
    const browser = new FakeBrowser();
    const one = (await openDevice(server, ALICE, { browser })).chat.openRoom(tablo.id);
    const two = (await openDevice(server, ALICE, { browser })).chat.openRoom(tablo.id);
    one.setAim({ replyTo: target, edit: null });
    await until(() => expect(two.aim.get().replyTo).toEqual(target));
    one.setAim({ replyTo: null, edit: null });
    two.setDraft('typed meanwhile');
    await until(() => expect([one.draft.get(), two.aim.get().replyTo]).toEqual(['typed meanwhile', null]));
    expect(one.aim.get().replyTo).toBeNull();
  });

  it('[R8] an aim that was chosen before the disk was read stays', async () => {
    let release = () => {};
    const isReadable = new Promise<void>((resolve) => (release = resolve));
    const store = new MemoryStore();
    const kept = { replyTo: null, edit: edit('of yesterday'), at: Date.now() + 60_000 };
    await store.writeDraft({ tabloId: tablo.id, text: '', at: 0, isReported: true, aim: kept });
    const readDraft = store.readDraft.bind(store);
    store.readDraft = (id) => isReadable.then(() => readDraft(id));
    const device = await openDevice(server, ALICE, { browser: new FakeBrowser(store) });
    const room = device.chat.openRoom(tablo.id);
    room.setAim({ replyTo: target, edit: null });
    release();
    await until(async () => expect((await readDraft(tablo.id))?.aim).toMatchObject({ replyTo: target, edit: null }));
    expect(room.aim.get()).toMatchObject({ replyTo: target, edit: null });
  });

  it('[T6] what a draft is aimed at is told to nobody: the server hears of the text alone, and a second device of nothing else', async () => {
    const { rooms } = await openTwoDevices();
    rooms.desktop.setAim({ replyTo: target, edit: edit('a secret edit') });
    rooms.desktop.setDraft('the text');
    await until(() => expect(rooms.phone.draft.get()).toBe('the text'));
    expect(rooms.phone.aim.get()).toMatchObject({ replyTo: null, edit: null });
    expect(tablo.drafts.get(ALICE)).toEqual({ text: 'the text', at: expect.any(Number) });
  });

  it('[R7] what a draft is aimed at ends with a text that was sent from another device; an edit goes on', async () => {
    const { rooms } = await openTwoDevices();
    rooms.desktop.setAim({ replyTo: target, edit: edit('Soup, and bread') });
    rooms.desktop.setDraft('Soup');
    await until(() => expect(rooms.phone.draft.get()).toBe('Soup'));
    rooms.phone.setDraft('');
    await until(() => expect(rooms.desktop.aim.get()).toMatchObject({ replyTo: null, edit: edit('Soup, and bread') }));
    expect(rooms.desktop.draft.get()).toBe('');
  });

  it('[R8] a changed edit is counted as lost with the device, and is in the saved file', async () => {
    const { chat } = await openDevice(server, ALICE);
    const room = chat.openRoom(tablo.id);
    room.setAim({ replyTo: null, edit: edit(target.text) });
    expect([await chat.countDrafts(), await chat.countUnsynced()]).toEqual([0, { entries: 0, drafts: 0 }]);
    room.setAim({ replyTo: null, edit: edit('Soup, and bread') });
    expect([await chat.countDrafts(), await chat.countUnsynced()]).toEqual([1, { entries: 0, drafts: 1 }]);
    expect(await chat.exportUnsent()).toMatch(
      /--- New text for .*, not sent\n {4}On this device only\.\n\nSoup, and bread\n/u,
    );
  });
});

describe('the list of tablos', () => {
  const marks = ({ chat }: Device) => {
    const { unsent, hasDraft } = chat.channels.get().channels[0] ?? {};
    return { ...unsent, hasDraft };
  };

  it('[R8] the list of tablos knows where something is typed, waits or was refused', async () => {
    const device = await openDevice(server, ALICE);
    const room = device.chat.openRoom(tablo.id);
    await isOnline(device);
    await until(() => expect(marks(device)).toEqual({ pending: 0, refused: 0, hasDraft: false }));
    device.environment.goOffline();
    room.setDraft('half');
    await until(() => expect(marks(device)).toEqual({ pending: 0, refused: 0, hasDraft: true }));
    await room.send('half');
    room.setDraft('');
    await until(() => expect(marks(device)).toEqual({ pending: 1, refused: 0, hasDraft: false }));
    room.setAim({
      replyTo: null,
      edit: { target: { id: 'a' as EntryId, author: ALICE, text: 'b', shownAt: 1 }, text: 'c' },
    });
    await until(() => expect(marks(device)).toEqual({ pending: 1, refused: 0, hasDraft: true }));
    server.judge = () => ({ code: 'read-only' });
    device.environment.goOnline();
    await until(() => expect(marks(device)).toEqual({ pending: 0, refused: 1, hasDraft: true }));
  });
});

describe('two devices of one reader', () => {
  it('[R10] two devices of one reader follow each other, and offline reads on both end at the further one', async () => {
    const { desktop, phone, rooms } = await openTwoDevices();
    for (const text of ['One', 'Two', 'Three']) await server.post(tablo, BOB, text);
    for (const device of [desktop, phone]) await until(() => expect(unreadOf(device, tablo)).toBe(3));
    rooms.phone.markRead();
    for (const device of [phone, desktop]) await until(() => expect(unreadOf(device, tablo)).toBe(0));
    expect(tablo.readSeq.get(ALICE)).toBe(3);

    await server.post(tablo, BOB, 'Four');
    for (const device of [desktop, phone]) await until(() => expect(unreadOf(device, tablo)).toBe(1));
    phone.environment.goOffline();
    await server.post(tablo, BOB, 'Five');
    await until(() => expect(unreadOf(desktop, tablo)).toBe(2));
    desktop.environment.goOffline();
    rooms.phone.markRead();
    rooms.desktop.markRead();
    await until(() => expect([unreadOf(phone, tablo), unreadOf(desktop, tablo)]).toEqual([0, 0]));
    await server.post(tablo, BOB, 'Six');

    // The one that has read less comes back last, and must not take anything back.
    desktop.environment.goOnline();
    await until(() => expect(tablo.readSeq.get(ALICE)).toBe(5));
    phone.environment.goOnline();
    await until(() => expect(texts(rooms.phone)).toContain('Six'));
    for (const device of [phone, desktop]) await until(() => expect(unreadOf(device, tablo)).toBe(1));
    expect(tablo.readSeq.get(ALICE)).toBe(5);
  });
});
