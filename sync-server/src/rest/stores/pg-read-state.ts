/** Read positions, and what is unread in all of a user's tablos. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { UNREAD_IDS_MAX, UNREAD_IDS_MIN, UNREAD_IDS_TOTAL, type unreadChannel } from '@tablo/schema/rest/read';
import type { Pool } from 'pg';
import type { z } from 'zod';
import { GatheredWrites, lockPatience } from './gathered-writes.ts';
import { countUnread, mayLackMarks, OWN_TABLOS, OwnMarks } from './pg-unread.ts';

// Never backwards, never beyond the end; a report that changes nothing writes nothing, so nobody is notified of it.
const MARK = `INSERT INTO channel_read_state AS r (user_id, channel_id, last_read_at, last_read_seq)
  SELECT o.user_id, t.id, now(), least(coalesce(o.seq, t.last_seq), t.last_seq)
    FROM ${lockPatience('$4')}, unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS o (user_id, tablo_id, seq) JOIN tablos t ON t.id = o.tablo_id
    ORDER BY o.user_id, t.id
  ON CONFLICT (user_id, channel_id) DO UPDATE SET last_read_at = EXCLUDED.last_read_at, last_read_seq = EXCLUDED.last_read_seq
  WHERE EXCLUDED.last_read_seq > r.last_read_seq`;

const POSITION = `SELECT s.id, s.last_seq, s.read_seq, unread.count AS unread_count FROM (${OWN_TABLOS}) s
  CROSS JOIN LATERAL (${countUnread('$1', 's')}) unread WHERE s.id = $2`;

// Tablos without unread messages are among these where all that was counted may be the reader's own: marks are made of it.
const COUNTED = `SELECT s.id, s.last_seq, s.read_seq, unread.count AS unread_count FROM (${OWN_TABLOS}) s
  CROSS JOIN LATERAL (${countUnread('$1', 's')}) unread WHERE unread.count > 0 OR ${mayLackMarks('s', 'unread.count')}`;
const UNREAD = `${COUNTED} ORDER BY s.id`;

// [R9] Bounded for any number of tablos, and whatever was deleted; a reader's own messages between are walked over only so far.
const UNREAD_IDS = `WITH u AS MATERIALIZED (
    ${COUNTED}
  ), share AS (
    SELECT least(${UNREAD_IDS_MAX}, greatest(${UNREAD_IDS_MIN}, ${UNREAD_IDS_TOTAL} / greatest(count(*), 1))) AS ids FROM u WHERE unread_count > 0
  )
  SELECT u.id, u.last_seq, u.read_seq, u.unread_count, newest.messages FROM u CROSS JOIN share CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('id', n.id, 'seq', n.seq) ORDER BY n.seq), '[]') AS messages FROM (
      SELECT near.id, near.seq FROM (
        SELECT m.id, m.seq, m.user_id, m.deleted_at FROM messages m
        WHERE m.channel_id = u.id AND m.seq > u.read_seq AND m.deleted_at IS NULL AND u.unread_count > 0 ORDER BY m.seq DESC LIMIT ${10 * UNREAD_IDS_MAX}
      ) near WHERE near.user_id <> $1::uuid ORDER BY near.seq DESC LIMIT share.ids
    ) n
  ) newest ORDER BY u.id`;

type UnreadChannel = z.infer<typeof unreadChannel>;

interface Mark {
  readonly userId: UserId;
  readonly tabloId: TabloId;
  /** null: up to the end, which is later than any number. */
  readonly seq: number | null;
}

interface Row {
  readonly id: TabloId;
  readonly last_seq: string;
  readonly read_seq: string;
  readonly unread_count: string;
  readonly messages?: { id: string; seq: number }[];
}

export interface ReadPosition {
  readonly seq: number;
  readonly unreadCount: number;
}

export class PgReadState {
  readonly #pool: Pool;
  readonly #marks: OwnMarks;
  readonly #reports: GatheredWrites<Mark>;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#reports = new GatheredWrites<Mark>({
      keyOf: ({ userId, tabloId }) => `${userId} ${tabloId}`,
      merge: (left, right) => (left.seq === null || (right.seq !== null && right.seq <= left.seq) ? left : right),
      write: async (marks, lockMs = 0) => {
        const values = [
          marks.map(({ userId }) => userId),
          marks.map(({ tabloId }) => tabloId),
          marks.map(({ seq }) => seq),
          String(lockMs),
        ];
        await pool.query({ name: 'read-marks', text: MARK, values });
      },
    });
    this.#marks = new OwnMarks(pool);
  }

  /** Reads up to `seq`, or to the end. `null`: not the user's tablo any more. */
  async mark(userId: UserId, tabloId: TabloId, seq: number | null): Promise<ReadPosition | null> {
    await this.#reports.write({ userId, tabloId, seq });
    const { rows } = await this.#pool.query<Row>({ name: 'read-position', text: POSITION, values: [userId, tabloId] });
    await this.#marks.make(userId, rows);
    return rows[0] === undefined ? null : { seq: Number(rows[0].read_seq), unreadCount: Number(rows[0].unread_count) };
  }

  async listUnread(userId: UserId, withIds: boolean): Promise<UnreadChannel[]> {
    const query = withIds ? { name: 'unread-ids', text: UNREAD_IDS } : { name: 'unread', text: UNREAD };
    const { rows } = await this.#pool.query<Row>({ ...query, values: [userId] });
    await this.#marks.make(userId, rows);
    return rows
      .filter(({ unread_count }) => Number(unread_count) > 0)
      .map(({ id, unread_count, messages }) => ({
        channel_id: id,
        unread_count: Number(unread_count),
        ...(messages === undefined ? {} : { messages }),
      }));
  }
}
