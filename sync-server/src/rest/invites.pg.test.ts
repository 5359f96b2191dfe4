import { channelAnswer } from '@tablo/schema/rest/channel';
import { inviteAnswer } from '@tablo/schema/rest/member';
import { ROLES } from '@tablo/schema/roles';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, openTestRest, type TestRest } from './test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

type User = ReturnType<typeof newUser>;
const invite = async (user: User, tablo: string, body?: object) => {
  const answer = await rest.call(user, 'POST', `/chat/channels/${tablo}/invites`, body);
  expect(answer.status).toBe(201);
  return inviteAnswer.parse(answer.body).invite;
};
const accept = (user: User, code: string) => rest.call(user, 'POST', `/chat/invites/${code}/accept`);
const usesOf = async (tablo: string) =>
  (await rest.pool.query('SELECT uses FROM tablo_invites WHERE tablo_id = $1', [tablo])).rows.map(({ uses }) => uses);
const GONE = { status: 404, body: { error: 'This invitation does not exist, or has ended.', code: 'not-found' } };

describe('making an invitation', () => {
  it('answers 201 with a code, a link and an end, also without a body', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'admin' });
    const { code, url, expires_at } = await invite(alice, tablo);
    expect(code).toMatch(/^[\w-]{22}$/);
    expect(url).toBe(`https://chat.example/invite/${code}`);
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(6.9 * 24 * 3_600_000);
    const hour = await invite(alice, tablo, { expires_in_s: 3_600 });
    expect(Date.parse(hour.expires_at) - Date.now()).toBeLessThanOrEqual(3_600_000);
  });

  it('keeps no code that a reader of the table could use', async () => {
    const alice = newUser();
    const { code } = await invite(alice, await rest.createTablo({ [alice]: 'owner' }));
    const { rows } = await rest.pool.query(`SELECT row_to_json(i)::text AS row FROM tablo_invites i`);
    expect(rows.some(({ row }) => row.includes(code))).toBe(false);
  });

  it('carries the request’s own origin where PUBLIC_URL says nothing', async () => {
    const own = await openTestRest({ settings: { publicUrl: null, trustProxy: true, allowedOrigins: [] } });
    const alice = newUser();
    const tablo = await own.createTablo({ [alice]: 'owner' });
    const post = (headers: Record<string, string>) =>
      own.call(alice, 'POST', `http://chat.local:3000/chat/channels/${tablo}/invites`, undefined, headers);
    expect((await post({})).body.invite.url).toMatch(/^http:\/\/chat\.local:3000\/invite\//);
    expect((await post({ 'x-forwarded-proto': 'https' })).body.invite.url).toMatch(
      /^https:\/\/chat\.local:3000\/invite\//,
    );
    await own.close();
  });

  it('is for owners and admins, up to their own role', async () => {
    for (const role of ROLES) {
      const user = newUser();
      const tablo = await rest.createTablo({ [user]: role });
      for (const granted of ROLES) {
        const isAllowed = (role === 'owner' || role === 'admin') && ROLES.indexOf(granted) <= ROLES.indexOf(role);
        const { status } = await rest.call(user, 'POST', `/chat/channels/${tablo}/invites`, { role: granted });
        expect(status, `${role} invites ${granted}`).toBe(isAllowed ? 201 : 403);
      }
    }
  });

  it.each([{ expires_in_s: 0 }, { expires_in_s: 1.5 }, { expires_in_s: 'soon' }, { max_uses: 0 }, { role: 'king' }])(
    '%j cannot be parsed',
    async (body) => {
      const alice = newUser();
      const tablo = await rest.createTablo({ [alice]: 'owner' });
      expect(await rest.call(alice, 'POST', `/chat/channels/${tablo}/invites`, body)).toMatchObject({
        status: 400,
        body: { code: 'invalid-request' },
      });
    },
  );
});

describe('accepting an invitation', () => {
  it('answers 200 with the tablo, and makes a member', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { code } = await invite(alice, tablo);
    const { status, body } = await accept(bob, code);
    expect(status).toBe(200);
    expect(channelAnswer.parse(body).channel).toMatchObject({ id: tablo, role: 'member' });
    expect((await rest.call(bob, 'GET', `/chat/channels/${tablo}/messages`)).status).toBe(200);
  });

  it('takes a removed member back, with the invitation’s role', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'admin' });
    await rest.call(alice, 'DELETE', `/chat/channels/${tablo}/members/${bob}`);
    const { code } = await invite(alice, tablo, { role: 'guest' });
    expect(await accept(bob, code)).toMatchObject({ status: 200, body: { channel: { role: 'guest' } } });
  });

  it('is harmless for a member: no use counts, no role is lost, also when the code has ended since', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { code } = await invite(alice, tablo, { role: 'guest', max_uses: 1 });
    expect(await accept(alice, code)).toMatchObject({ status: 200, body: { channel: { role: 'owner' } } });
    expect(await usesOf(tablo)).toEqual([0]);
    for (let time = 0; time < 3; time += 1) expect((await accept(bob, code)).status).toBe(200);
    expect(await usesOf(tablo)).toEqual([1]);
  });

  it('lifts a member to the invitation’s role', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'guest' });
    const { code } = await invite(alice, tablo, { role: 'admin' });
    expect(await accept(bob, code)).toMatchObject({ status: 200, body: { channel: { role: 'admin' } } });
  });

  it('gives one answer for a code that never was, has expired, is used up, or whose tablo is deleted', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const expired = await invite(alice, tablo);
    await rest.pool.query(`UPDATE tablo_invites SET expires_at = now() - interval '1 second' WHERE tablo_id = $1`, [
      tablo,
    ]);
    const used = await invite(alice, tablo, { max_uses: 1 });
    await accept(newUser(), used.code);
    const other = await rest.createTablo({ [alice]: 'owner' });
    const closed = await invite(alice, other);
    await rest.call(alice, 'DELETE', `/chat/channels/${other}`);
    for (const code of ['nonsense', expired.code, used.code, closed.code, '%00'])
      expect(await accept(bob, code)).toMatchObject(GONE);
  });

  it('counts every use when many come at the same moment', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { code } = await invite(alice, tablo, { max_uses: 3 });
    const answers = await Promise.all(Array.from({ length: 9 }, () => accept(newUser(), code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(6);
    expect(await usesOf(tablo)).toEqual([3]);
  });

  it('ends with its maker’s right to invite: a removed admin does not come back by an own link', async () => {
    const [alice, mallory] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [mallory]: 'admin' });
    const { code } = await invite(mallory, tablo, { role: 'admin' });
    await rest.call(alice, 'DELETE', `/chat/channels/${tablo}/members/${mallory}`);
    expect(await accept(mallory, code)).toMatchObject(GONE);
  });

  it('asks for a token', async () => {
    expect((await rest.call(null, 'POST', '/chat/invites/x/accept')).status).toBe(401);
  });
});
