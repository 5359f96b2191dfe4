import { channelAnswer, channelsAnswer } from '@tablo/schema/rest/channel';
import { ROLES } from '@tablo/schema/roles';
import { countUnreadSql, isUnread, unreadSql } from '@tablo/schema/unread';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMessage, newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

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
  it('GET /chat/channels gives the fields of the contract, an empty tablo included', async () => {
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

  it('GET /chat/channels shows the last message that is not deleted, by the timeline’s order, and counts others’ only', async () => {
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

  it('GET /chat/channels names who wrote the last message, as pages of messages do', async () => {
    const [alice, bob, unknown] = [newUser(), newUser(), newUser()];
    await rest.call(bob, 'GET', '/chat/channels'); // Their token tells their name.
    await rest.profiles.settled();
    for (const [author, user_name] of [
      [bob, `User ${bob.slice(0, 4)}`],
      [unknown, null],
    ] as const) {
      const tablo = await rest.createTablo({ [alice]: 'member', [author]: 'member' });
      await insertMessage(rest.pool, { tablo, user: author });
      expect((await listOf(alice)).find(({ id }) => id === tablo)?.last_message).toMatchObject({ user_name });
    }
  });

  it('[R6] GET /chat/channels leaves out tablos that the user was removed from, and deleted ones', async () => {
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

  it('GET /chat/channels puts the tablo that was spoken in last first', async () => {
    const alice = newUser();
    const [one, two] = [await rest.createTablo({ [alice]: 'owner' }), await rest.createTablo({ [alice]: 'owner' })];
    await insertMessage(rest.pool, { tablo: one, user: alice, at: Date.now() + 60_000 });
    expect((await listOf(alice)).map(({ id }) => id)).toEqual([one, two]);
  });

  it('[R9] [R10] GET /chat/channels counts exactly what the definition says, however long the history is that nobody read', async () => {
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

describe('GET /chat/channels, what is large', () => {
  const pageOf = async (user: ReturnType<typeof newUser>, query = '') => {
    const { status, body } = await rest.call(user, 'GET', `/chat/channels${query}`);
    expect(status).toBe(200);
    return channelsAnswer.parse(body);
  };

  it('[R9] GET /chat/channels, what is large, cuts the last message’s text after 160 code points', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    await insertMessage(rest.pool, { tablo, user: alice, text: '🗺'.repeat(8_000) });
    const [channel] = (await pageOf(alice)).channels;
    expect(channel?.last_message?.text).toBe('🗺'.repeat(160));
  });

  it('[R9] GET /chat/channels, what is large, comes in pages, newest activity first, each tablo once, also with equal times', async () => {
    const alice = newUser();
    const tablos: string[] = [];
    const at = Date.UTC(2026, 2, 1);
    for (let nth = 0; nth < 11; nth += 1) {
      const tablo = await rest.createTablo({ [alice]: 'member' });
      await insertMessage(rest.pool, { tablo, user: alice, at: at - Math.floor(nth / 4) });
      tablos.push(tablo);
    }
    const expected = [0, 4, 8].flatMap((from) => tablos.slice(from, from + 4).sort());
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page = await pageOf(alice, `?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.channels.map(({ id }) => id));
      cursor = page.cursor ?? null;
      pages += 1;
      // What is new in between moves to the front, and changes nothing of the pages that follow.
      if (pages === 1) await rest.createTablo({ [alice]: 'member' });
    } while (cursor !== null);
    expect(seen).toEqual(expected);
    expect(pages).toBe(4);
    expect((await pageOf(alice)).cursor ?? null).toBeNull();
    expect((await pageOf(alice, '?limit=0')).channels).toHaveLength(1);
  });

  it.each(['limit=x', 'cursor=x', 'cursor=', `cursor=${Buffer.from('1.x').toString('base64url')}`])(
    'answers 400 to ?%s',
    async (query) => {
      expect(await rest.call(newUser(), 'GET', `/chat/channels?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid-request' },
      });
    },
  );

  it('GET /chat/channels, what is large, survives a host’s tablo without a time, or with one that no clock shows', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    await rest.pool.query(`UPDATE tablos SET created_at = 'infinity' WHERE id = $1`, [tablo]);
    await rest.pool.query(`UPDATE tablo_access SET created_at = '-infinity' WHERE tablo_id = $1`, [tablo]);
    expect((await pageOf(alice)).channels).toHaveLength(1);
    expect((await rest.call(alice, 'GET', `/chat/channels/${tablo}/members`)).body.members).toHaveLength(1);
  });
});

describe('unread counts [R10]', () => {
  it('[R9] unread counts stay exact over blocks of deleted messages, by whatever hand and in whatever order they are deleted', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'member', [bob]: 'member' });
    const last = 70_000; // More than one block of 2^16.
    await rest.pool.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, deleted_at)
       SELECT gen_random_uuid(), $1, CASE WHEN n % 3 = 0 THEN $3::uuid ELSE $2::uuid END, 'x', now(), now(), now(), n, CASE WHEN n % 5 = 0 THEN now() END
       FROM generate_series(1, ${last}) n`,
      [tablo, bob, alice],
    );
    await rest.pool.query(`UPDATE tablos SET last_seq = ${last} WHERE id = $1`, [tablo]);
    await rest.pool.query('ANALYZE messages');
    const steps = [
      `UPDATE messages SET deleted_at = now() WHERE channel_id = $1 AND seq % 10 = 3`,
      // Deleted twice is deleted once; an administrator may also bring some back.
      `UPDATE messages SET deleted_at = now() WHERE channel_id = $1 AND seq % 20 = 3`,
      `UPDATE messages SET deleted_at = NULL WHERE channel_id = $1 AND seq BETWEEN 250 AND 66000 AND seq % 30 = 3`,
      `UPDATE messages SET text = 'y' WHERE channel_id = $1 AND seq < 1000`,
      // Counted from mark to mark from here on.
      `SELECT tablo_private.mark_own($1, user_id) FROM (SELECT DISTINCT user_id FROM messages WHERE channel_id = $1) authors`,
      `UPDATE messages SET deleted_at = now() WHERE channel_id = $1 AND seq % 11 = 0`,
    ];
    for (const step of steps) {
      await rest.pool.query(step, [tablo]);
      for (const reader of [alice, bob]) {
        const { rows } = await rest.pool.query<{ seq: string; count: string; counted: string }>(
          `SELECT p.seq, (SELECT count(*) FROM messages m WHERE m.channel_id = $1::uuid AND ${unreadSql('$2::uuid', 'p.seq')}) AS count,
             ${countUnreadSql('$2::uuid', { id: '$1::uuid', lastSeq: `${last}::bigint`, readSeq: 'p.seq' })} AS counted
           FROM unnest($3::bigint[]) AS p(seq)`,
          [tablo, reader, [0, 1, 255, 256, 257, 2_999, 3_000, 3_001, 65_535, 65_536, 65_791, 65_793, 69_999, last]],
        );
        expect(rows, step).toHaveLength(14);
        for (const { seq, count, counted } of rows) expect(counted, `${step}, after ${seq}`).toBe(count);
      }
    }
  });

  it('unread counts are made anew by an administrator who changed messages while triggers were off', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'member', [bob]: 'member' });
    for (let nth = 0; nth < 300; nth += 1) await insertMessage(rest.pool, { tablo, user: bob });
    const count = async () => (await listOf(alice))[0]?.unread_count;
    expect(await count()).toBe(300);
    await rest.pool.query('ALTER TABLE messages DISABLE TRIGGER USER');
    await rest.pool.query(`UPDATE messages SET text = '', deleted_at = now() WHERE channel_id = $1 AND seq > 280`, [
      tablo,
    ]);
    await rest.pool.query('ALTER TABLE messages ENABLE TRIGGER USER');
    expect(await count()).toBe(300);
    await rest.pool.query('SELECT tablo_private.recount()');
    expect(await count()).toBe(280);
  });

  it('unread counts are forgotten with their tablo', async () => {
    const bob = newUser();
    const tablo = await rest.createTablo({ [bob]: 'owner' });
    await insertMessage(rest.pool, { tablo, user: bob, isDeleted: true });
    const counts = () =>
      rest.pool.query(
        `SELECT messages FROM tablo_private.deleted_counts WHERE channel_id = $1
         UNION ALL SELECT messages FROM tablo_private.deleted_own_counts WHERE channel_id = $1`,
        [tablo],
      );
    expect((await counts()).rows).toHaveLength(6);
    await rest.pool.query('DELETE FROM tablos WHERE id = $1', [tablo]);
    expect((await counts()).rows).toEqual([]);
  });
});

describe('POST /chat/channels', () => {
  it('POST /chat/channels answers 201 with the tablo; its creator owns it', async () => {
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
  ])(
    '[R3] POST /chat/channels refuses a name that is empty, too long, shows nothing or cannot be stored',
    async (...names) => {
      for (const name of names) {
        expect(await rest.call(newUser(), 'POST', '/chat/channels', { name })).toMatchObject({
          status: 400,
          body: { code: 'invalid-request' },
        });
      }
      expect((await rest.call(newUser(), 'POST', '/chat/channels', { name: '🗺'.repeat(200) })).status).toBe(201);
    },
  );
});

describe('tablos that one user makes', () => {
  it('tablos that one user makes are bounded, deleted ones included for a month; others are not held up', async () => {
    const own = await openTestRest({ bounds: { tablosPerUser: 3 } });
    const alice = newUser();
    const make = (user: typeof alice) => own.call(user, 'POST', '/chat/channels', { name: 'Plans' });
    const ids = [];
    for (let nth = 0; nth < 3; nth += 1) ids.push((await make(alice)).body.channel.id);
    const full = { status: 429, body: { code: 'rate-limited', error: 'You have made as many tablos as one may.' } };
    expect(await make(alice)).toMatchObject(full);
    await own.call(alice, 'DELETE', `/chat/channels/${ids[0]}`);
    expect(await make(alice)).toMatchObject(full);
    await own.pool.query(`UPDATE tablos SET deleted_at = now() - interval '31 days' WHERE id = $1`, [ids[0]]);
    expect((await make(alice)).status).toBe(201);
    expect((await make(newUser())).status).toBe(201);
    await own.close();
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

  it('PATCH and DELETE /chat/channels/:id lets owners and admins rename, and owners delete', async () => {
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
