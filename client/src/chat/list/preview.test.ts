/** What the list shows of a tablo while own changes wait, and after they were taken back. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RoomHandle } from '../chat.ts';
import { FakeServer, type FakeTablo } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, type Device, find, openDevice, statusOf, until } from '../testing/harness.ts';

let server: FakeServer;
let tablo: FakeTablo;
let device: Device;
let room: RoomHandle;
let isListHeld = false;
let releaseList = () => {};

beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
  isListHeld = false;
  const held = new Promise<void>((resolve) => {
    releaseList = resolve;
  });
  device = await openDevice(server, ALICE, {
    timing: { listRefreshMs: 1_000_000 },
    fetch: async (...args) => {
      if (isListHeld && String(args[0]).endsWith('/chat/channels')) await held;
      return fetch(...args);
    },
  });
  room = device.chat.openRoom(tablo.id);
  await room.send('older');
  await room.send('before');
  await until(() => expect(statusOf(room, 'before')).toBe('sent'));
  // From here on no answer of the list mends anything.
  device.environment.goOffline();
  await until(() => expect(device.chat.connection.get().status).toBe('offline'));
});
afterEach(async () => {
  await closeDevices();
  await server.stop();
});

const preview = () => device.chat.channels.get().channels[0]?.lastMessage?.text ?? null;
const shows = (text: string) => until(() => expect(preview()).toBe(text));

const isOpen = [true, false] as const;

/** Leaves the tablo, or stays in it: what is in the list then comes of what the device has noted of it. */
async function leaveUnless(isOpen: boolean, shown: string): Promise<void> {
  await shows(shown);
  if (!isOpen) room.release();
  await shows(shown);
}

it.each(isOpen)(
  '[R8] a message that was discarded gives its place back to the one before it (tablo open: %s)',
  async (isOpen) => {
    const id = await room.send('never mind');
    await leaveUnless(isOpen, 'never mind');
    await room.discard(id);
    await shows('before');
  },
);

it.each(isOpen)(
  '[R8] a change that was discarded gives its place back to the text before it (tablo open: %s)',
  async (isOpen) => {
    const message = find(room, 'before');
    await room.edit(message!.id, 'changed');
    await until(() => expect(find(room, 'changed')?.unsentChanges).toHaveLength(1));
    const [change] = find(room, 'changed')?.unsentChanges ?? [];
    await leaveUnless(isOpen, 'changed');
    await room.discard(change!.entry.id);
    await shows('before');
  },
);

it.each(isOpen)('[R8] a deletion that was discarded brings its message back (tablo open: %s)', async (isOpen) => {
  const message = find(room, 'before');
  await room.remove(message!.id);
  const deleted = () => room.view.get().messages.find(({ id }) => id === message!.id);
  await until(() => expect(deleted()).toMatchObject({ isDeleted: true }));
  const [deletion] = deleted()?.unsentChanges ?? [];
  await leaveUnless(isOpen, 'older');
  await room.discard(deletion!.entry.id);
  await shows('before');
});

it('[R8] a change that the server refuses, after the tablo was left, is not shown any more', async () => {
  server.judge = (entries) => (entries.some(({ kind }) => kind === 'edit') ? { code: 'invalid-update' } : null);
  await room.edit(find(room, 'before')!.id, 'changed');
  await leaveUnless(false, 'changed');
  device.environment.goOnline();
  await shows('before');
});

it('[R5] a deletion that is sent after the tablo was left never shows its message again, before the list has answered', async () => {
  await room.remove(find(room, 'before')!.id);
  await leaveUnless(false, 'older');
  isListHeld = true;
  const shown = new Set<string | null>();
  device.chat.channels.subscribe(() => shown.add(preview()));
  device.environment.goOnline();
  await until(async () => expect(await device.browser.store.readOutbox()).toEqual([]));
  const other = server.addTablo('Garden', { [ALICE]: 'owner' });
  isListHeld = false;
  releaseList();
  await until(() => expect(device.chat.channels.get().channels.map(({ id }) => id)).toContain(other.id));
  expect([...shown]).not.toContain('before');
});
