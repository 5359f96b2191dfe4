import { createMessage, type MemberEntry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type UserId } from '@tablo/schema/ids';
import { expect, it, vi } from 'vitest';
import { DEFAULT_TIMING } from '../base/timing.ts';
import { Sender, type SenderEntries, type SenderHost } from './sender.ts';

const author = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const MIB = 1024 * 1024;

/** A room that holds what is pushed until the test confirms it. */
class FakeRoom implements SenderEntries, SenderHost {
  readonly pending: MemberEntry[];
  readonly pushed: MemberEntry[] = [];
  readonly #durable = new Set<EntryId>();

  constructor(pending: readonly MemberEntry[]) {
    this.pending = [...pending];
  }

  get heldBytes(): number {
    const held = new Set(this.held());
    return this.pushed.filter(({ id }) => held.has(id)).reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
  }

  confirm(count: number): void {
    for (const id of this.held().slice(0, count)) this.#durable.add(id);
  }

  pushable = () => this.pending.slice(this.pushed.length);
  held = () => this.pushed.map(({ id }) => id).filter((id) => !this.#durable.has(id));
  doubtful = (): readonly EntryId[] => [];
  replaced = (): readonly EntryId[] => [];
  takenOut = (): readonly EntryId[] => [];
  release = (_ids: readonly EntryId[]) => {};
  push = (entries: readonly MemberEntry[]) => void this.pushed.push(...entries);
  check = (_ids: readonly EntryId[]) => {};
  refuse = () => {};
  rehome = () => {};
  moveEpoch = () => {};
  expireToken = () => {};
}

it('[R11] never has more on its way than one frame can carry after a cut, and sends all of it in order', () => {
  const entries = Array.from({ length: 1_500 }, (_, nth) => createMessage({ author, sentAt: nth }, 'x'.repeat(8_000)));
  const room = new FakeRoom(entries);
  const sender = new Sender(room, room, DEFAULT_TIMING);
  sender.joined();
  let rounds = 0;
  while (room.held().length > 0) {
    expect(room.heldBytes).toBeLessThanOrEqual(2 * MIB);
    room.confirm(60);
    sender.confirmed();
    rounds += 1;
  }
  expect(rounds).toBeGreaterThan(5);
  expect(room.pushed).toEqual(entries);
  sender.close();
});

it('a backlog of usual size goes at once', () => {
  const entries = Array.from({ length: 3_000 }, (_, nth) => createMessage({ author, sentAt: nth }, 'on the train'));
  const room = new FakeRoom(entries);
  const sender = new Sender(room, room, DEFAULT_TIMING);
  sender.joined();
  expect(room.pushed).toHaveLength(3_000);
  sender.close();
});

it('[R8] a refusal that names what the document had stored (a restored backup) is laid on nothing that is on its way', () => {
  const room = new FakeRoom([createMessage({ author, sentAt: 1 }, 'from the train')]);
  const happened: string[] = [];
  room.refuse = () => void happened.push('refused');
  room.rehome = ((home: string) => void happened.push(home)) as typeof room.rehome;
  const sender = new Sender(room, room, DEFAULT_TIMING);
  sender.joined();
  expect(room.held()).toHaveLength(1);
  sender.refused('invalid-update', 'Somebody else wrote that.', [createEntryId()]);
  expect(happened).toEqual(['empty']);
  sender.close();
});

it('[R8] a refusal that names nothing, of what is somebody else’s, is laid on nothing that is on its way', () => {
  const room = new FakeRoom([createMessage({ author, sentAt: 1 }, 'from the train')]);
  const happened: string[] = [];
  room.refuse = () => void happened.push('refused');
  room.rehome = ((home: string) => void happened.push(home)) as typeof room.rehome;
  const sender = new Sender(room, room, DEFAULT_TIMING);
  sender.joined();
  sender.refused('not-your-entry', 'The update deletes what the server does not know, of somebody else.', []);
  expect(happened).toEqual(['empty']);
  sender.close();
});

it('[R8] a second reason for what the server has taken out is told, and the document stays', () => {
  const room = new FakeRoom([createMessage({ author, sentAt: 1 }, 'from the train')]);
  const happened: string[] = [];
  const ids = room.pending.map(({ id }) => id);
  room.takenOut = () => ids;
  room.refuse = () => void happened.push('refused');
  room.rehome = ((home: string) => void happened.push(home)) as typeof room.rehome;
  const sender = new Sender(room, room, DEFAULT_TIMING);
  sender.joined();
  for (let nth = 0; nth < 2; nth += 1) sender.refused('invalid-update', 'The target is not here.', ids);
  expect(happened).toEqual(['refused', 'refused']);
  sender.close();
});

it('[R11] a limit on questions holds the questions back, in place', () => {
  vi.useFakeTimers();
  const entry = createMessage({ author, sentAt: 1 }, 'from the train');
  const room = new FakeRoom([entry]);
  const happened: string[] = [];
  room.doubtful = (() => [entry.id]) as typeof room.doubtful;
  room.check = () => void happened.push('asked');
  room.rehome = ((home: string) => void happened.push(home)) as typeof room.rehome;
  const sender = new Sender(room, room, DEFAULT_TIMING);
  sender.joined();
  sender.refused('rate-limited', 'Too much.', []);
  // Joined again for whatever reason: that is no reason to ask.
  sender.left();
  sender.joined();
  expect(happened).toEqual(['asked']);
  vi.advanceTimersByTime(DEFAULT_TIMING.retryMinMs);
  expect(happened).toEqual(['asked', 'asked']);
  sender.close();
  vi.useRealTimers();
});

it('[R4] asks about a message that was rewritten before what it was rewritten to is pushed: another tab may have sent it', () => {
  const [first, second] = [1, 2].map((sentAt) => createMessage({ author, sentAt }, 'words')) as [
    MemberEntry,
    MemberEntry,
  ];
  const room = new FakeRoom([]);
  const check = vi.spyOn(room, 'check');
  const sender = new Sender(room, room, DEFAULT_TIMING);
  sender.joined();
  room.doubtful = () => [first.id, second.id];
  room.replaced = () => [first.id];
  room.pending.push(second);
  sender.flush();
  expect([room.pushed, check.mock.calls]).toEqual([[], [[[first.id, second.id]]]]);
  expect(sender.committed([], [])).toBe(true);
  sender.answered();
  expect(room.pushed).toEqual([second]);
  sender.flush();
  expect(check).toHaveBeenCalledTimes(1);
  sender.close();
});
