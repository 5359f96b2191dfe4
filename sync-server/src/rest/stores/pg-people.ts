/**
 * Names of people by the tablos that they are or were in. [R6] They are sent to members of that tablo alone, and never include a newcomer [M6].
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { cleanName } from '@tablo/schema/names/name';
import type { RestNamedPerson } from '@tablo/schema/rest/people';
import type { Pool } from 'pg';
import { hasUsedTablo } from '../../db/has-used-tablo.ts';
import { hostName } from '../../db/host/host-columns.ts';

/** Somebody, in a tablo of the caller's. */
export interface PersonAsked {
  readonly tabloId: TabloId;
  readonly userId: UserId;
}

// [R9] Every question is a look by key, whatever the tablo's length: as a join, the planner may read whole tables.
const LIST = `SELECT q.user_id, p.name
  FROM unnest($2::uuid[], $3::uuid[]) AS q (tablo_id, user_id)
  CROSS JOIN LATERAL (
    SELECT ${hostName('p.name')} AS name FROM chat_profiles p WHERE p.user_id = q.user_id
      AND (SELECT a.is_active FROM tablo_access a WHERE a.tablo_id = q.tablo_id AND a.user_id = $1 AND a.is_active LIMIT 1)
      AND (SELECT t.deleted_at IS NULL FROM tablos t WHERE t.id = q.tablo_id LIMIT 1)
      AND (
        ${hasUsedTablo('q.tablo_id', 'q.user_id')}
        OR (
          (SELECT a.is_active FROM tablo_access a WHERE a.tablo_id = q.tablo_id AND a.user_id = q.user_id AND a.is_active LIMIT 1)
          AND NOT EXISTS (SELECT FROM tablo_private.newcomers n WHERE n.tablo_id = q.tablo_id AND n.user_id = q.user_id)
        )
      )
    LIMIT 1
  ) p`;

export class PgPeople {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Each once; who has no name that can be seen is left out. */
  async list(reader: UserId, asked: readonly PersonAsked[]): Promise<RestNamedPerson[]> {
    const values = [reader, asked.map(({ tabloId }) => tabloId), asked.map(({ userId }) => userId)];
    const { rows } = await this.#pool.query<{ user_id: UserId; name: string }>({
      name: 'people-list',
      text: LIST,
      values,
    });
    const names = new Map(rows.map(({ user_id, name }) => [user_id, cleanName(name)]));
    return [...names].flatMap(([user_id, name]) => (name === '' ? [] : [{ user_id, name }]));
  }
}
