import { createMessage } from '@tablo/schema/entry';
import { UPDATE } from '@tablo/sync-server/sync/socket/frames/frame-types';
import { syncFrame } from '@tablo/sync-server/testing/frames';
import { RawClient } from '@tablo/sync-server/testing/raw-client';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, expect, it } from 'vitest';
import * as Y from 'yjs';
import { openDatabase } from '../../support/database.ts';
import type { Seat } from '../member.ts';
import { Stage } from '../stage.ts';
import { Gate } from './gate.ts';

const SOCKETS = 20;
const FRAMES = 100;
const QUEUED_BYTES = 8 * 1024 * 1024;
/** Beside the bound itself: what frames cost while they are read, and what the garbage collector has not come to. */
const SLACK_BYTES = 120 * 1024 * 1024;

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it('[R11] 200 MB offered while the database is away do not stay in the memory: refused or cut, and served again afterwards', async () => {
  const database = await openDatabase();
  closers.push(() => database.close());
  const gate = await Gate.open(database.url);
  closers.push(() => gate.close());
  const stage = await Stage.open({ url: gate.url, directUrl: database.url, tablos: 1, writers: SOCKETS });
  closers.push(() => stage.close());
  await stage.server.restart({ MAX_QUEUED_BYTES: String(QUEUED_BYTES) });
  const floods = await Promise.all(stage.writers.map(({ seat }) => joinRaw(seat)));
  closers.push(async () => {
    for (const flood of floods) flood.close();
  });
  const before = await readRss(stage);
  gate.shut();
  let peak = before;
  let sent = 0;
  for (let nth = 0; nth < FRAMES; nth += 1) {
    for (const flood of floods) sent += flood.sendFrame();
    peak = Math.max(peak, await readRss(stage));
  }
  expect(sent).toBeGreaterThan(0.9 * SOCKETS * FRAMES * 100_000);
  await untilTrue('all that was sent has been taken or cut off', () => floods.every(({ hasLeft }) => hasLeft()));
  peak = Math.max(peak, await readRss(stage));
  console.log(`resident: ${toMb(before)} MB before, ${toMb(peak)} MB at the most; ${toMb(sent)} MB offered`);
  expect(peak - before).toBeLessThan(QUEUED_BYTES * 3 + SLACK_BYTES);
  gate.reopen();
  stage.connect();
  await stage.allJoined();
  const [writer] = stage.writers;
  writer?.send([createMessage({ author: writer.seat.userId, sentAt: Date.now() }, 'afterwards')]);
  await stage.drained();
}, 120_000);

const toMb = (bytes: number): number => Math.round(bytes / 1_000_000);

async function readRss({ server }: Stage): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^tablo_process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

interface Flood {
  /** 100 KB more, in bytes; once it has been cut off it only would have sent them. */
  sendFrame(): number;
  hasLeft(): boolean;
  close(): void;
}

/** A connection that hears nothing of what it is told, and goes on. */
async function joinRaw({ url, tabloId, userId, token }: Seat): Promise<Flood> {
  const name = `${tabloId}/1`;
  const client = new RawClient(`${url.replace('http', 'ws')}/sync`, { perMessageDeflate: false });
  let isJoined = false;
  client.onOpen = () => client.join(name, token);
  client.onFrame = ({ type }) => {
    if (type === 'state') isJoined = true;
  };
  await untilTrue('it has joined', () => isJoined);
  const doc = new Y.Doc();
  const messages = doc.getArray('messages');
  return {
    sendFrame: () => {
      if (!client.isOpen) return 100_000;
      const vector = Y.encodeStateVector(doc);
      const by = { author: userId, sentAt: Date.now() };
      messages.push(Array.from({ length: 13 }, () => createMessage(by, 'x'.repeat(8_000))));
      const frame = syncFrame(name, UPDATE, Y.encodeStateAsUpdate(doc, vector));
      client.send(frame);
      return frame.byteLength;
    },
    hasLeft: () => !client.isOpen || client.socket.bufferedAmount === 0,
    close: () => client.close(),
  };
}
