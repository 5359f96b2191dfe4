import { isLaterDraft } from '@tablo/schema/draft';
import { draftAnswer, draftsAnswer } from '@tablo/schema/rest/draft';
import type { Role } from '@tablo/schema/roles';
import { Random } from '@tablo/schema/testing/random';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { actAs } from '../../db/testing/host-database.ts';
import { newTablo, newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

type User = ReturnType<typeof newUser>;
const iso = (ms: number) => new Date(ms).toISOString();
const call = (user: User, tablo: string, body: unknown) =>
  rest.call(user, 'PUT', `/chat/channels/${tablo}/draft`, body);
const put = async (user: User, tablo: string, text: string, at: number) => {
  const answer = await call(user, tablo, { text, updated_at: iso(at) });
  expect(answer.status).toBe(200);
  return draftAnswer.parse(answer.body).draft;
};
const list = async (user: User) => draftsAnswer.parse((await rest.call(user, 'GET', '/chat/drafts')).body).drafts;

async function tabloOf(role: Role = 'member') {
  const alice = newUser();
  return { alice, tablo: await rest.createTablo({ [alice]: role }) };
}

describe('PUT draft', () => {
  it('[R7] PUT draft keeps a text for all devices, exact to the millisecond', async () => {
    const { alice, tablo } = await tabloOf();
    expect(await put(alice, tablo, 'half a thou', 1_700_000_000_123)).toEqual({
      channel_id: tablo,
      text: 'half a thou',
      updated_at: '2023-11-14T22:13:20.123Z',
    });
    expect(await list(alice)).toEqual([
      { channel_id: tablo, text: 'half a thou', updated_at: '2023-11-14T22:13:20.123Z' },
    ]);
  });

  it('[R7] an older one changes nothing and is answered with what stands; an empty one cannot be undone by it', async () => {
    const { alice, tablo } = await tabloOf();
    await put(alice, tablo, 'typed', 1_000);
    expect(await put(alice, tablo, '', 2_000)).toMatchObject({ text: '', updated_at: iso(2_000) });
    expect(await put(alice, tablo, 'typed', 1_500)).toMatchObject({ text: '', updated_at: iso(2_000) });
    expect(await put(alice, tablo, 'again', 2_001)).toMatchObject({ text: 'again', updated_at: iso(2_001) });
  });

  it('[R9] all drafts of a user together are bounded; an empty one is always taken, and others are not held up', async () => {
    const { alice, tablo } = await tabloOf();
    await rest.pool.query(
      `WITH made AS (INSERT INTO tablos (name) SELECT 'x' FROM generate_series(1, 210) RETURNING id), access AS (
         INSERT INTO tablo_access (tablo_id, user_id) SELECT id, $1 FROM made)
       INSERT INTO channel_drafts (user_id, channel_id, text) SELECT $1, id, repeat('x', 19900) FROM made`,
      [alice],
    );
    const long = { text: 'y'.repeat(7_999), updated_at: iso(Date.now()) };
    await put(alice, tablo, 'short', 1_000);
    expect(await call(alice, tablo, { ...long, text: '🗺'.repeat(8_000) })).toMatchObject({
      status: 413,
      body: { code: 'too-large', error: 'Your drafts are too long together; this one stays on its device.' },
    });
    expect((await list(alice)).find(({ channel_id }) => channel_id === tablo)?.text).toBe('short');
    expect((await call(alice, tablo, { ...long, text: '' })).status).toBe(200);
    const bob = await tabloOf();
    expect((await call(bob.alice, bob.tablo, long)).status).toBe(200);
  });

  it('[R9] those that are written at the same moment are bounded as well, and those that are written by SQL', async () => {
    const { alice, tablo } = await tabloOf();
    const { rows } = await rest.pool.query<{ id: string }>(
      `WITH made AS (INSERT INTO tablos (name) SELECT 'x' FROM generate_series(1, 230) RETURNING id), access AS (
         INSERT INTO tablo_access (tablo_id, user_id) SELECT id, $1 FROM made) SELECT id FROM made`,
      [alice],
    );
    const ids = rows.map(({ id }) => id);
    await rest.pool.query(
      `INSERT INTO channel_drafts (user_id, channel_id, text) SELECT $1, id, repeat('x', 19900) FROM unnest($2::uuid[]) AS id`,
      [alice, ids.slice(0, 210)],
    );
    const bytes = async () =>
      (
        await rest.pool.query('SELECT sum(octet_length(text))::int AS bytes FROM channel_drafts WHERE user_id = $1', [
          alice,
        ])
      ).rows[0].bytes;
    // There is room for one of these and half of another: the second waits until the first one's fate is known.
    const long = { text: 'y'.repeat(8_000), updated_at: iso(Date.now()) };
    const first = await rest.pool.connect();
    await first.query('BEGIN');
    await first.query('INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ($1, $2, $3)', [
      alice,
      ids[210],
      long.text,
    ]);
    const second = call(alice, ids[211] ?? '', long);
    await vi.waitFor(async () => {
      const { rowCount } = await rest.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory' AND query LIKE '%channel_drafts%'`,
      );
      expect(rowCount).toBe(1);
    }, 10_000);
    await first.query('COMMIT');
    first.release();
    expect((await second).status).toBe(413);
    const answers = await Promise.all(ids.slice(212).map((id) => call(alice, id, long)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]));
    expect(await bytes()).toBe(210 * 19_900 + 8_000);
    for (const sql of [
      `INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ('${alice}', '${tablo}', repeat('z', 9000))`,
      `UPDATE channel_drafts SET text = repeat('z', 20000), updated_at = now() + interval '1 hour' WHERE user_id = '${alice}'`,
    ])
      await expect(
        actAs(rest.pool, { role: 'authenticated', sub: alice }, (client) => client.query(sql)),
      ).rejects.toThrow('at most 4 MiB');
    await actAs(rest.pool, { role: 'authenticated', sub: alice, keep: true }, (client) =>
      client.query(
        `UPDATE channel_drafts SET text = 'short', updated_at = now() + interval '1 hour' WHERE user_id = auth.uid()`,
      ),
    );
    expect(await bytes()).toBe(211 * 5);
  });

  it('[R9] a list stops at the bound, whatever is in the table: the newest stand in it, and what is empty', async () => {
    const { alice, tablo } = await tabloOf();
    await put(alice, tablo, '', 1);
    await rest.pool.query('ALTER TABLE channel_drafts DISABLE TRIGGER tablo_chat_room');
    await rest.pool.query(
      `WITH made AS (INSERT INTO tablos (name) SELECT 'x' FROM generate_series(1, 500) RETURNING id), access AS (
         INSERT INTO tablo_access (tablo_id, user_id) SELECT id, $1 FROM made)
       INSERT INTO channel_drafts (user_id, channel_id, text, updated_at)
       SELECT $1, id, repeat('x', 20000), now() - row_number() OVER () * interval '1 s' FROM made`,
      [alice],
    );
    await rest.pool.query('ALTER TABLE channel_drafts ENABLE TRIGGER tablo_chat_room');
    const drafts = await list(alice);
    const long = drafts.filter(({ text }) => text !== '');
    expect(long).toHaveLength(209);
    const { rows } = await rest.pool.query<{ id: string }>(
      `SELECT channel_id AS id FROM channel_drafts WHERE user_id = $1 ORDER BY updated_at DESC LIMIT 209`,
      [alice],
    );
    expect(new Set(long.map(({ channel_id }) => channel_id))).toEqual(new Set(rows.map(({ id }) => id)));
    expect(drafts.map(({ channel_id }) => channel_id)).toContain(tablo);
  });

  it('[R5] SQL decides as the clients do, whatever comes in whatever order and at once', async () => {
    const random = new Random(11);
    const texts = ['', 'a', 'ab', 'B', 'é', '\ue000', '😀', 'a😀', 'a\ue000'];
    for (let round = 0; round < 20; round += 1) {
      const { alice, tablo } = await tabloOf();
      const given = Array.from({ length: 6 }, () => ({ text: random.pick(texts), at: random.below(3) }));
      await Promise.all(given.map(({ text, at }) => put(alice, tablo, text, at)));
      const latest = given.reduce((left, right) => (isLaterDraft(right, left) ? right : left));
      expect(await list(alice)).toEqual([{ channel_id: tablo, text: latest.text, updated_at: iso(latest.at) }]);
    }
  });

  it.each([
    ['no time', { text: 'a' }],
    ['a time that is none', { text: 'a', updated_at: 'yesterday' }],
    ['a time without a zone', { text: 'a', updated_at: '2026-01-01T00:00:00' }],
    ['no text', { updated_at: iso(1) }],
    ['a text that is too long', { text: 'x'.repeat(8_001), updated_at: iso(1) }],
    ['endless white space', { text: ' '.repeat(20_001), updated_at: iso(1) }],
    ['NUL', { text: 'a\u0000b', updated_at: iso(1) }],
    ['half a surrogate pair', { text: 'a\ud800', updated_at: iso(1) }],
  ])('a draft with %s is refused with a sentence', async (_, body) => {
    const { alice, tablo } = await tabloOf();
    expect(await call(alice, tablo, body)).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', error: expect.stringMatching(/^The body is not as expected: .+\.$/) },
    });
    expect(await list(alice)).toEqual([]);
  });

  it('PUT draft takes what a message may hold, at the ends of time too', async () => {
    const { alice, tablo } = await tabloOf();
    const longest = `  ${'😀'.repeat(8_000)}\n`;
    expect((await put(alice, tablo, longest, 0)).text).toBe(longest);
    const end = Date.parse('9999-12-31T23:59:59.999Z');
    expect((await put(alice, tablo, 'end', end)).updated_at).toBe('9999-12-31T23:59:59.999Z');
  });

  it('[R6] strangers and missing tablos get one answer, a guest is told that they only read', async () => {
    const { tablo } = await tabloOf();
    const eve = newUser();
    const body = { text: 'a', updated_at: iso(1) };
    const [stranger, missing] = [await call(eve, tablo, body), await call(eve, newTablo(), body)];
    expect(stranger).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(missing.body).toEqual(stranger.body);
    const { alice: guest, tablo: read } = await tabloOf('guest');
    expect(await call(guest, read, body)).toMatchObject({ status: 403, body: { code: 'read-only' } });
  });

  it('one user cannot write without end', async () => {
    const { alice, tablo } = await tabloOf();
    const body = { text: 'a', updated_at: iso(1) };
    const statuses = await Promise.all(
      Array.from({ length: 400 }, () => call(alice, tablo, body).then((one) => one.status)),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    const { alice: bob, tablo: garden } = await tabloOf();
    expect((await call(bob, garden, body)).status).toBe(200);
  });
});

describe('GET /chat/drafts', () => {
  it('[R6] GET /chat/drafts shows nobody else’s, and none of a tablo that one was removed from or that is deleted', async () => {
    const { alice, tablo } = await tabloOf();
    const bob = newUser();
    const shared = await rest.createTablo({ [alice]: 'member', [bob]: 'member' });
    const gone = await rest.createTablo({ [alice]: 'owner' });
    for (const id of [tablo, shared, gone]) await put(alice, id, `in ${id}`, 1);
    expect(await list(bob)).toEqual([]);
    await rest.pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1', [tablo]);
    await rest.pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [gone]);
    expect((await list(alice)).map(({ channel_id }) => channel_id)).toEqual([shared]);
    await rest.pool.query('UPDATE tablo_access SET is_active = true WHERE tablo_id = $1', [tablo]);
    expect(await list(alice)).toHaveLength(2);
  });

  it('both routes are in the OpenAPI document', async () => {
    const { paths } = (await rest.call(null, 'GET', '/openapi.json')).body;
    expect(Object.keys(paths['/chat/drafts'])).toEqual(['get']);
    expect(Object.keys(paths['/chat/channels/{id}/draft'])).toEqual(['put']);
  });
});
