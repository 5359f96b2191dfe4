/** What is unread, in SQL: the pieces that lists and read positions share. The rule itself is the schema's [R10]. */
import type { UserId } from '@tablo/schema/ids';
import { countUnreadSql } from '@tablo/schema/unread';
import type { Pool } from 'pg';
import { LruMap } from '../../access/tokens/lru-map.ts';
import { hostName, hostRole } from '../../db/host/host-columns.ts';
import { plainTime } from '../base/plain-time.ts';

/**
 * The tablos of the user `$1`, each with what they may do in it and how far they have read. Rows of `tablo_access` may repeat.
 * The inner limits keep it to one probe a tablo [R9]: a join could be planned as a walk over everybody's.
 */
export const OWN_TABLOS = `SELECT a.tablo_id AS id, t.name, t.epoch, t.last_seq, ${plainTime('t.created_at')} AS created_at,
      tablo_private.to_ms(${plainTime('t.created_at')}) AS created_ms, a.roles, coalesce(r.last_read_seq, 0) AS read_seq
    FROM (
      SELECT tablo_id, array_agg(${hostRole('role')}) AS roles FROM tablo_access WHERE user_id = $1::uuid AND is_active GROUP BY tablo_id
    ) a
    CROSS JOIN LATERAL (
      SELECT ${hostName('t.name')} AS name, t.epoch, t.last_seq, t.created_at FROM tablos t WHERE t.id = a.tablo_id AND t.deleted_at IS NULL LIMIT 1
    ) t
    LEFT JOIN LATERAL (
      SELECT r.last_read_seq FROM channel_read_state r WHERE r.user_id = $1::uuid AND r.channel_id = a.tablo_id LIMIT 1
    ) r ON true`;

/** Counts in the tablo `alias`, a row of `OWN_TABLOS`, what `reader` has not read. */
export const countUnread = (reader: string, alias: string): string =>
  `SELECT ${countUnreadSql(`${reader}::uuid`, { id: `${alias}.id`, lastSeq: `${alias}.last_seq`, readSeq: `${alias}.read_seq` })} AS count`;

const MARK_OWN = 'SELECT tablo AS id, tablo_private.mark_own(tablo, $1::uuid) AS made FROM unnest($2::uuid[]) AS tablo';
/** So many messages above the position that are not unread: own ones, perhaps, which a mark would count at once. */
const MARK_FROM = 5_000;
/** There is a mark for every so many own messages: fewer new ones, whoever wrote them, need none. */
const MARK_EVERY = 1_000;
const MARKS_A_LIST = 3;

/** Whether `OwnMarks` may have something to do for a row of `OWN_TABLOS` that was counted: for lists that leave rows out. */
export const mayLackMarks = (alias: string, count: string): string =>
  `${alias}.last_seq - ${alias}.read_seq - ${count} > ${MARK_FROM}`;

const MAX_REMEMBERED = 10_000;

interface Counted {
  readonly id: string;
  readonly last_seq: string;
  readonly read_seq: string;
  readonly unread_count: string;
}

/** [R9] Who writes very much and never marks it read has it counted once, not at every question. Whatever counts (`countUnread`) hands its rows in here afterwards. */
export class OwnMarks {
  readonly #pool: Pool;
  /** User and tablo → its last number when there was no mark left to make. */
  readonly #complete = new LruMap<string, number>(MAX_REMEMBERED);

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async make(userId: UserId, tablos: readonly Counted[]): Promise<void> {
    const lacking = tablos.filter((row) => this.#mayLack(userId, row)).slice(0, MARKS_A_LIST);
    if (lacking.length === 0) return;
    const values = [userId, lacking.map(({ id }) => id)];
    const { rows } = await this.#pool.query<{ id: string; made: string }>({ name: 'mark-own', text: MARK_OWN, values });
    const made = new Map(rows.map((row) => [row.id, Number(row.made)]));
    for (const { id, last_seq } of lacking)
      if (made.get(id) === 0) this.#complete.set(`${userId} ${id}`, Number(last_seq));
  }

  #mayLack(userId: UserId, row: Counted): boolean {
    const lastSeq = Number(row.last_seq);
    if (lastSeq - Number(row.read_seq) - Number(row.unread_count) <= MARK_FROM) return false;
    const complete = this.#complete.get(`${userId} ${row.id}`);
    return complete === undefined || lastSeq >= complete + MARK_EVERY;
  }
}
