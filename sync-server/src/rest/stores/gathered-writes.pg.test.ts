/** Read positions and drafts of many people at once. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { insertMessage, newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';
import { countingPool } from './pg-watched-pool.ts';

const READERS = 60;
const MESSAGES = 3;

const statements: string[] = [];
let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest({ wrap: (pool) => countingPool(pool, (text) => statements.push(text)) });
});
afterAll(() => rest.close());
beforeEach(() => {
  statements.length = 0;
});

const countWrites = (table: string) => statements.filter((text) => text.startsWith(`INSERT INTO ${table}`)).length;

async function tabloOf(count: number) {
  const users = Array.from({ length: count }, () => newUser());
  const tablo = await rest.createTablo(Object.fromEntries(users.map((user) => [user, 'member'] as const)));
  const writer = newUser();
  for (let nth = 0; nth < MESSAGES; nth += 1) await insertMessage(rest.pool, { tablo, user: writer });
  return { users, tablo };
}

async function readRows(table: 'channel_read_state' | 'channel_drafts', tablo: string) {
  const { rows } = await rest.pool.query<{ user_id: UserId }>(`SELECT * FROM ${table} WHERE channel_id = $1`, [tablo]);
  return rows;
}

/** Another transaction holds one row until the returned function is called. */
async function hold(table: 'channel_read_state' | 'channel_drafts', tablo: TabloId, user: UserId) {
  const client = await rest.pool.connect();
  await client.query('BEGIN');
  await client.query(`SELECT FROM ${table} WHERE channel_id = $1 AND user_id = $2 FOR UPDATE`, [tablo, user]);
  return async () => {
    await client.query('COMMIT');
    client.release();
  };
}

it('[R9] Read positions that are reported at once share a few commits, and each report is answered with its own position.', async () => {
  const { users, tablo } = await tabloOf(READERS);
  const answers = await Promise.all(
    users.map((user, nth) => rest.call(user, 'POST', `/chat/channels/${tablo}/read`, { seq: 1 + (nth % MESSAGES) })),
  );
  expect(answers.map(({ body }) => body.read_seq)).toEqual(users.map((_, nth) => 1 + (nth % MESSAGES)));
  expect(await readRows('channel_read_state', tablo)).toHaveLength(READERS);
  expect(countWrites('channel_read_state')).toBeLessThan(READERS / 4);
});

it('[R9] Several reports of one member at once become the furthest of them, and all of them are answered.', async () => {
  const { users, tablo } = await tabloOf(1);
  const [alice] = users as [UserId];
  const answers = await Promise.all(
    [{ seq: 1 }, { seq: 3 }, { seq: 2 }, {}, { seq: 1 }].map((body) =>
      rest.call(alice, 'POST', `/chat/channels/${tablo}/read`, body),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(answers.at(-1)?.body.read_seq).toBe(MESSAGES);
});

it('[R7] Drafts that are saved at once share a few commits, and the later text of one tablo stands.', async () => {
  const { users, tablo } = await tabloOf(READERS);
  const at = Date.now() - 10_000;
  const put = (user: UserId, text: string, ms: number) =>
    rest.call(user, 'PUT', `/chat/channels/${tablo}/draft`, { text, updated_at: new Date(ms).toISOString() });
  const answers = await Promise.all(
    users.flatMap((user, nth) => [put(user, `later of ${nth}`, at + 1), put(user, `earlier of ${nth}`, at)]),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const rows = await readRows('channel_drafts', tablo);
  expect(new Set(rows.map((row) => (row as unknown as { text: string }).text))).toEqual(
    new Set(users.map((_, nth) => `later of ${nth}`)),
  );
  expect(countWrites('channel_drafts')).toBeLessThan(READERS / 2);
});

it('[R9] A row that somebody else holds delays its own member alone.', async () => {
  const { users, tablo } = await tabloOf(10);
  const [held, ...others] = users as [UserId, ...UserId[]];
  const mark = (user: UserId, seq: number) => rest.call(user, 'POST', `/chat/channels/${tablo}/read`, { seq });
  await Promise.all(users.map((user) => mark(user, 1)));
  const release = await hold('channel_read_state', tablo as TabloId, held);
  const order: string[] = [];
  const late = mark(held, 2).finally(() => order.push('held'));
  const answers = await Promise.all(others.map((user) => mark(user, 2).finally(() => order.push('other'))));
  expect(answers.map(({ body }) => body.read_seq)).toEqual(others.map(() => 2));
  await release();
  expect((await late).body).toMatchObject({ read_seq: 2 });
  expect(order.at(-1)).toBe('held');
});

it('[R9] A draft that is one too many is refused alone, among others that are stored with it.', async () => {
  const { users, tablo } = await tabloOf(3);
  const [alice] = users as [UserId];
  await rest.pool.query(
    `WITH made AS (INSERT INTO tablos (name) SELECT 'x' FROM generate_series(1, 210) RETURNING id), access AS (
       INSERT INTO tablo_access (tablo_id, user_id) SELECT id, $1 FROM made)
     INSERT INTO channel_drafts (user_id, channel_id, text) SELECT $1, id, repeat('x', 19900) FROM made`,
    [alice],
  );
  const body = { text: '€'.repeat(7_999), updated_at: new Date().toISOString() };
  const answers = await Promise.all(
    [...users, ...users].map((user) => rest.call(user, 'PUT', `/chat/channels/${tablo}/draft`, body)),
  );
  expect(answers.map(({ status }) => status)).toEqual([413, 200, 200, 413, 200, 200]);
});
