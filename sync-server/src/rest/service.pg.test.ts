/** A host's back end: for people by `Chat-User`, with their membership and role, and for itself. */
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestClient } from '../testing/test-client.ts';
import { signClaims, TEST_SECRET, tokenOf } from '../testing/tokens.ts';
import { untilWithin } from '../testing/wait.ts';
import { type LiveRest, openLiveRest, SERVICE_TOKEN } from './testing/live-rest.ts';
import { newTablo, newUser } from './testing/test-rest.ts';

const [alice, bob, gus, eve] = [newUser(), newUser(), newUser(), newUser()];
const until = untilWithin(10_000);

let rest: LiveRest;
let tablo: TabloId;
beforeAll(async () => {
  rest = await openLiveRest({ ADD_MEMBERS: 'host' });
}, 60_000);
afterAll(async () => {
  await rest.close();
});
beforeEach(async () => {
  tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'member', [gus]: 'guest' });
});

const messages = (): string => `/channels/${tablo}/messages`;
/** As Supabase's `service_role` key. */
const serviceKey = (secret: string = TEST_SECRET): string =>
  signClaims({ role: 'service_role', iss: 'supabase', exp: Math.floor(Date.now() / 1_000) + 3_600 }, secret);

describe('a back end for a person', () => {
  it('[R3] a back end for a person posts, edits, reacts, reads, marks read and deletes as that person, and a live client sees it', async () => {
    const live = await rest.join(bob, tablo);
    const id = createEntryId();
    for (const status of [201, 200])
      expect(await rest.service(alice, 'POST', messages(), { id, text: 'From the back end' })).toMatchObject({
        status,
        body: { message: { id, user_id: alice } },
      });
    await until(() => expect(live.entries).toContainEqual(expect.objectContaining({ id, author: alice })));
    const at = `${messages()}/${id}`;
    expect((await rest.service(alice, 'PATCH', at, { text: 'Mended' })).body.message.text).toBe('Mended');
    const reacted = await rest.service(bob, 'PUT', `${at}/reactions/${encodeURIComponent('🎉')}`);
    expect(reacted.body.message.reactions).toEqual([expect.objectContaining({ user_id: bob, emoji: '🎉' })]);
    expect((await rest.service(bob, 'GET', '/unread')).body.unread).toEqual([{ channel_id: tablo, unread_count: 1 }]);
    expect((await rest.service(bob, 'POST', `/channels/${tablo}/read`)).body).toMatchObject({ ok: true, read_seq: 1 });
    expect((await rest.service(alice, 'DELETE', at)).body.message.deleted_at).not.toBeNull();
    const { body } = await rest.service(bob, 'GET', `${messages()}?after=0`);
    expect(body.messages).toEqual([expect.objectContaining({ id, text: '', deleted_at: expect.any(String) })]);
    await until(() => expect(live.entries.map(({ kind }) => kind)).toContain('delete'));
  });

  it('[R6] a back end for a person may what that person may, and gets their answers', async () => {
    const as = async (user: UserId) => {
      const { status, body } = await rest.service(user, 'POST', messages(), { text: 'Hello' });
      return [status, body.code];
    };
    expect(await as(gus)).toEqual([403, 'read-only']);
    expect(await as(eve)).toEqual([403, 'forbidden']);
    const missing = await rest.service(eve, 'GET', `/channels/${newTablo()}/messages`);
    const closed = await rest.service(eve, 'GET', messages());
    expect(missing).toEqual(closed);
    const posted = await rest.as(alice, 'POST', messages(), { text: 'mine' });
    const edited = await rest.service(bob, 'PATCH', `${messages()}/${posted.body.message.id}`, { text: 'ours' });
    expect(edited).toMatchObject({ status: 403, body: { code: 'not-your-entry' } });
    expect(await rest.service(bob, 'DELETE', `/channels/${tablo}`)).toMatchObject({ status: 403 });
  });

  it('a back end for a person needs a user id in the header; with a person’s token the header means nothing', async () => {
    const wrong = await rest.call(SERVICE_TOKEN, 'GET', '/channels', undefined, { 'chat-user': 'alice' });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(wrong.body.error).toContain('Chat-User');
    const own = await rest.call(tokenOf(eve), 'GET', messages(), undefined, { 'chat-user': alice });
    expect(own).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('a back end for a person adds members where ADD_MEMBERS leaves that to the host', async () => {
    const body = { user_id: newUser(), role: 'member' };
    expect((await rest.as(alice, 'POST', `/channels/${tablo}/members`, body)).status).toBe(403);
    expect((await rest.service(alice, 'POST', `/channels/${tablo}/members`, body)).status).toBe(201);
    expect((await rest.service(bob, 'POST', `/channels/${tablo}/members`, body)).status).toBe(403);
  });
});

describe('a back end for itself', () => {
  it('a back end for itself lists all tablos page by page, and makes one for an owner', async () => {
    const made = await rest.service(null, 'POST', '/channels', { name: 'Made', created_by: eve });
    expect(made).toMatchObject({ status: 201, body: { channel: { name: 'Made', role: 'owner' } } });
    expect((await rest.service(eve, 'GET', '/channels')).body.channels).toHaveLength(1);
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { body: { channels: { id: string }[]; cursor: string | null } } = await rest.service(
        null,
        'GET',
        `/channels?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      found.push(...page.body.channels.map(({ id }) => id));
      cursor = page.body.cursor ?? null;
    }
    const { rows } = await rest.pool.query<{ id: string }>('SELECT id FROM tablos WHERE deleted_at IS NULL');
    expect(found.toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
    expect(found).toContain(made.body.channel.id);
    expect(await rest.service(null, 'POST', '/channels', { name: 'Nobody’s' })).toMatchObject({ status: 400 });
  });

  it('a back end for itself manages members of any tablo, by the rules of an owner', async () => {
    const path = `/channels/${tablo}/members`;
    expect(await rest.service(null, 'POST', path, { user_id: eve, role: 'admin' })).toMatchObject({
      status: 201,
      body: { member: { user_id: eve, role: 'admin' } },
    });
    expect((await rest.service(null, 'POST', path, { user_id: eve, role: 'guest' })).status).toBe(200);
    const listed = (await rest.service(null, 'GET', path)).body.members;
    expect(listed.map(({ user_id }: { user_id: string }) => user_id)).toEqual([alice, bob, gus, eve]);
    expect((await rest.service(null, 'DELETE', `${path}/${eve}`)).status).toBe(200);
    expect((await rest.service(null, 'DELETE', `${path}/${eve}`)).status).toBe(404);
    const last = { status: 409, body: { code: 'last-owner' } };
    expect(await rest.service(null, 'DELETE', `${path}/${alice}`)).toMatchObject(last);
    expect(await rest.service(null, 'POST', path, { user_id: alice, role: 'member' })).toMatchObject(last);
    for (const answer of [
      await rest.service(null, 'GET', `/channels/${newTablo()}/members`),
      await rest.service(null, 'POST', `/channels/${newTablo()}/members`, { user_id: eve }),
      await rest.service(null, 'DELETE', `/channels/${newTablo()}/members/${eve}`),
    ])
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('a back end for itself lists invitations and revokes them', async () => {
    const path = `/channels/${tablo}/invites`;
    const made = await rest.service(alice, 'POST', path, {});
    expect((await rest.service(null, 'GET', path)).body.invites).toEqual([
      expect.objectContaining({ id: made.body.invite.id, created_by: alice }),
    ]);
    expect(await rest.service(null, 'DELETE', `${path}/${made.body.invite.id}`)).toMatchObject({ status: 200 });
    expect((await rest.service(null, 'GET', path)).body.invites).toEqual([]);
    expect((await rest.service(null, 'GET', `/channels/${newTablo()}/invites`)).status).toBe(403);
  });

  it('a back end for itself reads messages of any tablo, and writes none', async () => {
    const { body } = await rest.as(bob, 'POST', messages(), { text: 'Hello' });
    const { id } = body.message;
    for (const query of ['', '?after=0', `?around=${id}`])
      expect((await rest.service(null, 'GET', messages() + query)).body.messages).toHaveLength(1);
    expect((await rest.service(null, 'GET', `${messages()}/${id}`)).body.message.text).toBe('Hello');
    const writes = [
      ['POST', messages(), { text: 'x' }],
      ['PATCH', `${messages()}/${id}`, { text: 'x' }],
      ['DELETE', `${messages()}/${id}`],
      ['PUT', `${messages()}/${id}/reactions/x`],
      ['POST', `/channels/${tablo}/read`],
      ['POST', `/channels/${tablo}/invites`, {}],
      ['PATCH', `/channels/${tablo}`, { name: 'x' }],
      ['GET', '/unread'],
      ['GET', '/drafts'],
    ] as const;
    for (const [method, path, given] of writes) {
      const answer = await rest.service(null, method, path, given);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 400, 'invalid-request']);
      expect(answer.body.error).toContain('Chat-User');
    }
    expect((await rest.service(null, 'GET', `/channels/${newTablo()}/messages`)).status).toBe(403);
  });
});

describe('its token', () => {
  it('may be the issuer’s with the role service_role, and nothing nearly like it', async () => {
    expect((await rest.call(serviceKey(), 'GET', `/channels/${tablo}/members`)).status).toBe(200);
    const wrong = [serviceKey('another secret of enough length'), SERVICE_TOKEN.slice(0, -1), `${SERVICE_TOKEN}4`];
    for (const token of wrong)
      expect(await rest.call(token, 'GET', `/channels/${tablo}/members`)).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      });
  });

  it('[R6] opens no socket', async () => {
    for (const token of [SERVICE_TOKEN, serviceKey()]) {
      const client = new TestClient(rest.server.url.replace('http:', 'ws:'), `${tablo}/1`, token);
      try {
        await until(() => expect(client.denied).toEqual(['unauthenticated']));
      } finally {
        client.close();
      }
    }
  });

  it('a back end’s token is named in the log with what was done, by whom and for whom; neither it nor texts are', async () => {
    await rest.service(alice, 'POST', messages(), { text: 'a secret text' });
    const said = rest.server.lines.filter((line) => line.includes('A back end has changed something'));
    expect(said.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        user: alice,
        tablo,
        did: 'POST /chat/channels/:id/messages',
        service: expect.stringMatching(/^[0-9a-f]{8}$/),
      }),
    );
    expect(rest.server.lines.filter((line) => line.includes(SERVICE_TOKEN) || line.includes('secret text'))).toEqual(
      [],
    );
  });
});
