/** Invitation links. Only a digest of the code is kept, and every use is counted under the tablo's lock. */
import { createHash, randomBytes } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { inviteGlance, RestListedInvite } from '@tablo/schema/rest/member';
import { err, ok, type Result } from '@tablo/schema/result';
import { isAtLeast, parseRole, type Role } from '@tablo/schema/roles';
import type { Pool, PoolClient } from 'pg';
import type { z } from 'zod';
import { linksPerUser, type RestBounds } from '../../config/rest-bounds.ts';
import { hostName } from '../../db/host/host-columns.ts';
import { type RestRefusal, refusal } from '../base/app-error.ts';
import { toIso } from '../base/rest-time.ts';
import { refuseInvite } from './member-rules.ts';
import { countMembers } from './pg-invitations.ts';
import { refuseJoin } from './pg-room.ts';
import { type Actor, lockRoles, lockStanding, putMember, readRoles } from './pg-standing.ts';
import { transaction } from './pg-transaction.ts';

/** 128 bits: a code cannot be guessed. */
const CODE_BYTES = 16;

/** One answer for a code that never was, has ended, is used up, or gives this user nothing. */
const NO_INVITE: RestRefusal = { code: 'not-found', message: 'This invitation does not exist, or has ended.' };
const TOO_MANY_LINKS = refusal('rate-limited', 'There are as many invitation links as there may be. Revoke one first.');

const IS_OPEN = 'i.expires_at > now() AND (i.max_uses IS NULL OR i.uses < i.max_uses)';
// Ended links stay for an hour, for clients that ask again because the answer was lost.
const FORGET = `DELETE FROM tablo_invites WHERE id IN (
    (SELECT i.id FROM tablo_invites i WHERE i.tablo_id = $1
      AND (i.expires_at < now() - interval '1 hour' OR (i.uses >= i.max_uses AND i.last_used_at < now() - interval '1 hour')) LIMIT 200)
    UNION ALL (SELECT i.id FROM tablo_invites i WHERE i.expires_at < now() - interval '1 hour' ORDER BY i.expires_at LIMIT 20))`;
const COUNTS = `SELECT (SELECT count(*)::integer FROM tablo_invites i WHERE i.tablo_id = $1 AND ${IS_OPEN}) AS of_tablo,
    (SELECT count(*)::integer FROM (SELECT FROM tablo_invites i WHERE i.created_by = $2 AND i.expires_at > now() LIMIT $3) AS made) AS of_user`;
const CREATE = `INSERT INTO tablo_invites (code_hash, tablo_id, role, created_by, expires_at, max_uses)
  VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second', $6) RETURNING id, tablo_private.to_ms(expires_at) AS expires_ms`;
// A decision about this user that was made after the link overrules the link.
const FIND = `SELECT i.tablo_id, i.role, i.created_by, ${IS_OPEN} AND NOT EXISTS (
      SELECT FROM tablo_private.decisions d WHERE d.tablo_id = i.tablo_id AND d.user_id = $2 AND d.decided_at >= i.created_at
    ) AS is_good
  FROM tablo_invites i JOIN tablos t ON t.id = i.tablo_id AND t.deleted_at IS NULL WHERE i.code_hash = $1`;
const GLANCE = `SELECT ${hostName('t.name')} AS name, ${countMembers('t.id')} AS members, p.name AS inviter, tablo_private.to_ms(i.expires_at) AS expires_ms
  FROM tablo_invites i JOIN tablos t ON t.id = i.tablo_id AND t.deleted_at IS NULL
  LEFT JOIN chat_profiles p ON p.user_id = i.created_by WHERE i.code_hash = $1 AND ${IS_OPEN}`;
const LIST = `SELECT i.id, i.role, i.created_by, i.max_uses, i.uses, tablo_private.to_ms(i.created_at) AS created_ms,
    tablo_private.to_ms(i.expires_at) AS expires_ms
  FROM tablo_invites i WHERE i.tablo_id = $1 AND ${IS_OPEN} ORDER BY i.created_at DESC, i.id LIMIT $2`;
const FIND_LISTED = 'SELECT role FROM tablo_invites WHERE id = $1 AND tablo_id = $2';

export interface InviteTerms {
  readonly role: Role;
  readonly expiresInS: number;
  /** null: any number of people. */
  readonly maxUses: number | null;
}

export interface MadeInvite {
  readonly id: string;
  readonly code: string;
  readonly expiresAt: string;
}

interface Invite {
  readonly tablo_id: TabloId;
  readonly role: string;
  readonly created_by: UserId;
  readonly is_good: boolean;
}

export class PgInvites {
  readonly #pool: Pool;
  readonly #bounds: RestBounds;

  constructor(pool: Pool, bounds: RestBounds) {
    this.#pool = pool;
    this.#bounds = bounds;
  }

  create(actor: UserId, tabloId: TabloId, terms: InviteTerms): Promise<Result<MadeInvite, RestRefusal>> {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    return transaction(this.#pool, async (client): Promise<Result<MadeInvite, RestRefusal>> => {
      const standing = await lockStanding(client, tabloId, actor);
      const refused = standing === null ? refusal('forbidden') : refuseInvite(standing.actor, terms.role);
      if (refused !== null) return err(refused);
      await client.query(FORGET, [tabloId]);
      if (await this.#isFull(client, tabloId, actor)) return err(TOO_MANY_LINKS);
      const values = [digestOf(code), tabloId, terms.role, actor, terms.expiresInS, terms.maxUses];
      const { rows } = await client.query<{ id: string; expires_ms: string }>(CREATE, values);
      return ok({ id: rows[0]?.id ?? '', code, expiresAt: toIso(rows[0]?.expires_ms ?? 0) });
    });
  }

  /** Newest first; ended ones are left out. */
  async list(tabloId: TabloId): Promise<RestListedInvite[]> {
    type Row = Omit<RestListedInvite, 'role' | 'created_at' | 'expires_at'> & {
      role: string;
      created_ms: string;
      expires_ms: string;
    };
    const values = [tabloId, 2 * this.#bounds.linksPerTablo];
    const { rows } = await this.#pool.query<Row>({ name: 'invites-list', text: LIST, values });
    return rows.map(({ role, created_ms, expires_ms, ...row }) => ({
      ...row,
      role: parseRole(role),
      created_at: toIso(created_ms),
      expires_at: toIso(expires_ms),
    }));
  }

  revoke(actor: Actor, tabloId: TabloId, id: string): Promise<Result<null, RestRefusal>> {
    return transaction(this.#pool, async (client): Promise<Result<null, RestRefusal>> => {
      const standing = await lockStanding(client, tabloId, actor);
      if (standing === null) return err(refusal('forbidden'));
      const { rows } = await client.query<{ role: string }>(FIND_LISTED, [id, tabloId]);
      if (rows[0] === undefined) return err({ code: 'not-found', message: 'This tablo has no such invitation link.' });
      const refused = refuseInvite(standing.actor, parseRole(rows[0].role));
      if (refused !== null) return err(refused);
      await client.query('DELETE FROM tablo_invites WHERE id = $1', [id]);
      return ok(null);
    });
  }

  /** What the link leads to, for a user who may still take it or is a member already. */
  async look(userId: UserId, code: string): Promise<Result<z.infer<typeof inviteGlance>, RestRefusal>> {
    const digest = digestOf(code);
    const invite = await find(this.#pool, digest, userId);
    if (invite === null) return err(NO_INVITE);
    const verdict = judge(invite, userId, await rolesOf(this.#pool, invite, userId));
    if (verdict === 'nothing') return err(NO_INVITE);
    type Row = { name: string; members: number; inviter: string | null; expires_ms: string };
    const { rows } = await this.#pool.query<Row>({ name: 'invite-glance', text: GLANCE, values: [digest] });
    const [row] = rows;
    if (row === undefined) return err(NO_INVITE);
    return ok({
      tablo: { name: row.name, members: row.members },
      role: parseRole(invite.role),
      invited_by: row.inviter,
      expires_at: toIso(row.expires_ms),
      ...(verdict === 'stay' ? { channel_id: invite.tablo_id } : {}),
    });
  }

  /**
   * Makes `userId` a member. Who is one already stays one, with the higher of both roles; a use counts only where it changed something, so asking
   * again after a lost answer is harmless. Only who would join takes the tablo's lock.
   */
  accept(userId: UserId, code: string): Promise<Result<TabloId, RestRefusal>> {
    const digest = digestOf(code);
    return transaction(this.#pool, async (client): Promise<Result<TabloId, RestRefusal>> => {
      const seen = await find(client, digest, userId);
      if (seen === null) return err(NO_INVITE);
      const first = judge(seen, userId, await rolesOf(client, seen, userId));
      if (first !== 'join') return first === 'stay' ? ok(seen.tablo_id) : err(NO_INVITE);
      const roles = await lockRoles(client, seen.tablo_id, [userId, seen.created_by]);
      // Read again: only under the lock is the number of uses what it will be.
      const invite = await find(client, digest, userId);
      if (roles === null || invite === null) return err(NO_INVITE);
      const last = judge(invite, userId, roles);
      if (last !== 'join') return last === 'stay' ? ok(invite.tablo_id) : err(NO_INVITE);
      const full = roles.has(userId) ? null : await refuseJoin(client, this.#bounds, invite.tablo_id, userId);
      if (full !== null) return err(full);
      await putMember(client, invite.tablo_id, userId, parseRole(invite.role));
      await client.query('UPDATE tablo_invites SET uses = uses + 1, last_used_at = now() WHERE code_hash = $1', [
        digest,
      ]);
      return ok(invite.tablo_id);
    });
  }

  async #isFull(client: PoolClient, tabloId: TabloId, actor: UserId): Promise<boolean> {
    const perUser = linksPerUser(this.#bounds);
    type Row = { of_tablo: number; of_user: number };
    const { of_tablo, of_user } = (await client.query<Row>(COUNTS, [tabloId, actor, perUser])).rows[0] as Row;
    return of_tablo >= this.#bounds.linksPerTablo || of_user >= perUser;
  }
}

/** An invitation is worth what its maker may still do: an admin who was removed does not come back by an own link. */
function judge(invite: Invite, userId: UserId, roles: ReadonlyMap<UserId, Role>): 'join' | 'stay' | 'nothing' {
  const own = roles.get(userId);
  const maker = roles.get(invite.created_by);
  const role = parseRole(invite.role);
  if (own !== undefined && isAtLeast(own, role)) return 'stay';
  if (invite.is_good && maker !== undefined && refuseInvite(maker, role) === null) return 'join';
  return own === undefined ? 'nothing' : 'stay';
}

const rolesOf = (client: Pool | PoolClient, invite: Invite, userId: UserId): Promise<ReadonlyMap<UserId, Role>> =>
  readRoles(client, invite.tablo_id, [userId, invite.created_by]);

async function find(client: Pool | PoolClient, digest: Buffer, userId: UserId): Promise<Invite | null> {
  return (await client.query<Invite>(FIND, [digest, userId])).rows[0] ?? null;
}

const digestOf = (code: string): Buffer => createHash('sha256').update(code).digest();
