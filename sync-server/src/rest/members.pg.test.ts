import { memberAnswer, membersAnswer } from '@tablo/schema/rest/member';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, openTestRest, type TestRest } from './test-rest.ts';

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
  it('are listed for every member, with the names that their tokens gave', async () => {
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

  it('are added with 201, member when no role is said, and changed with 200', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const added = await rest.call(alice, 'POST', path(tablo), { user_id: bob });
    expect(added.status).toBe(201);
    expect(memberAnswer.parse(added.body).member).toMatchObject({ user_id: bob, role: 'member' });
    const changed = await rest.call(alice, 'POST', path(tablo), { user_id: bob, role: 'admin' });
    expect(changed).toMatchObject({ status: 200, body: { member: { user_id: bob, role: 'admin' } } });
    expect(await rolesOf(tablo)).toEqual({ [alice]: 'owner', [bob]: 'admin' });
  });

  it('come back with the role they are given, never with the one they had', async () => {
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
  it('keep an admin from granting ownership, and from touching an owner', async () => {
    const [owner, admin, bob] = [newUser(), newUser(), newUser()];
    const tablo = await rest.createTablo({ [owner]: 'owner', [admin]: 'admin' });
    const refused = { status: 403, body: { code: 'forbidden' } };
    expect(await rest.call(admin, 'POST', path(tablo), { user_id: bob, role: 'owner' })).toMatchObject(refused);
    expect(await rest.call(admin, 'POST', path(tablo), { user_id: admin, role: 'owner' })).toMatchObject(refused);
    expect(await rest.call(admin, 'POST', path(tablo), { user_id: owner, role: 'member' })).toMatchObject(refused);
    expect(await rest.call(admin, 'DELETE', path(tablo, owner))).toMatchObject(refused);
    expect((await rest.call(admin, 'POST', path(tablo), { user_id: bob, role: 'admin' })).status).toBe(201);
  });

  it('keep members and guests from adding and removing, but not from leaving', async () => {
    for (const role of ['member', 'guest'] as const) {
      const [user, owner] = [newUser(), newUser()];
      const tablo = await rest.createTablo({ [user]: role, [owner]: 'owner' });
      expect((await rest.call(user, 'POST', path(tablo), { user_id: newUser(), role: 'guest' })).status).toBe(403);
      expect((await rest.call(user, 'DELETE', path(tablo, owner))).status).toBe(403);
      expect((await rest.call(user, 'DELETE', path(tablo, user))).status).toBe(200);
      expect(await rolesOf(tablo)).toEqual({ [owner]: 'owner' });
    }
  });

  it('keep the last owner: neither leaving nor stepping down, until there is another', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'admin' });
    const refused = { status: 409, body: { code: 'last-owner' } };
    expect(await rest.call(alice, 'DELETE', path(tablo, alice))).toMatchObject(refused);
    expect(await rest.call(alice, 'POST', path(tablo), { user_id: alice, role: 'admin' })).toMatchObject(refused);
    expect((await rest.call(alice, 'POST', path(tablo), { user_id: bob, role: 'owner' })).status).toBe(200);
    expect((await rest.call(alice, 'DELETE', path(tablo, alice))).status).toBe(200);
    expect(await rolesOf(tablo)).toEqual({ [bob]: 'owner' });
  });

  it('keep one owner when all of them leave at the same moment', async () => {
    const owners = Array.from({ length: 6 }, newUser);
    const tablo = await rest.createTablo(Object.fromEntries(owners.map((user) => [user, 'owner'])));
    const answers = await Promise.all(owners.map((user) => rest.call(user, 'DELETE', path(tablo, user))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 409]);
    expect(Object.keys(await rolesOf(tablo))).toHaveLength(1);
  });

  it('add somebody once, whoever adds them at the same moment', async () => {
    const [alice, bob]: [User, User] = [newUser(), newUser()];
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => rest.call(alice, 'POST', path(tablo), { user_id: bob })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  });
});

describe('a host application’s own tablo_access', () => {
  it('may have no key, repeated rows, and an enum for roles', async () => {
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
