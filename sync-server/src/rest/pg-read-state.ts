/** Read positions, and what is unread in all of a user's tablos. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { UNREAD_IDS_MAX, UNREAD_IDS_MIN, UNREAD_IDS_TOTAL, type unreadChannel } from '@tablo/schema/rest/read';
import type { Pool } from 'pg';
import type { z } from 'zod';
import { countUnread, OWN_TABLOS } from './pg-unread.ts';

// Never backwards, never beyond the end; a report that changes nothing writes nothing, so nobody is notified of it.
const MARK = `INSERT INTO channel_read_state AS r (user_id, channel_id, last_read_at, last_read_seq)
  SELECT $1, t.id, now(), least(coalesce($3::bigint, t.last_seq), t.last_seq) FROM tablos t WHERE t.id = $2
  ON CONFLICT (user_id, channel_id) DO UPDATE SET last_read_at = EXCLUDED.last_read_at, last_read_seq = EXCLUDED.last_read_seq
  WHERE EXCLUDED.last_read_seq > r.last_read_seq`;

const POSITION = `SELECT s.read_seq, unread.count FROM (${OWN_TABLOS}) s
  CROSS JOIN LATERAL (${countUnread('$1', 's')}) unread WHERE s.id = $2`;

const UNREAD = `SELECT s.id, unread.count FROM (${OWN_TABLOS}) s
  CROSS JOIN LATERAL (${countUnread('$1', 's')}) unread WHERE unread.count > 0 ORDER BY s.id`;

// [R9] Bounded for any number of tablos, and whatever was deleted; a reader's own messages between are walked over only so far.
const UNREAD_IDS = `WITH u AS MATERIALIZED (
    SELECT s.id, s.read_seq, unread.count FROM (${OWN_TABLOS}) s
    CROSS JOIN LATERAL (${countUnread('$1', 's')}) unread WHERE unread.count > 0
  ), share AS (
    SELECT least(${UNREAD_IDS_MAX}, greatest(${UNREAD_IDS_MIN}, ${UNREAD_IDS_TOTAL} / greatest(count(*), 1))) AS ids FROM u
  )
  SELECT u.id, u.count, newest.messages FROM u CROSS JOIN share CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('id', n.id, 'seq', n.seq) ORDER BY n.seq), '[]') AS messages FROM (
      SELECT near.id, near.seq FROM (
        SELECT m.id, m.seq, m.user_id, m.deleted_at FROM messages m
        WHERE m.channel_id = u.id AND m.seq > u.read_seq AND m.deleted_at IS NULL ORDER BY m.seq DESC LIMIT ${10 * UNREAD_IDS_MAX}
      ) near WHERE near.user_id <> $1::uuid ORDER BY near.seq DESC LIMIT share.ids
    ) n
  ) newest ORDER BY u.id`;

type UnreadChannel = z.infer<typeof unreadChannel>;

export interface ReadPosition {
  readonly seq: number;
  readonly unreadCount: number;
}

export class PgReadState {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Reads up to `seq`, or to the end. `null`: not the user's tablo any more. */
  async mark(userId: UserId, tabloId: TabloId, seq: number | null): Promise<ReadPosition | null> {
    await this.#pool.query({ name: 'read-mark', text: MARK, values: [userId, tabloId, seq] });
    type Row = { read_seq: string; count: string };
    const { rows } = await this.#pool.query<Row>({ name: 'read-position', text: POSITION, values: [userId, tabloId] });
    return rows[0] === undefined ? null : { seq: Number(rows[0].read_seq), unreadCount: Number(rows[0].count) };
  }

  async listUnread(userId: UserId, withIds: boolean): Promise<UnreadChannel[]> {
    type Row = { id: TabloId; count: string; messages?: { id: string; seq: number }[] };
    const query = withIds ? { name: 'unread-ids', text: UNREAD_IDS } : { name: 'unread', text: UNREAD };
    const { rows } = await this.#pool.query<Row>({ ...query, values: [userId] });
    return rows.map(({ id, count, messages }) => ({
      channel_id: id,
      unread_count: Number(count),
      ...(messages === undefined ? {} : { messages }),
    }));
  }
}
