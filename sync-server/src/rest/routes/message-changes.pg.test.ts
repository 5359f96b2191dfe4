/** Edits, deletions and reactions by REST, on the whole server: what live clients see, what is in the rows, and who may do it. */
import { createEdit, createMessage, createReaction } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Drift } from '../../audit/drift.ts';
import { audit } from '../../audit/pg-audit.ts';
import { untilWithin } from '../../testing/wait.ts';
import { type LiveRest, openLiveRest } from '../testing/live-rest.ts';
import { newUser } from '../testing/test-rest.ts';

const [alice, bob, carol, gus, eve] = [newUser(), newUser(), newUser(), newUser(), newUser()];
const until = untilWithin(10_000);

let rest: LiveRest;
let tablo: TabloId;
beforeAll(async () => {
  rest = await openLiveRest({ EPOCH_MAX_ENTRIES: '60' });
}, 60_000);
afterAll(async () => {
  await rest.close();
});
beforeEach(async () => {
  tablo = await rest.createTablo({ [alice]: 'member', [bob]: 'admin', [carol]: 'member', [gus]: 'guest' });
});

const post = async (user: UserId, text: string): Promise<string> =>
  (await rest.as(user, 'POST', `/channels/${tablo}/messages`, { text })).body.message.id;
const at = (id: string, rest = ''): string => `/channels/${tablo}/messages/${id}${rest}`;
const thumb = (id: string): string => at(id, `/reactions/${encodeURIComponent('👍')}`);

describe('PATCH …/messages/:messageId', () => {
  it('[R1] PATCH …/messages/:messageId edits: a live client sees it, the row has it, and the earlier text is kept', async () => {
    const id = await post(alice, 'Lunch at noon');
    const live = await rest.join(bob, tablo);
    await until(() => expect(live.texts).toContain('Lunch at noon'));
    const { status, body } = await rest.as(alice, 'PATCH', at(id), { text: '  Lunch at one ' });
    expect([status, body.message.text, body.message.user_id]).toEqual([200, 'Lunch at one', alice]);
    expect(body.message.updated_at).not.toBeNull();
    await until(() =>
      expect(live.entries).toContainEqual(
        expect.objectContaining({ kind: 'edit', target: id, author: alice, text: 'Lunch at one' }),
      ),
    );
    const { rows } = await rest.pool.query('SELECT text FROM message_edits WHERE message_id = $1', [id]);
    expect(rows).toEqual([{ text: 'Lunch at noon' }]);
  });

  it('[R4] the same id with the same text is one edit, with another text 409', async () => {
    const id = await post(alice, 'one');
    const edit = createEntryId();
    for (let nth = 0; nth < 2; nth += 1)
      expect((await rest.as(alice, 'PATCH', at(id), { id: edit, text: 'two' })).status).toBe(200);
    const other = await rest.as(alice, 'PATCH', at(id), { id: edit, text: 'three' });
    expect([other.status, other.body.code]).toEqual([409, 'duplicate-id']);
    const { rows } = await rest.pool.query('SELECT edit_count, text FROM messages WHERE id = $1', [id]);
    expect(rows).toEqual([{ edit_count: 1, text: 'two' }]);
  });

  it('[R5] PATCH …/messages/:messageId stands after what it changes, also where the clock of that was ahead', async () => {
    const live = await rest.join(alice, tablo);
    const sentAt = Date.now() + 40_000;
    const message = createMessage({ author: alice, sentAt }, 'from the future');
    live.push(message, createEdit({ author: alice, sentAt: sentAt + 5 }, message.id, 'still from there'));
    await until(() => expect(live.provider.unsyncedChanges).toBe(0));
    const { body } = await rest.as(alice, 'PATCH', at(message.id), { text: 'from now' });
    expect(body.message.text).toBe('from now');
  });

  it('[R3] PATCH …/messages/:messageId is the author’s alone, whatever the role; guests read, and strangers learn nothing', async () => {
    const id = await post(alice, 'mine');
    const answers = await Promise.all(
      [bob, carol, gus, eve].map(async (user) => (await rest.as(user, 'PATCH', at(id), { text: 'yours' })).body.code),
    );
    expect(answers).toEqual(['not-your-entry', 'not-your-entry', 'read-only', 'forbidden']);
    const unknown = await rest.as(alice, 'PATCH', at(createEntryId()), { text: 'x' });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'not-found']);
    expect((await rest.as(eve, 'PATCH', at(createEntryId()), { text: 'x' })).body.code).toBe('forbidden');
    expect((await rest.as(alice, 'GET', at(id))).body.message.text).toBe('mine');
  });

  it('PATCH …/messages/:messageId refuses a text that nobody could see, and a message that is deleted', async () => {
    const id = await post(alice, 'mine');
    const blank = await rest.as(alice, 'PATCH', at(id), { text: ' ​ ' });
    expect([blank.status, blank.body.code]).toEqual([400, 'invalid-update']);
    await rest.as(alice, 'DELETE', at(id));
    const late = await rest.as(alice, 'PATCH', at(id), { text: 'back again' });
    expect([late.status, late.body.code]).toEqual([409, 'message-deleted']);
  });

  it('[R9] PATCH …/messages/:messageId reaches a message that has left the live document with an earlier epoch', async () => {
    const id = await post(alice, 'long ago');
    for (let nth = 0; nth < 130; nth += 1) await post(nth % 2 === 0 ? alice : bob, `message ${nth}`);
    const live = await rest.join(bob, tablo);
    await until(() => expect(live.texts).toContain('message 129'));
    expect(live.texts).not.toContain('long ago');
    expect((await rest.as(alice, 'PATCH', at(id), { text: 'not so long ago' })).body.message.text).toBe(
      'not so long ago',
    );
    expect((await rest.as(carol, 'PUT', thumb(id))).body.message.reactions).toHaveLength(1);
    await until(() => expect(live.entries).toContainEqual(expect.objectContaining({ kind: 'edit', target: id })));
    expect((await rest.as(bob, 'DELETE', at(id))).body.message.text).toBe('');
  });
});

describe('DELETE …/messages/:messageId', () => {
  it('DELETE …/messages/:messageId deletes one’s own, and anybody’s for an admin; twice is 200', async () => {
    const id = await post(alice, 'secret');
    const live = await rest.join(carol, tablo);
    await until(() => expect(live.texts).toContain('secret'));
    expect((await rest.as(carol, 'DELETE', at(id))).body.code).toBe('not-your-entry');
    for (const user of [bob, alice]) {
      const { status, body } = await rest.as(user, 'DELETE', at(id));
      expect([status, body.message.text, body.message.deleted_at === null]).toEqual([200, '', false]);
    }
    expect((await rest.as(carol, 'DELETE', at(id))).body.code).toBe('not-your-entry');
    await until(() =>
      expect(live.entries).toContainEqual(expect.objectContaining({ kind: 'delete', target: id, author: bob })),
    );
    expect(live.entries.filter(({ kind }) => kind === 'delete')).toHaveLength(1);
  });
});

describe('PUT and DELETE …/reactions/:emoji', () => {
  it('PUT and DELETE …/reactions/:emoji reacts and takes back, each once however often it is asked, and live clients see it', async () => {
    const id = await post(alice, 'news');
    const live = await rest.join(alice, tablo);
    for (let nth = 0; nth < 2; nth += 1) {
      const { status, body } = await rest.as(bob, 'PUT', thumb(id));
      expect([status, body.message.reactions]).toEqual([200, [expect.objectContaining({ user_id: bob, emoji: '👍' })]]);
    }
    for (let nth = 0; nth < 2; nth += 1)
      expect((await rest.as(bob, 'DELETE', thumb(id))).body.message.reactions).toEqual([]);
    expect((await rest.as(bob, 'PUT', thumb(id))).body.message.reactions).toHaveLength(1);
    await until(() =>
      expect(live.entries.filter(({ kind }) => kind === 'reaction').map(({ on }) => on)).toEqual([true, false, true]),
    );
  });

  it('[R5] PUT and DELETE …/reactions/:emoji stands after a reaction from a clock that is ahead', async () => {
    const id = await post(alice, 'news');
    const live = await rest.join(bob, tablo);
    await until(() => expect(live.texts).toContain('news'));
    live.push(createReaction({ author: bob, sentAt: Date.now() + 40_000 }, id as never, '👍', true));
    await until(() => expect(live.provider.unsyncedChanges).toBe(0));
    expect((await rest.as(bob, 'DELETE', thumb(id))).body.message.reactions).toEqual([]);
  });

  it('PUT and DELETE …/reactions/:emoji refuses what is no emoji, a deleted message, a guest and a stranger', async () => {
    const id = await post(alice, 'news');
    const long = await rest.as(bob, 'PUT', at(id, `/reactions/${'x'.repeat(17)}`));
    expect([long.status, long.body.code]).toEqual([400, 'invalid-update']);
    expect((await rest.as(gus, 'PUT', thumb(id))).body.code).toBe('read-only');
    expect((await rest.as(eve, 'PUT', thumb(id))).body.code).toBe('forbidden');
    await rest.as(alice, 'DELETE', at(id));
    expect((await rest.as(bob, 'PUT', thumb(id))).body.code).toBe('message-deleted');
    expect((await rest.as(bob, 'DELETE', thumb(id))).body.code).toBe('message-deleted');
  });
});

it('[R1] documents and rows agree after all of it', async () => {
  const drifts: Drift[] = [];
  await audit(rest.pool, { onDrift: (drift) => drifts.push(drift) });
  expect(drifts).toEqual([]);
});

// After the comparison: the live document is moved a minute after SQL has removed a row.
it('[R4] a message that SQL has removed is not written again by its id, and its writer is told', async () => {
  const id = createEntryId();
  const tablo = await rest.createTablo({ [alice]: 'owner' });
  const ask = () => rest.as(alice, 'POST', `/channels/${tablo}/messages`, { id, text: 'once' });
  expect((await ask()).status).toBe(201);
  await rest.pool.query('DELETE FROM messages WHERE id = $1', [id]);
  const again = await ask();
  expect([again.status, again.body.code]).toEqual([404, 'not-found']);
  const edit = await rest.as(alice, 'PATCH', `/channels/${tablo}/messages/${id}`, { text: 'twice' });
  expect([edit.status, edit.body.code]).toEqual([404, 'not-found']);
});
