import { readAnswer, unreadAnswer } from '@tablo/schema/rest/read';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMessage, newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

type User = ReturnType<typeof newUser>;
const read = async (user: User, tablo: string, body?: unknown) => {
  const answer = await rest.call(user, 'POST', `/chat/channels/${tablo}/read`, body);
  expect(answer.status).toBe(200);
  return readAnswer.parse(answer.body);
};
const unread = async (user: User, query = '') =>
  unreadAnswer.parse((await rest.call(user, 'GET', `/chat/unread${query}`)).body).unread;

async function tabloWith(messages: number) {
  const [alice, bob] = [newUser(), newUser()];
  const tablo = await rest.createTablo({ [alice]: 'member', [bob]: 'member' });
  const ids: string[] = [];
  for (let nth = 0; nth < messages; nth += 1) ids.push(await insertMessage(rest.pool, { tablo, user: bob }));
  return { alice, bob, tablo, ids };
}

describe('POST read', () => {
  it('POST read reads up to a position, or everything, with or without a body', async () => {
    const { alice, tablo } = await tabloWith(5);
    expect(await read(alice, tablo, { seq: 2 })).toEqual({ ok: true, read_seq: 2, unread_count: 3 });
    expect(await read(alice, tablo, '')).toEqual({ ok: true, read_seq: 5, unread_count: 0 });
    expect(await read(alice, tablo, {})).toEqual({ ok: true, read_seq: 5, unread_count: 0 });
  });

  it('POST read never moves backwards, and never beyond the end', async () => {
    const { alice, bob, tablo } = await tabloWith(3);
    expect((await read(alice, tablo, { seq: Number.MAX_SAFE_INTEGER })).read_seq).toBe(3);
    expect((await read(alice, tablo, { seq: 1 })).read_seq).toBe(3);
    await insertMessage(rest.pool, { tablo, user: bob });
    expect(await read(alice, tablo, { seq: 3 })).toEqual({ ok: true, read_seq: 3, unread_count: 1 });
  });

  it('POST read keeps the furthest of many reports that come at once', async () => {
    const { alice, tablo } = await tabloWith(8);
    await Promise.all([3, 8, 1, 5, 2, 7].map((seq) => read(alice, tablo, { seq })));
    expect((await read(alice, tablo, { seq: 0 })).read_seq).toBe(8);
  });

  it.each([{ seq: -1 }, { seq: 1.5 }, { seq: '3' }, { seq: 2 ** 60 }])('%j cannot be parsed', async (body) => {
    const { alice, tablo } = await tabloWith(0);
    expect(await rest.call(alice, 'POST', `/chat/channels/${tablo}/read`, body)).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    });
  });
});

describe('GET /chat/unread', () => {
  it('GET /chat/unread lists only tablos above 0; own and deleted messages are never counted', async () => {
    const { alice, bob, tablo } = await tabloWith(2);
    await insertMessage(rest.pool, { tablo, user: alice });
    await insertMessage(rest.pool, { tablo, user: bob, isDeleted: true });
    expect(await unread(alice)).toEqual([{ channel_id: tablo, unread_count: 2 }]);
    expect(await unread(bob)).toEqual([{ channel_id: tablo, unread_count: 1 }]);
    await read(alice, tablo);
    expect(await unread(alice)).toEqual([]);
  });

  it('GET /chat/unread names the unread messages when asked, oldest first', async () => {
    const { alice, tablo, ids } = await tabloWith(3);
    await read(alice, tablo, { seq: 1 });
    expect(await unread(alice, '?ids=true')).toEqual([
      {
        channel_id: tablo,
        unread_count: 2,
        messages: [
          { id: ids[1], seq: 2 },
          { id: ids[2], seq: 3 },
        ],
      },
    ]);
  });

  it('[R9] GET /chat/unread names about 20,000 messages at the most, and of many tablos the newest of each', async () => {
    const [alice, bob] = [newUser(), newUser()];
    await rest.pool.query(
      `WITH made AS (INSERT INTO tablos (name, last_seq) SELECT 'x', 60 FROM generate_series(1, 500) RETURNING id), access AS (
         INSERT INTO tablo_access (tablo_id, user_id) SELECT id, $1 FROM made)
       INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
       SELECT gen_random_uuid(), made.id, $2, 'x', now(), now(), now(), n FROM made CROSS JOIN generate_series(1, 60) n`,
      [alice, bob],
    );
    const listed = await unread(alice, '?ids=true');
    expect(listed).toHaveLength(500);
    for (const { unread_count, messages } of listed) {
      expect(unread_count).toBe(60);
      expect(messages?.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, nth) => 21 + nth));
    }
  });

  it('[R10] GET /chat/unread counts what was written before the reader read, and arrived after', async () => {
    const { alice, bob, tablo } = await tabloWith(1);
    const ten = Date.now() - 2 * 3_600_000;
    await read(alice, tablo);
    await insertMessage(rest.pool, { tablo, user: bob, at: ten });
    expect(await unread(alice)).toEqual([{ channel_id: tablo, unread_count: 1 }]);
  });

  it('[R6] GET /chat/unread says nothing of a tablo that the reader was removed from', async () => {
    const { alice, tablo } = await tabloWith(2);
    await rest.pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
      tablo,
      alice,
    ]);
    expect(await unread(alice)).toEqual([]);
  });
});
