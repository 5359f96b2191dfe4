/** Members who make documents large, and ask for them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createMessage } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import { fill } from '@tablo/sync-server/attacks/documents';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type { Attack, Field } from '../attacker/attack.ts';
import { AttackerSocket } from '../attacker/attacker-socket.ts';
import { addTablo } from '../attacker/history.ts';
import { repeat } from '../attacker/workers.ts';
import { Writer } from '../attacker/writer.ts';

/** The longest text that is allowed, in the longest characters: 32,000 bytes. */
export const LONGEST_TEXT = '😀'.repeat(8_000);
const SOCKETS = 49;
const FULL_TABLOS = 240;
const FULL_BYTES = 250 * 1024;
const DOCUMENTS_A_SOCKET = 40;
const LARGEST_UPDATE = 10_000;

const longTexts: Attack = {
  name: 'long-texts',
  what: 'fill one’s own tablo with the longest texts by REST, and join it again and again',
  identity: 'secret',
  prepare: async (field) => {
    const user = randomUUID();
    const token = tokenOf(user);
    const tablo = await addTablo(field.pool, [user]);
    return async (over) => {
      const posting = repeat(over, 16, async () => {
        return (await field.call(`/chat/channels/${tablo}/messages`, { token, body: { text: LONGEST_TEXT } })) === 201;
      });
      const joining = repeat(over, 10, async () => {
        const writer = new Writer(field, { tablo, token });
        const isIn = await writer.ready(over);
        writer.socket?.close();
        return isIn;
      });
      await Promise.all([posting, joining]);
    };
  },
};

const firstSteps: Attack = {
  name: 'first-steps',
  what: 'ask for 60 MB of own documents on 49 sockets, without a pause',
  identity: 'secret',
  prepare: async (field) => {
    const user = randomUUID();
    const token = tokenOf(user);
    const tablos = await addFullTablos(field, user);
    return async (over) => {
      await repeat(over, SOCKETS, async (worker) => {
        const socket = await AttackerSocket.open(field);
        if (socket === null) return false;
        const names = Array.from(
          { length: DOCUMENTS_A_SOCKET },
          (_, nth) => `${tablos[(worker * DOCUMENTS_A_SOCKET + nth) % tablos.length]}/1`,
        );
        for (const name of names) socket.join(name, token);
        while (await socket.hasRoom(over)) {
          for (const name of names) socket.ask(name);
          await delay(0);
        }
        socket.close();
        return false;
      });
    };
  },
};

async function addFullTablos({ pool }: Field, owner: string): Promise<readonly string[]> {
  const tablos: string[] = [];
  const update = Buffer.from(fill(owner as UserId, FULL_BYTES));
  while (tablos.length < FULL_TABLOS) tablos.push(await addTablo(pool, [owner]));
  await pool.query(
    'INSERT INTO tablo_updates (tablo_id, epoch, update) SELECT id, 1, $2 FROM unnest($1::uuid[]) AS id',
    [tablos, update],
  );
  return tablos;
}

const notReading: Attack = {
  name: 'not-reading',
  what: 'join 60 MB of own documents on 49 sockets and read nothing of them',
  identity: 'secret',
  prepare: async (field) => {
    const user = randomUUID();
    const token = tokenOf(user);
    const tablos = await addFullTablos(field, user);
    return async (over) => {
      await repeat(over, SOCKETS, async () => {
        const socket = await AttackerSocket.open(field);
        if (socket === null) return false;
        socket.stopReading();
        for (const tablo of tablos.slice(0, DOCUMENTS_A_SOCKET)) socket.join(`${tablo}/1`, token);
        while (socket.isOpen && !over.aborted) await delay(50);
        socket.close();
        return false;
      });
    };
  },
};

const largeUpdates: Attack = {
  name: 'large-updates',
  what: 'send updates of 10,000 entries to ten tablos of one’s own, again and again',
  identity: 'secret',
  prepare: async (field) => {
    const author = randomUUID() as string as UserId;
    const tablos = await Promise.all(Array.from({ length: 10 }, () => addTablo(field.pool, [author])));
    return (over) =>
      repeat(over, tablos.length, async (nth) => {
        const writer = new Writer(field, { tablo: tablos[nth] ?? '', token: tokenOf(author) });
        while (await writer.ready(over)) {
          const sentAt = Date.now();
          const entries = Array.from({ length: LARGEST_UPDATE }, (_, n) => createMessage({ author, sentAt }, `${n}`));
          await writer.writeAndWait(entries, over);
        }
        writer.socket?.close();
        return false;
      });
  },
};

export const documentAttacks = [longTexts, firstSteps, notReading, largeUpdates] as const;
