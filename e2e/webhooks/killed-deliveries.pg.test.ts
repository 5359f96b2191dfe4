// Webhooks while the server is killed: everything that was acknowledged is told, at least once, and of each tablo in order. A repeat has the id of the first.
import { setTimeout as delay } from 'node:timers/promises';
import { createEntryId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { openReceiver, TEST_WEBHOOK_SECRET } from '@tablo/sync-server/webhooks/testing/receiver';
import { expect, it, vi } from 'vitest';
import { openDatabase } from '../support/database.ts';
import { startServer } from '../support/server.ts';

const SERVICE_TOKEN = 'a-service-token-of-forty-characters-0123';
const TABLOS = 6;
const MESSAGES = 40;
const KILLS = 3;
const seed = Number(process.env['SEED'] ?? 20_261_129);

it(`[R1] [R11] nothing is missing and no tablo’s order is lost when the server is killed in the middle (SEED=${seed})`, async () => {
  const random = new Random(seed);
  const database = await openDatabase();
  const receiver = await openReceiver(async (_, nth) => {
    // Some are slow, so that a kill meets several under way; some are not taken at first.
    await delay(random.below(15));
    return nth % 17 === 16 ? 503 : 200;
  });
  const server = await startServer({
    env: {
      DATABASE_URL: database.url,
      SERVICE_TOKENS: SERVICE_TOKEN,
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRET: TEST_WEBHOOK_SECRET,
    },
  });
  const writer = crypto.randomUUID();
  const ask = async (path: string, body: object): Promise<number | string> => {
    const headers = {
      Authorization: `Bearer ${SERVICE_TOKEN}`,
      'Chat-User': writer,
      'Content-Type': 'application/json',
    };
    try {
      const answer = await fetch(`${server.url}/chat${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      const { message, channel } = (await answer.json()) as { message?: { seq: number }; channel?: { id: string } };
      return message?.seq ?? channel?.id ?? -1;
    } catch {
      // Killed in this very moment: asked again, with the same id.
      return -1;
    }
  };
  const asked = (path: string, body: object) =>
    vi.waitFor(
      async () => {
        const answer = await ask(path, body);
        expect(answer).not.toBe(-1);
        return answer;
      },
      { timeout: 60_000, interval: 50 },
    );
  try {
    const tablos: string[] = [];
    for (let nth = 0; nth < TABLOS; nth += 1) tablos.push(String(await asked('/channels', { name: `Tablo ${nth}` })));
    const acknowledged = new Map(tablos.map((tablo) => [tablo, [] as (number | string)[]]));
    const writing = Promise.all(
      tablos.map(async (tablo) => {
        for (let nth = 0; nth < MESSAGES; nth += 1) {
          const message = { id: createEntryId(), text: `message ${nth}` };
          acknowledged.get(tablo)?.push(await asked(`/channels/${tablo}/messages`, message));
        }
      }),
    );
    for (let nth = 0; nth < KILLS; nth += 1) {
      const goal = receiver.received.length + 15 + random.below(20);
      await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThanOrEqual(goal), {
        timeout: 60_000,
        interval: 2,
      });
      await server.kill();
      await server.restart();
    }
    await writing;
    await vi.waitFor(
      async () =>
        expect(await database.query('SELECT count(*)::int AS waiting FROM tablo_private.webhook_events')).toEqual([
          { waiting: 0 },
        ]),
      { timeout: 90_000, interval: 100 },
    );
    const first = new Map(
      receiver
        .taken()
        .toReversed()
        .map((event) => [event.id, event]),
    );
    const inOrder = receiver.taken().filter((event) => first.get(event.id) === event);
    for (const tablo of tablos) {
      const told = inOrder.filter(({ data }) => data.channel_id === tablo);
      const wanted = Array.from({ length: MESSAGES }, (_, nth) => nth + 1);
      expect(acknowledged.get(tablo)).toEqual(wanted);
      expect(told.map(({ type, data }) => data.seq ?? type)).toEqual(['member.added', ...wanted]);
    }
    expect(receiver.received.every(({ isGenuine }) => isGenuine)).toBe(true);
  } finally {
    await server.stop();
    receiver.close();
    await database.close();
  }
}, 240_000);
