/**
 * Who was added unasked and has not come is named to nobody [R6] [M6]. Whoever wrote in a tablo or has read there, by whatever way, has come: an SQL expression, of expressions for both.
 * Two looks by key, whatever the tablo's length [R9].
 */
export const hasCome = (tablo: string, user: string): string => `(
    (SELECT m.seq FROM messages m WHERE m.channel_id = ${tablo} AND m.user_id = ${user} ORDER BY m.seq LIMIT 1) IS NOT NULL
    OR EXISTS (SELECT FROM channel_read_state s WHERE s.channel_id = ${tablo} AND s.user_id = ${user})
  )`;
