/**
 * Invitations of persons, where the built-in identity service runs: a person who shares no tablo with the caller is invited, never added. Invariants [R6]:
 * 1. Whether the user exists is never looked up, so no answer reveals it.
 * 2. What inviters are answered, now and later, depends on what they did themselves: a row counts for them, and has its id, for a month after it was last asked for,
 *    whether its person has declined, has not answered, or was never asked because their list was full. Only an acceptance becomes visible, as a member.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { MEMBERS_COUNTED, type RestInvitation, type RestSentInvitation } from '@tablo/schema/rest/member';
import { err, ok, type Result } from '@tablo/schema/result';
import { isAtLeast, parseRole, type Role } from '@tablo/schema/roles';
import type { Pool, PoolClient } from 'pg';
import {
  INVITATION_DAYS,
  INVITATIONS_OF_ONE_INVITER,
  INVITATIONS_TO_ANSWER,
  type RestBounds,
} from '../../config/rest-bounds.ts';
import { hostName } from '../../db/host/host-columns.ts';
import { type RestRefusal, refusal } from '../base/app-error.ts';
import { toIso } from '../base/rest-time.ts';
import { refuseInvite } from './member-rules.ts';
import { refuseJoin } from './pg-room.ts';
import { lockRoles, putMember } from './pg-standing.ts';
import { transaction } from './pg-transaction.ts';

/** One answer for an invitation that never was, is somebody else's, or has ended. */
const NO_INVITATION: RestRefusal = { code: 'not-found', message: 'This invitation does not exist, or has ended.' };
const TOO_MANY_SENT = refusal('rate-limited', 'Too many people have not answered your invitations yet.');
const TOO_MANY_TO_ONE = refusal('rate-limited', 'You have asked this person to join many tablos. Send them a link.');

const MEMORY = `interval '${INVITATION_DAYS} days'`;
const IS_RECENT = `i.created_at > now() - ${MEMORY}`;
const IS_PENDING = `i.is_asked AND i.declined_at IS NULL AND ${IS_RECENT}`;
const FORGET = `DELETE FROM tablo_private.invitations WHERE id IN (SELECT i.id FROM tablo_private.invitations i
  WHERE i.invited_by = $1 AND i.created_at < now() - ${MEMORY} AND coalesce(i.declined_at, i.created_at) < now() - ${MEMORY} LIMIT 100)`;
const IS_KNOWN = `SELECT FROM tablo_private.invitations i WHERE i.tablo_id = $1 AND i.user_id = $2 AND ${IS_RECENT}`;
const SENT = `SELECT count(*)::integer AS sent, (count(*) FILTER (WHERE sent.user_id = $2))::integer AS to_person
  FROM (SELECT i.user_id FROM tablo_private.invitations i WHERE i.invited_by = $1 AND ${IS_RECENT} LIMIT $3) AS sent`;
// Room is for one more than those of other tablos. Declined a while ago, nobody is asked; a row that is older than its month is a new one, under a new id, as it would be
// if it had been forgotten.
const INVITE = `INSERT INTO tablo_private.invitations AS i (tablo_id, user_id, role, invited_by, is_asked)
  SELECT $1, $2, $3, $4, count(*) < ${INVITATIONS_TO_ANSWER} FROM (
    SELECT FROM tablo_private.invitations i WHERE i.user_id = $2 AND ${IS_PENDING} AND i.tablo_id <> $1 LIMIT ${INVITATIONS_TO_ANSWER}) AS others
  ON CONFLICT (tablo_id, user_id) DO UPDATE SET role = excluded.role, invited_by = excluded.invited_by, created_at = now(), is_asked = excluded.is_asked,
    id = CASE WHEN ${IS_RECENT} THEN i.id ELSE excluded.id END,
    declined_at = CASE WHEN i.declined_at > now() - ${MEMORY} THEN i.declined_at END
  RETURNING i.id`;
const GLANCE = `SELECT ${hostName('t.name')} AS name, ${countMembers('t.id')} AS members, p.name AS inviter, tablo_private.to_ms(now()) AS now_ms
  FROM tablos t LEFT JOIN chat_profiles p ON p.user_id = $2 WHERE t.id = $1`;

// An invitation is worth what who asks may still do, as a link is.
const PENDING = `SELECT i.id, i.role, tablo_private.to_ms(i.created_at) AS created_ms, ${hostName('t.name')} AS name, ${countMembers('t.id')} AS members, p.name AS inviter
  FROM tablo_private.invitations i
  JOIN tablos t ON t.id = i.tablo_id AND t.deleted_at IS NULL
  LEFT JOIN chat_profiles p ON p.user_id = i.invited_by
  WHERE i.user_id = $1 AND ${IS_PENDING}
    AND NOT EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = i.tablo_id AND a.user_id = $1 AND a.is_active)
    AND EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = i.tablo_id AND a.user_id = i.invited_by AND a.is_active
      AND tablo_private.role_rank(a.role::text) >= greatest(2, tablo_private.role_rank(i.role)))
  ORDER BY i.created_at DESC, i.id LIMIT ${2 * INVITATIONS_TO_ANSWER}`;
const FIND = `SELECT i.tablo_id, i.role, i.invited_by FROM tablo_private.invitations i
  JOIN tablos t ON t.id = i.tablo_id AND t.deleted_at IS NULL WHERE i.id = $1 AND i.user_id = $2 AND ${IS_PENDING}`;
const DECLINE = `UPDATE tablo_private.invitations i SET declined_at = coalesce(i.declined_at, now())
  WHERE i.id = $1 AND i.user_id = $2 AND i.is_asked AND ${IS_RECENT}`;

/** How many belong to a tablo, for people who are asked to join: counted only so far. */
export function countMembers(tablo: string): string {
  return `(SELECT count(DISTINCT counted.user_id)::integer FROM (
    SELECT a.user_id FROM tablo_access a WHERE a.tablo_id = ${tablo} AND a.is_active LIMIT ${MEMBERS_COUNTED}) counted)`;
}

interface Asked {
  readonly tabloId: TabloId;
  readonly inviter: UserId;
  readonly user: UserId;
  readonly role: Role;
}

interface Invitation {
  readonly tablo_id: TabloId;
  readonly role: string;
  readonly invited_by: UserId;
}

/** Asks `user` to join, or asks again. Under the tablo's lock; `inviter` may grant `role`. */
export async function invitePerson(
  client: PoolClient,
  bounds: RestBounds,
  { tabloId, inviter, user, role }: Asked,
): Promise<Result<RestSentInvitation, RestRefusal>> {
  await client.query(FORGET, [inviter]);
  const isKnown = (await client.query(IS_KNOWN, [tabloId, user])).rowCount !== 0;
  type Counts = { sent: number; to_person: number };
  const counts = (await client.query<Counts>(SENT, [inviter, user, bounds.invitationsPerUser])).rows[0];
  if (!isKnown && counts !== undefined) {
    if (counts.sent >= bounds.invitationsPerUser) return err(TOO_MANY_SENT);
    if (counts.to_person >= INVITATIONS_OF_ONE_INVITER) return err(TOO_MANY_TO_ONE);
  }
  const asked = (await client.query<{ id: string }>(INVITE, [tabloId, user, role, inviter])).rows[0];
  type Glance = { name: string; members: number; inviter: string | null; now_ms: string };
  const glance = (await client.query<Glance>(GLANCE, [tabloId, inviter])).rows[0];
  if (asked === undefined || glance === undefined) throw new Error('an invitation under the lock has no row');
  const { name, members, inviter: invitedBy, now_ms } = glance;
  return ok({
    id: asked.id,
    user_id: user,
    tablo: { name, members },
    role,
    invited_by: invitedBy,
    created_at: toIso(now_ms),
  });
}

export class PgInvitations {
  readonly #pool: Pool;
  readonly #bounds: RestBounds;

  constructor(pool: Pool, bounds: RestBounds) {
    this.#pool = pool;
    this.#bounds = bounds;
  }

  /** What the user is asked and has not answered, newest first. */
  async list(userId: UserId): Promise<RestInvitation[]> {
    type Row = {
      id: string;
      role: string;
      created_ms: string;
      name: string;
      members: number;
      inviter: string | null;
    };
    const { rows } = await this.#pool.query<Row>({ name: 'invitations', text: PENDING, values: [userId] });
    return rows.map(({ id, role, created_ms, name, members, inviter }) => ({
      id,
      tablo: { name, members },
      role: parseRole(role),
      invited_by: inviter,
      created_at: toIso(created_ms),
    }));
  }

  accept(userId: UserId, id: string): Promise<Result<TabloId, RestRefusal>> {
    return transaction(this.#pool, async (client): Promise<Result<TabloId, RestRefusal>> => {
      const found = await find(client, userId, id);
      if (found === null) return err(NO_INVITATION);
      const roles = await lockRoles(client, found.tablo_id, [userId, found.invited_by]);
      // Read again: a removal under the same lock ends it.
      const invitation = await find(client, userId, id);
      if (roles === null || invitation === null) return err(NO_INVITATION);
      const own = roles.get(userId);
      const inviter = roles.get(invitation.invited_by);
      const role = parseRole(invitation.role);
      if (own === undefined || !isAtLeast(own, role)) {
        if (inviter === undefined || refuseInvite(inviter, role) !== null) return err(NO_INVITATION);
        const full = own === undefined ? await refuseJoin(client, this.#bounds, found.tablo_id, userId) : null;
        if (full !== null) return err(full);
        await putMember(client, found.tablo_id, userId, role);
      }
      await client.query('DELETE FROM tablo_private.invitations WHERE id = $1', [id]);
      return ok(found.tablo_id);
    });
  }

  async decline(userId: UserId, id: string): Promise<Result<null, RestRefusal>> {
    const { rowCount } = await this.#pool.query({ name: 'invitation-decline', text: DECLINE, values: [id, userId] });
    return rowCount === 0 ? err(NO_INVITATION) : ok(null);
  }
}

async function find(client: PoolClient, userId: UserId, id: string): Promise<Invitation | null> {
  return (await client.query<Invitation>(FIND, [id, userId])).rows[0] ?? null;
}
