import { channelAnswer } from '@tablo/schema/rest/channel';
import { addMemberAnswer, invitationsAnswer } from '@tablo/schema/rest/member';
import type { Role } from '@tablo/schema/roles';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countingPool } from '../stores/pg-watched-pool.ts';
import { newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest({ settings: { unknownUsers: 'invite' }, bounds: { invitationsPerUser: 60 } });
});
afterAll(() => rest.close());

type User = ReturnType<typeof newUser>;
const members = (tablo: string, user = '') => `/chat/channels/${tablo}/members${user === '' ? '' : `/${user}`}`;
const ask = (user: User, tablo: string, target: User, role: Role = 'member') =>
  rest.call(user, 'POST', members(tablo), { user_id: target, role });
const list = async (user: User) => {
  const { status, body } = await rest.call(user, 'GET', '/chat/invitations');
  expect(status).toBe(200);
  return invitationsAnswer.parse(body).invitations;
};
const answer = (user: User, id: string, word: 'accept' | 'decline') =>
  rest.call(user, 'POST', `/chat/invitations/${id}/${word}`);
const idsOf = async (user: User) => (await list(user)).map(({ id }) => id);
const known = async (user: User) => {
  await rest.call(user, 'GET', '/chat/channels'); // Their token tells their name.
  await rest.profiles.settled();
};
const GONE = { status: 404, body: { code: 'not-found' } };
const FULL = { status: 429, body: { code: 'rate-limited' } };

describe('adding somebody with whom one shares no tablo, under the built-in identity service', () => {
  it('[R6] adding somebody with whom one shares no tablo, under the built-in identity service, asks them: 202, no membership, and a place in their list that tells no id of the tablo', async () => {
    const [alice, bob] = [newUser(), newUser()];
    await known(alice);
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { status, body } = await ask(alice, tablo, bob, 'guest');
    expect(status).toBe(202);
    const { invitation } = addMemberAnswer.parse(body);
    const shown = {
      id: invitation?.id,
      tablo: { name: 'Plans', members: 1 },
      role: 'guest',
      invited_by: `User ${alice.slice(0, 4)}`,
      created_at: expect.any(String),
    };
    expect(invitation).toEqual({ ...shown, user_id: bob });
    expect(body).not.toHaveProperty('member');
    expect((await rest.call(bob, 'GET', '/chat/invitations')).body).toEqual({ invitations: [shown] });
    expect((await rest.call(bob, 'GET', '/chat/channels')).body.channels).toEqual([]);
    expect((await rest.call(bob, 'GET', members(tablo))).status).toBe(403);
    expect((await rest.call(alice, 'GET', members(tablo))).body.members).toHaveLength(1);
  });

  it('[R6] adding somebody with whom one shares no tablo, under the built-in identity service, answers the same, by as many statements, whether there is such a user or not', async () => {
    const statements: string[] = [];
    const own = await openTestRest({
      settings: { unknownUsers: 'invite' },
      wrap: (pool) => countingPool(pool, (text) => statements.push(text)),
    });
    const [mallory, bob] = [newUser(), newUser()];
    await own.call(bob, 'GET', '/chat/channels');
    await own.profiles.settled();
    const tablo = await own.createTablo({ [mallory]: 'owner' });
    const seen = [];
    for (const target of [bob, newUser()]) {
      statements.length = 0;
      const { status, body } = await own.call(mallory, 'POST', members(tablo), { user_id: target });
      const invitation = { ...body.invitation, id: 'x', user_id: 'x', created_at: 'x' };
      seen.push({ status, body: { ...body, invitation }, statements: [...statements] });
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(JSON.stringify(seen)).not.toContain('example.org');
    await own.close();
  });

  it('adding somebody with whom one shares no tablo, under the built-in identity service, makes a member of who accepts, with the tablo as the answer', async () => {
    const [alice, bob] = [newUser(), newUser()];
    await known(bob);
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { invitation } = (await ask(alice, tablo, bob)).body;
    const accepted = await answer(bob, invitation.id, 'accept');
    expect(accepted.status).toBe(200);
    expect(channelAnswer.parse(accepted.body).channel).toMatchObject({ id: tablo, role: 'member' });
    expect(await list(bob)).toEqual([]);
    expect(await answer(bob, invitation.id, 'accept')).toMatchObject(GONE);
    // They have met: the next time Bob is added at once.
    const second = await rest.createTablo({ [alice]: 'owner' });
    const added = await ask(alice, second, bob);
    expect(added).toMatchObject({ status: 201, body: { member: { user_id: bob, name: `User ${bob.slice(0, 4)}` } } });
  });

  it('adding somebody with whom one shares no tablo, under the built-in identity service, is no way around who may add whom, and changes members as before', async () => {
    const [owner, admin, member] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [owner]: 'owner', [admin]: 'admin', [member]: 'member' });
    expect((await ask(member, tablo, newUser())).status).toBe(403);
    expect((await ask(admin, tablo, newUser(), 'owner')).status).toBe(403);
    expect((await ask(admin, tablo, newUser(), 'admin')).status).toBe(202);
    expect((await ask(owner, tablo, member, 'guest')).status).toBe(200);
  });

  it('[R6] adding somebody with whom one shares no tablo, under the built-in identity service, is nobody else’s to answer', async () => {
    const [alice, bob, eve] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { invitation } = (await ask(alice, tablo, bob)).body;
    for (const user of [eve, alice])
      for (const word of ['accept', 'decline'] as const)
        expect(await answer(user, invitation.id, word)).toMatchObject(GONE);
    expect(await idsOf(bob)).toEqual([invitation.id]);
    expect((await answer(bob, 'x', 'accept')).status).toBe(400);
    expect((await rest.call(null, 'GET', '/chat/invitations')).status).toBe(401);
  });

  it('a person who declined is not asked again for a time, and nobody is told', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const first = (await ask(alice, tablo, bob)).body.invitation;
    expect(await answer(bob, first.id, 'decline')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await answer(bob, first.id, 'decline')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await answer(bob, first.id, 'accept')).toMatchObject(GONE);
    const again = await ask(alice, tablo, bob, 'guest');
    expect(again).toMatchObject({ status: 202, body: { invitation: { id: first.id, user_id: bob, role: 'guest' } } });
    expect(await list(bob)).toEqual([]);
    await rest.pool.query(
      `UPDATE tablo_private.invitations SET declined_at = now() - interval '31 days' WHERE user_id = $1`,
      [bob],
    );
    expect((await ask(alice, tablo, bob)).status).toBe(202);
    expect(await list(bob)).toHaveLength(1);
  });

  it('a person who is asked again before they answered has one invitation: the last', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    await Promise.all(Array.from({ length: 5 }, () => ask(alice, tablo, bob)));
    await ask(alice, tablo, bob, 'guest');
    expect(await list(bob)).toMatchObject([{ role: 'guest' }]);
  });

  it.each([
    [
      'its inviter may not invite any more',
      (alice: User, tablo: string) =>
        rest.pool.query(`UPDATE tablo_access SET role = 'member' WHERE tablo_id = $1 AND user_id = $2`, [tablo, alice]),
    ],
    [
      'the tablo is deleted',
      (_: User, tablo: string) => rest.pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [tablo]),
    ],
    [
      'a month is over',
      (_: User, tablo: string) =>
        rest.pool.query(
          `UPDATE tablo_private.invitations SET created_at = now() - interval '31 days' WHERE tablo_id = $1`,
          [tablo],
        ),
    ],
  ])(
    'adding somebody with whom one shares no tablo, under the built-in identity service, ends when %s',
    async (_, end) => {
      const [alice, bob] = [newUser(), newUser()];
      const tablo = await rest.createTablo({ [alice]: 'owner' });
      const { invitation } = (await ask(alice, tablo, bob)).body;
      await end(alice, tablo);
      expect(await list(bob)).toEqual([]);
      expect(await answer(bob, invitation.id, 'accept')).toMatchObject(GONE);
      expect((await rest.call(bob, 'GET', '/chat/channels')).body.channels).toEqual([]);
    },
  );

  it('[R6] adding somebody with whom one shares no tablo, under the built-in identity service, ends when the person is removed meanwhile: they came by a link, and went by a decision', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { invitation } = (await ask(alice, tablo, bob, 'admin')).body;
    const { code } = (await rest.call(alice, 'POST', `/chat/channels/${tablo}/invites`, { role: 'guest' })).body.invite;
    await rest.call(bob, 'POST', `/chat/invites/${code}/accept`);
    await rest.call(alice, 'DELETE', members(tablo, bob));
    expect(await list(bob)).toEqual([]);
    expect(await answer(bob, invitation.id, 'accept')).toMatchObject(GONE);
    // Who was removed is asked again like anybody: that is a newer decision.
    expect((await ask(alice, tablo, bob)).status).toBe(202);
    expect(await list(bob)).toHaveLength(1);
  });
});

describe('bounds of invitations', () => {
  it('one inviter fills half of a person’s list at the most, and all inviters together fill it', async () => {
    const bob = newUser();
    const invite = async (count: number) => {
      const inviter = newUser();
      for (let nth = 0; nth < count; nth += 1) {
        const tablo = await rest.createTablo({ [inviter]: 'owner' });
        expect((await ask(inviter, tablo, bob)).status).toBe(202);
      }
      return inviter;
    };
    const mallory = await invite(25);
    const more = await rest.createTablo({ [mallory]: 'owner' });
    expect(await ask(mallory, more, bob)).toMatchObject(FULL);
    await invite(25);
    const carol = newUser();
    const tablo = await rest.createTablo({ [carol]: 'owner' });
    const { status, body } = await ask(carol, tablo, bob);
    expect(status).toBe(202);
    const full = await idsOf(bob);
    expect(full).toHaveLength(50);
    expect(full).not.toContain(body.invitation.id);
    for (const word of ['accept', 'decline'] as const)
      expect(await answer(bob, body.invitation.id, word)).toMatchObject(GONE);
    // Answered, there is room: who asks again, asks.
    await answer(bob, full[0]!, 'decline');
    expect(await ask(carol, tablo, bob)).toMatchObject({
      status: 202,
      body: { invitation: { id: body.invitation.id } },
    });
    expect(await idsOf(bob)).toContain(body.invitation.id);
    expect(await idsOf(bob)).toHaveLength(50);
  });

  it('[R6] an inviter hears the same for two months, whether a person declines, never answers, or has a full list', async () => {
    const others = newUser();
    const [silent, declining, full] = [newUser(), newUser(), newUser()];
    await rest.pool.query(
      `WITH made AS (INSERT INTO tablos (name) SELECT 'x' FROM generate_series(1, 50) RETURNING id)
       INSERT INTO tablo_private.invitations (tablo_id, user_id, role, invited_by) SELECT id, $1, 'member', $2 FROM made`,
      [full, others],
    );
    const heard = async (target: User) => {
      const mallory = newUser();
      const tablos: string[] = [];
      for (let nth = 0; nth < 27; nth += 1) tablos.push(await rest.createTablo({ [mallory]: 'owner' }));
      const ids: string[] = [];
      const told: string[] = [];
      const round = async (who = target) => {
        for (const tablo of tablos) {
          const { status, body } = await ask(mallory, tablo, who);
          const id: string | undefined = body.invitation?.id;
          if (id !== undefined && !ids.includes(id)) ids.push(id);
          told.push(`${status} ${id === undefined ? body.error : ids.indexOf(id)}`);
          if (target === declining) for (const one of await idsOf(declining)) await answer(declining, one, 'decline');
        }
      };
      const later = (days: number) =>
        rest.pool.query(
          `UPDATE tablo_private.invitations SET created_at = created_at - $2 * interval '1 day', declined_at = declined_at - $2 * interval '1 day'
           WHERE invited_by = $1`,
          [mallory, days],
        );
      await round();
      await later(20);
      // Asked again, they are answered again, all of them.
      await round();
      await later(20);
      await round();
      await round(newUser());
      await round(newUser());
      await later(31);
      await round();
      return told;
    };
    const expected = await heard(silent);
    expect(new Set(expected.map((one) => one.slice(0, 3)))).toEqual(new Set(['202', '429']));
    expect(await heard(declining)).toEqual(expected);
    expect(await heard(full)).toEqual(expected);
  });

  it('an inviter waits for so many answers and no more; declining makes no room, a month does', async () => {
    const mallory = newUser();
    const tablo = await rest.createTablo({ [mallory]: 'owner' });
    const first = newUser();
    const { invitation } = (await ask(mallory, tablo, first)).body;
    for (let nth = 1; nth < 60; nth += 1) expect((await ask(mallory, tablo, newUser())).status).toBe(202);
    expect(await ask(mallory, tablo, newUser())).toMatchObject(FULL);
    await answer(first, invitation.id, 'decline');
    expect(await ask(mallory, tablo, newUser())).toMatchObject(FULL);
    // Who is asked already may be asked again.
    expect((await ask(mallory, tablo, first)).status).toBe(202);
    await rest.pool.query(
      `UPDATE tablo_private.invitations SET created_at = now() - interval '31 days' WHERE invited_by = $1 AND declined_at IS NULL`,
      [mallory],
    );
    expect((await ask(mallory, tablo, newUser())).status).toBe(202);
    const { rows } = await rest.pool.query('SELECT FROM tablo_private.invitations WHERE invited_by = $1', [mallory]);
    expect(rows).toHaveLength(2);
  });
});
