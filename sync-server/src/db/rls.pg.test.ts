import { createEntryId } from '@tablo/schema/ids';
import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from './pool.ts';
import { openTestDatabase, type TestDatabase } from './testing/test-database.ts';

const alice = '00000000-0000-4000-8000-00000000000a';
const eve = '00000000-0000-4000-8000-00000000000e';
const [mine, others] = [createEntryId(), createEntryId()];
const [seen, hidden] = [createEntryId(), createEntryId()];
const TABLES = [
  'tablos',
  'tablo_access',
  'messages',
  'message_edits',
  'message_reactions',
  'channel_read_state',
  'channel_drafts',
  'chat_profiles',
  'tablo_entries',
  'tablo_documents',
  'tablo_updates',
  'tablo_clients',
  'tablo_invites',
  'tablo_votes',
  'tablo_reaction_kinds',
  'tablo_erasures',
];

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
  for (const [tablo, user, message] of [
    [mine, alice, seen],
    [others, eve, hidden],
  ]) {
    await pool.query("INSERT INTO tablos (id, name, last_seq) VALUES ($1, 'T', 9)", [tablo]);
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [tablo, user]);
    await pool.query(
      "INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq) VALUES ($1, $2, $3, 'hi', now(), now(), now(), 1)",
      [message, tablo, user],
    );
    await pool.query('INSERT INTO channel_read_state (user_id, channel_id) VALUES ($1, $2)', [user, tablo]);
  }
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

/** Runs as one of Supabase's roles, with the claims that PostgREST sets, and takes everything back. */
async function as<T>(role: string, sub: string | null, act: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL ROLE ${role}`);
    if (sub !== null)
      await client.query("SELECT set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub, role })]);
    return await act(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}
const ids = async (client: PoolClient, sql: string) =>
  (await client.query<{ id: string }>(sql)).rows.map(({ id }) => id);

describe('row level security', () => {
  it.each(TABLES)('[R6] anon reads nothing of %s', async (table) => {
    await expect(as('anon', null, (client) => client.query(`SELECT * FROM ${table}`))).rejects.toThrow(
      'permission denied',
    );
  });

  it('[R6] a person whom somebody added without having met them is named to nobody by SQL either, before they have used the tablo', async () => {
    const [mallory, victim] = ['00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-0000000000d2'];
    const trap = createEntryId();
    await pool.query("INSERT INTO tablos (id, name, last_seq) VALUES ($1, 'Trap', 9)", [trap]);
    for (const user of [mallory, victim])
      await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [trap, user]);
    await pool.query(`INSERT INTO chat_profiles (user_id, name, email) VALUES ($1, 'Victim', 'victim@example.org')`, [
      victim,
    ]);
    // As the REST route writes it.
    await pool.query('INSERT INTO tablo_private.newcomers (tablo_id, user_id, added_by) VALUES ($1, $2, $3)', [
      trap,
      victim,
      mallory,
    ]);
    const seenBy = async (user: string) =>
      as('authenticated', user, async (client) => [
        (await client.query('SELECT email FROM chat_profiles WHERE user_id = $1', [victim])).rows,
        (await client.query('SELECT tablo_private.shares_tablo($1) AS shares', [victim])).rows[0]?.shares,
      ]);
    expect(await seenBy(mallory)).toEqual([[], false]);
    expect(await seenBy(victim)).toEqual([[{ email: 'victim@example.org' }], true]);
    await pool.query('DELETE FROM tablo_private.newcomers WHERE user_id = $1', [victim]);
    expect(await seenBy(mallory)).toEqual([[{ email: 'victim@example.org' }], true]);
  });

  it('[R6] a member reads the messages and the members of own tablos only', async () => {
    expect(await as('authenticated', alice, (client) => ids(client, 'SELECT id FROM messages'))).toEqual([seen]);
    expect(await as('authenticated', alice, (client) => ids(client, 'SELECT id FROM tablos'))).toEqual([mine]);
    expect(
      await as('authenticated', alice, (client) => ids(client, 'SELECT tablo_id AS id FROM tablo_access')),
    ).toEqual([mine]);
    expect(await as('authenticated', null, (client) => ids(client, 'SELECT id FROM messages'))).toEqual([]);
  });

  it.each([
    [
      'INSERT',
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq) VALUES ('${createEntryId()}', '${mine}', '${alice}', 'x', now(), now(), now(), 2)`,
    ],
    ['UPDATE', "UPDATE messages SET text = 'x'"],
    ['DELETE', 'DELETE FROM messages'],
    ['membership', `INSERT INTO tablo_access (tablo_id, user_id) VALUES ('${others}', '${alice}')`],
    ['role', "UPDATE tablo_access SET role = 'owner'"],
    ['log', 'SELECT * FROM tablo_updates'],
    ['secret', 'SELECT * FROM tablo_private.settings'],
  ])('[R6] a member cannot %s by SQL', async (_, sql) => {
    await expect(as('authenticated', alice, (client) => client.query(sql))).rejects.toThrow('permission denied');
  });

  it('[R6] a member reads and writes own read state, forwards only, in own tablos only', async () => {
    await as('authenticated', alice, async (client) => {
      expect(await ids(client, 'SELECT user_id AS id FROM channel_read_state')).toEqual([alice]);
      await client.query('UPDATE channel_read_state SET last_read_seq = 5');
      await client.query('UPDATE channel_read_state SET last_read_seq = 2');
      expect((await client.query('SELECT last_read_seq FROM channel_read_state')).rows).toEqual([
        { last_read_seq: '5' },
      ]);
    });
    const intrude = `INSERT INTO channel_read_state (user_id, channel_id) VALUES ('${alice}', '${others}')`;
    await expect(as('authenticated', alice, (client) => client.query(intrude))).rejects.toThrow('row-level security');
    const forge = `INSERT INTO channel_read_state (user_id, channel_id) VALUES ('${eve}', '${mine}')`;
    await expect(as('authenticated', alice, (client) => client.query(forge))).rejects.toThrow('row-level security');
  });

  it('[R6] a member reads and writes own drafts only, in own tablos only, and the later one stands', async () => {
    await pool.query("INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ($1, $2, 'not yours')", [
      eve,
      others,
    ]);
    await as('authenticated', alice, async (client) => {
      expect((await client.query('SELECT * FROM channel_drafts')).rows).toEqual([]);
      const write = 'INSERT INTO channel_drafts (user_id, channel_id, text, updated_at) VALUES ($1, $2, $3, $4)';
      await client.query(write, [alice, mine, 'typed', '2026-01-02T00:00:00.000Z']);
      await client.query("UPDATE channel_drafts SET text = 'older', updated_at = '2026-01-01T00:00:00.000Z'");
      expect((await client.query('SELECT text FROM channel_drafts')).rows).toEqual([{ text: 'typed' }]);
      await client.query("UPDATE channel_drafts SET text = 'later', updated_at = '2026-01-03T00:00:00.000Z'");
      expect((await client.query('SELECT text FROM channel_drafts')).rows).toEqual([{ text: 'later' }]);
    });
    const intrude = `INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ('${alice}', '${others}', 'x')`;
    await expect(as('authenticated', alice, (client) => client.query(intrude))).rejects.toThrow('row-level security');
    const forge = `INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ('${eve}', '${mine}', 'x')`;
    await expect(as('authenticated', alice, (client) => client.query(forge))).rejects.toThrow('row-level security');
    const remove = as('authenticated', alice, (client) => client.query('DELETE FROM channel_drafts'));
    await expect(remove).rejects.toThrow('permission denied');
  });

  it('service_role sees and writes everything, as on Supabase', async () => {
    await as('service_role', null, async (client) => {
      expect(await ids(client, 'SELECT id FROM messages ORDER BY id')).toEqual([seen, hidden].sort());
      await client.query("UPDATE messages SET text = 'moderated'");
    });
  });

  it('the database has a comment on every table and column of ours', async () => {
    const { rows } = await pool.query(
      `SELECT c.relname || coalesce('.' || a.attname, '') AS missing FROM pg_class c LEFT JOIN LATERAL
         (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped UNION ALL SELECT NULL, 0) a ON true
       WHERE c.relname = ANY($1) AND c.relnamespace = 'public'::regnamespace AND col_description(c.oid, a.attnum) IS NULL AND obj_description(c.oid) IS NOT NULL AND a.attnum > 0
          OR c.relname = ANY($1) AND c.relnamespace = 'public'::regnamespace AND a.attnum = 0 AND obj_description(c.oid, 'pg_class') IS NULL`,
      [TABLES],
    );
    expect(rows).toEqual([]);
  });
});
