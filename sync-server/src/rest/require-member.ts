import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Member, Membership } from '../access/membership.ts';
import { forbidden } from './app-error.ts';

/** [R6] Every route of one tablo begins here, so that a stranger's answer never depends on anything else. */
export async function requireMember(membership: Membership, tabloId: TabloId, userId: UserId): Promise<Member> {
  const member = await membership.find(tabloId, userId);
  if (member === null) throw forbidden();
  return member;
}
