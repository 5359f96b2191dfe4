// A tablo with a long past, written straight into the tables as a host's own import would be: thousands of messages in a second.
import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

export interface SeededTablo {
  readonly name: string;
  readonly count: number;
  /** User ids; the first wrote everything. */
  readonly members: readonly string[];
  /** How far all of them have read. */
  readonly readSeq: number;
}

/** The messages read `number 1` to `number <count>`, a minute apart, the newest a minute ago. Answers the tablo's id. */
export async function seedTablo(database: Database, { name, count, members, readSeq }: SeededTablo): Promise<string> {
  const id = randomUUID();
  await database.query('INSERT INTO tablos (id, name, created_by) VALUES ($1, $2, $3)', [id, name, members[0]]);
  await database.query(
    `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
     SELECT gen_random_uuid(), $1, $2, 'number ' || n, t, t, t, n
     FROM (SELECT n, date_trunc('milliseconds', now()) - ($3::int + 1 - n) * interval '1 minute' AS t FROM generate_series(1, $3::int) n) s`,
    [id, members[0], count],
  );
  await database.query('UPDATE tablos SET last_seq = $2 WHERE id = $1', [id, count]);
  await database.query(
    `INSERT INTO channel_read_state (user_id, channel_id, last_read_at, last_read_seq) SELECT unnest($2::uuid[]), $1, now(), $3`,
    [id, members, readSeq],
  );
  // Last, since it tells everybody.
  await database.query(`INSERT INTO tablo_access (tablo_id, user_id, role) SELECT $1, unnest($2::uuid[]), 'member'`, [
    id,
    members,
  ]);
  return id;
}

export async function messageIdOf(database: Database, tablo: string, text: string): Promise<string> {
  const rows = await database.query<{ id: string }>('SELECT id FROM messages WHERE channel_id = $1 AND text = $2', [
    tablo,
    text,
  ]);
  return rows[0]?.id ?? '';
}
