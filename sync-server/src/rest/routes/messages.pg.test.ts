import { createEntryId, type EntryId } from '@tablo/schema/ids';
import { messageAnswer, messagesPage } from '@tablo/schema/rest/message';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMessage, newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

const alice = newUser();
const NOON = Date.UTC(2026, 5, 1, 12);
const path = (tablo: string, query = '') => `/chat/channels/${tablo}/messages${query}`;
const page = async (tablo: string, query = '') => {
  const { status, body } = await rest.call(alice, 'GET', path(tablo, query));
  expect(status).toBe(200);
  const { messages, hasMore, hasNewer } = messagesPage.parse(body);
  return { ids: messages.map(({ id }) => id), messages, hasMore, ...(hasNewer === undefined ? {} : { hasNewer }) };
};

const vote = (message: string, user: string, emoji: string, isOn: boolean, at: number, id: string = createEntryId()) =>
  rest.pool.query(
    `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
     VALUES ($1, $2, $3, $4, tablo_private.from_ms($5), $6)`,
    [message, user, emoji, isOn, at, id],
  );

describe('GET one message', () => {
  const one = (tablo: string, id: string, user = alice) => rest.call(user, 'GET', path(tablo, `/${id}`));

  it('GET one message gives it, and of a deleted one that it is deleted, without its text', async () => {
    const tablo = await rest.createTablo({ [alice]: 'guest' });
    const id = await insertMessage(rest.pool, { tablo, user: alice, text: 'here', at: NOON });
    const deleted = await insertMessage(rest.pool, { tablo, user: alice, at: NOON, isDeleted: true });
    const answer = await one(tablo, id);
    expect([answer.status, messageAnswer.parse(answer.body).message]).toMatchObject([
      200,
      { id, text: 'here', deleted_at: null },
    ]);
    const gone = await one(tablo, deleted);
    expect(gone.status).toBe(200);
    expect(messageAnswer.parse(gone.body).message).toMatchObject({
      id: deleted,
      text: '',
      deleted_at: expect.any(String),
    });
  });

  it('[R6] GET one message says of what is in another tablo that there is none, and a stranger nothing', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const other = await rest.createTablo({ [alice]: 'member' });
    const id = await insertMessage(rest.pool, { tablo: other, user: alice, text: 'elsewhere', at: NOON });
    expect(await one(tablo, id)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await one(tablo, createEntryId())).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await one(tablo, 'no-id')).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(await one(other, id, newUser())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});

describe('GET messages', () => {
  it('GET messages gives what the contract names, times in milliseconds', async () => {
    const tablo = await rest.createTablo({ [alice]: 'guest' });
    const target = await insertMessage(rest.pool, { tablo, user: alice, text: 'one\ntwo', at: NOON + 7 });
    const reaction = createEntryId();
    await vote(target, alice, '👍', true, NOON + 9, reaction);
    await rest.pool.query(`UPDATE messages SET updated_at = tablo_private.from_ms($2), edit_id = $3 WHERE id = $1`, [
      target,
      NOON + 8,
      reaction,
    ]);
    // Taken back, and told: a late reaction in a newer document must not outrank it [R5].
    const off = createEntryId();
    await vote(target, alice, '🎉', false, NOON + 11, off);
    // Whoever calls is known by name from then on.
    await rest.call(alice, 'GET', '/chat/channels');
    await rest.profiles.settled();
    const { messages, hasMore } = await page(tablo);
    expect(hasMore).toBe(false);
    expect(messages).toEqual([
      {
        id: target,
        channel_id: tablo,
        user_id: alice,
        user_name: `User ${alice.slice(0, 4)}`,
        text: 'one\ntwo',
        created_at: '2026-06-01T12:00:00.007Z',
        sent_at: '2026-06-01T12:00:00.007Z',
        received_at: '2026-06-01T12:00:00.007Z',
        updated_at: '2026-06-01T12:00:00.008Z',
        edit_id: reaction,
        reply_to: null,
        seq: 1,
        deleted_at: null,
        reactions: [{ entry_id: reaction, user_id: alice, emoji: '👍', created_at: '2026-06-01T12:00:00.009Z' }],
        withdrawn_reactions: [{ entry_id: off, user_id: alice, emoji: '🎉', created_at: '2026-06-01T12:00:00.011Z' }],
      },
    ]);
  });

  it('GET messages goes back page by page, oldest first, exact among equal times, with no message twice or left out', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const ids: string[] = [];
    for (let nth = 0; nth < 25; nth += 1)
      ids.push(await insertMessage(rest.pool, { tablo, user: alice, at: NOON + Math.floor(nth / 10) }));
    // Ten share each time: among them the id decides.
    const inOrder = [0, 10, 20].flatMap((start) => ids.slice(start, start + 10).sort());
    const seen: string[] = [];
    let before = '';
    for (let more = true; more; ) {
      const { ids: found, hasMore } = await page(tablo, `?limit=7${before}`);
      seen.unshift(...found);
      before = `&before=${found[0]}`;
      more = hasMore;
    }
    expect(seen).toEqual(inOrder);
    expect(await page(tablo, `?before=${inOrder[0]}`)).toMatchObject({ ids: [], hasMore: false });
  });

  it('GET messages knows exactly whether there is more', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    for (let nth = 0; nth < 4; nth += 1)
      await insertMessage(rest.pool, { tablo, user: alice, at: NOON + nth, isDeleted: nth === 0 });
    expect((await page(tablo, '?limit=3')).hasMore).toBe(false);
    expect((await page(tablo, '?limit=2')).hasMore).toBe(true);
  });

  it('GET messages gives 50 when nothing is said, 100 at the most, 1 at the least', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    await rest.pool.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
       SELECT gen_random_uuid(), $1, $2, 'x', now(), now(), now(), n FROM generate_series(1, 120) n`,
      [tablo, alice],
    );
    expect((await page(tablo)).ids).toHaveLength(50);
    expect((await page(tablo, '?limit=1000')).ids).toHaveLength(100);
    expect((await page(tablo, '?limit=0')).ids).toHaveLength(1);
  });

  describe('that would be too large', () => {
    // 8,000 code points of four bytes each: what a member may write.
    const long = '\u{1F600}'.repeat(8_000);
    const MAX_BYTES = 512 * 1_024;

    const fill = async (count: number, text = long) => {
      const tablo = await rest.createTablo({ [alice]: 'member' });
      const ids: string[] = [];
      for (let nth = 0; nth < count; nth += 1)
        ids.push(await insertMessage(rest.pool, { tablo, user: alice, text, at: NOON + Math.floor(nth / 7) }));
      const inOrder = ids.map((id, nth) => ({ id, at: Math.floor(nth / 7) }));
      inOrder.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
      return { tablo, ids, inOrder: inOrder.map(({ id }) => id) };
    };

    it('[R11] GET messages that would be too large is cut at half a megabyte; page by page nothing is missing, nothing comes twice, and the last says so', async () => {
      const { tablo, inOrder } = await fill(40);
      const seen: string[] = [];
      const pages: number[] = [];
      let before = '';
      for (let more = true; more; ) {
        const answer = await rest.app.request(path(tablo, `?limit=100${before}`), {
          headers: { authorization: `Bearer ${alice}` },
        });
        const text = await answer.text();
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BYTES);
        const { messages, hasMore } = messagesPage.parse(JSON.parse(text));
        seen.unshift(...messages.map(({ id }) => id));
        pages.push(messages.length);
        before = `&before=${messages[0]?.id}`;
        more = hasMore;
      }
      expect(seen).toEqual(inOrder);
      expect(pages).toEqual([16, 16, 8]);
    });

    it('[R11] GET messages that would be too large is cut by `after` as well, in the order of arrival', async () => {
      const { tablo, ids } = await fill(20);
      const first = await page(tablo, '?after=0&limit=100');
      expect(first).toMatchObject({ ids: ids.slice(0, 16), hasMore: true });
      expect(await page(tablo, '?after=16&limit=100')).toMatchObject({ ids: ids.slice(16), hasMore: false });
    });

    it('GET messages that would be too large has one message at the least, and counts what JSON makes of a text', async () => {
      const { tablo, inOrder } = await fill(3, '\u0001'.repeat(60_000));
      expect(await page(tablo)).toMatchObject({ ids: inOrder.slice(-1), hasMore: true });
      const huge = await fill(2, 'x'.repeat(600_000));
      expect(await page(huge.tablo)).toMatchObject({ ids: huge.inOrder.slice(-1), hasMore: true });
    });

    it('GET messages that would be too large counts reactions', async () => {
      const { tablo, ids } = await fill(8, 'short');
      for (const id of ids)
        await rest.pool.query(
          `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
           SELECT $1, gen_random_uuid(), '👍', true, now(), gen_random_uuid() FROM generate_series(1, 1000)`,
          [id],
        );
      const { ids: shown, hasMore } = await page(tablo);
      expect([shown.length > 0, shown.length < 5, hasMore]).toEqual([true, true, true]);
    });
  });

  it('GET messages takes a time: strictly before it; and an id, its message deleted or not', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const [one, two, three] = [
      await insertMessage(rest.pool, { tablo, user: alice, at: NOON }),
      await insertMessage(rest.pool, { tablo, user: alice, at: NOON + 1, isDeleted: true }),
      await insertMessage(rest.pool, { tablo, user: alice, at: NOON + 2 }),
    ];
    expect((await page(tablo, `?before=${new Date(NOON + 2).toISOString()}`)).ids).toEqual([one]);
    expect((await page(tablo, `?before=2026-06-01T14:00:00.003%2B02:00`)).ids).toEqual([one, three]);
    expect((await page(tablo, `?before=${two}`)).ids).toEqual([one]);
    expect((await page(tablo, '?before=1969-01-01')).ids).toEqual([]);
    expect((await page(tablo, '?before=%2B275760-09-13T00:00:00.000Z')).ids).toHaveLength(2);
  });

  it.each([
    'limit=ten',
    'limit=',
    'before=',
    'before=yesterday',
    'after=',
    'after=-1',
    'after=1.5',
    'after=x',
    'after=0&before=2026-01-01',
    `before=${createEntryId().toUpperCase()}`,
    `before=${createEntryId()}`,
    'around=yesterday',
    `around=${createEntryId()}&after=0`,
    `around=${createEntryId()}&before=2026-01-01`,
  ])('GET messages answers 400 to ?%s', async (query) => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    expect(await rest.call(alice, 'GET', path(tablo, `?${query}`))).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    });
  });

  it('[R6] GET messages does not take another tablo’s message for an anchor', async () => {
    const [tablo, other] = [await rest.createTablo({ [alice]: 'member' }), await rest.createTablo()];
    await insertMessage(rest.pool, { tablo, user: alice, at: NOON });
    const foreign = await insertMessage(rest.pool, { tablo: other, user: newUser(), at: NOON + 1 });
    expect((await rest.call(alice, 'GET', path(tablo, `?before=${foreign}`))).status).toBe(400);
  });

  it('GET messages reads times to the end of what a Date can be', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const id = await insertMessage(rest.pool, { tablo, user: alice, at: NOON });
    await rest.pool.query('UPDATE messages SET sent_at = tablo_private.from_ms(8640000000000000) WHERE id = $1', [id]);
    expect((await page(tablo)).messages[0]?.sent_at).toBe('+275760-09-13T00:00:00.000Z');
  });
});

describe('GET messages?around=', () => {
  it('[R9] GET messages?around= gives a message with its neighbours on both sides, exact among equal times, and tells what there is beyond them', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const ids: string[] = [];
    for (let nth = 0; nth < 25; nth += 1)
      ids.push(await insertMessage(rest.pool, { tablo, user: alice, at: NOON + Math.floor(nth / 10) }));
    const inOrder = [0, 10, 20].flatMap((start) => ids.slice(start, start + 10).sort());
    const around = (nth: number, limit = 7) => page(tablo, `?around=${inOrder[nth]}&limit=${limit}`);
    expect(await around(12)).toMatchObject({ ids: inOrder.slice(9, 16), hasMore: true, hasNewer: true });
    expect(await around(0)).toMatchObject({ ids: inOrder.slice(0, 4), hasMore: false, hasNewer: true });
    expect(await around(24)).toMatchObject({ ids: inOrder.slice(21), hasMore: true, hasNewer: false });
    expect(await around(12, 100)).toMatchObject({ ids: inOrder, hasMore: false, hasNewer: false });
    expect(await around(12, 1)).toMatchObject({ ids: inOrder.slice(12, 13), hasMore: true, hasNewer: true });
  });

  it('GET messages?around= gives the neighbours of a deleted message without it', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const [one, two, three] = [
      await insertMessage(rest.pool, { tablo, user: alice, at: NOON }),
      await insertMessage(rest.pool, { tablo, user: alice, at: NOON + 1, isDeleted: true }),
      await insertMessage(rest.pool, { tablo, user: alice, at: NOON + 2 }),
    ];
    expect((await page(tablo, `?around=${two}`)).ids).toEqual([one, three]);
  });

  it('[R11] GET messages?around= is cut at half a megabyte on both sides together', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const ids: string[] = [];
    for (let nth = 0; nth < 30; nth += 1)
      ids.push(await insertMessage(rest.pool, { tablo, user: alice, text: '\u{1F600}'.repeat(8_000), at: NOON + nth }));
    const cut = await page(tablo, `?around=${ids[15]}&limit=100`);
    expect(cut).toMatchObject({ ids: ids.slice(7, 23), hasMore: true, hasNewer: true });
  });

  it('[R6] GET messages?around= answers 404 to a message that is not of this tablo', async () => {
    const [tablo, other] = [await rest.createTablo({ [alice]: 'member' }), await rest.createTablo()];
    await insertMessage(rest.pool, { tablo, user: alice, at: NOON });
    const foreign = await insertMessage(rest.pool, { tablo: other, user: newUser(), at: NOON + 1 });
    for (const id of [foreign, createEntryId()])
      expect(await rest.call(alice, 'GET', path(tablo, `?around=${id}`))).toMatchObject({
        status: 404,
        body: { code: 'not-found' },
      });
  });
});

describe('GET messages?after=', () => {
  const after = (tablo: string, seq: number, limit = '') => page(tablo, `?after=${seq}${limit}`);

  it('GET messages?after= goes by seq, ascending, whatever times are shown, deleted ones included without their text', async () => {
    const bob = newUser();
    const tablo = await rest.createTablo({ [alice]: 'guest', [bob]: 'member' });
    const ids = [];
    for (const [nth, at] of [NOON, NOON - 9_000, NOON + 5].entries())
      ids.push(await insertMessage(rest.pool, { tablo, user: bob, text: `text ${nth}`, at, isDeleted: nth === 1 }));
    // A text that was left behind by hand is not told either.
    await rest.pool.query(`UPDATE messages SET text = 'left over' WHERE id = $1`, [ids[1]]);
    await vote(ids[1]!, bob, '👍', true, NOON);
    const all = await after(tablo, 0);
    expect(all).toMatchObject({ ids, hasMore: false });
    expect(
      all.messages.map(({ seq, text, deleted_at, reactions }) => [seq, text, deleted_at !== null, reactions]),
    ).toEqual([
      [1, 'text 0', false, []],
      [2, '', true, []],
      [3, 'text 2', false, []],
    ]);
    expect(all.messages[1]?.deleted_at).toMatch(/^\d{4}-.*Z$/);
    expect(await after(tablo, 1, '&limit=1')).toMatchObject({ ids: [ids[1]], hasMore: true });
    expect(await after(tablo, 2, '&limit=1')).toMatchObject({ ids: [ids[2]], hasMore: false });
    expect(await after(tablo, 999_999_999)).toMatchObject({ ids: [], hasMore: false });
  });
});

describe('reactions of a message', () => {
  it('[R9] reactions of a message are its newest thousand, and as many that were taken back', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const target = await insertMessage(rest.pool, { tablo, user: alice });
    await rest.pool.query(
      `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
       SELECT $1, gen_random_uuid(), '👍', n % 2 = 0, tablo_private.from_ms($2::bigint + n), gen_random_uuid() FROM generate_series(1, 3000) n`,
      [target, NOON],
    );
    const [message] = (await page(tablo)).messages;
    expect(message?.reactions).toHaveLength(1_000);
    expect(message?.withdrawn_reactions).toHaveLength(1_000);
    expect(message?.reactions[0]?.created_at).toBe(new Date(NOON + 1_002).toISOString());
    expect(message?.reactions.at(-1)?.created_at).toBe(new Date(NOON + 3_000).toISOString());
  });
});

describe('POST messages', () => {
  it('[R4] POST messages answers 201 with the message, and 200 the second time', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const [id, target] = [createEntryId(), createEntryId()];
    const first = await rest.call(alice, 'POST', path(tablo), { id, text: ' Hi ', reply_to: target });
    expect(first.status).toBe(201);
    expect(messageAnswer.parse(first.body).message).toMatchObject({
      id,
      text: 'Hi',
      reply_to: target,
      seq: 1,
      user_id: alice,
      channel_id: tablo,
    });
    const second = await rest.call(alice, 'POST', path(tablo), { id, text: 'Hi', reply_to: target });
    expect(second.status).toBe(200);
    expect(second.body.message.id).toBe(id);
    expect(await rest.call(alice, 'POST', path(tablo), { id, text: 'Other' })).toMatchObject({
      status: 409,
      body: { code: 'duplicate-id' },
    });
  });

  it('POST messages gives the message an id when it comes without', async () => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    const { status, body } = await rest.call(alice, 'POST', path(tablo), { text: 'Hi', reply_to: null });
    expect(status).toBe(201);
    expect((await page(tablo)).ids).toEqual([body.message.id as EntryId]);
  });

  it('POST messages lets guests only read', async () => {
    const guest = newUser();
    const tablo = await rest.createTablo({ [guest]: 'guest' });
    expect(await rest.call(guest, 'POST', path(tablo), { text: 'Hi' })).toMatchObject({
      status: 403,
      body: { code: 'read-only' },
    });
  });

  it.each(['', ' \n ', 'a\u0000b', '\ud800', 'x'.repeat(8_001), '\u200b\u2060', '\u3164', '\u0301', '\u2800'])(
    'refuses a text that no entry may have (%#) as admission does',
    async (text) => {
      const tablo = await rest.createTablo({ [alice]: 'member' });
      expect(await rest.call(alice, 'POST', path(tablo), { text })).toMatchObject({
        status: 400,
        body: { code: 'invalid-update' },
      });
    },
  );

  it.each([
    {},
    { text: 7 },
    { text: 'Hi', id: 'x' },
    { text: 'Hi', id: createEntryId().toUpperCase() },
    { text: 'Hi', reply_to: 'x' },
  ])('the body %j cannot be parsed', async (body) => {
    const tablo = await rest.createTablo({ [alice]: 'member' });
    expect(await rest.call(alice, 'POST', path(tablo), body)).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    });
  });
});
