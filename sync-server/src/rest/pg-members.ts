/** Members of a tablo: list, add, change, remove. The rules are in `member-rules.ts`; here they are asked under the tablo's lock. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { RestMember } from '@tablo/schema/rest/member';
import { err, ok, type Result } from '@tablo/schema/result';
import { highestRole, type Role } from '@tablo/schema/roles';
import type { Pool } from 'pg';
import { type RestRefusal, refusal } from './app-error.ts';
import { refuseGrant, refuseRemoval } from './member-rules.ts';
import { lockStanding, putMember } from './pg-standing.ts';
import { transaction } from './pg-transaction.ts';
import { toIso } from './rest-time.ts';

const LIST = `SELECT a.user_id, a.roles, p.name, p.email, p.avatar_url, tablo_private.to_ms(a.created_at) AS created_ms
  FROM (
    SELECT user_id, array_agg(role::text) AS roles, min(created_at) AS created_at FROM tablo_access
    WHERE tablo_id = $1 AND is_active AND ($2::uuid IS NULL OR user_id = $2) GROUP BY user_id
  ) a LEFT JOIN profiles p ON p.user_id = a.user_id ORDER BY a.created_at, a.user_id`;

interface Row {
  readonly user_id: UserId;
  readonly roles: readonly string[];
  readonly name: string | null;
  readonly email: string | null;
  readonly avatar_url: string | null;
  readonly created_ms: string;
}

export class PgMembers {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** In the order in which they came. */
  async list(tabloId: TabloId, only: UserId | null = null): Promise<RestMember[]> {
    const { rows } = await this.#pool.query<Row>({ name: 'members-list', text: LIST, values: [tabloId, only] });
    return rows.map(toMember);
  }

  /** Adds `target`, or gives them another role. */
  put(actor: UserId, tabloId: TabloId, target: UserId, role: Role): Promise<Result<{ isNew: boolean }, RestRefusal>> {
    return transaction(this.#pool, async (client) => {
      const standing = await lockStanding(client, tabloId, actor, target);
      const refused = standing === null ? refusal('forbidden') : refuseGrant(standing, role);
      if (standing === null || refused !== null) return err(refused ?? refusal('forbidden'));
      if (standing.target !== role) await putMember(client, tabloId, target, role);
      return ok({ isNew: standing.target === null });
    });
  }

  remove(actor: UserId, tabloId: TabloId, target: UserId): Promise<Result<null, RestRefusal>> {
    return transaction(this.#pool, async (client): Promise<Result<null, RestRefusal>> => {
      const standing = await lockStanding(client, tabloId, actor, target);
      const refused = standing === null ? refusal('forbidden') : refuseRemoval(standing);
      if (refused !== null) return err(refused);
      await client.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
        tabloId,
        target,
      ]);
      return ok(null);
    });
  }
}

function toMember({ user_id, roles, name, email, avatar_url, created_ms }: Row): RestMember {
  return { user_id, role: highestRole(roles), name, email, avatar_url, created_at: toIso(created_ms) };
}
