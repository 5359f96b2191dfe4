/**
 * Read positions: what Stream says has been read, and nothing of what was written here. Whoever has no position in the file has nothing of it unread: Stream counts nothing as unread
 * for them either. A position never passes a message of others that was written here and is unread.
 */

import { notLater } from './pg-staging.ts';

/** What of the tablo was written here, by its entries. Asked once: what is written meanwhile comes after all history. */
export const FIND_OURS = `CREATE TEMP TABLE import_ours AS SELECT e.id, e.author FROM tablo_entries e WHERE e.tablo_id = $1 AND e.kind = 'message' AND e.epoch <> 0`;

const POSITION = `SELECT p.reader, min(p.at) AS at, max(m.seq) AS seq
  FROM (
    SELECT w.reader, w.at, w.nth, coalesce((SELECT s.last_read_seq FROM channel_read_state s WHERE s.channel_id = $1 AND s.user_id = w.reader), 0) AS before FROM wanted w
  ) p
  JOIN LATERAL (
    SELECT min(x.seq) AS seq FROM import_ours o JOIN messages x ON x.id = o.id WHERE x.seq > p.before AND x.deleted_at IS NULL AND o.author <> p.reader
  ) stop ON true
  JOIN LATERAL (
    SELECT x.seq FROM import_rows r JOIN messages x ON x.id = r.id AND x.channel_id = $1
    WHERE r.tablo = $1 AND r.nth <= least(p.nth, $2::bigint) AND (stop.seq IS NULL OR x.seq < stop.seq) ORDER BY r.nth DESC LIMIT 1
  ) m ON true GROUP BY p.reader`;

const mark = (wanted: string): string => `WITH wanted AS (${wanted}), reached AS (${POSITION})
  INSERT INTO channel_read_state AS s (user_id, channel_id, last_read_at, last_read_seq)
  SELECT reader, $1, at, seq FROM reached
  ON CONFLICT (user_id, channel_id) DO UPDATE SET last_read_at = excluded.last_read_at, last_read_seq = excluded.last_read_seq
    WHERE excluded.last_read_seq > s.last_read_seq`;

/** $2: of the rows up to this one, which are there. */
export const MARK_KNOWN =
  mark(`SELECT k.reader, tablo_private.from_ms(${notLater('coalesce(k.last_us / 1000, read.ms)')}) AS at, read.nth
  FROM import_reads k JOIN import_channels c ON c.cid = k.cid AND c.tablo = $1
  JOIN LATERAL (
    SELECT r.nth, r.ms FROM import_rows r WHERE r.tablo = $1 AND r.t_us <= coalesce(k.last_us,
      (SELECT a.t_us FROM import_rows a WHERE a.tablo = $1 AND a.stream_id = k.stream_id AND a.cid = k.cid AND a.part = 0), -1) ORDER BY r.t_us DESC, r.nth DESC LIMIT 1
  ) read ON true`);

export const MARK_OTHERS = mark(`SELECT p.reader, tablo_private.from_ms(newest.ms) AS at, newest.nth
  FROM (
    SELECT a.user_id AS reader FROM tablo_access a WHERE a.tablo_id = $1 AND a.is_active
    UNION SELECT i.member FROM import_members i JOIN import_channels c ON c.cid = i.cid AND c.tablo = $1
  ) p
  JOIN LATERAL (SELECT r.nth, r.ms FROM import_rows r WHERE r.tablo = $1 AND r.nth <= $2::bigint ORDER BY r.nth DESC LIMIT 1) newest ON true
  WHERE NOT EXISTS (SELECT FROM import_reads k JOIN import_channels c ON c.cid = k.cid AND c.tablo = $1 WHERE k.reader = p.reader)`);
