/** What days of traffic leave behind, written by SQL in place of waiting. */
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

/** Of one user at the default rate, in half a day. */
export const MANY_ROWS = 864_000;

export interface OldTablo {
  readonly tablo: string;
  readonly message: string;
}

export async function addTablo(pool: Pool, members: readonly string[], role = 'owner'): Promise<string> {
  const tablo = randomUUID();
  await pool.query("INSERT INTO tablos (id, name, created_by) VALUES ($1, 'Attack', $2)", [tablo, members[0]]);
  await pool.query('INSERT INTO tablo_access (tablo_id, user_id, role) SELECT $1, unnest($2::uuid[]), $3', [
    tablo,
    members,
    role,
  ]);
  return tablo;
}

/** A tablo with one message, for histories that hang on one. */
export async function addOldTablo(pool: Pool, author: string): Promise<OldTablo> {
  const tablo = await addTablo(pool, [author]);
  const message = randomUUID();
  await asHistory(pool, async (client) => {
    await client.query('UPDATE tablos SET last_seq = 1 WHERE id = $1', [tablo]);
    await client.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
       VALUES ($2, $1, $3, 'old', now() - interval '1 h', now() - interval '1 h', now() - interval '1 h', 1)`,
      [tablo, message, author],
    );
    await client.query(
      `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
       VALUES ($2, $1, 1, 'message', $3, now(), now(), now(), '')`,
      [tablo, message, author],
    );
  });
  return { tablo, message };
}

export function addToggles(pool: Pool, { tablo, message }: OldTablo, author: string, emoji: string): Promise<void> {
  return asHistory(pool, async (client) => {
    await client.query(
      `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, digest)
       SELECT gen_random_uuid(), $1, 1, 'reaction', $3, $2, $5, n % 2 = 0, t, t, t, '' FROM (SELECT n, now() - n * interval '50 ms' AS t FROM generate_series(1, $4::int) n) s`,
      [tablo, message, author, MANY_ROWS, emoji],
    );
    await client.query(
      `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id) VALUES ($1, $2, $3, false, now(), gen_random_uuid())`,
      [message, author, emoji],
    );
    await client.query('INSERT INTO tablo_reaction_kinds (message_id, emoji) VALUES ($1, $2)', [message, emoji]);
  });
}

export function addEdits(pool: Pool, { message }: OldTablo, author: string): Promise<void> {
  return asHistory(pool, async (client) => {
    await client.query(
      `INSERT INTO message_edits (id, message_id, user_id, text, edited_at)
       SELECT gen_random_uuid(), $1, $2, 'was', now() - n * interval '50 ms' FROM generate_series(1, $3::int) n`,
      [message, author, MANY_ROWS],
    );
  });
}

/** Messages after the first one, all deleted. */
export function addDeleted(pool: Pool, { tablo }: OldTablo, author: string): Promise<void> {
  return asHistory(pool, async (client) => {
    await client.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, deleted_at)
       SELECT gen_random_uuid(), $1, $2, '', t, t, t, n + 1, t FROM (SELECT n, now() - n * interval '50 ms' AS t FROM generate_series(1, $3::int) n) s`,
      [tablo, author, MANY_ROWS],
    );
    await client.query('UPDATE tablos SET last_seq = $2::bigint + 1 WHERE id = $1', [tablo, MANY_ROWS]);
  });
}

/** Without the triggers and checks that so many commits would have run one by one. */
async function asHistory(pool: Pool, act: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("SET session_replication_role = 'replica'");
    await act(client);
    await client.query("SET session_replication_role = 'origin'");
    await client.query('ANALYZE messages, message_edits, tablo_entries');
  } finally {
    client.release();
  }
}
