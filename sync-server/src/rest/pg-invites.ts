/** Invitation links. Only a digest of the code is kept, and every use is counted under the tablo's lock. */
import { createHash, randomBytes } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { err, ok, type Result } from '@tablo/schema/result';
import { isAtLeast, parseRole, type Role } from '@tablo/schema/roles';
import type { Pool, PoolClient } from 'pg';
import { type RestRefusal, refusal } from './app-error.ts';
import { refuseInvite } from './member-rules.ts';
import { lockRoles, lockStanding, putMember } from './pg-standing.ts';
import { transaction } from './pg-transaction.ts';
import { toIso } from './rest-time.ts';

/** 128 bits: nobody finds one by trying. */
const CODE_BYTES = 16;

/** One answer for a code that never was, has ended, or is used up. */
const NO_INVITE: RestRefusal = { code: 'not-found', message: 'This invitation does not exist, or has ended.' };

const CREATE = `INSERT INTO tablo_invites (code_hash, tablo_id, role, created_by, expires_at, max_uses)
  VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second', $6) RETURNING tablo_private.to_ms(expires_at) AS expires_ms`;
const FIND = `SELECT tablo_id, role, created_by, expires_at > now() AND (max_uses IS NULL OR uses < max_uses) AS is_open
  FROM tablo_invites WHERE code_hash = $1`;

export interface InviteTerms {
  readonly role: Role;
  readonly expiresInS: number;
  /** null: any number of people. */
  readonly maxUses: number | null;
}

interface Invite {
  readonly tablo_id: TabloId;
  readonly role: string;
  readonly created_by: UserId;
  readonly is_open: boolean;
}

export class PgInvites {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  create(
    actor: UserId,
    tabloId: TabloId,
    terms: InviteTerms,
  ): Promise<Result<{ code: string; expiresAt: string }, RestRefusal>> {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    return transaction(this.#pool, async (client) => {
      const standing = await lockStanding(client, tabloId, actor);
      const refused = standing === null ? refusal('forbidden') : refuseInvite(standing.actor, terms.role);
      if (refused !== null) return err(refused);
      const values = [digestOf(code), tabloId, terms.role, actor, terms.expiresInS, terms.maxUses];
      const { rows } = await client.query<{ expires_ms: string }>(CREATE, values);
      return ok({ code, expiresAt: toIso(rows[0]?.expires_ms ?? 0) });
    });
  }

  /**
   * Makes `userId` a member. Who is one already stays one, with the higher of both roles; a use counts only where it changed something, so asking
   * again after a lost answer is harmless.
   */
  accept(userId: UserId, code: string): Promise<Result<TabloId, RestRefusal>> {
    const digest = digestOf(code);
    return transaction(this.#pool, async (client): Promise<Result<TabloId, RestRefusal>> => {
      const tabloId = (await findInvite(client, digest))?.tablo_id;
      if (tabloId === undefined) return err(NO_INVITE);
      const roles = await lockRoles(client, tabloId, [userId]);
      // Read again: only under the lock is the number of uses what it will be.
      const invite = await findInvite(client, digest);
      if (roles === null || invite === null) return err(NO_INVITE);
      const own = roles.get(userId);
      const role = parseRole(invite.role);
      if (own !== undefined && isAtLeast(own, role)) return ok(tabloId);
      if (!invite.is_open || !(await isStillGood(client, invite)))
        return own === undefined ? err(NO_INVITE) : ok(tabloId);
      await putMember(client, tabloId, userId, role);
      await client.query('UPDATE tablo_invites SET uses = uses + 1 WHERE code_hash = $1', [digest]);
      return ok(tabloId);
    });
  }
}

/** An invitation is worth what its maker may still do: an admin who was removed does not come back by an own link. */
async function isStillGood(client: PoolClient, { tablo_id, created_by, role }: Invite): Promise<boolean> {
  const maker = (await lockRoles(client, tablo_id, [created_by]))?.get(created_by);
  return maker !== undefined && refuseInvite(maker, parseRole(role)) === null;
}

async function findInvite(client: PoolClient, digest: Buffer): Promise<Invite | null> {
  return (await client.query<Invite>(FIND, [digest])).rows[0] ?? null;
}

const digestOf = (code: string): Buffer => createHash('sha256').update(code).digest();
