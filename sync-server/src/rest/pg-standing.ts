/**
 * Who stands where in a tablo, read under a lock on the tablo's row: changes of members, of the name and of invitations come one after the other, so
 * that two owners who leave at the same moment do not both leave. Nothing relies on constraints of `tablo_access`, which may be a host application's
 * own table: rows may repeat, and `role` may be an enum.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { highestRole, type Role } from '@tablo/schema/roles';
import type { PoolClient } from 'pg';

export interface Standing {
  readonly actor: Role;
  /** null: no active member. */
  readonly target: Role | null;
  readonly isSelf: boolean;
  /** Active owners beside the target. */
  readonly otherOwners: number;
}

const LOCK = 'SELECT FROM tablos WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE';
const ROLES = `SELECT user_id, array_agg(role::text) AS roles FROM tablo_access
  WHERE tablo_id = $1 AND is_active AND (user_id = ANY($2::uuid[]) OR role::text = 'owner') GROUP BY user_id`;

/** `null`: the actor is not a member, or there is no such tablo. Holds the lock until the transaction ends. */
export async function lockStanding(
  client: PoolClient,
  tabloId: TabloId,
  actor: UserId,
  target: UserId = actor,
): Promise<Standing | null> {
  const roles = await lockRoles(client, tabloId, [actor, target]);
  const own = roles?.get(actor);
  if (roles === null || own === undefined) return null;
  const otherOwners = [...roles].filter(([user, role]) => role === 'owner' && user !== target).length;
  return { actor: own, target: roles.get(target) ?? null, isSelf: actor === target, otherOwners };
}

/** The active roles of `users` and of all owners; `null`: no such tablo. */
export async function lockRoles(
  client: PoolClient,
  tabloId: TabloId,
  users: readonly UserId[],
): Promise<ReadonlyMap<UserId, Role> | null> {
  const locked = await client.query(LOCK, [tabloId]);
  if (locked.rowCount === 0) return null;
  const { rows } = await client.query<{ user_id: UserId; roles: string[] }>(ROLES, [tabloId, users]);
  return new Map(rows.map(({ user_id, roles }) => [user_id, highestRole(roles)]));
}

/** Makes `user` an active member with `role`, whether they were one before or not. Under the lock. */
export async function putMember(client: PoolClient, tabloId: TabloId, user: UserId, role: Role): Promise<void> {
  const updated = await client.query(
    'UPDATE tablo_access SET role = $3, is_active = true WHERE tablo_id = $1 AND user_id = $2',
    [tabloId, user, role],
  );
  if (updated.rowCount !== 0) return;
  await client.query('INSERT INTO tablo_access (tablo_id, user_id, role, is_active) VALUES ($1, $2, $3, true)', [
    tabloId,
    user,
    role,
  ]);
}
