import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { fillTakenOver } from '../../ledger/store/pg-taken-over.ts';
import { type DbLog, silentLog } from '../db-log.ts';
import { migrate } from '../migrate.ts';
import { createPool } from '../pool.ts';
import { compare, takePicture } from '../testing/host-picture.ts';
import { makeRole } from '../testing/make-role.ts';
import { ada, asUser, ben, boat, cleo, nameless, openHost } from '../testing/open-host.ts';
import { TABLES } from './our-tables.ts';
import { findHidden } from './row-security.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = (url: string, log: DbLog = silentLog) => migrate(url, log, { fillDocuments: fillTakenOver });

async function open(options: Parameters<typeof openHost>[0] = {}) {
  const host = await openHost(options);
  closers.push(host.close);
  const pool = createPool(host.superuserUrl);
  closers.push(() => pool.end());
  return { ...host, pool };
}

const read = async (pool: Pool, sql: string) => (await pool.query(sql)).rows as unknown[];

describe('the server starts on a host’s database, as its owner who is no superuser,', () => {
  it.each([false, true])(
    'and changes nothing of the host’s, also where its indexes have names like ours; a second start does nothing (an earlier server’s tables: %s)',
    async (hasEarlierServer) => {
      const { url, pool } = await open({ hasEarlierServer });
      const rows = 'SELECT id, owner_id, name, color, created_at, updated_at, deleted_at FROM tablos ORDER BY id';
      const before = await takePicture(pool);
      const tablos = await read(pool, rows);
      expect((await start(url))[0]).toBe('0001_tablo-chat');
      const { gone, added } = compare(before, await takePicture(pool));
      expect(gone).toEqual([]);
      // Columns, and what begins with our name.
      const others = added.filter((line) => !/"(name|tgname)":"tablo_chat_/.test(line));
      const columns = others.filter((line) => line.includes('"attname":'));
      expect(others.filter((line) => !columns.includes(line))).toEqual([]);
      expect(columns.map((line) => /"attname":"(\w+)"/.exec(line)?.[1]).sort()).toEqual(
        [
          ...['created_by', 'epoch', 'last_seq', 'role', 'created_at'],
          ...(hasEarlierServer
            ? ['sent_at', 'received_at', 'seq', 'reply_to', 'edit_id', 'first_text', 'edit_count', 'last_read_seq']
            : []),
        ].sort(),
      );
      expect(await read(pool, rows)).toEqual(tablos);
      const picture = await takePicture(pool);
      expect(await start(url)).toEqual([]);
      expect(compare(picture, await takePicture(pool))).toEqual({ gone: [], added: [] });
    },
  );

  it('[R6] whoever runs a tablo on the host’s tables runs it here: its owner, its admins, and whoever becomes one', async () => {
    const { url, pool } = await open();
    await start(url);
    const roles = () =>
      read(pool, `SELECT user_id, role FROM tablo_access WHERE tablo_id = '${boat}' ORDER BY user_id`);
    const are = (...roles: string[]) => [ada, ben, cleo].map((user_id, nth) => ({ user_id, role: roles[nth] }));
    expect(await roles()).toEqual(are('owner', 'member', 'admin'));
    await pool.query('UPDATE tablo_access SET is_admin = (user_id = $1)', [ben]);
    expect(await roles()).toEqual(are('owner', 'admin', 'member'));
    // The last word counts: ours until the host says something else.
    await pool.query(`UPDATE tablo_access SET role = 'guest' WHERE user_id = $1`, [ben]);
    await pool.query('UPDATE tablo_access SET is_active = true');
    expect(await roles()).toEqual(are('owner', 'guest', 'member'));
    await pool.query('UPDATE tablos SET owner_id = $2 WHERE id = $1', [boat, cleo]);
    expect(await roles()).toEqual(are('member', 'guest', 'owner'));
    await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1', [boat]);
    await pool.query(
      `INSERT INTO tablo_access (tablo_id, user_id, is_admin) VALUES ($1, $2, false), ($1, $3, true), ($1, $4, false)`,
      [boat, ada, ben, cleo],
    );
    expect(await roles()).toEqual(are('member', 'admin', 'owner'));
    // A host that drops or alters its columns is not stopped by our triggers.
    await pool.query('ALTER TABLE tablos RENAME owner_id TO keeper; ALTER TABLE tablo_access DROP COLUMN is_admin');
    await pool.query(`UPDATE tablos SET name = 'Renamed'; UPDATE tablo_access SET is_active = NOT is_active`);
  });

  it('[R6] default privileges of a host open none of our tables to anon', async () => {
    const { url, pool } = await open({ hasEarlierServer: true });
    await start(url);
    const ours = TABLES.slice(4);
    expect(
      await read(
        pool,
        `SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'S') AND (c.relnamespace::regnamespace::text LIKE 'tablo\\_%' OR c.relname = ANY('{${ours.join()}}'))
           AND has_table_privilege('anon', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')`,
      ),
    ).toEqual([]);
  });
});

// The ids run against the times. What is later than all of it is so by years.
const WRONG_CLOCKS = `INSERT INTO public.messages (id, channel_id, user_id, text, created_at, updated_at, deleted_at) VALUES
    ('c0000000-0000-4000-8000-0000000000f3', '${boat}', '${ada}', 'in years', '2099-01-01 00:00:00+00', '2099-01-02 00:00:00+00', NULL),
    ('c0000000-0000-4000-8000-0000000000f2', '${boat}', '${ada}', 'gone in years', '2099-01-01 00:00:00.0001+00', NULL, '9999-12-31 23:59:59.999+00'),
    ('c0000000-0000-4000-8000-0000000000f1', '${boat}', '${ben}', 'never', '9999-12-31 23:59:59.999+00', NULL, NULL);
  INSERT INTO public.channel_read_state (user_id, channel_id, last_read_at) VALUES ('${cleo}', '${boat}', '9999-12-31 23:59:59.999+00');`;

describe('what a server before ours has left', () => {
  it('[R4] [R10] what a server before ours has left is taken over: ids, order, times, deletions, read positions, documents; what cannot be is kept and told', async () => {
    const { url, pool } = await open({ hasEarlierServer: true });
    const said: unknown[] = [];
    const note = (fields: object | string) => void said.push(fields);
    await start(url, { ...silentLog, warn: note, info: note });
    expect(
      await read(
        pool,
        `SELECT right(id::text, 1) AS id, seq::int, text, created_at = date_trunc('milliseconds', timestamptz '2026-02-01 09:00:00.123456+00') AS is_first_time,
           sent_at = created_at AND received_at = created_at AS has_times, updated_at IS NOT NULL AS is_edited, deleted_at IS NOT NULL AS is_deleted
         FROM messages WHERE id::text LIKE 'c0000000%' AND channel_id = '${boat}' ORDER BY seq`,
      ),
    ).toEqual([
      {
        id: '1',
        seq: 1,
        text: 'first\n\tof \\ all 🙂',
        is_first_time: true,
        has_times: true,
        is_edited: false,
        is_deleted: false,
      },
      {
        id: '2',
        seq: 2,
        text: 'second, "edited"',
        is_first_time: true,
        has_times: true,
        is_edited: true,
        is_deleted: false,
      },
      { id: '3', seq: 3, text: '', is_first_time: false, has_times: true, is_edited: false, is_deleted: true },
    ]);
    expect(
      await read(
        pool,
        `SELECT count(*)::int, min(seq)::int, max(seq)::int FROM messages WHERE channel_id = '${boat}' AND text LIKE 'more%'`,
      ),
    ).toEqual([{ count: 120, min: 4, max: 123 }]);
    expect(await read(pool, 'SELECT id, epoch, last_seq::int FROM tablos ORDER BY id LIMIT 2')).toEqual([
      { id: boat, epoch: 2, last_seq: 123 },
      { id: nameless, epoch: 2, last_seq: 1 },
    ]);
    expect(await read(pool, 'SELECT user_id, last_read_seq::int FROM channel_read_state ORDER BY user_id')).toEqual([
      { user_id: ada, last_read_seq: 2 },
      { user_id: ben, last_read_seq: 123 },
    ]);
    expect(
      await read(
        pool,
        `SELECT reason, content ->> 'user_id' AS author, char_length(content ->> 'text') AS length FROM tablo_private.not_taken_over ORDER BY reason, length NULLS FIRST`,
      ),
    ).toEqual([
      { reason: 'it has no text that can be seen', author: ada, length: null },
      { reason: 'it has no text that can be seen', author: ada, length: 3 },
      { reason: 'it has no text that can be seen', author: ada, length: 4 },
      { reason: 'it has no time that can be shown', author: ada, length: 5 },
      { reason: 'its tablo does not exist', author: ada, length: 6 },
      { reason: 'its text is longer than 8,000 characters', author: ada, length: 8001 },
    ]);
    expect(said).toContainEqual({ table: 'messages', reason: 'it has no text that can be seen', rows: 3 });
    expect(said).toContainEqual({ messages: 124, tablos: 2, read_positions: 2 });
    expect(
      await read(pool, 'SELECT message_id::text AS what FROM message_edits UNION ALL SELECT what FROM told'),
    ).toEqual([]);
  });

  it('[R8] what a server before ours has left keeps the order that it had: within one millisecond, and where clocks were wrong by years', async () => {
    const { url, pool } = await open({ hasEarlierServer: true, more: WRONG_CLOCKS });
    const before = await read(
      pool,
      `SELECT id, deleted_at IS NULL AS stays FROM messages
       WHERE channel_id = '${boat}' AND char_length(text) <= 8000 AND text ~ '[a-z]' AND created_at IS NOT NULL ORDER BY created_at, id`,
    );
    expect(before).toHaveLength(126);
    await start(url);
    expect(
      await read(
        pool,
        `SELECT id, deleted_at IS NULL AS stays FROM messages WHERE channel_id = '${boat}' ORDER BY created_at, id`,
      ),
    ).toEqual(before);
    expect(
      await read(
        pool,
        `SELECT bool_and(m.created_at = date_trunc('milliseconds', m.created_at)) AS are_whole, bool_and(m.created_at = e.shown_at AND m.sent_at = e.sent_at AND m.received_at = e.received_at) AS are_noted,
           bool_and(m.seq = n.nth) AS are_in_order
         FROM messages m JOIN tablo_entries e ON e.id = m.id JOIN (SELECT id, row_number() OVER (ORDER BY created_at, id) AS nth FROM messages WHERE channel_id = '${boat}') n ON n.id = m.id`,
      ),
    ).toEqual([{ are_whole: true, are_noted: true, are_in_order: true }]);
    expect(
      await read(
        pool,
        `SELECT max(at) <= now() + interval '1 second' AS is_past FROM (SELECT unnest(ARRAY[created_at, sent_at, received_at, updated_at, deleted_at]) AS at FROM messages
           UNION ALL SELECT unnest(ARRAY[sent_at, received_at, shown_at]) FROM tablo_entries UNION ALL SELECT last_read_at FROM channel_read_state) times`,
      ),
    ).toEqual([{ is_past: true }]);
    expect(
      await read(pool, `SELECT last_read_seq::int AS seq FROM channel_read_state WHERE user_id = '${cleo}'`),
    ).toEqual([{ seq: 126 }]);
    expect(await read(pool, `SELECT FROM pg_class WHERE relname = 'taken_times'`)).toEqual([]);
  });

  it('[R11] what a server before ours has left stays whole when the server is killed in between: the next start does it from the beginning', async () => {
    const { url, pool } = await open({ hasEarlierServer: true });
    const before = await takePicture(pool);
    const rows = await read(pool, 'SELECT * FROM messages ORDER BY id');
    const killed = migrate(url, silentLog, {
      fillDocuments: async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
        await client.query('SELECT');
      },
    });
    await expect(killed).rejects.toThrow();
    expect(compare(before, await takePicture(pool))).toEqual({ gone: [], added: [] });
    expect(await read(pool, 'SELECT * FROM messages ORDER BY id')).toEqual(rows);
    expect(await read(pool, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tablo%'`)).toEqual([]);
    expect((await start(url)).length).toBeGreaterThan(0);
  });

  it('what a server before ours has left stops the start when a table of the host’s refers to messages that cannot be taken over', async () => {
    const { url } = await open({
      hasEarlierServer: true,
      more: 'CREATE TABLE pictures (message_id uuid REFERENCES messages (id) ON DELETE CASCADE)',
    });
    await expect(start(url)).rejects.toThrow(
      /6 rows of public.messages cannot be taken over \(.*\), and pictures refers to/,
    );
  });
});

describe('a name of ours that is taken stops the start with a sentence, before anything has changed:', () => {
  const NAMES = `SELECT n.nspname AS schema, o.kind, o.name FROM pg_namespace n LEFT JOIN (
      SELECT relnamespace AS schema, 'relation ' || relkind::text AS kind, relname::text AS name FROM pg_class
      UNION ALL SELECT typnamespace, 'type', typname FROM pg_type
      UNION ALL SELECT pronamespace, 'function', oid::regprocedure::text FROM pg_proc
    ) o ON o.schema = n.oid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 3`;
  const free = 'DROP TABLE tablo_access, tablos CASCADE;';
  it.each([
    [
      'messages of another shape',
      'CREATE TABLE messages (id bigserial PRIMARY KEY, body text)',
      /public\.messages has another shape.*id as bigint.*no column channel_id.*Rename the table/,
    ],
    [
      'messages that every row must fill more of',
      `CREATE TABLE messages (id uuid PRIMARY KEY, channel_id uuid, user_id uuid, text text, kind text NOT NULL,
      created_at timestamptz, updated_at timestamptz, deleted_at timestamptz)`,
      /has a column kind that every new row must fill\. Give a default to the column public\.messages\.kind, or DROP/,
    ],
    [
      'messages without a key',
      `CREATE TABLE messages (id uuid, channel_id uuid, user_id uuid, text text, created_at timestamptz, updated_at timestamptz,
      deleted_at timestamptz)`,
      /has no primary key or unique index of just id/,
    ],
    [
      'read positions of another shape',
      'CREATE TABLE channel_read_state (user_id text, channel_id uuid, last_read_at timestamptz)',
      /public\.channel_read_state .*user_id as text/,
    ],
    [
      'tablos with other ids',
      `${free} CREATE TABLE tablos (id bigserial PRIMARY KEY)`,
      /public\.tablos .*id as bigint/,
    ],
    ['an epoch of the host’s', 'ALTER TABLE tablos ADD epoch text', /public\.tablos .*epoch as text/],
    [
      'messages whose time of an edit is never empty',
      `CREATE TABLE messages (id uuid PRIMARY KEY, channel_id uuid, user_id uuid, text text, created_at timestamptz,
      updated_at timestamptz NOT NULL, deleted_at timestamptz NOT NULL)`,
      /ALTER TABLE public\.messages ALTER updated_at DROP NOT NULL;.*ALTER TABLE public\.messages ALTER deleted_at DROP NOT NULL;/,
    ],
    [
      'a column that the host’s database makes',
      `ALTER TABLE tablo_access DROP is_active CASCADE, ADD state text, ADD is_active boolean GENERATED ALWAYS AS (state = 'on') STORED`,
      /ALTER TABLE public\.tablo_access ALTER is_active DROP EXPRESSION;/,
    ],
    [
      'a counter that the host’s database makes',
      'ALTER TABLE tablos ADD last_seq bigint GENERATED ALWAYS AS IDENTITY',
      /ALTER TABLE public\.tablos ALTER last_seq SET GENERATED BY DEFAULT;/,
    ],
    [
      'tablos that are always deleted',
      `DELETE FROM tablos WHERE deleted_at IS NULL; ALTER TABLE tablos ALTER deleted_at SET NOT NULL`,
      /ALTER TABLE public\.tablos ALTER deleted_at DROP NOT NULL;/,
    ],
    [
      'a role of another kind',
      'ALTER TABLE tablo_access ADD role integer',
      /public\.tablo_access .*role as integer\. Rename the column public\.tablo_access\.role\. Or use another/,
    ],
    ['a view', 'CREATE VIEW chat_profiles AS SELECT 1 AS user_id', /public\.chat_profiles is taken by a view/],
    [
      'a view in place of a table',
      `${free} CREATE VIEW tablos AS SELECT gen_random_uuid() AS id`,
      /public\.tablos is a view/,
    ],
    ['a type', `CREATE TYPE message_edits AS ENUM ('a')`, /public\.message_edits is taken by a type/],
    ['a sequence', 'CREATE SEQUENCE tablo_updates', /public\.tablo_updates is taken by a sequence/],
    [
      'an index',
      'CREATE INDEX tablo_chat_messages_author_idx ON tablos (owner_id)',
      /public\.tablo_chat_messages_author_idx is taken by an? index/,
    ],
    [
      'an index that is made with a table which is not there',
      `${free} CREATE TABLE others (user_id uuid); CREATE INDEX tablo_access_user_id_idx ON others (user_id)`,
      /public\.tablo_access_user_id_idx is taken by an? index/,
    ],
    ['a schema', 'CREATE SCHEMA tablo_identity', /tablo_identity is taken by a schema/],
    [
      'a schema with something in it',
      'CREATE SCHEMA tablo_private; CREATE TABLE tablo_private.settings ()',
      /tablo_private is taken/,
    ],
    [
      'a function',
      'DROP FUNCTION auth.uid() CASCADE; CREATE FUNCTION auth.uid() RETURNS text LANGUAGE sql AS $$ SELECT 1::text $$',
      /auth\.uid\(\) returns text/,
    ],
    [
      'somebody else’s table',
      'ALTER TABLE tablos OWNER TO postgres_of_test',
      /public\.tablos belongs to "postgres_of_test"/,
    ],
    [
      'hidden rows',
      'ALTER TABLE tablo_access FORCE ROW LEVEL SECURITY',
      /Row level security hides the rows of public\.tablo_access .*NO FORCE/,
    ],
  ])('%s, a name of ours that is taken, stops the start with a sentence', async (what, more, sentence) => {
    const host = await open({
      more: `${makeRole('postgres_of_test', 'NOLOGIN')} ${makeRole('tablo_test_plain')}
        GRANT tablo_test_host TO tablo_test_plain; ${more}`,
    });
    const before = await takePicture(host.pool);
    const names = await read(host.pool, NAMES);
    // BYPASSRLS is not inherited.
    const url = what === 'hidden rows' ? asUser(host.url, 'tablo_test_plain') : host.url;
    const failure = await start(url).catch((error: Error) => error.message);
    expect(failure).toMatch(sentence);
    expect(String(failure).length).toBeLessThan(700);
    expect(compare(before, await takePicture(host.pool))).toEqual({ gone: [], added: [] });
    expect(await read(host.pool, NAMES)).toEqual(names);
  });

  it('README names them all', async () => {
    const readme = await readFile(join(import.meta.dirname, '../../../../README.md'), 'utf8');
    const { url, pool } = await open();
    const before = await takePicture(pool);
    await start(url);
    const after = await takePicture(pool);
    const made = after.tables
      .map((line) => line.split(' ')[0] ?? '')
      .filter((name) => !before.tables.some((line) => line.startsWith(`${name} `)) && !name.endsWith('_seq'));
    expect([...TABLES].filter((name) => !made.includes(name)).sort()).toEqual(['tablo_access', 'tablos']);
    expect([...made, 'tablo_private', 'tablo_identity'].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('an owner who may do less', () => {
  it('[R6] an owner who has no rows to see, since row level security is forced, is told so while the server runs', async () => {
    const { pool, url, run } = await open({
      more: `${makeRole('tablo_test_plain')}
        GRANT tablo_test_host TO tablo_test_plain`,
    });
    await start(url);
    const plain = createPool(asUser(url, 'tablo_test_plain'));
    closers.push(() => plain.end());
    expect(await findHidden(plain)).toBe(null);
    await run('ALTER TABLE tablo_access FORCE ROW LEVEL SECURITY');
    expect(await findHidden(plain)).toMatch(/hides the rows of public\.tablo_access from .*"tablo_test_plain"/);
    expect(await findHidden(pool)).toBe(null);
    await expect(migrate(asUser(url, 'tablo_test_plain'), silentLog)).resolves.toEqual([]);
  });

  it('an owner who may not make schemas is told which right is missing', async () => {
    const { url, pool } = await open({
      more: makeRole('tablo_test_guest'),
    });
    const before = await takePicture(pool);
    await expect(start(asUser(url, 'tablo_test_guest'))).rejects.toThrow(
      /GRANT CREATE ON DATABASE .* TO "tablo_test_guest";.*GRANT CREATE ON SCHEMA public/,
    );
    expect(compare(before, await takePicture(pool))).toEqual({ gone: [], added: [] });
  });
});
