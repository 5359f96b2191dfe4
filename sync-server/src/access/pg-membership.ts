/** Memberships from PostgreSQL, never cached. Look-ups of one event-loop turn are one query: 300 tablos join at once when a client connects. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { highestRole } from '@tablo/schema/roles';
import type { Pool } from 'pg';
import type { Member, Membership } from './membership.ts';

// `role` may be an enum, and rows may repeat, in a host application's own table.
const FIND = `SELECT w.nth::integer AS nth, t.epoch, t.name, array_agg(a.role::text) AS roles
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(tablo, member, nth)
  JOIN tablos t ON t.id = w.tablo AND t.deleted_at IS NULL
  JOIN tablo_access a ON a.tablo_id = w.tablo AND a.user_id = w.member AND a.is_active
  GROUP BY w.nth, t.epoch, t.name`;

const QUERY_MAX = 1_000;

interface LookUp {
  readonly tabloId: TabloId;
  readonly userId: UserId;
  readonly resolve: (member: Member | null) => void;
  readonly reject: (error: unknown) => void;
}

export class PgMembership implements Membership {
  readonly #pool: Pool;
  #waiting: LookUp[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  find(tabloId: TabloId, userId: UserId): Promise<Member | null> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ tabloId, userId, resolve, reject });
    });
  }

  #flush(): void {
    const waiting = this.#waiting.splice(0);
    for (let start = 0; start < waiting.length; start += QUERY_MAX)
      void this.#answer(waiting.slice(start, start + QUERY_MAX));
  }

  async #answer(lookUps: readonly LookUp[]): Promise<void> {
    type Row = { nth: number; epoch: number; name: string; roles: string[] };
    try {
      const { rows } = await this.#pool.query<Row>({
        name: 'membership-find',
        text: FIND,
        values: [lookUps.map(({ tabloId }) => tabloId), lookUps.map(({ userId }) => userId)],
      });
      const found = new Map(
        rows.map(({ nth, epoch, name, roles }) => [nth, { role: highestRole(roles), epoch, name }]),
      );
      for (const [index, { resolve }] of lookUps.entries()) resolve(found.get(index + 1) ?? null);
    } catch (error) {
      for (const { reject } of lookUps) reject(error);
    }
  }
}
