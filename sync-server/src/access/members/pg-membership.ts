/** Memberships from PostgreSQL, never cached. Look-ups of one event-loop turn are one query: 300 tablos join at once when a client connects. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { highestRole } from '@tablo/schema/roles';
import type { Pool } from 'pg';
import { TOO_MANY_CONNECTIONS } from '../../base/sqlstates.ts';
import { hasUsedTablo } from '../../db/has-used-tablo.ts';
import { hostRole } from '../../db/host/host-columns.ts';
import type { Member, Membership } from './membership.ts';

// As the lists of members and the policies see it. Looked up for newcomers alone [R9].
const IS_NEWCOMER = `CASE WHEN n.user_id IS NULL THEN false
    ELSE NOT ${hasUsedTablo('w.tablo', 'w.member')} END`;
// Rows may repeat in a host application's own table.
const FIND = `SELECT w.nth::integer AS nth, t.epoch, array_agg(${hostRole('a.role')}) AS roles, bool_or(${IS_NEWCOMER}) AS is_newcomer
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(tablo, member, nth)
  JOIN tablos t ON t.id = w.tablo AND t.deleted_at IS NULL
  JOIN tablo_access a ON a.tablo_id = w.tablo AND a.user_id = w.member AND a.is_active
  LEFT JOIN tablo_private.newcomers n ON n.tablo_id = w.tablo AND n.user_id = w.member
  GROUP BY w.nth, t.epoch`;

// Notified like a change of the membership: every server checks the live connections again, and the other members' pages ask for the name.
const SETTLE = `WITH settled AS (DELETE FROM tablo_private.newcomers WHERE tablo_id = $1 AND user_id = $2 RETURNING tablo_id, user_id)
  SELECT pg_notify('tablo_changes', json_build_object('type', 'access', 'tablo', tablo_id, 'user', user_id)::text) FROM settled`;

const QUERY_MAX = 1_000;
/** Of the pool's connections: a database that does not answer must not hold all of them. */
const QUERIES_AT_ONCE = 4;
/** More than this waiting: the database is away, and callers are rejected at once [R11]. */
const WAITING_MAX = 20_000;

interface LookUp {
  readonly tabloId: TabloId;
  readonly userId: UserId;
  readonly resolve: (member: Member | null) => void;
  readonly reject: (error: unknown) => void;
}

export class PgMembership implements Membership {
  readonly #pool: Pool;
  #waiting: LookUp[] = [];
  #queries = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  find(tabloId: TabloId, userId: UserId): Promise<Member | null> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= WAITING_MAX)
        // As it would come from the database itself: it counts as one that is away.
        return reject(
          Object.assign(new Error('Too many memberships wait to be read.'), { code: TOO_MANY_CONNECTIONS }),
        );
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ tabloId, userId, resolve, reject });
    });
  }

  async settle(tabloId: TabloId, userId: UserId): Promise<void> {
    await this.#pool.query({ name: 'membership-settle', text: SETTLE, values: [tabloId, userId] });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#queries < QUERIES_AT_ONCE)
      void this.#answer(this.#waiting.splice(0, QUERY_MAX));
  }

  async #answer(lookUps: readonly LookUp[]): Promise<void> {
    this.#queries += 1;
    type Row = { nth: number; epoch: number; roles: string[]; is_newcomer: boolean };
    try {
      const { rows } = await this.#pool.query<Row>({
        name: 'membership-find',
        text: FIND,
        values: [lookUps.map(({ tabloId }) => tabloId), lookUps.map(({ userId }) => userId)],
      });
      const found = new Map(
        rows.map(({ nth, epoch, roles, is_newcomer }): [number, Member] => [
          nth,
          { role: highestRole(roles), epoch, ...(is_newcomer ? { isNewcomer: true } : {}) },
        ]),
      );
      for (const [index, { resolve }] of lookUps.entries()) resolve(found.get(index + 1) ?? null);
    } catch (error) {
      for (const { reject } of lookUps) reject(error);
    } finally {
      this.#queries -= 1;
      this.#flush();
    }
  }
}
