/** What every `Membership` does; each implementation's test runs it. */
import { randomUUID } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import type { Membership } from './membership.ts';

export interface MembershipHarness {
  readonly membership: Membership;
  addTablo(tabloId: TabloId, tablo: { epoch: number }): Promise<void>;
  setRole(tabloId: TabloId, userId: UserId, role: string): Promise<void>;
  removeMember(tabloId: TabloId, userId: UserId): Promise<void>;
  deleteTablo(tabloId: TabloId): Promise<void>;
}

export const newTabloId = (): TabloId => randomUUID() as TabloId;
export const newUserId = (): UserId => randomUUID() as UserId;

export function testMembership(open: () => MembershipHarness): void {
  it('Membership knows a member’s role, and the tablo’s live epoch', async () => {
    const { membership, addTablo, setRole } = open();
    const tablo = newTabloId();
    const alice = newUserId();
    await addTablo(tablo, { epoch: 7 });
    await setRole(tablo, alice, 'admin');
    expect(await membership.find(tablo, alice)).toEqual({ role: 'admin', epoch: 7 });
  });

  it('[R6] Membership gives a stranger, a removed member, a deleted tablo and a missing one the same answer', async () => {
    const { membership, addTablo, setRole, removeMember, deleteTablo } = open();
    const [tablo, deleted, missing] = [newTabloId(), newTabloId(), newTabloId()];
    const [bob, carol] = [newUserId(), newUserId()];
    await addTablo(tablo, { epoch: 1 });
    await addTablo(deleted, { epoch: 1 });
    await setRole(tablo, bob, 'member');
    await setRole(deleted, bob, 'owner');
    await removeMember(tablo, bob);
    await deleteTablo(deleted);
    const answers = await Promise.all([
      membership.find(tablo, carol),
      membership.find(tablo, bob),
      membership.find(deleted, bob),
      membership.find(missing, bob),
    ]);
    expect(answers).toEqual([null, null, null, null]);
  });

  it('Membership answers each of many questions asked at once with its own answer', async () => {
    const { membership, addTablo, setRole } = open();
    const alice = newUserId();
    const tablos = Array.from({ length: 30 }, newTabloId);
    for (const [index, tablo] of tablos.entries()) {
      await addTablo(tablo, { epoch: index + 1 });
      if (index % 2 === 0) await setRole(tablo, alice, 'member');
    }
    const found = await Promise.all(tablos.map((tablo) => membership.find(tablo, alice)));
    expect(found).toEqual(tablos.map((_, index) => (index % 2 === 0 ? { role: 'member', epoch: index + 1 } : null)));
  });
}
