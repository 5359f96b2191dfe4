import { channelAnswer } from '@tablo/schema/rest/channel';
import { inviteAnswer, inviteGlance, invitesAnswer } from '@tablo/schema/rest/member';
import { ROLES } from '@tablo/schema/roles';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

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
  it('making an invitation answers 201 with a code, a link and an end, also without a body', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'admin' });
    const { code, url, expires_at } = await invite(alice, tablo);
    expect(code).toMatch(/^[\w-]{22}$/);
    expect(url).toBe(`https://chat.example/invite/${code}`);
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(6.9 * 24 * 3_600_000);
    const hour = await invite(alice, tablo, { expires_in_s: 3_600 });
    expect(Date.parse(hour.expires_at) - Date.now()).toBeLessThanOrEqual(3_600_000);
  });

  it('making an invitation keeps no code that a reader of the table could use', async () => {
    const alice = newUser();
    const { code } = await invite(alice, await rest.createTablo({ [alice]: 'owner' }));
    const { rows } = await rest.pool.query(`SELECT row_to_json(i)::text AS row FROM tablo_invites i`);
    expect(rows.some(({ row }) => row.includes(code))).toBe(false);
  });

  it('making an invitation carries the request’s own origin where PUBLIC_URL says nothing', async () => {
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

  it('making an invitation is for owners and admins, up to their own role', async () => {
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
  it('accepting an invitation answers 200 with the tablo, and makes a member', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { code } = await invite(alice, tablo);
    const { status, body } = await accept(bob, code);
    expect(status).toBe(200);
    expect(channelAnswer.parse(body).channel).toMatchObject({ id: tablo, role: 'member' });
    expect((await rest.call(bob, 'GET', `/chat/channels/${tablo}/messages`)).status).toBe(200);
  });

  it('accepting an invitation takes a removed member back, with the invitation’s role', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'admin' });
    await rest.call(alice, 'DELETE', `/chat/channels/${tablo}/members/${bob}`);
    const { code } = await invite(alice, tablo, { role: 'guest' });
    expect(await accept(bob, code)).toMatchObject({ status: 200, body: { channel: { role: 'guest' } } });
  });

  it('accepting an invitation is harmless for a member: no use counts, no role is lost, also when the code has ended since', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { code } = await invite(alice, tablo, { role: 'guest', max_uses: 1 });
    expect(await accept(alice, code)).toMatchObject({ status: 200, body: { channel: { role: 'owner' } } });
    expect(await usesOf(tablo)).toEqual([0]);
    for (let time = 0; time < 3; time += 1) expect((await accept(bob, code)).status).toBe(200);
    expect(await usesOf(tablo)).toEqual([1]);
  });

  it('accepting an invitation lifts a member to the invitation’s role', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'guest' });
    const { code } = await invite(alice, tablo, { role: 'admin' });
    expect(await accept(bob, code)).toMatchObject({ status: 200, body: { channel: { role: 'admin' } } });
  });

  it('accepting an invitation gives one answer for a code that never was, has expired, is used up, or whose tablo is deleted', async () => {
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

  it('accepting an invitation counts every use when many come at the same moment', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { code } = await invite(alice, tablo, { max_uses: 3 });
    const answers = await Promise.all(Array.from({ length: 9 }, () => accept(newUser(), code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(6);
    expect(await usesOf(tablo)).toEqual([3]);
  });

  it('accepting an invitation ends with its maker’s right to invite: a removed admin does not come back by an own link', async () => {
    const [alice, mallory] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [mallory]: 'admin' });
    const { code } = await invite(mallory, tablo, { role: 'admin' });
    await rest.call(alice, 'DELETE', `/chat/channels/${tablo}/members/${mallory}`);
    expect(await accept(mallory, code)).toMatchObject(GONE);
  });

  it('accepting an invitation asks for a token', async () => {
    expect((await rest.call(null, 'POST', '/chat/invites/x/accept')).status).toBe(401);
  });
});

describe('a decision about a member outlives older links', () => {
  const joined = async () => {
    const [alice, mallory] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { code } = await invite(alice, tablo, { role: 'admin' });
    expect((await accept(mallory, code)).status).toBe(200);
    return { alice, mallory, tablo, code };
  };
  const look = (user: User, code: string) => rest.call(user, 'GET', `/chat/invites/${code}`);

  it.each([
    [
      'REST',
      ({ alice, mallory, tablo }: Awaited<ReturnType<typeof joined>>) =>
        rest.call(alice, 'DELETE', `/chat/channels/${tablo}/members/${mallory}`),
    ],
    [
      'SQL that ends the row',
      ({ mallory }: { mallory: User }) =>
        rest.pool.query('UPDATE tablo_access SET is_active = false WHERE user_id = $1', [mallory]),
    ],
    [
      'SQL that deletes the row',
      ({ mallory }: { mallory: User }) => rest.pool.query('DELETE FROM tablo_access WHERE user_id = $1', [mallory]),
    ],
  ])('[R6] a person who was removed does not come back by the link they once used (%s)', async (_, remove) => {
    const given = await joined();
    await remove(given);
    expect(await accept(given.mallory, given.code)).toMatchObject(GONE);
    expect(await look(given.mallory, given.code)).toMatchObject(GONE);
    // It is about this person: the link is good for others, and a newer one for them.
    expect((await accept(newUser(), given.code)).status).toBe(200);
    const newer = await invite(given.alice, given.tablo, { role: 'guest' });
    expect(await accept(given.mallory, newer.code)).toMatchObject({
      status: 200,
      body: { channel: { role: 'guest' } },
    });
    // Nor do they rise by the older one, now that they are back.
    expect(await accept(given.mallory, given.code)).toMatchObject({
      status: 200,
      body: { channel: { role: 'guest' } },
    });
  });

  it.each([
    [
      'REST',
      ({ alice, mallory, tablo }: Awaited<ReturnType<typeof joined>>) =>
        rest.call(alice, 'POST', `/chat/channels/${tablo}/members`, { user_id: mallory, role: 'guest' }),
    ],
    [
      'SQL',
      ({ mallory }: { mallory: User }) =>
        rest.pool.query(`UPDATE tablo_access SET role = 'guest' WHERE user_id = $1`, [mallory]),
    ],
  ])('[R6] a member whose role was lowered does not rise by an older link (%s)', async (_, lower) => {
    const given = await joined();
    await lower(given);
    expect(await accept(given.mallory, given.code)).toMatchObject({
      status: 200,
      body: { channel: { role: 'guest' } },
    });
    const newer = await invite(given.alice, given.tablo, { role: 'member' });
    expect((await accept(given.mallory, newer.code)).body.channel.role).toBe('member');
  });

  it('leaving by oneself is no removal, and what raises a role is no lowering', async () => {
    const { alice, mallory, tablo, code } = await joined();
    await rest.call(alice, 'POST', `/chat/channels/${tablo}/members`, { user_id: mallory, role: 'owner' });
    expect((await rest.call(mallory, 'DELETE', `/chat/channels/${tablo}/members/${mallory}`)).status).toBe(200);
    expect(await accept(mallory, code)).toMatchObject({ status: 200, body: { channel: { role: 'admin' } } });
  });

  it('repeated rows of a host’s table count as what they are together', async () => {
    const host = await openTestRest();
    await host.pool.query('ALTER TABLE tablo_access DROP CONSTRAINT tablo_access_pkey');
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await host.createTablo({ [alice]: 'owner', [bob]: 'admin' });
    await host.pool.query(`INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, 'member')`, [tablo, bob]);
    const decisions = async () => (await host.pool.query('SELECT user_id FROM tablo_private.decisions')).rows;
    await host.pool.query(`DELETE FROM tablo_access WHERE user_id = $1 AND role = 'member'`, [bob]);
    expect(await decisions()).toEqual([]);
    await host.pool.query(`INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, 'member')`, [tablo, bob]);
    await host.pool.query(`DELETE FROM tablo_access WHERE user_id = $1 AND role = 'admin'`, [bob]);
    expect(await decisions()).toEqual([{ user_id: bob }]);
    // And with the tablo itself all of it goes, without an error for the host.
    await host.pool.query('DELETE FROM tablos WHERE id = $1', [tablo]);
    expect(await decisions()).toEqual([]);
    await host.close();
  });
});

describe('GET /chat/invites/:code', () => {
  const look = (user: User, code: string) => rest.call(user, 'GET', `/chat/invites/${code}`);

  it('[R6] GET /chat/invites/:code says what a link leads to and joins nobody', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [newUser()]: 'guest' });
    await rest.profiles.settled();
    const { code, expires_at } = await invite(alice, tablo, { role: 'guest' });
    await rest.profiles.settled();
    const { status, body } = await look(bob, code);
    expect(status).toBe(200);
    expect(inviteGlance.parse(body)).toEqual({
      tablo: { name: 'Plans', members: 2 },
      role: 'guest',
      invited_by: `User ${alice.slice(0, 4)}`,
      expires_at,
    });
    expect(body).not.toHaveProperty('tablo.id');
    expect((await rest.call(bob, 'GET', '/chat/channels')).body.channels).toEqual([]);
    expect(await usesOf(tablo)).toEqual([0]);
    // Who is there already learns where that is.
    expect(await look(alice, code)).toMatchObject({ status: 200, body: { channel_id: tablo } });
  });

  it('GET /chat/invites/:code gives one answer for a code that never was, has ended, is used up, or whose maker may not invite any more', async () => {
    const [alice, ned] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [ned]: 'admin' });
    const used = await invite(alice, tablo, { max_uses: 1 });
    await accept(newUser(), used.code);
    const ended = await invite(alice, tablo, { expires_in_s: 60 });
    await rest.pool.query(`UPDATE tablo_invites SET expires_at = now() WHERE max_uses IS NULL AND tablo_id = $1`, [
      tablo,
    ]);
    const neds = await invite(ned, tablo);
    await rest.call(alice, 'POST', `/chat/channels/${tablo}/members`, { user_id: ned, role: 'member' });
    for (const code of ['nonsense', used.code, ended.code, neds.code])
      expect(await look(newUser(), code)).toMatchObject(GONE);
    expect((await rest.call(null, 'GET', '/chat/invites/x')).status).toBe(401);
  });
});

describe('links of a tablo', () => {
  const links = (tablo: string, id = '') => `/chat/channels/${tablo}/invites${id === '' ? '' : `/${id}`}`;
  const list = async (user: User, tablo: string) =>
    invitesAnswer.parse((await rest.call(user, 'GET', links(tablo))).body).invites;

  it('links of a tablo are listed for owners and admins, without codes; ended ones are not', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'admin', [carol]: 'member' });
    const first = await invite(alice, tablo, { max_uses: 2, role: 'guest' });
    await accept(newUser(), first.code);
    const used = await invite(alice, tablo, { max_uses: 1 });
    await accept(newUser(), used.code);
    await invite(alice, tablo, { role: 'admin' });
    await rest.pool.query(`UPDATE tablo_invites SET expires_at = now() WHERE tablo_id = $1 AND role = 'admin'`, [
      tablo,
    ]);
    const listed = await list(bob, tablo);
    expect(listed).toEqual([
      {
        id: first.id,
        role: 'guest',
        created_by: alice,
        created_at: expect.any(String),
        expires_at: first.expires_at,
        max_uses: 2,
        uses: 1,
      },
    ]);
    expect(JSON.stringify(listed)).not.toContain(first.code);
    expect(await rest.call(carol, 'GET', links(tablo))).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('[R6] links of a tablo are revoked by owners and admins, up to what each may grant; a revoked one gives nothing', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'admin', [carol]: 'member' });
    const [plain, high] = [await invite(alice, tablo), await invite(alice, tablo, { role: 'owner' })];
    const revoke = (user: User, id: string, of = tablo) => rest.call(user, 'DELETE', links(of, id));
    expect((await revoke(carol, plain.id!)).status).toBe(403);
    expect((await revoke(bob, high.id!)).status).toBe(403);
    expect(await revoke(bob, plain.id!)).toMatchObject({ status: 200, body: { ok: true } });
    expect((await revoke(alice, high.id!)).status).toBe(200);
    expect(await accept(newUser(), plain.code)).toMatchObject(GONE);
    expect(await list(alice, tablo)).toEqual([]);
    expect(await revoke(alice, plain.id!)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    // Another tablo's link is not there, and stays.
    const other = await rest.createTablo({ [bob]: 'owner' });
    const theirs = await invite(bob, other);
    expect((await revoke(alice, theirs.id!)).status).toBe(404);
    expect((await accept(newUser(), theirs.code)).status).toBe(200);
    expect((await rest.call(alice, 'DELETE', links(tablo, 'x'))).status).toBe(400);
  });

  it('links of a tablo are bounded by tablo and by user, and ended ones leave the table', async () => {
    const own = await openTestRest({ bounds: { linksPerTablo: 3 } });
    const [alice, bob] = [newUser(), newUser()];
    const make = (user: User, tablo: string) => own.call(user, 'POST', links(tablo));
    const rows = async () => Number((await own.pool.query('SELECT count(*) FROM tablo_invites')).rows[0].count);
    const tablo = await own.createTablo({ [alice]: 'owner', [bob]: 'admin' });
    for (const status of [201, 201, 201, 429]) expect((await make(alice, tablo)).status).toBe(status);
    expect(await make(bob, tablo)).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    for (let made = 3; made < 15; made += 3) {
      const next = await own.createTablo({ [alice]: 'owner', [bob]: 'owner' });
      for (let nth = 0; nth < 3; nth += 1) expect((await make(alice, next)).status).toBe(201);
    }
    const last = await own.createTablo({ [alice]: 'owner', [bob]: 'owner' });
    expect([(await make(alice, last)).status, (await make(bob, last)).status]).toEqual([429, 201]);
    await own.pool.query(`UPDATE tablo_invites SET expires_at = now() - interval '2 hours'`);
    expect(await rows()).toBe(16);
    expect((await make(alice, tablo)).status).toBe(201);
    expect(await rows()).toBe(1);
    await own.close();
  });
});
