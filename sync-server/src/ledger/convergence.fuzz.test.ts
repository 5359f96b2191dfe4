/**
 * Whole histories over a network that cuts, delays and repeats: real replicas, the real ledger, a seeded schedule, entries that are refused among the others. After
 * draining, every replica's timeline is the fold of the rows, nobody's message is lost, doubled or changed [R4] [R5], and what was refused is nowhere: no device has
 * begun a new document because of it, as a client that knows nothing of refusals does not [R8].
 */
import {
  createDeletion,
  createEdit,
  createMessage,
  createReaction,
  type Entry,
  type MemberEntry,
} from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { Timeline, type TimelineMessage } from '@tablo/schema/timeline';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { Ledger } from './ledger.ts';
import { MemoryLedgerStore } from './store/memory-ledger.ts';
import { alice, bob, carol, entriesOf, type Loaded, load, submissionOf } from './testing/ledger-fixture.ts';

const T = 1_700_000_000_000;
const SEEDS = 60;
const STEPS = 80;
const tablo = '0197a000-0000-7000-8000-0000000000f1' as TabloId;
const silent = { onCommit: () => {}, onFailure: () => {} };

/** One device: a replica, an outbox, and frames on their way to the server. */
class Device {
  readonly author: UserId;
  readonly outbox = new Map<EntryId, MemberEntry>();
  doc = new Y.Doc();
  epoch = 1;
  inFlight: Uint8Array[] = [];
  isOnline = true;
  /** How often its document was refused as a whole. */
  misfits = 0;

  constructor(author: UserId) {
    this.author = author;
  }

  write(entry: MemberEntry): void {
    this.outbox.set(entry.id, entry);
    const before = Y.encodeStateVector(this.doc);
    this.doc.getArray('messages').push([entry]);
    if (this.isOnline) this.inFlight.push(Y.encodeStateAsUpdate(this.doc, before));
  }

  /** A new Y.Doc with the server's state, then the pending entries again. */
  rehome({ doc, live }: Loaded): void {
    this.doc = new Y.Doc();
    this.epoch = live.epoch;
    this.inFlight = [];
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(doc));
    const pending = [...this.outbox.values()];
    this.outbox.clear();
    for (const entry of pending) this.write(entry);
  }

  /** SyncStep1 and SyncStep2, both ways. */
  reconnect(server: Loaded): void {
    this.isOnline = true;
    if (this.epoch !== server.live.epoch) return this.rehome(server);
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(this.doc)));
    // What was refused while nobody could say so has left the document.
    const left = new Set(this.doc.getArray<Entry>('messages').map(({ id }) => id));
    for (const id of this.outbox.keys()) if (!left.has(id)) this.outbox.delete(id);
    this.inFlight = [Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(server.doc))];
  }
}

async function runSchedule(seed: number): Promise<{
  server: Loaded;
  devices: Device[];
  store: MemoryLedgerStore;
  written: MemberEntry[];
  bad: MemberEntry[];
}> {
  const random = new Random(seed);
  const store = new MemoryLedgerStore();
  store.addTablo(tablo, { [alice]: 'admin', [bob]: 'member', [carol]: 'member' });
  const ledger = new Ledger(store, silent);
  let server = load(tablo);
  const devices = [alice, alice, bob, carol].map((user) => new Device(user));
  const written: MemberEntry[] = [];
  const bad: MemberEntry[] = [];
  let now = T;

  const deliver = async (device: Device): Promise<void> => {
    const update = device.inFlight.shift();
    if (update === undefined) return;
    if (random.chance(0.1)) device.inFlight.unshift(update);
    const outcome = await ledger.submit(submissionOf(server.live, device.author, update, now));
    if (outcome.type === 'refused') {
      if (!outcome.isGap && outcome.refusal.code !== 'epoch-moved') device.misfits += 1;
      return device.reconnect(server);
    }
    if (outcome.type === 'committed') {
      const refused = outcome.refusals.flatMap(({ ids }) => ids);
      for (const id of [...outcome.fresh, ...outcome.repeated, ...refused]) device.outbox.delete(id);
    }
    broadcast();
  };
  const broadcast = (): void => {
    for (const device of devices) {
      if (device.isOnline && device.epoch === server.live.epoch)
        Y.applyUpdate(device.doc, Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(device.doc)));
    }
  };
  const move = async (): Promise<void> => {
    await ledger.submit({ type: 'move', document: server.live });
    server = load(tablo, server.live.epoch + 1);
    for (const device of devices) if (device.isOnline) device.rehome(server);
  };

  for (let step = 0; step < STEPS; step += 1) {
    now += random.below(40_000);
    const device = random.pick(devices);
    const choice = random.next();
    if (choice < 0.08) {
      const entry = createBad(random, device, now, written);
      bad.push(entry);
      device.write(entry);
    } else if (choice < 0.4) {
      const entry = createRandom(random, device, now - random.below(90_000), written);
      written.push(entry);
      device.write(entry);
    } else if (choice < 0.8) await deliver(device);
    else if (choice < 0.88) {
      device.isOnline = false;
      device.inFlight = [];
    } else if (choice < 0.98) device.reconnect(server);
    else await move();
  }
  for (const device of devices) device.reconnect(server);
  for (let rounds = 0; devices.some(({ inFlight }) => inFlight.length > 0); rounds += 1) {
    if (rounds > 1_000) throw new Error('the network does not drain');
    for (const device of devices) await deliver(device);
  }
  for (const device of devices) device.reconnect(server);
  return { server, devices, store, written, bad };
}

function createRandom(random: Random, device: Device, sentAt: number, written: readonly MemberEntry[]): MemberEntry {
  const by = { author: device.author, sentAt };
  const seen = new Set(device.doc.getArray<Entry>('messages').map(({ id }) => id));
  const messages = written.filter(({ id, kind }) => kind === 'message' && seen.has(id));
  const own = messages.filter(({ author }) => author === device.author);
  const kind = random.next();
  if (kind < 0.2 && own.length > 0) return createEdit(by, random.pick(own).id, `edit ${random.below(1_000)}`);
  if (kind < 0.27 && own.length > 0) return createDeletion(by, random.pick(own).id);
  if (kind < 0.45 && messages.length > 0)
    return createReaction(by, random.pick(messages).id, random.pick(['👍', '🎉']), random.chance(0.7));
  return createMessage(by, `message ${random.below(1_000)}`);
}

/** Refused for its text, its target, or whose message it is about. */
function createBad(random: Random, device: Device, sentAt: number, written: readonly MemberEntry[]): MemberEntry {
  const by = { author: device.author, sentAt };
  const taken = random.chance(0.3) ? written[0] : undefined;
  if (taken !== undefined && taken.author !== device.author)
    return createEdit(by, taken.id, `somebody else's ${random.below(1_000)}`);
  if (random.chance(0.5)) return createReaction(by, createEntryId(), '👍', true);
  return { ...createMessage(by, 'too long'), text: 'x'.repeat(8_001) };
}

const fold = (entries: Iterable<Entry>): readonly TimelineMessage[] => {
  const timeline = new Timeline();
  for (const entry of entries) timeline.add(entry);
  return timeline.messages();
};

it(`[R4] [R5] every replica shows what the rows hold, after ${SEEDS} schedules of cuts, repeats, refusals and epoch changes`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { server, devices, store, written, bad } = await runSchedule(seed);
    const refused = new Set(bad.map(({ id }) => id));
    const rows = [...store.entries.values()];
    expect(rows.map(({ entry }) => entry.id).sort(), `seed ${seed}: stored`).toEqual(
      written.map(({ id }) => id).sort(),
    );
    expect(
      rows.flatMap(({ seq }) => seq ?? []),
      `seed ${seed}: seq`,
    ).toEqual(Array.from({ length: rows.filter(({ entry }) => entry.kind === 'message').length }, (_, nth) => nth + 1));
    const expected = fold(entriesOf(server.doc) as Entry[]);
    for (const device of devices) {
      expect(device.outbox.size, `seed ${seed}: pending`).toBe(0);
      expect(device.misfits, `seed ${seed}: documents refused`).toBe(0);
      expect(entriesOf(device.doc), `seed ${seed}: elements`).toEqual(entriesOf(server.doc));
      expect(fold(entriesOf(device.doc) as Entry[]), `seed ${seed}: timeline`).toEqual(expected);
    }
    expect(
      (entriesOf(server.doc) as Entry[]).filter(({ id }) => refused.has(id)),
      `seed ${seed}: refused`,
    ).toEqual([]);
    for (const { id, shownAt } of expected)
      expect(shownAt, `seed ${seed}: shownAt`).toBe(store.entries.get(id)?.shownAt);
  }
}, 60_000);
