/** Whose turn it is, where many wait: on the real queue, with a receiver that answers when it is told to. */
import type { TabloId } from '@tablo/schema/ids';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLog } from '../base/log.ts';
import { createPool, type Pool } from '../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../db/testing/test-database.ts';
import { newTablo, newUser } from '../rest/testing/test-rest.ts';
import { untilWithin } from '../testing/wait.ts';
import { AT_ONCE, Deliverer } from './deliverer.ts';
import { PgWebhooks } from './pg-webhooks.ts';

const URL = 'https://host.example/';
const until = untilWithin(20_000);

let database: TestDatabase;
let pool: Pool;
let store: PgWebhooks;
let endpoint: number;
const open: Deliverer[] = [];
beforeEach(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
  store = new PgWebhooks(pool);
  endpoint = await store.register(URL, ['member.added']);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((deliverer) => deliverer.close()));
  await pool.end();
  await database.close();
});

/** The tablo of a webhook that was sent. */
const tabloOf = (body: string): string => JSON.parse(body).data.channel_id;

function deliver(answer: (tablo: string, signal: AbortSignal) => Promise<string | null>): Deliverer {
  const deliverer = new Deliverer({
    ...{ store, url: URL, secrets: [Buffer.alloc(32)], log: silentLog },
    poster: { post: ({ body, signal }) => answer(tabloOf(body), signal) },
    readMessage: async () => null,
    observer: { onDelivered() {}, onFailed() {} },
  });
  deliverer.serve(endpoint);
  deliverer.open();
  open.push(deliverer);
  return deliverer;
}

async function createTablo(): Promise<TabloId> {
  const id = newTablo();
  await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Plans')`, [id]);
  await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [id, newUser()]);
  return id;
}

const never = (signal: AbortSignal) =>
  new Promise<null>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

it('[R11] tablos for which the receiver hangs again and again leave places to the others', async () => {
  const hanging = new Set<string>();
  for (let nth = 0; nth < 3 * AT_ONCE; nth += 1) hanging.add(await createTablo());
  await pool.query(
    `INSERT INTO tablo_private.webhook_turns (endpoint_id, tablo_id, attempts, next_at) SELECT $1, t, 3, now() FROM unnest($2::uuid[]) t`,
    [endpoint, [...hanging]],
  );
  const taken: string[] = [];
  deliver(async (tablo, signal) => {
    if (hanging.has(tablo)) return never(signal);
    taken.push(tablo);
    return null;
  });
  for (let nth = 0; nth < 5; nth += 1) {
    const tablo = await createTablo();
    await until(() => expect(taken).toContain(tablo));
  }
}, 60_000);

it('[R11] all tablos get their turn, however many wait, and each waits longer after each failure', async () => {
  const tablos: string[] = [];
  for (let nth = 0; nth < 40; nth += 1) tablos.push(await createTablo());
  const tried = new Map<string, number>();
  deliver(async (tablo) => {
    const times = (tried.get(tablo) ?? 0) + 1;
    tried.set(tablo, times);
    return times < 2 ? 'answered 500' : null;
  });
  await until(async () => {
    const { rows } = await pool.query('SELECT count(*)::int AS waiting FROM tablo_private.webhook_events');
    expect(rows).toEqual([{ waiting: 0 }]);
  });
  expect(tried).toEqual(new Map(tablos.map((tablo) => [tablo, 2] as const)));
}, 60_000);

it('[R11] an event of which nothing can be made waits longer each time, as one that is not taken', async () => {
  const tablo = await createTablo();
  await pool.query(`UPDATE tablo_private.webhook_events SET type = 'message.created'`);
  deliver(async () => null);
  const turns = 'SELECT attempts, last_error, holder FROM tablo_private.webhook_turns WHERE tablo_id = $1';
  await until(async () =>
    expect((await pool.query(turns, [tablo])).rows).toEqual([
      { attempts: 2, last_error: 'it could not be made', holder: null },
    ]),
  );
});

it('[R11] beyond the bound the oldest are given up: of those that wait, whatever was delivered meanwhile', async () => {
  const small = new PgWebhooks(pool, 10);
  await createTablo();
  // Numbers that were delivered.
  await pool.query(`SELECT setval('tablo_private.webhook_events_id_seq', 1000)`);
  for (let nth = 0; nth < 9; nth += 1) await createTablo();
  expect(await small.giveUp()).toBe(0);
  await createTablo();
  await createTablo();
  expect(await small.giveUp()).toBe(2);
  const { rows } = await pool.query(
    'SELECT count(*)::int AS waiting, min(id)::int AS first FROM tablo_private.webhook_events',
  );
  expect(rows).toEqual([{ waiting: 10, first: 1_002 }]);
});

it('[R11] who lost a turn while the receiver was slow removes nothing, and whoever has it sends it again', async () => {
  const tablo = await createTablo();
  const first = Promise.withResolvers<null>();
  const sent: string[] = [];
  deliver(async () => {
    sent.push('first');
    return sent.length === 1 ? first.promise : null;
  });
  await until(() => expect(sent).toEqual(['first']));
  // As after 15 s without a word of the first one.
  await pool.query('UPDATE tablo_private.webhook_turns SET next_at = now()');
  const second = Promise.withResolvers<null>();
  deliver(async () => {
    sent.push('second');
    return second.promise;
  });
  await until(() => expect(sent).toEqual(['first', 'second']));
  first.resolve(null);
  const advanced = vi.spyOn(store, 'advance');
  await until(() => expect(advanced).toHaveBeenCalled());
  const { rows } = await pool.query('SELECT tablo_id FROM tablo_private.webhook_events');
  expect(rows).toEqual([{ tablo_id: tablo }]);
  second.resolve(null);
  await until(async () => expect((await pool.query('SELECT FROM tablo_private.webhook_events')).rowCount).toBe(0));
  expect(sent).toEqual(['first', 'second']);
}, 60_000);
