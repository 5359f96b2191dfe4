import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { Member, Membership } from '../../access/members/membership.ts';
import { AppError, forbidden, type RestRefusal } from '../base/app-error.ts';
import type { PgChannels } from '../stores/pg-channels.ts';

/**
 * [R6] Every route of one tablo begins here, so that a stranger's answer never depends on anything else: one read without a lock, the same for a
 * tablo that exists and one that does not. This does not make a newcomer a member who has used the tablo: clients ask for lists by themselves.
 */
export async function requireMember(membership: Membership, tabloId: TabloId, userId: UserId): Promise<Member> {
  const member = await membership.find(tabloId, userId);
  if (member === null) throw forbidden();
  return member;
}

/**
 * [R6] A member who uses the tablo: reads a page of it, says how far they have read, writes. From here on they are named to the others, also if somebody added them
 * unasked: so no route that a client calls for a tablo which its person never opened may begin like this.
 */
export async function requireVisitor(membership: Membership, tabloId: TabloId, userId: UserId): Promise<Member> {
  const member = await requireMember(membership, tabloId, userId);
  if (member.isNewcomer === true) await membership.settle(tabloId, userId);
  return member;
}

/** A member whose role allows it. The role is checked before anything is locked, and again under the lock. */
export async function requireRole(
  membership: Membership,
  tabloId: TabloId,
  userId: UserId,
  refuse: (role: Role) => RestRefusal | null,
): Promise<void> {
  const { role } = await requireMember(membership, tabloId, userId);
  const refused = refuse(role);
  if (refused !== null) throw new AppError(refused);
}

/** For a host's back end that names nobody: any tablo that there is. */
export async function requireTablo(channels: PgChannels, tabloId: TabloId): Promise<void> {
  if (!(await channels.exists(tabloId))) throw forbidden();
}
