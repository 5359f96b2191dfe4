/** Frames of members and strangers: of unknown kinds, of presence, unfinished. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openRawSocket } from '@tablo/sync-server/attacks/raw-socket';
import { awarenessFrame, frame } from '@tablo/sync-server/testing/frames';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type { Attack } from '../attacker/attack.ts';
import { addTablo } from '../attacker/history.ts';
import { repeat } from '../attacker/workers.ts';
import { Writer } from '../attacker/writer.ts';

const UNKNOWN_TYPE = 40;
const SOCKETS = 10;
const UNFINISHED_SOCKETS = 60;
const UNFINISHED_BYTES = 8_000_000;
const CHUNK = Buffer.alloc(64 * 1024);

const unknownFrames: Attack = {
  name: 'unknown-frames',
  what: 'send frames of an unknown kind as a guest, on ten sockets, and come back when cut',
  identity: 'secret',
  prepare: async (field) => {
    const user = randomUUID();
    const seat = { tablo: await addTablo(field.pool, [user], 'guest'), token: tokenOf(user) };
    return (over) =>
      repeat(over, SOCKETS, async () => {
        const writer = new Writer(field, seat);
        if (!(await writer.ready(over))) return false;
        const bytes = frame(writer.name, UNKNOWN_TYPE);
        while ((await writer.socket?.hasRoom(over)) === true) {
          for (let nth = 0; nth < 100; nth += 1) writer.socket?.send(bytes);
          await delay(0);
        }
        return false;
      });
  },
};

const presenceIds: Attack = {
  name: 'presence-ids',
  what: 'show a new clientID with every frame, on ten sockets',
  identity: 'secret',
  prepare: async (field) => {
    const user = randomUUID();
    const seat = { tablo: await addTablo(field.pool, [user]), token: tokenOf(user) };
    return async (over) => {
      let client = 1;
      await repeat(over, SOCKETS, async () => {
        const writer = new Writer(field, seat);
        if (!(await writer.ready(over))) return false;
        while ((await writer.socket?.hasRoom(over)) === true) {
          for (let nth = 0; nth < 20; nth += 1) {
            client += 1;
            writer.socket?.send(awarenessFrame(writer.name, [{ client, json: '{"typing":true}' }]));
          }
          await delay(1);
        }
        return false;
      });
    };
  },
};

const unfinishedFrames: Attack = {
  name: 'unfinished-frames',
  what: 'begin frames of 8 MB on 60 sockets as a stranger, and never end them',
  identity: 'secret',
  prepare: async ({ http, tally, atEnd }) => {
    return (over) =>
      repeat(over, UNFINISHED_SOCKETS, async () => {
        const socket = await openRawSocket(`${http}/sync`).catch(() => null);
        if (socket === null) return false;
        atEnd(() => void socket.destroy());
        const head = Buffer.alloc(14);
        head[0] = 0x82;
        head[1] = 0xff;
        head.writeBigUInt64BE(BigInt(UNFINISHED_BYTES), 2);
        socket.write(head);
        for (let sent = 0; sent < UNFINISHED_BYTES - CHUNK.length && !socket.destroyed; ) {
          if (over.aborted) break;
          await tally.uplink.ready();
          if (socket.writableLength < 1_000_000) {
            socket.write(CHUNK);
            sent += CHUNK.length;
            tally.send(CHUNK.length);
          } else await delay(5);
        }
        while (!socket.destroyed && !over.aborted) await delay(50);
        if (!over.aborted) tally.cut += 1;
        socket.destroy();
        return false;
      });
  },
};

export const frameAttacks = [unknownFrames, presenceIds, unfinishedFrames] as const;
