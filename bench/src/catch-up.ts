/**
 * What it costs on the wire to catch up: a device that has all of a tablo goes, others write, and it comes back. The real client with a store that
 * outlives it, counted to the byte by a proxy. Bytes do not depend on the machine, so one round is enough.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Writable } from '@tablo/client/chat/base/readable';
import type { RoomHandle } from '@tablo/client/chat/chat';
import { type ChatClient, openChatClient } from '@tablo/client/chat/chat-client';
import { MemoryStore } from '@tablo/client/chat/store/memory-store';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import type { Database } from './support/database.ts';
import { openServer, type RunningServer } from './support/servers.ts';
import { openWireMeter, type WireBytes } from './wire-meter.ts';

export interface CatchUpResult {
  readonly name: string;
  readonly missed: number;
  /** UTF-8 bytes of the missed texts. */
  readonly payload: number;
  readonly wire: WireBytes;
  /** Documents that the tablo went through meanwhile. */
  readonly moves: number;
}

interface Case {
  readonly name: string;
  readonly missed: number;
  readonly epochMaxEntries: number | null;
  /** Back to a server that has just started, and has to load the document. */
  readonly restarts: boolean;
}

const MISSED = 1_000;
/** What the device had before. */
const BEFORE = 100;
const CASES: readonly Case[] = [
  { name: 'nothing missed', missed: 0, epochMaxEntries: null, restarts: false },
  { name: 'one document', missed: MISSED, epochMaxEntries: null, restarts: false },
  { name: 'one document, loaded anew', missed: MISSED, epochMaxEntries: null, restarts: true },
  { name: 'over documents', missed: MISSED, epochMaxEntries: 250, restarts: false },
];
const DEADLINE_MS = 120_000;
/** Late frames (read positions, presence, members) belong to it. */
const SILENCE_MS = 2_000;
const WORDS =
  'the train is late so I will be there at noon please start without me and keep a seat near the window'.split(' ');

export async function measureCatchUp(database: Database): Promise<readonly CatchUpResult[]> {
  const results: CatchUpResult[] = [];
  for (const each of CASES) results.push(await measure(database, each));
  return results;
}

async function measure(database: Database, { name, missed, epochMaxEntries, restarts }: Case): Promise<CatchUpResult> {
  const start = () => openServer('ours', { databaseUrl: database.url, profileDir: null, epochMaxEntries });
  let server = await start();
  try {
    const [tablo] = await database.addTablos(1, 2);
    const [reader, writer] = (tablo?.members ?? []) as UserId[];
    const id = tablo?.id as TabloId;
    if (reader === undefined || writer === undefined) throw new Error('The tablo has no members.');
    const random = new Random(1);
    const store = new MemoryStore();
    const device = await open(httpOf(server), reader, id, store);
    const others = await open(httpOf(server), writer, id, new MemoryStore());
    await write(others, BEFORE, random);
    await untilTrue('the device has all of it', () => hasAll(device, BEFORE), DEADLINE_MS);
    const epoch = await database.readEpoch(id);
    await device.chat.close();
    const payload = await write(others, missed, random);
    const moves = (await database.readEpoch(id)) - epoch;
    if (restarts) {
      await others.chat.close();
      await server.close();
      server = await start();
    }
    const meter = await openWireMeter(httpOf(server));
    const back = await open(meter.url, reader, id, store);
    await untilTrue('the device has caught up', () => hasAll(back, BEFORE + missed), DEADLINE_MS);
    await settled(() => JSON.stringify(meter.read()));
    const wire = meter.read();
    await back.chat.close();
    if (!restarts) await others.chat.close();
    await meter.close();
    return { name, missed, payload, wire, moves };
  } finally {
    await server.close();
  }
}

const httpOf = ({ url }: RunningServer): string => url.replace('ws:', 'http:').replace(/\/sync$/, '');

interface Open {
  readonly chat: ChatClient;
  readonly room: RoomHandle;
}

async function open(baseUrl: string, user: UserId, tablo: TabloId, store: MemoryStore): Promise<Open> {
  const token = tokenOf(user);
  const chat = await openChatClient({
    user: { id: user, name: 'Somebody', email: null },
    tokens: { getToken: async () => token },
    baseUrl,
    storage: { store, state: new Writable({ status: 'durable' as const }) },
  });
  return { chat, room: chat.openRoom(tablo) };
}

/** Resolves with the bytes of the texts when all of them are sent. */
async function write({ chat, room }: Open, count: number, random: Random): Promise<number> {
  let bytes = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const text = Array.from({ length: 4 + random.below(24) }, () => random.pick(WORDS)).join(' ');
    bytes += Buffer.byteLength(text);
    await room.send(text);
    // A person's rhythm, more or less: a backlog that goes as one update would be smaller.
    if (nth % 10 === 9) await untilTrue('it is sent', async () => (await chat.countUnsent()) === 0, DEADLINE_MS);
  }
  await untilTrue('all is sent', async () => (await chat.countUnsent()) === 0, DEADLINE_MS);
  return bytes;
}

async function hasAll({ room }: Open, count: number): Promise<boolean> {
  const { messages, hasMore, status } = room.view.get();
  if (status === 'ready' && hasMore) await room.loadMore();
  return status === 'ready' && !hasMore && messages.length === count;
}

async function settled(read: () => string): Promise<void> {
  let [last, since] = [read(), performance.now()];
  while (performance.now() - since < SILENCE_MS) {
    await delay(50);
    if (read() !== last) [last, since] = [read(), performance.now()];
  }
}
