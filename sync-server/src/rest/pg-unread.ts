/** What is unread, in SQL: the pieces that lists and read positions share. The rule itself is the schema's [R10]. */
import { countUnreadSql } from '@tablo/schema/unread';
import { plainTime } from './plain-time.ts';

/** The tablos of the user `$1`, each with what they may do in it and how far they have read. Rows of `tablo_access` may repeat, and its role may be an enum. */
export const OWN_TABLOS = `SELECT t.id, t.name, t.epoch, t.last_seq, ${plainTime('t.created_at')} AS created_at,
      tablo_private.to_ms(${plainTime('t.created_at')}) AS created_ms, a.roles,
      coalesce(r.last_read_seq, 0) AS read_seq
    FROM (
      SELECT tablo_id, array_agg(role::text) AS roles FROM tablo_access WHERE user_id = $1::uuid AND is_active GROUP BY tablo_id
    ) a
    JOIN tablos t ON t.id = a.tablo_id AND t.deleted_at IS NULL
    LEFT JOIN channel_read_state r ON r.channel_id = t.id AND r.user_id = $1::uuid`;

/** Counts in the tablo `alias`, a row of `OWN_TABLOS`, what `reader` has not read. */
export const countUnread = (reader: string, alias: string): string =>
  `SELECT ${countUnreadSql(`${reader}::uuid`, { id: `${alias}.id`, lastSeq: `${alias}.last_seq`, readSeq: `${alias}.read_seq` })} AS count`;
