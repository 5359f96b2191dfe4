import { memberAnswer, membersAnswer } from '@tablo/schema/rest/member';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMessage, newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

type User = ReturnType<typeof newUser>;
const path = (tablo: string, user = '') => `/chat/channels/${tablo}/members${user === '' ? '' : `/${user}`}`;
const rolesOf = async (tablo: string) => {
  const { rows } = await rest.pool.query('SELECT user_id, role FROM tablo_access WHERE tablo_id = $1 AND is_active', [
    tablo,
  ]);
  return Object.fromEntries(rows.map(({ user_id, role }) => [user_id, role]));
};

describe('members', () => {
  it('members are listed for every member, with the names that their tokens gave', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'guest', [carol]: 'member' });
    await rest.pool.query('UPDATE tablo_access SET is_active = false WHERE user_id = $1', [carol]);
    await rest.call(alice, 'GET', '/chat/channels');
    await rest.profiles.settled();
    const { status, body } = await rest.call(bob, 'GET', path(tablo));
    expect(status).toBe(200);
    const { members } = membersAnswer.parse(body);
    expect(members).toMatchObject([
      { user_id: alice, role: 'owner', name: `User ${alice.slice(0, 4)}` },
      { user_id: bob, role: 'guest' },
    ]);
    expect((await rest.call(carol, 'GET', path(tablo))).status).toBe(403);
  });

  it('members are added with 201, member when no role is said, and changed with 200', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const added = await rest.call(alice, 'POST', path(tablo), { user_id: bob });
    expect(added.status).toBe(201);
    expect(memberAnswer.parse(added.body).member).toMatchObject({ user_id: bob, role: 'member' });
    const changed = await rest.call(alice, 'POST', path(tablo), { user_id: bob, role: 'admin' });
    expect(changed).toMatchObject({ status: 200, body: { member: { user_id: bob, role: 'admin' } } });
    expect(await rolesOf(tablo)).toEqual({ [alice]: 'owner', [bob]: 'admin' });
  });

  it('members come back with the role they are given, never with the one they had', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'admin' });
    expect(await rest.call(alice, 'DELETE', path(tablo, bob))).toMatchObject({ status: 200, body: { ok: true } });
    expect(await rolesOf(tablo)).toEqual({ [alice]: 'owner' });
    expect((await rest.call(bob, 'GET', path(tablo))).status).toBe(403);
    expect(await rest.call(alice, 'DELETE', path(tablo, bob))).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
    expect((await rest.call(alice, 'POST', path(tablo), { user_id: bob, role: 'guest' })).status).toBe(201);
    expect(await rolesOf(tablo)).toEqual({ [alice]: 'owner', [bob]: 'guest' });
  });

  it.each([{ user_id: 'bob' }, { user_id: newUser().toUpperCase() }, { user_id: newUser(), role: 'king' }, {}])(
    '%j cannot be parsed',
    async (body) => {
      const alice = newUser();
      const tablo = await rest.createTablo({ [alice]: 'owner' });
      expect(await rest.call(alice, 'POST', path(tablo), body)).toMatchObject({
        status: 400,
        body: { code: 'invalid-request' },
      });
    },
  );
});

describe('roles', () => {
  it('roles keep an admin from granting ownership, and from touching an owner', async () => {
    const [owner, admin, bob] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [owner]: 'owner', [admin]: 'admin' });
    const refused = { status: 403, body: { code: 'forbidden' } };
    expect(await rest.call(admin, 'POST', path(tablo), { user_id: bob, role: 'owner' })).toMatchObject(refused);
    expect(await rest.call(admin, 'POST', path(tablo), { user_id: admin, role: 'owner' })).toMatchObject(refused);
    expect(await rest.call(admin, 'POST', path(tablo), { user_id: owner, role: 'member' })).toMatchObject(refused);
    expect(await rest.call(admin, 'DELETE', path(tablo, owner))).toMatchObject(refused);
    expect((await rest.call(admin, 'POST', path(tablo), { user_id: bob, role: 'admin' })).status).toBe(201);
  });

  it('roles keep members and guests from adding and removing, but not from leaving', async () => {
    for (const role of ['member', 'guest'] as const) {
      const [user, owner] = [newUser(), newUser()];
      const tablo = await rest.createTablo({ [user]: role, [owner]: 'owner' });
      expect((await rest.call(user, 'POST', path(tablo), { user_id: newUser(), role: 'guest' })).status).toBe(403);
      expect((await rest.call(user, 'DELETE', path(tablo, owner))).status).toBe(403);
      expect((await rest.call(user, 'DELETE', path(tablo, user))).status).toBe(200);
      expect(await rolesOf(tablo)).toEqual({ [owner]: 'owner' });
    }
  });

  it('roles keep the last owner: neither leaving nor stepping down, until there is another', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'admin' });
    const refused = { status: 409, body: { code: 'last-owner' } };
    expect(await rest.call(alice, 'DELETE', path(tablo, alice))).toMatchObject(refused);
    expect(await rest.call(alice, 'POST', path(tablo), { user_id: alice, role: 'admin' })).toMatchObject(refused);
    expect((await rest.call(alice, 'POST', path(tablo), { user_id: bob, role: 'owner' })).status).toBe(200);
    expect((await rest.call(alice, 'DELETE', path(tablo, alice))).status).toBe(200);
    expect(await rolesOf(tablo)).toEqual({ [bob]: 'owner' });
  });

  it('roles keep one owner when all of them leave at the same moment', async () => {
    const owners = Array.from({ length: 6 }, newUser);
    const tablo = await rest.createTablo(Object.fromEntries(owners.map((user) => [user, 'owner'])));
    const answers = await Promise.all(owners.map((user) => rest.call(user, 'DELETE', path(tablo, user))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 409]);
    expect(Object.keys(await rolesOf(tablo))).toHaveLength(1);
  });

  it('a person is added once, whoever adds them at the same moment', async () => {
    const [alice, bob]: [User, User] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => rest.call(alice, 'POST', path(tablo), { user_id: bob })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  });
});

describe('GET members, page by page', () => {
  it('[R9] GET members, page by page, gives each member once, in the order in which they came, also with equal times and repeated rows', async () => {
    const host = await openTestRest();
    await host.pool.query('ALTER TABLE tablo_access DROP CONSTRAINT tablo_access_pkey');
    const users = Array.from({ length: 9 }, newUser);
    const tablo = await host.createTablo();
    for (const [nth, user] of users.entries())
      for (let time = 0; time < 2; time += 1)
        await host.pool.query(
          `INSERT INTO tablo_access (tablo_id, user_id, created_at) VALUES ($1, $2, tablo_private.from_ms($3::bigint))`,
          [tablo, user, 1_000 + Math.floor(nth / 4) + 10 * time],
        );
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await host.call(users[0]!, 'GET', `${path(tablo)}?limit=2${cursor}`);
      const page = membersAnswer.parse(body);
      seen.push(...page.members.map(({ user_id }) => user_id));
      cursor = page.cursor == null ? '' : `&cursor=${page.cursor}`;
    } while (cursor !== '');
    expect(seen).toEqual([0, 4, 8].flatMap((from) => users.slice(from, from + 4).sort()));
    expect((await host.call(users[0]!, 'GET', `${path(tablo)}?cursor=x`)).status).toBe(400);
    await host.close();
  });
});

describe('GET members, asked by a guest', () => {
  it('[R6] GET members, asked by a guest, names everybody, and tells no e-mail address but the guest’s own', async () => {
    const [alice, bob, guest] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'member', [guest]: 'guest' });
    // Their tokens tell their addresses.
    for (const user of [alice, bob, guest]) await rest.call(user, 'GET', '/chat/channels');
    await rest.profiles.settled();
    const seenBy = async (user: User) => {
      const { members } = membersAnswer.parse((await rest.call(user, 'GET', path(tablo))).body);
      return Object.fromEntries(members.map(({ user_id, name, email }) => [user_id, { name, email }]));
    };
    const named = (user: User) => ({ name: `User ${user.slice(0, 4)}`, email: null });
    const whole = (user: User) => ({ ...named(user), email: `User ${user.slice(0, 4)}@example.org` });
    expect(await seenBy(bob)).toEqual({ [alice]: whole(alice), [bob]: whole(bob), [guest]: whole(guest) });
    expect(await seenBy(guest)).toEqual({ [alice]: named(alice), [bob]: named(bob), [guest]: whole(guest) });
  });
});

describe('adding somebody with whom one shares no tablo, under an external issuer', () => {
  const known = async (user: User) => {
    await rest.call(user, 'GET', '/chat/channels'); // Their token tells their name.
    await rest.profiles.settled();
  };
  const shownTo = async (user: User, tablo: string, other: User) =>
    membersAnswer
      .parse((await rest.call(user, 'GET', path(tablo))).body)
      .members.find(({ user_id }) => user_id === other);
  const nobody = { name: null, email: null, avatar_url: null };

  it('[R6] adding somebody with whom one shares no tablo, under an external issuer, adds at once, and tells no name and no address, whether there is such a user or not', async () => {
    const [mallory, bob] = [newUser(), newUser()];
    await known(bob);
    const tablo = await rest.createTablo({ [mallory]: 'owner' });
    const answers = [];
    for (const target of [bob, newUser()]) {
      const { status, body } = await rest.call(mallory, 'POST', path(tablo), { user_id: target });
      answers.push({ status, body: { member: { ...body.member, user_id: 'x', created_at: 'x' } } });
    }
    expect(answers[0]).toEqual({
      status: 201,
      body: { member: { user_id: 'x', role: 'member', ...nobody, created_at: 'x' } },
    });
    expect(answers[1]).toEqual(answers[0]);
    expect(await shownTo(mallory, tablo, bob)).toMatchObject(nobody);
    // Another role, another tablo: still nobody whom Mallory has met.
    await rest.call(mallory, 'POST', path(tablo), { user_id: bob, role: 'guest' });
    const second = await rest.createTablo({ [mallory]: 'owner' });
    expect((await rest.call(mallory, 'POST', path(second), { user_id: bob })).body.member).toMatchObject(nobody);
  });

  it.each([
    ['reads it', (bob: User, tablo: string) => rest.call(bob, 'GET', `/chat/channels/${tablo}/messages`)],
    ['marks it read', (bob: User, tablo: string) => rest.call(bob, 'POST', `/chat/channels/${tablo}/read`)],
    [
      'writes there by a socket',
      (bob: User, tablo: string) => insertMessage(rest.pool, { tablo: tablo as never, user: bob }),
    ],
  ])(
    '[R6] adding somebody with whom one shares no tablo, under an external issuer, tells name and address once that person %s',
    async (_, use) => {
      const [mallory, bob] = [newUser(), newUser()];
      await known(bob);
      const tablo = await rest.createTablo({ [mallory]: 'owner' });
      await rest.call(mallory, 'POST', path(tablo), { user_id: bob });
      await rest.call(bob, 'GET', '/chat/channels'); // A look at one's own list is no visit.
      expect(await shownTo(mallory, tablo, bob)).toMatchObject(nobody);
      await use(bob, tablo);
      expect(await shownTo(mallory, tablo, bob)).toMatchObject({ name: `User ${bob.slice(0, 4)}` });
    },
  );

  it.each([
    ['its members', (bob: User, tablo: string) => rest.call(bob, 'GET', path(tablo))],
    ['its links', (bob: User, tablo: string) => rest.call(bob, 'GET', `/chat/channels/${tablo}/invites`)],
    ['names', (bob: User, tablo: string) => rest.call(bob, 'GET', `/chat/people?of=${tablo}:${bob}`)],
    ['unread messages', (bob: User) => rest.call(bob, 'GET', '/chat/unread?ids=true')],
    [
      'nothing, and tells of a draft that it had',
      (bob: User, tablo: string) =>
        rest.call(bob, 'PUT', `/chat/channels/${tablo}/draft`, { text: 'old', updated_at: new Date().toISOString() }),
    ],
  ])(
    '[R6] adding somebody with whom one shares no tablo, under an external issuer, names nobody whose page, left alone, asks for %s',
    async (_, ask) => {
      const [mallory, bob] = [newUser(), newUser()];
      await known(bob);
      const tablo = await rest.createTablo({ [mallory]: 'owner' });
      await rest.call(mallory, 'POST', path(tablo), { user_id: bob, role: 'admin' });
      expect((await ask(bob, tablo)).status).toBe(200);
      expect(await shownTo(mallory, tablo, bob)).toMatchObject(nobody);
      const { rows } = await rest.pool.query('SELECT tablo_private.is_newcomer($1, $2) AS is', [tablo, bob]);
      expect(rows).toEqual([{ is: true }]);
    },
  );

  it('[R6] adding somebody with whom one shares no tablo, under an external issuer, adds at once, with name and address, whom one has met already', async () => {
    const [alice, bob] = [newUser(), newUser()];
    await known(bob);
    await rest.createTablo({ [alice]: 'member', [bob]: 'member' });
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const { status, body } = await rest.call(alice, 'POST', path(tablo), { user_id: bob });
    expect({ status, name: body.member.name }).toEqual({ status: 201, name: `User ${bob.slice(0, 4)}` });
  });

  it('adding somebody with whom one shares no tablo, under an external issuer, is bounded by tablo, and by the tablos of who is added; who is full can still be told a link', async () => {
    const own = await openTestRest({ bounds: { membersPerTablo: 3, tablosPerUser: 2 } });
    const [mallory, bob] = [newUser(), newUser()];
    const add = (tablo: string, user: User) => own.call(mallory, 'POST', path(tablo), { user_id: user });
    const tablo = await own.createTablo({ [mallory]: 'owner' });
    expect([(await add(tablo, newUser())).status, (await add(tablo, newUser())).status]).toEqual([201, 201]);
    expect(await add(tablo, newUser())).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    for (const status of [201, 201, 429]) {
      const other = await own.createTablo({ [mallory]: 'owner' });
      expect((await add(other, bob)).status).toBe(status);
      if (status === 201) continue;
      const { code } = (await own.call(mallory, 'POST', `/chat/channels/${other}/invites`)).body.invite;
      expect((await own.call(bob, 'POST', `/chat/invites/${code}/accept`)).status).toBe(200);
    }
    await own.close();
  });

  it('[R9] adding somebody with whom one shares no tablo, under an external issuer, makes no room by deleting the tablos that somebody was added to: they cost that person’s lists a look each', async () => {
    const own = await openTestRest({ bounds: { tablosPerUser: 2 } });
    const [mallory, bob] = [newUser(), newUser()];
    for (const status of [201, 201, 429, 429]) {
      const tablo = await own.createTablo({ [mallory]: 'owner' });
      expect((await own.call(mallory, 'POST', path(tablo), { user_id: bob })).status).toBe(status);
      expect((await own.call(mallory, 'DELETE', `/chat/channels/${tablo}`)).status).toBe(200);
    }
    await own.close();
  });

  it('[R9] an invented person who is added and removed again leaves no row behind; one who came does, and it is a decision', async () => {
    const [alice, invented, bob] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const rowsOf = async (user: User) => {
      const { rows } = await rest.pool.query<{ access: number; decisions: number; newcomers: number }>(
        `SELECT (SELECT count(*)::int FROM tablo_access WHERE user_id = $1) AS access, (SELECT count(*)::int FROM tablo_private.decisions WHERE user_id = $1) AS decisions,
           (SELECT count(*)::int FROM tablo_private.newcomers WHERE user_id = $1) AS newcomers`,
        [user],
      );
      return rows[0];
    };
    for (const user of [invented, bob]) {
      expect((await rest.call(alice, 'POST', path(tablo), { user_id: user })).status).toBe(201);
      expect(await rowsOf(user)).toEqual({ access: 1, decisions: 0, newcomers: 1 });
    }
    expect((await rest.call(bob, 'POST', `/chat/channels/${tablo}/read`, {})).status).toBe(200);
    for (const user of [invented, bob]) expect((await rest.call(alice, 'DELETE', path(tablo, user))).status).toBe(200);
    expect(await rowsOf(invented)).toEqual({ access: 0, decisions: 0, newcomers: 0 });
    expect(await rowsOf(bob)).toEqual({ access: 1, decisions: 1, newcomers: 0 });
  });

  it('adding somebody with whom one shares no tablo, under an external issuer, is the host’s alone where ADD_MEMBERS says so; a stranger learns no more than elsewhere', async () => {
    const own = await openTestRest({ settings: { addMembers: 'host' } });
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await own.createTablo({ [alice]: 'owner' });
    expect(await own.call(alice, 'POST', path(tablo), { user_id: bob })).toMatchObject({
      status: 403,
      body: { code: 'forbidden', error: 'Here the host application alone adds members.' },
    });
    expect((await own.call(bob, 'POST', path(tablo), { user_id: bob })).body.error).toBe(
      'You are not a member of this tablo.',
    );
    await own.close();
  });
});

describe('a host application’s own tablo_access', () => {
  it('a host application’s own tablo_access may have no key, repeated rows, and an enum for roles', async () => {
    const host = await openTestRest();
    await host.pool.query(`CREATE TYPE access_role AS ENUM ('guest', 'member', 'admin', 'owner');
      DROP POLICY IF EXISTS tablo_chat_read ON tablo_access;
      ALTER TABLE tablo_access DROP CONSTRAINT tablo_access_pkey, ALTER role DROP DEFAULT, ALTER role TYPE access_role USING role::access_role`);
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await host.createTablo({ [alice]: 'owner', [bob]: 'member' });
    await host.pool.query(`INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, 'guest')`, [tablo, bob]);
    const list = async () =>
      (await host.call(alice, 'GET', path(tablo))).body.members.map(
        ({ user_id, role }: { user_id: string; role: string }) => [user_id, role],
      );
    expect(await list()).toEqual([
      [alice, 'owner'],
      [bob, 'member'],
    ]);
    expect((await host.call(alice, 'POST', path(tablo), { user_id: bob, role: 'admin' })).status).toBe(200);
    expect(await list()).toEqual([
      [alice, 'owner'],
      [bob, 'admin'],
    ]);
    expect((await host.call(alice, 'DELETE', path(tablo, bob))).status).toBe(200);
    expect(await list()).toEqual([[alice, 'owner']]);
    const created = await host.call(bob, 'POST', '/chat/channels', { name: 'Own' });
    expect(created).toMatchObject({ status: 201, body: { channel: { role: 'owner' } } });
    expect((await host.call(bob, 'GET', '/chat/channels')).body.channels).toHaveLength(1);
    await host.close();
  });
});
