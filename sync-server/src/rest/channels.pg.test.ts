import { channelAnswer, channelsAnswer } from '@tablo/schema/rest/channel';
import { ROLES } from '@tablo/schema/roles';
import { isUnread } from '@tablo/schema/unread';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMessage, newUser, openTestRest, type TestRest } from './test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

const listOf = async (user: ReturnType<typeof newUser>) => {
  const { status, body } = await rest.call(user, 'GET', '/chat/channels');
  expect(status).toBe(200);
  return channelsAnswer.parse(body).channels;
};

describe('GET /chat/channels', () => {
  it('gives the fields of the contract, an empty tablo included', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'guest' });
    expect(await listOf(alice)).toEqual([
      {
        id: tablo,
        name: 'Plans',
        role: 'guest',
        epoch: 1,
        last_seq: 0,
        read_seq: 0,
        unread_count: 0,
        last_message: null,
        created_at: expect.any(String),
      },
    ]);
    expect(await listOf(newUser())).toEqual([]);
  });

  it('shows the last message that is not deleted, by the timeline’s order, and counts others’ only', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'member', [bob]: 'member' });
    const at = Date.UTC(2026, 0, 1);
    const ids = ['0197aaaa-0000-7000-8000-000000000001', '0197aaaa-0000-7000-8000-000000000002'];
    await insertMessage(rest.pool, { tablo, user: bob, text: 'last of equals', at, id: ids[1]! });
    await insertMessage(rest.pool, { tablo, user: bob, text: 'first of equals', at, id: ids[0]! });
    await insertMessage(rest.pool, { tablo, user: alice, text: 'own', at: at - 1 });
    await insertMessage(rest.pool, { tablo, user: bob, at: at + 1, isDeleted: true });
    expect(await listOf(alice)).toMatchObject([
      {
        last_seq: 4,
        unread_count: 2,
        last_message: { id: ids[1], user_id: bob, text: 'last of equals', created_at: '2026-01-01T00:00:00.000Z' },
      },
    ]);
  });

  it('[R6] leaves out tablos that the user was removed from, and deleted ones', async () => {
    const alice = newUser();
    const [removed, deleted, kept] = [
      await rest.createTablo(),
      await rest.createTablo({ [alice]: 'owner' }),
      await rest.createTablo({ [alice]: 'owner' }),
    ];
    await rest.pool.query('INSERT INTO tablo_access (tablo_id, user_id, is_active) VALUES ($1, $2, false)', [
      removed,
      alice,
    ]);
    await rest.call(alice, 'DELETE', `/chat/channels/${deleted}`);
    expect((await listOf(alice)).map(({ id }) => id)).toEqual([kept]);
  });

  it('puts the tablo that was spoken in last first', async () => {
    const alice = newUser();
    const [one, two] = [await rest.createTablo({ [alice]: 'owner' }), await rest.createTablo({ [alice]: 'owner' })];
    await insertMessage(rest.pool, { tablo: one, user: alice, at: Date.now() + 60_000 });
    expect((await listOf(alice)).map(({ id }) => id)).toEqual([one, two]);
  });

  it('[R9] [R10] counts exactly what the definition says, however long the history is that nobody read', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'member', [bob]: 'member' });
    await rest.pool.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
       SELECT gen_random_uuid(), $1, CASE WHEN n % 10 = 0 THEN $3::uuid ELSE $2::uuid END, 'x', now() + n * interval '1 ms', now(), now(), n
       FROM generate_series(1, 30000) n`,
      [tablo, bob, alice],
    );
    await rest.pool.query(`UPDATE messages SET deleted_at = now(), text = '' WHERE channel_id = $1 AND seq % 7 = 0`, [
      tablo,
    ]);
    await rest.pool.query('UPDATE tablos SET last_seq = 30000 WHERE id = $1', [tablo]);
    await rest.pool.query('ANALYZE messages');
    const isCounted = (seq: number): boolean =>
      isUnread({ author: seq % 10 === 0 ? alice : bob, seq, isDeleted: seq % 7 === 0 }, alice, 0);
    const expected = (from: number): number =>
      Array.from({ length: 30_000 - from }, (_, nth) => from + nth + 1).filter(isCounted).length;
    expect(await listOf(alice)).toMatchObject([{ unread_count: expected(0), last_seq: 30_000 }]);
    for (const seq of [7, 10, 15_000, 29_990]) {
      await rest.call(alice, 'POST', `/chat/channels/${tablo}/read`, { seq });
      expect(await listOf(alice)).toMatchObject([{ unread_count: expected(seq) }]);
    }
  });
});

describe('POST /chat/channels', () => {
  it('answers 201 with the tablo; its creator owns it', async () => {
    const alice = newUser();
    const { status, body } = await rest.call(alice, 'POST', '/chat/channels', { name: '  Plans 🗺️ ', unknown: true });
    expect(status).toBe(201);
    const { channel } = channelAnswer.parse(body);
    expect(channel).toMatchObject({
      name: 'Plans 🗺️',
      role: 'owner',
      epoch: 1,
      last_seq: 0,
      unread_count: 0,
      last_message: null,
    });
    expect(await listOf(alice)).toEqual([channel]);
    const { rows } = await rest.pool.query('SELECT created_by FROM tablos WHERE id = $1', [channel.id]);
    expect(rows).toEqual([{ created_by: alice }]);
  });

  it.each([
    ['', ' '],
    ['x'.repeat(201), '\u0000'],
    ['\ud800', '\n'],
    ['\u200b\u2060', '\u202e\u202c'],
    ['\u3164', '\u2800'],
    ['\u0301', '\ufffc'],
  ])('[R3] refuses a name that is empty, too long, shows nothing or cannot be stored', async (...names) => {
    for (const name of names) {
      expect(await rest.call(newUser(), 'POST', '/chat/channels', { name })).toMatchObject({
        status: 400,
        body: { code: 'invalid-request' },
      });
    }
    expect((await rest.call(newUser(), 'POST', '/chat/channels', { name: '🗺'.repeat(200) })).status).toBe(201);
  });
});

describe('PATCH and DELETE /chat/channels/:id', () => {
  it('[R3] a tablo is called what its members see, when it is made and when it is renamed', async () => {
    const user = newUser();
    const made = await rest.call(user, 'POST', '/chat/channels', { name: '\u202EsnalP\u200B  2\u2067' });
    const { channel } = channelAnswer.parse(made.body);
    expect(channel.name).toBe('snalP 2');
    const renamed = await rest.call(user, 'PATCH', `/chat/channels/${channel.id}`, { name: ' Plans\u2028🗺️ ' });
    expect(channelAnswer.parse(renamed.body).channel.name).toBe('Plans 🗺️');
    expect((await rest.call(user, 'PATCH', `/chat/channels/${channel.id}`, { name: '\u200B' })).status).toBe(400);
  });

  it('lets owners and admins rename, and owners delete', async () => {
    for (const role of ROLES) {
      const user = newUser();
      const tablo = await rest.createTablo({ [user]: role });
      const mayRename = role === 'owner' || role === 'admin';
      const renamed = await rest.call(user, 'PATCH', `/chat/channels/${tablo}`, { name: 'Better plans' });
      expect(renamed.status, role).toBe(mayRename ? 200 : 403);
      if (mayRename) expect(channelAnswer.parse(renamed.body).channel.name).toBe('Better plans');
      else expect(renamed.body.code).toBe('forbidden');
      const deleted = await rest.call(user, 'DELETE', `/chat/channels/${tablo}`);
      expect(deleted.status, role).toBe(role === 'owner' ? 200 : 403);
      if (role !== 'owner') continue;
      expect(deleted.body).toEqual({ ok: true });
      expect((await rest.call(user, 'DELETE', `/chat/channels/${tablo}`)).status).toBe(403);
      expect((await rest.call(user, 'GET', `/chat/channels/${tablo}/messages`)).status).toBe(403);
    }
  });
});
