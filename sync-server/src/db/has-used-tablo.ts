/**
 * [R6] [M6] A person who was added without being asked stays unnamed until they have used the tablo: until they have written there, or have a read position there,
 * by whatever way. This is that condition as SQL. `tablo` and `user` are SQL expressions. It costs two look-ups by key, however long the tablo is [R9].
 */
export const hasUsedTablo = (tablo: string, user: string): string => `(
    (SELECT m.seq FROM messages m WHERE m.channel_id = ${tablo} AND m.user_id = ${user} ORDER BY m.seq LIMIT 1) IS NOT NULL
    OR EXISTS (SELECT FROM channel_read_state s WHERE s.channel_id = ${tablo} AND s.user_id = ${user})
  )`;
