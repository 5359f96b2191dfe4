/** Who may do what to whom in a tablo. Pure; every route that changes members uses this. */
import { canDeleteTablo, canModerate, isAtLeast, type Role } from '@tablo/schema/roles';
import { type RestRefusal, refusal } from '../base/app-error.ts';
import type { Standing } from './pg-standing.ts';

const NOT_A_MODERATOR = refusal('forbidden', 'Only owners and admins may do this.');
const ABOVE_YOU = refusal('forbidden', 'This member stands above you.');
const ABOVE_YOUR_ROLE = refusal('forbidden', 'Nobody grants a role above their own.');
const NOT_A_MEMBER: RestRefusal = { code: 'not-found', message: 'This user is not a member.' };
const LAST_OWNER: RestRefusal = {
  code: 'last-owner',
  message: 'The last owner can neither leave nor step down: make somebody else an owner first.',
};

const isLastOwner = ({ target, otherOwners }: Standing): boolean => target === 'owner' && otherOwners === 0;

/** Adding somebody, or giving a member another role; stepping down when it is yourself. `null`: go ahead. */
export function refuseGrant(standing: Standing, role: Role): RestRefusal | null {
  const { actor, target, isSelf } = standing;
  if (!isSelf && !canModerate(actor)) return NOT_A_MODERATOR;
  if (!isAtLeast(actor, role)) return ABOVE_YOUR_ROLE;
  if (target !== null && !isAtLeast(actor, target)) return ABOVE_YOU;
  return role !== 'owner' && isLastOwner(standing) ? LAST_OWNER : null;
}

/** Removing a member, or leaving when it is yourself. */
export function refuseRemoval(standing: Standing): RestRefusal | null {
  const { actor, target, isSelf } = standing;
  if (!isSelf && !canModerate(actor)) return NOT_A_MODERATOR;
  if (target === null) return NOT_A_MEMBER;
  if (!isAtLeast(actor, target)) return ABOVE_YOU;
  return isLastOwner(standing) ? LAST_OWNER : null;
}

/** Making a link, and ending one: a link that grants more than the caller has was made by somebody above them. */
export function refuseInvite(actor: Role, role: Role): RestRefusal | null {
  if (!canModerate(actor)) return NOT_A_MODERATOR;
  return isAtLeast(actor, role) ? null : ABOVE_YOUR_ROLE;
}

export const refuseRename = (actor: Role): RestRefusal | null => (canModerate(actor) ? null : NOT_A_MODERATOR);
export const refuseDelete = (actor: Role): RestRefusal | null =>
  canDeleteTablo(actor) ? null : refusal('forbidden', 'Only owners may do this.');

/**
 * What a member's own role allows, whatever the target. It is checked before the tablo is locked, so that a member who may not do this in any case never blocks
 * the tablo's messages.
 */
export function refuseChangeOf(actor: Role, isSelf: boolean): RestRefusal | null {
  return isSelf || canModerate(actor) ? null : NOT_A_MODERATOR;
}
