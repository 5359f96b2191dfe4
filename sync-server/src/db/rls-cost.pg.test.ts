import { createEntryId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from './pool.ts';
import { actAs } from './testing/host-database.ts';
import { openTestDatabase, type TestDatabase } from './testing/test-database.ts';

const alice = '00000000-0000-4000-8000-00000000000a';
const bob = '00000000-0000-4000-8000-00000000000b';
const OTHERS = 200_000;

let database: TestDatabase;
let pool: Pool;
const mine = createEntryId();
const [seen, deleted] = [createEntryId(), createEntryId()];

beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url, { statementTimeoutMs: 120_000 });
  await pool.query(`INSERT INTO tablos (id, name, last_seq) VALUES ($1, 'Mine', 2)`, [mine]);
  for (const user of [alice, bob])
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [mine, user]);
  for (const [id, seq, deletedAt] of [
    [seen, 1, null],
    [deleted, 2, new Date()],
  ] as const) {
    await pool.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, deleted_at) VALUES ($1, $2, $3, 'hi', now(), now(), now(), $4, $5)`,
      [id, mine, bob, seq, deletedAt],
    );
    await pool.query(
      `INSERT INTO message_edits (id, message_id, user_id, text, edited_at) VALUES (gen_random_uuid(), $1, $2, 'before', now())`,
      [id, bob],
    );
    await pool.query(
      `INSERT INTO message_reactions (message_id, user_id, emoji, created_at, entry_id) VALUES ($1, $2, '👍', now(), gen_random_uuid())`,
      [id, bob],
    );
  }
  await pool.query(`INSERT INTO chat_profiles (user_id, name) SELECT unnest($1::uuid[]), 'Known'`, [[alice, bob]]);
  await pool.query('INSERT INTO channel_read_state (user_id, channel_id) VALUES ($1, $2)', [alice, mine]);
  await pool.query(`INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ($1, $2, 'x')`, [alice, mine]);
}, 60_000);
afterAll(async () => {
  await pool.end();
  await database.close();
});

const TABLES = [
  'messages',
  'message_edits',
  'message_reactions',
  'tablos',
  'tablo_access',
  'chat_profiles',
  'channel_read_state',
  'channel_drafts',
] as const;

/** 200,000 rows of every kind in a hundred tablos of others. As replication writes them: without a million checks and triggers. */
async function addOthers(): Promise<void> {
  await pool.query(`BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off;
    INSERT INTO tablos (id, name) SELECT gen_random_uuid(), 'Others' FROM generate_series(1, ${OTHERS});
    CREATE TEMP TABLE crowd ON COMMIT DROP AS SELECT t.id AS tablo, gen_random_uuid() AS user_id, gen_random_uuid() AS message, nth
      FROM (SELECT id FROM tablos WHERE name = 'Others' LIMIT 100) t, generate_series(1, ${OTHERS / 100}) AS nth;
    INSERT INTO tablo_access (tablo_id, user_id) SELECT tablo, user_id FROM crowd;
    INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
      SELECT message, tablo, user_id, 'hi', now(), now(), now(), nth FROM crowd;
    INSERT INTO message_edits (id, message_id, user_id, text, edited_at, channel_id)
      SELECT message, message, user_id, 'x', now(), tablo FROM crowd;
    INSERT INTO message_reactions (message_id, user_id, emoji, created_at, entry_id, channel_id)
      SELECT message, user_id, '👍', now(), message, tablo FROM crowd;
    INSERT INTO chat_profiles (user_id, name) SELECT user_id, 'Other' FROM crowd;
    INSERT INTO channel_read_state (user_id, channel_id) SELECT user_id, tablo FROM crowd;
    INSERT INTO channel_drafts (user_id, channel_id, text) SELECT user_id, tablo, 'x' FROM crowd;
    COMMIT`);
  await pool.query('ANALYZE');
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that any node of the plan looked at, and what the query counts. */
async function look(table: string, sub: string): Promise<{ count: number; rows: number }> {
  return await actAs(pool, { role: 'authenticated', sub }, async (client) => {
    const { rows: counted } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    const { rows } = await client.query<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) SELECT count(*) FROM ${table}`,
    );
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    return { count: counted[0]?.count ?? -1, rows: plan === undefined ? -1 : rowsOf(plan) };
  });
}

function rowsOf(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const own = (node['Actual Rows'] + removed) * node['Actual Loops'];
  return own + (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), 0);
}

describe('row level security', () => {
  it(`[R9] row level security looks at a member's own rows, and at none of 200,000 of others, in every table`, async () => {
    const before = await Promise.all(TABLES.map((table) => look(table, alice)));
    // Of the deleted message neither the edit nor the reaction.
    expect(Object.fromEntries(TABLES.map((table, nth) => [table, before[nth]?.count]))).toEqual({
      messages: 2,
      message_edits: 1,
      message_reactions: 1,
      tablos: 1,
      tablo_access: 2,
      chat_profiles: 2,
      channel_read_state: 1,
      channel_drafts: 1,
    });
    await addOthers();
    for (const [nth, table] of TABLES.entries()) {
      const after = await look(table, alice);
      expect({ table, count: after.count }).toEqual({ table, count: before[nth]?.count });
      expect(after.rows, table).toBeLessThan(60);
    }
    for (const table of TABLES)
      expect({ table, count: (await look(table, createEntryId())).count }).toEqual({ table, count: 0 });
  }, 300_000);

  it('[R6] a message that is deleted hides its edits and reactions at once, with whatever is still in their rows', async () => {
    const read = (sql: string) =>
      actAs(pool, { role: 'authenticated', sub: alice }, async (client) => (await client.query(sql)).rows as unknown[]);
    expect(await read('SELECT text FROM message_edits')).toEqual([{ text: 'before' }]);
    await pool.query('UPDATE messages SET deleted_at = now() WHERE id = $1', [seen]);
    expect(await read('SELECT text FROM message_edits')).toEqual([]);
    expect(await read('SELECT emoji FROM message_reactions')).toEqual([]);
    await pool.query('UPDATE messages SET deleted_at = NULL WHERE id = $1', [seen]);
  });

  it('[R6] a deleted tablo is nobody’s reason any more to read who was in it', async () => {
    const names = () =>
      actAs(pool, { role: 'authenticated', sub: alice }, async (client) => {
        const { rows } = await client.query<{ user_id: string }>('SELECT user_id FROM chat_profiles ORDER BY user_id');
        const shares = await client.query('SELECT tablo_private.shares_tablo($1) AS shares', [bob]);
        return [rows.map(({ user_id }) => user_id), shares.rows[0]] as const;
      });
    expect(await names()).toEqual([[alice, bob], { shares: true }]);
    await pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [mine]);
    expect(await names()).toEqual([[alice], { shares: false }]);
    await pool.query('UPDATE tablos SET deleted_at = NULL WHERE id = $1', [mine]);
  });
});
