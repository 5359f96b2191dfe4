/**
 * Who stands where in a tablo, read under a lock on the tablo's row: changes of members, of the name and of invitations come one after the other, so
 * that two owners who leave at the same moment do not both leave. The ledger takes the same lock, so nobody gets here before a look without it has
 * said that they may [R6]. Nothing relies on constraints of `tablo_access`, which may be a host application's own table: rows may repeat, and `role`
 * may be an enum.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { highestRole, type Role } from '@tablo/schema/roles';
import type { Pool, PoolClient } from 'pg';
import { hostRole } from '../../db/host/host-columns.ts';

/** A host's back end for itself: it manages any tablo's members, as an owner would. */
export const SERVICE = 'service';
export type Actor = UserId | typeof SERVICE;

export interface Standing {
  readonly actor: Role;
  /** null: no active member. */
  readonly target: Role | null;
  readonly isSelf: boolean;
  /** Active owners beside the target: 0, or more; looked up where the target is an owner. */
  readonly otherOwners: number;
}

const LOCK = 'SELECT FROM tablos WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE';
const ROLES = `SELECT user_id, array_agg(${hostRole('role')}) AS roles FROM tablo_access
  WHERE tablo_id = $1 AND is_active AND user_id = ANY($2::uuid[]) GROUP BY user_id`;
const OTHER_OWNER = `SELECT FROM tablo_access WHERE tablo_id = $1 AND is_active AND role::text = 'owner' AND user_id <> $2 LIMIT 1`;
const PUT = 'UPDATE tablo_access SET role = $3, is_active = true WHERE tablo_id = $1 AND user_id = $2';
const ADD = 'INSERT INTO tablo_access (tablo_id, user_id, role, is_active) VALUES ($1, $2, $3, true)';

/** `null`: the actor is not a member, or there is no such tablo. Holds the lock until the transaction ends. */
export async function lockStanding(
  client: PoolClient,
  tabloId: TabloId,
  actor: Actor,
  target: Actor = actor,
): Promise<Standing | null> {
  const people = [actor, target].filter((one): one is UserId => one !== SERVICE);
  const roles = await lockRoles(client, tabloId, people);
  const own = actor === SERVICE ? 'owner' : roles?.get(actor);
  if (roles === null || own === undefined) return null;
  const targetRole = target === SERVICE ? null : (roles.get(target) ?? null);
  const others = targetRole === 'owner' ? (await client.query(OTHER_OWNER, [tabloId, target])).rowCount : 0;
  return { actor: own, target: targetRole, isSelf: actor === target, otherOwners: others ?? 0 };
}

/** The active roles of `users`; `null`: no such tablo. */
export async function lockRoles(
  client: PoolClient,
  tabloId: TabloId,
  users: readonly UserId[],
): Promise<ReadonlyMap<UserId, Role> | null> {
  const locked = await client.query(LOCK, [tabloId]);
  return locked.rowCount === 0 ? null : readRoles(client, tabloId, users);
}

/** The same without a lock, of a tablo that is known to be there. */
export async function readRoles(
  client: Pool | PoolClient,
  tabloId: TabloId,
  users: readonly UserId[],
): Promise<ReadonlyMap<UserId, Role>> {
  const { rows } = await client.query<{ user_id: UserId; roles: string[] }>(ROLES, [tabloId, users]);
  return new Map(rows.map(({ user_id, roles }) => [user_id, highestRole(roles)]));
}

/** Makes `user` an active member with `role`, whether they were one before or not. Under the lock. */
export async function putMember(client: PoolClient, tabloId: TabloId, user: UserId, role: Role): Promise<void> {
  const updated = await client.query(PUT, [tabloId, user, role]);
  if (updated.rowCount === 0) await client.query(ADD, [tabloId, user, role]);
}
