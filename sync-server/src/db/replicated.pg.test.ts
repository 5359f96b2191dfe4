/** [R6] [R2] What replication changes (`session_replication_role = replica`: foreign keys and ordinary triggers do nothing), and what TRUNCATE takes along. */
import { createEntryId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createPool } from './pool.ts';
import { openTestDatabase, type TestDatabase } from './testing/test-database.ts';

const [alice, bob] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
let database: TestDatabase;
let pool: Pool;
let tablo: string;
beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});
beforeEach(async () => {
  tablo = createEntryId();
  await fill(tablo);
});

async function replicated(...statements: readonly string[]): Promise<void> {
  const client = await pool.connect();
  await client.query('BEGIN; SET LOCAL session_replication_role = replica');
  for (const sql of statements) await client.query(sql);
  await client.query('COMMIT');
  client.release();
}

/** A row in every table of ours that speaks of tablos; the message was edited, voted on, and another one deleted. */
async function fill(id: string): Promise<void> {
  const [message, gone] = [createEntryId(), createEntryId()];
  const now = 'now(), now(), now()';
  for (const sql of [
    `INSERT INTO tablos (id, name, epoch, last_seq) VALUES ('${id}', 'Plans', 4, 2)`,
    `INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ('${id}', '${alice}', 'owner'), ('${id}', '${bob}', 'admin')`,
    `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, deleted_at)
       VALUES ('${message}', '${id}', '${alice}', 'hi', ${now}, 1, NULL), ('${gone}', '${id}', '${alice}', '', ${now}, 2, now())`,
    `INSERT INTO message_edits (id, message_id, user_id, text, edited_at) VALUES ('${message}', '${message}', '${alice}', 'x', now())`,
    `INSERT INTO message_reactions (message_id, user_id, emoji, created_at, entry_id) VALUES ('${message}', '${alice}', '👍', now(), '${message}')`,
    `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id) VALUES ('${message}', '${alice}', '👍', true, now(), '${message}')`,
    `INSERT INTO tablo_reaction_kinds (message_id, emoji) VALUES ('${message}', '👍')`,
    `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest) VALUES ('${message}', '${id}', 4, 'message', '${alice}', ${now}, '')`,
    `INSERT INTO tablo_updates (tablo_id, epoch, update) VALUES ('${id}', 4, '')`,
    `INSERT INTO tablo_documents (tablo_id, epoch, state) VALUES ('${id}', 4, '')`,
    `INSERT INTO tablo_erasures (message_id, tablo_id, epoch) VALUES ('${gone}', '${id}', 4) ON CONFLICT DO NOTHING`,
    `INSERT INTO tablo_clients (tablo_id, epoch, client_id, user_id) VALUES ('${id}', 4, 1, '${alice}')`,
    `INSERT INTO tablo_invites (code_hash, tablo_id, role, created_by, expires_at) VALUES ('${id}', '${id}', 'member', '${alice}', now() + interval '1 day')`,
    `INSERT INTO channel_read_state (user_id, channel_id) VALUES ('${alice}', '${id}')`,
    `INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ('${alice}', '${id}', 'x')`,
    `INSERT INTO tablo_private.own_marks (channel_id, user_id, seq, messages) VALUES ('${id}', '${alice}', 1, 1)`,
    `INSERT INTO tablo_private.invitations (tablo_id, user_id, role, invited_by) VALUES ('${id}', gen_random_uuid(), 'member', '${alice}')`,
    `INSERT INTO tablo_private.newcomers (tablo_id, user_id, added_by) VALUES ('${id}', gen_random_uuid(), '${alice}')`,
    `INSERT INTO tablo_private.decisions (tablo_id, user_id, decided_at) VALUES ('${id}', '${bob}', now())`,
  ])
    await pool.query(sql);
}

/** Tables that still have a row which names the tablo, or a message of it; that of its last document is to stay. */
async function tablesOf(id: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'tablo_private') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const hit = await pool.query(`SELECT FROM ${name} AS r WHERE strpos(r::text, $1) > 0 LIMIT 1`, [id]);
    if (hit.rowCount !== 0) found.push(name);
  }
  return found;
}
/** Rows that speak of a message which is no more. */
async function orphans(): Promise<number> {
  const { rows } = await pool.query(
    `SELECT count(*)::int AS count FROM (SELECT message_id FROM tablo_votes UNION ALL SELECT message_id FROM tablo_reaction_kinds) AS v
     WHERE NOT EXISTS (SELECT FROM messages m WHERE m.id = v.message_id)`,
  );
  return rows[0].count;
}

it('[R6] a replicated removal, or a lower role, is a decision: what was open for that person ends', async () => {
  await pool.query('DELETE FROM tablo_private.decisions');
  await replicated(
    `UPDATE tablo_access SET is_active = false WHERE tablo_id = '${tablo}' AND user_id = '${bob}'`,
    `UPDATE tablo_access SET role = 'member' WHERE tablo_id = '${tablo}' AND user_id = '${alice}'`,
  );
  const { rows } = await pool.query('SELECT user_id FROM tablo_private.decisions WHERE tablo_id = $1 ORDER BY 1', [
    tablo,
  ]);
  expect(rows).toEqual([{ user_id: alice }, { user_id: bob }]);
});

it.each(['origin', 'replica'])('[R2] a tablo that is deleted as %s leaves no row of ours behind', async (role) => {
  expect((await tablesOf(tablo)).length).toBeGreaterThan(15);
  // Memberships are the host's to replicate.
  const statements = [
    `DELETE FROM tablo_access WHERE tablo_id = '${tablo}'`,
    `DELETE FROM tablos WHERE id = '${tablo}'`,
  ];
  if (role === 'replica') await replicated(...statements);
  else for (const sql of statements) await pool.query(sql);
  expect(await tablesOf(tablo)).toEqual(['tablo_private.past_epochs']);
  expect(await orphans()).toBe(0);
});

it.each(['origin', 'replica'])('[R2] TRUNCATE of all tablos as %s takes all our rows along', async (role) => {
  if (role === 'replica') await replicated('TRUNCATE tablos CASCADE');
  else await pool.query('TRUNCATE tablos CASCADE');
  expect(await tablesOf(tablo)).toEqual(['tablo_private.past_epochs']);
  expect(await orphans()).toBe(0);
});

it('[R2] a replicated deletion of messages leaves no votes behind, and the document moves', async () => {
  await pool.query('DELETE FROM tablo_erasures');
  await replicated(`DELETE FROM messages WHERE channel_id = '${tablo}'`);
  expect(await orphans()).toBe(0);
  expect((await pool.query('SELECT FROM tablo_erasures WHERE tablo_id = $1', [tablo])).rowCount).toBe(1);
});

it('[R9] forgetting a tablo looks at no other one’s rows: each of our tables has an index that begins with the tablo', async () => {
  const { rows } = await pool.query<{ source: string }>(
    `SELECT prosrc AS source FROM pg_proc WHERE oid = 'tablo_private.forget_tablo'::regproc`,
  );
  const named = [...(rows[0]?.source ?? '').matchAll(/DELETE FROM (\S+) WHERE (\w+) = OLD\.id/g)];
  expect(named.length).toBeGreaterThan(15);
  for (const [, table, column] of named) {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
       WHERE i.indrelid = $1::regclass AND a.attname = $2 AND i.indpred IS NULL`,
      [table, column],
    );
    expect([table, rowCount !== 0]).toEqual([table, true]);
  }
});

it.each([
  ['deleted', (id: string) => pool.query('DELETE FROM tablos WHERE id = $1', [id])],
  ['deleted by replication', (id: string) => replicated(`DELETE FROM tablos WHERE id = '${id}'`)],
  ['truncated', () => pool.query('TRUNCATE tablos CASCADE')],
])(
  '[R2] a tablo that was %s and is inserted again under its id begins with a document that never was',
  async (_, end) => {
    await end(tablo);
    await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Again')`, [tablo]);
    const epochOf = async () => (await pool.query('SELECT epoch FROM tablos WHERE id = $1', [tablo])).rows[0]?.epoch;
    expect(await epochOf()).toBe(5);
    const other = createEntryId();
    await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'New')`, [other]);
    expect((await pool.query('SELECT epoch FROM tablos WHERE id = $1', [other])).rows).toEqual([{ epoch: 1 }]);
  },
);
