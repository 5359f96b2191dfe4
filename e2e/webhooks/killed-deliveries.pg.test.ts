// Webhooks while the server is killed: everything that was acknowledged is told, at least once, and of each tablo in order. A repeat has the id of the first.
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
  // From some number on answers are held back until the server is killed, so that each kill meets several deliveries under way; some are not taken at first.
  const held: (() => void)[] = [];
  const next = (from: number) => ({
    from: from + 15 + random.below(20),
    several: 2 + random.below(3),
    met: Promise.withResolvers<void>(),
  });
  let kill = next(0);
  const receiver = await openReceiver(async (_, nth) => {
    if (nth >= kill.from) {
      const released = Promise.withResolvers<void>();
      held.push(released.resolve);
      if (held.length >= kill.several) kill.met.resolve();
      await released.promise;
    }
    return nth % 17 === 16 ? 503 : 200;
  });
  const release = () => {
    for (const resolve of held.splice(0)) resolve();
  };
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
  // Between a kill and the end of the start after it nobody asks: whoever was asking then asks once more, with the same id.
  let isUp = Promise.withResolvers<void>();
  isUp.resolve();
  const asked = async (path: string, body: object): Promise<number | string> => {
    for (;;) {
      const up = isUp;
      await up.promise;
      const answer = await vi.waitFor(
        async () => {
          // Killed since: the next start is waited for, however long it takes.
          if (isUp !== up) return null;
          const given = await ask(path, body);
          expect(given).not.toBe(-1);
          return given;
        },
        { timeout: 60_000, interval: 50 },
      );
      if (answer !== null) return answer;
    }
  };
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
    writing.catch(() => {}); // It is awaited below.
    for (let nth = 0; nth < KILLS; nth += 1) {
      await kill.met.promise;
      isUp = Promise.withResolvers();
      await server.kill();
      kill =
        nth + 1 < KILLS ? next(receiver.received.length + held.length) : { ...kill, from: Number.POSITIVE_INFINITY };
      release();
      await server.restart();
      isUp.resolve();
    }
    await writing;
    await vi.waitFor(
      async () =>
        expect(await database.query('SELECT count(*)::int AS waiting FROM tablo_private.webhook_events')).toEqual([
          { waiting: 0 },
        ]),
      { timeout: 180_000, interval: 100 },
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
    kill = { ...kill, from: Number.POSITIVE_INFINITY };
    release();
    await server.stop();
    receiver.close();
    await database.close();
  }
}, 480_000);
