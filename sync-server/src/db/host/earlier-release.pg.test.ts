import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../db-log.ts';
import { migrate } from '../migrate.ts';
import { createPool, type Pool } from '../pool.ts';
import { copyMigrations } from '../testing/copy-migrations.ts';
import { takePicture } from '../testing/host-picture.ts';
import { openEmptyDatabase, openTestDatabase, type TestDatabase } from '../testing/test-database.ts';

const ada = 'a0000000-0000-4000-8000-000000000001';

let database: TestDatabase;
let pool: Pool;
let dir: string;
beforeEach(async () => {
  database = await openEmptyDatabase();
  pool = createPool(database.url);
});
afterEach(async () => {
  await pool.end();
  await database.close();
  await rm(dir, { recursive: true, force: true });
});

const OLD_NAMES = `SELECT format('ALTER INDEX public.%I RENAME TO %I', c.relname, substr(c.relname, 12)) AS rename FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
    WHERE i.indrelid IN ('messages'::regclass, 'channel_read_state'::regclass) AND c.relname LIKE 'tablo\\_chat\\_%'
  UNION ALL SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', conrelid::regclass, conname, substr(conname, 12)) FROM pg_constraint
    WHERE conrelid IN ('messages'::regclass, 'channel_read_state'::regclass) AND contype = 'c' AND conname LIKE 'tablo\\_chat\\_%'`;

/** As a release before 0013 left it: the same files, and the old names of the table, of indexes and of constraints. */
async function openEarlier(last: string): Promise<void> {
  dir = await copyMigrations((name) => name <= `${last}~`);
  await migrate(database.url, silentLog, { dir });
  await pool.query(
    'ALTER TABLE chat_profiles RENAME TO profiles; ALTER INDEX chat_profiles_pkey RENAME TO profiles_pkey',
  );
  const { rows } = await pool.query<{ rename: string }>(OLD_NAMES);
  expect(rows.length).toBeGreaterThan(1);
  for (const { rename } of rows) await pool.query(rename);
  await pool.query('INSERT INTO profiles (user_id, name) VALUES ($1, $2)', [ada, 'Ada']);
}

/** Indexes and constraints of the two tables that a server before ours may have made, but for NOT NULL. */
const namesOf = async (of: Pool): Promise<readonly string[]> => {
  const { indexes, constraints } = await takePicture(of);
  return [...indexes, ...constraints].filter(
    (line) => /^(messages|channel_read_state) /.test(line) && !line.includes('_not_null"'),
  );
};

/** Everything about the table but the names of NOT NULL constraints, which PostgreSQL keeps and nothing asks for. */
const tableOf = async (of: Pool): Promise<readonly string[]> =>
  Object.values(await takePicture(of))
    .flat()
    .filter((line) => line.startsWith('chat_profiles ') && !line.includes('_not_null"'));

it.each(['0012', '0005', '0001'])(
  'the people of a database at %s move to chat_profiles, with policies and rights, and once; indexes and constraints get today’s names',
  async (last) => {
    await openEarlier(last);
    await migrate(database.url, silentLog);
    const fresh = await openTestDatabase();
    const freshPool = createPool(fresh.url);
    expect(await tableOf(pool)).toEqual(await tableOf(freshPool));
    expect(await namesOf(pool)).toEqual(await namesOf(freshPool));
    await freshPool.end();
    await fresh.close();
    expect((await pool.query('SELECT user_id, name, status FROM chat_profiles')).rows).toEqual([
      { user_id: ada, name: 'Ada', status: null },
    ]);
    expect(await migrate(database.url, silentLog)).toEqual([]);
  },
);

it('indexes and constraints that an administrator has dropped stay away, also where another table’s has that name', async () => {
  await openEarlier('0012');
  const names = ['messages_author_idx', 'messages_live_seq_idx', 'messages_seq', 'channel_read_state_at'];
  await pool.query(`DROP INDEX messages_author_idx, messages_live_seq_idx; CREATE INDEX messages_author_idx ON tablos (created_by);
    ALTER TABLE messages DROP CONSTRAINT messages_seq; ALTER TABLE channel_read_state DROP CONSTRAINT channel_read_state_at`);
  expect((await migrate(database.url, silentLog))[0]).toBe('0013_host-database');
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'i' UNION SELECT conname FROM pg_constraint`,
  );
  const found = rows.map(({ name }) => name);
  expect(names.filter((name) => found.includes(`tablo_chat_${name}`))).toEqual([]);
  expect(found).toEqual(
    expect.arrayContaining([
      'messages_author_idx',
      'tablo_chat_messages_live_created_idx',
      'tablo_chat_messages_times',
    ]),
  );
});

it('a profiles of the host’s that came later is not touched, and a table that is gone is said', async () => {
  await openEarlier('0012');
  await migrate(database.url, silentLog);
  await pool.query('CREATE TABLE profiles (id uuid PRIMARY KEY)');
  expect(await migrate(database.url, silentLog)).toEqual([]);
  await pool.query('DROP TABLE chat_profiles');
  await expect(migrate(database.url, silentLog)).rejects.toThrow('Neither public.chat_profiles nor');
  expect((await pool.query('SELECT count(*)::int FROM profiles')).rows).toEqual([{ count: 0 }]);
});
