/** Invitations: nothing joins by itself. */
import type { TabloId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer, type FakeTablo } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, openDevice, until } from '../testing/harness.ts';

let server: FakeServer;
let tablo: FakeTablo;

beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  tablo = server.addTablo('Plans\u202E', { [BOB]: 'owner' });
});
afterEach(async () => {
  await closeDevices();
  await server.stop();
});

const invite = (id: string, role: 'member' | 'guest' = 'member') =>
  server.invitations.set(id, { id, tabloId: tablo.id, role, by: BOB, invitee: ALICE });
const link = (code: string) =>
  server.invites.set(code, { id: `id-${code}`, tabloId: tablo.id, role: 'guest', by: BOB });

describe('a link', () => {
  it('[R6] a link tells what it leads to, and joins only when it is taken', async () => {
    link('code');
    const { chat } = await openDevice(server, ALICE);
    expect(await chat.readInvite('code')).toMatchObject({
      tabloName: 'Plans',
      memberCount: 1,
      role: 'guest',
      invitedBy: 'Name b2',
    });
    expect(tablo.members.has(ALICE)).toBe(false);
    expect(await chat.acceptInvite('code')).toBe(tablo.id);
    expect(tablo.members.get(ALICE)).toBe('guest');
    await until(() => expect(chat.channels.get().channels.map(({ name }) => name)).toEqual(['Plans']));
  });

  it('[R6] a link that has ended says so', async () => {
    const { chat } = await openDevice(server, ALICE);
    await expect(chat.readInvite('a/../b')).rejects.toMatchObject({ code: 'not-found' });
    expect(server.requests).toContain('GET /chat/invites/a%2F..%2Fb');
  });

  it('[R6] a link is listed for those who may revoke it', async () => {
    link('one');
    link('two');
    tablo.members.set(ALICE, 'admin');
    const { chat } = await openDevice(server, ALICE);
    const links = await chat.listInvites(tablo.id);
    expect(links).toMatchObject([
      { id: 'id-one', role: 'guest', createdBy: BOB, maxUses: null, uses: 0 },
      { id: 'id-two' },
    ]);
    await chat.revokeInvite(tablo.id, 'id-one');
    expect((await chat.listInvites(tablo.id)).map(({ id }) => id)).toEqual(['id-two']);
  });
});

describe('an invitation of a person', () => {
  it('[R6] an invitation of a person is shown with the list, and accepted or declined', async () => {
    invite('first');
    invite('second', 'guest');
    const { chat } = await openDevice(server, ALICE);
    await until(() => expect(chat.invitations.get()).toHaveLength(2));
    expect(chat.invitations.get()[1]).toMatchObject({ tabloName: 'Plans', role: 'guest', invitedBy: 'Name b2' });
    await chat.declineInvitation('second');
    expect(chat.invitations.get().map(({ id }) => id)).toEqual(['first']);
    expect(tablo.members.has(ALICE)).toBe(false);
    expect(await chat.acceptInvitation('first')).toBe(tablo.id);
    expect(chat.invitations.get()).toEqual([]);
    expect(tablo.members.get(ALICE)).toBe('member');
  });

  it('[R6] an invitation of a person that comes later is there with the next list', async () => {
    const { chat, environment } = await openDevice(server, ALICE);
    await until(() => expect(server.requests).toContain('GET /chat/invitations'));
    invite('first');
    environment.fire('visible');
    await until(() => expect(chat.invitations.get()).toHaveLength(1));
  });

  it('[R8] an invitation of a person that was taken back meanwhile leaves the list with a sentence', async () => {
    invite('first');
    const { chat } = await openDevice(server, ALICE);
    await until(() => expect(chat.invitations.get()).toHaveLength(1));
    server.invitations.clear();
    await expect(chat.acceptInvitation('first')).rejects.toThrow('This invitation is no longer open.');
    expect(chat.invitations.get()).toEqual([]);
  });

  it('[R7] an invitation of a person stays on the list without the server, which says what is missing', async () => {
    invite('first');
    const { chat } = await openDevice(server, ALICE);
    await until(() => expect(chat.invitations.get()).toHaveLength(1));
    await server.stop();
    await expect(chat.declineInvitation('first')).rejects.toMatchObject({ code: 'offline' });
    expect(chat.invitations.get()).toHaveLength(1);
    await server.start();
  });
});

it('[R6] adding somebody who has to be asked is told apart from a member', async () => {
  tablo.members.set(ALICE, 'owner');
  server.asksBeforeAdding = true;
  const { chat } = await openDevice(server, ALICE);
  const carol = 'cccccccc-0000-4000-8000-0000000000c3' as typeof ALICE;
  expect(await chat.setMemberRole(tablo.id as TabloId, BOB, 'admin')).toBe('member');
  expect(await chat.setMemberRole(tablo.id as TabloId, carol, 'member')).toBe('invited');
});
