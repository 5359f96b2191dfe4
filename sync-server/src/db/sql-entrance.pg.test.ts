import { createEntryId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from './db-log.ts';
import { migrate } from './migrate.ts';
import { createPool } from './pool.ts';
import { actAs, HOST_DATABASE } from './testing/host-database.ts';
import { makeRole } from './testing/make-role.ts';
import { onServer, openEmptyDatabase, type TestDatabase } from './testing/test-database.ts';

const alice = '00000000-0000-4000-8000-00000000000a';
const eve = '00000000-0000-4000-8000-00000000000e';
const AUTHENTICATED = { role: 'authenticated', sub: alice } as const;
const OURS = [
  'messages',
  'message_edits',
  'message_reactions',
  'channel_read_state',
  'channel_drafts',
  'chat_profiles',
  'tablo_entries',
  'tablo_documents',
  'tablo_updates',
  'tablo_invites',
  'tablo_votes',
  'tablo_reaction_kinds',
  'tablo_erasures',
  'tablo_clients',
];

let database: TestDatabase;
let pool: Pool;
let tablo: string;
beforeAll(async () => {
  database = await openEmptyDatabase();
  await onServer(database.url, async (client) => {
    await client.query(HOST_DATABASE);
  });
  await migrate(database.url, silentLog);
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});
beforeEach(async () => {
  tablo = createEntryId();
  await pool.query(`INSERT INTO tablos (id, owner_id, name, epoch, last_seq) VALUES ($1, $2, 'Plans', 3, 4)`, [
    tablo,
    alice,
  ]);
  await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [tablo, alice]);
});

const one = async (sql: string, values: unknown[] = [tablo]) => (await pool.query(sql, values)).rows[0] as unknown;

describe('the server’s own columns of a host’s table', () => {
  it.each([
    ['epoch', 'epoch = 2147483647'],
    ['last_seq', 'last_seq = 0'],
    ['both, with a name of its own', `name = 'Renamed', epoch = 1, last_seq = 9223372036854775807`],
    ['null', 'epoch = NULL, last_seq = NULL'],
  ])('[R11] the server’s own columns of a host’s table stay as they are when their owner sets %s', async (_, set) => {
    await actAs(pool, { ...AUTHENTICATED, keep: true }, (client) =>
      client.query(
        `SELECT set_config('tablo_chat.server', 'yes', true); UPDATE tablos SET ${set} WHERE id = '${tablo}'`,
      ),
    );
    expect(await one('SELECT epoch, last_seq, name FROM tablos WHERE id = $1')).toEqual({
      epoch: 3,
      last_seq: '4',
      name: set.includes('Renamed') ? 'Renamed' : 'Plans',
    });
  });

  it('[R11] the server’s own columns of a host’s table start at their defaults whatever an owner inserts, by an upsert too', async () => {
    const id = createEntryId();
    const insert = `INSERT INTO tablos (id, owner_id, name, epoch, last_seq) VALUES ($1, $2, 'New', 7, 70)
      ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch + 8, last_seq = 80`;
    for (let nth = 0; nth < 2; nth += 1)
      await actAs(pool, { ...AUTHENTICATED, keep: true }, (client) => client.query(insert, [id, alice]));
    expect(await one('SELECT epoch, last_seq FROM tablos WHERE id = $1', [id])).toEqual({ epoch: 1, last_seq: '0' });
  });

  it('[R11] the server’s own columns of a host’s table are kept against service_role', async () => {
    await actAs(pool, { role: 'service_role', keep: true }, (client) =>
      client.query('UPDATE tablos SET epoch = 9, last_seq = 99 WHERE id = $1', [tablo]),
    );
    expect(await one('SELECT epoch, last_seq FROM tablos WHERE id = $1')).toEqual({ epoch: 3, last_seq: '4' });
  });

  it('[R11] the server’s own columns of a host’s table are kept against a host’s function that runs with its owner’s rights, when people call it', async () => {
    // As behind a gateway: who logs in is not the owner of anything.
    await pool.query(makeRole('tablo_test_gateway', "LOGIN NOINHERIT PASSWORD 'x'"));
    await pool.query('GRANT authenticated TO tablo_test_gateway');
    const url = new URL(database.url);
    url.username = 'tablo_test_gateway';
    url.password = 'x';
    const gateway = createPool(url.href, { max: 1 });
    await actAs(gateway, { ...AUTHENTICATED, keep: true }, (client) =>
      client.query('SELECT rename_tablo($1, $2)', [tablo, { name: 'By function', epoch: 12, last_seq: 0 }]),
    );
    await gateway.end();
    expect(await one('SELECT name, epoch, last_seq FROM tablos WHERE id = $1')).toEqual({
      name: 'By function',
      epoch: 3,
      last_seq: '4',
    });
  });

  it('the server’s own columns of a host’s table are the server’s and its administrator’s to write, within their ranges', async () => {
    await pool.query('UPDATE tablos SET epoch = 4, last_seq = 5 WHERE id = $1', [tablo]);
    expect(await one('SELECT epoch, last_seq FROM tablos WHERE id = $1')).toEqual({ epoch: 4, last_seq: '5' });
    for (const set of ['epoch = 0', 'epoch = 2147483647', 'last_seq = -1', 'last_seq = 9223372036854775807'])
      await expect(pool.query(`UPDATE tablos SET ${set} WHERE id = $1`, [tablo])).rejects.toThrow('tablo_chat_');
  });

  it('[R9] the server’s own columns of a host’s table cost a host’s own writes no call of ours: the trigger fires only when one of the two is written', async () => {
    const { rows } = await pool.query<{ definition: string }>(
      `SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE tgname LIKE 'tablo_chat_own_columns%'`,
    );
    expect(rows).toHaveLength(2);
    for (const { definition } of rows) expect(definition).toContain('WHEN (');
  });
});

describe('columns that we have added to a host’s tables', () => {
  // The host has tablos.deleted_at and tablo_access.is_active; role and created_by are ours.
  it('[R6] columns that we have added to a host’s tables make nobody an owner who may change their own row, and leave the host’s columns to them', async () => {
    await pool.query('UPDATE tablos SET owner_id = $2 WHERE id = $1', [tablo, eve]);
    await actAs(pool, { ...AUTHENTICATED, keep: true }, (client) =>
      client.query(`UPDATE tablo_access SET role = 'owner', seen_at = '2026-01-01Z' WHERE user_id = auth.uid()`),
    );
    expect(
      await one('SELECT role, is_active, seen_at IS NOT NULL AS is_seen FROM tablo_access WHERE tablo_id = $1'),
    ).toEqual({ role: 'member', is_active: true, is_seen: true });
    await actAs(pool, { ...AUTHENTICATED, keep: true }, (client) =>
      client.query(
        `INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, 'owner') ON CONFLICT (tablo_id, user_id) DO UPDATE SET role = 'owner'`,
        [tablo, alice],
      ),
    );
    expect(await one('SELECT role FROM tablo_access WHERE tablo_id = $1')).toEqual({ role: 'member' });
  });

  it('[R6] columns that we have added to a host’s tables are at their defaults in what people insert: a tablo counts for nobody whom its maker names', async () => {
    const id = createEntryId();
    await actAs(pool, { ...AUTHENTICATED, keep: true }, async (client) => {
      await client.query(`INSERT INTO tablos (id, owner_id, name, created_by) VALUES ($1, $2, 'New', $3)`, [
        id,
        alice,
        eve,
      ]);
      await client.query('UPDATE tablos SET created_by = $2 WHERE id = $1', [id, eve]);
      await client.query(`INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, 'owner')`, [id, alice]);
    });
    expect(await one('SELECT name, created_by, owner_id FROM tablos WHERE id = $1', [id])).toEqual({
      name: 'New',
      created_by: null,
      owner_id: alice,
    });
    // By the host's word, which calls her the owner; not by hers.
    expect(await one('SELECT role FROM tablo_access WHERE tablo_id = $1', [id])).toEqual({ role: 'owner' });
  });

  it('columns that we have added to a host’s tables are service_role’s to write, and those of a function of the host’s', async () => {
    const roleAfter = async (role: string, sql: string) => {
      await actAs(pool, { role, sub: alice, keep: true }, (client) => client.query(sql, [tablo]));
      return one('SELECT role FROM tablo_access WHERE tablo_id = $1');
    };
    await pool.query(`CREATE OR REPLACE FUNCTION promote(tablo uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
      $$ UPDATE public.tablo_access SET role = 'admin' WHERE tablo_id = tablo $$`);
    const set = `UPDATE tablo_access SET role = 'owner' WHERE tablo_id = $1`;
    expect(await roleAfter('service_role', set)).toEqual({ role: 'owner' });
    expect(await roleAfter('authenticated', 'SELECT promote($1)')).toEqual({ role: 'admin' });
    await pool.query(set, [tablo]);
    expect(await one('SELECT role FROM tablo_access WHERE tablo_id = $1')).toEqual({ role: 'owner' });
  });

  it('[R6] columns that we have added to a host’s tables keep a removal and a deletion where they are ours, and are warned of at every start where they are the host’s', async () => {
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object | string) => void warned.push(fields) };
    const startOn = async (changes: string, act: (client: Pool) => Promise<void>) => {
      const other = await openEmptyDatabase();
      await onServer(other.url, async (client) => {
        await client.query(HOST_DATABASE);
        await client.query(changes);
      });
      await migrate(other.url, silentLog);
      warned.length = 0;
      expect(await migrate(other.url, log)).toEqual([]);
      const names = warned.map((fields) => (fields as { readonly column?: string }).column);
      const otherPool = createPool(other.url);
      await act(otherPool);
      await otherPool.end();
      await other.close();
      return names;
    };
    const ended = (isKept: boolean) => async (there: Pool) => {
      await there.query(`INSERT INTO tablos (id, owner_id, name, deleted_at) VALUES ($1, $2, 'Plans', now())`, [
        tablo,
        alice,
      ]);
      await there.query('INSERT INTO tablo_access (tablo_id, user_id, is_active) VALUES ($1, $2, false)', [
        tablo,
        alice,
      ]);
      await actAs(there, { ...AUTHENTICATED, keep: true }, async (client) => {
        await client.query('UPDATE tablo_access SET is_active = true');
        await client.query('UPDATE tablos SET deleted_at = NULL');
      });
      const { rows } = await there.query(
        'SELECT is_active FROM tablo_access UNION ALL SELECT deleted_at IS NULL FROM tablos',
      );
      expect(rows).toEqual([{ is_active: !isKept }, { is_active: !isKept }]);
    };
    const none = 'ALTER TABLE tablos DROP COLUMN deleted_at; ALTER TABLE tablo_access DROP COLUMN is_active';
    expect(await startOn(none, ended(true))).toEqual([]);
    expect(await startOn('', ended(false))).toEqual(['tablo_access.is_active', 'tablos.deleted_at']);
    const readOnly = 'DROP POLICY own ON tablo_access; REVOKE INSERT, UPDATE ON tablos FROM authenticated';
    expect(await startOn(readOnly, async () => {})).toEqual([]);
  });
});

describe('a host’s users who change what is theirs', () => {
  it('a host’s users who change what is theirs delete their tablos, and all our rows go with them', async () => {
    const message = createEntryId();
    await pool.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq) VALUES ($1, $2, $3, 'hi', now(), now(), now(), 1)`,
      [message, tablo, alice],
    );
    await pool.query(
      `INSERT INTO message_edits (id, message_id, user_id, text, edited_at) VALUES ($1, $1, $2, 'x', now())`,
      [message, alice],
    );
    await pool.query(
      `INSERT INTO message_reactions (message_id, user_id, emoji, created_at, entry_id) VALUES ($1, $2, '👍', now(), $1)`,
      [message, alice],
    );
    await pool.query(
      `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
       VALUES ($1, $2, 1, 'message', $3, now(), now(), now(), '')`,
      [message, tablo, alice],
    );
    await pool.query(`INSERT INTO tablo_updates (tablo_id, epoch, update) VALUES ($1, 1, '')`, [tablo]);
    await pool.query(`INSERT INTO tablo_documents (tablo_id, epoch, state) VALUES ($1, 1, '')`, [tablo]);
    await pool.query('INSERT INTO channel_read_state (user_id, channel_id) VALUES ($1, $2)', [alice, tablo]);
    await pool.query(`INSERT INTO channel_drafts (user_id, channel_id, text) VALUES ($1, $2, 'x')`, [alice, tablo]);
    await pool.query(
      `INSERT INTO tablo_invites (code_hash, tablo_id, role, created_by, expires_at) VALUES ('', $1, 'member', $2, now())`,
      [tablo, alice],
    );
    await actAs(pool, { ...AUTHENTICATED, keep: true }, async (client) => {
      expect((await client.query('DELETE FROM tablos WHERE id = $1', [tablo])).rowCount).toBe(1);
    });
    const counts = await Promise.all(
      OURS.filter((table) => table !== 'chat_profiles').map(async (table) => [
        table,
        await one(`SELECT count(*)::int FROM ${table}`, []),
      ]),
    );
    expect(counts.filter(([, count]) => (count as { count: number }).count !== 0)).toEqual([]);
  });

  it('a host’s users join, leave and rename although notifying is not everybody’s right', async () => {
    await actAs(pool, { role: 'none' }, async (client) => {
      await client.query('REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC');
      await client.query('SET LOCAL ROLE authenticated');
      await client.query("SELECT set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub: alice })]);
      await client.query(`UPDATE tablos SET name = 'Renamed' WHERE id = $1`, [tablo]);
      await client.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1', [tablo]);
      await client.query('DELETE FROM tablos WHERE id = $1', [tablo]);
    });
  });

  it('a host’s users who change what is theirs cannot silence what their writes tell the server, by functions of their own with the same names', async () => {
    const heard: unknown[] = [];
    const listener = await pool.connect();
    listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '')));
    await listener.query('LISTEN tablo_changes');
    await pool.query('CREATE SCHEMA evil');
    await pool.query('CREATE FUNCTION evil.pg_notify(text, text) RETURNS void LANGUAGE sql AS $$ SELECT $$');
    await pool.query('GRANT ALL ON SCHEMA evil TO authenticated');
    await actAs(pool, { ...AUTHENTICATED, keep: true }, async (client) => {
      await client.query('SET LOCAL search_path = evil, pg_catalog, public');
      await client.query('UPDATE public.tablo_access SET is_active = false WHERE tablo_id = $1', [tablo]);
    });
    await listener.query('SELECT');
    expect(heard).toContainEqual({ type: 'access', tablo, user: alice });
    listener.release(true);
    await pool.query('DROP SCHEMA evil CASCADE');
  });
});

describe('rights', () => {
  it('[R6] no function of ours but the four that policies ask is anybody’s, and no schema but for them', async () => {
    const { rows } = await pool.query<{ role: string; name: string }>(
      `SELECT r.role, p.proname AS name FROM pg_proc p, (VALUES ('anon'), ('authenticated'), ('service_role')) AS r(role)
       WHERE p.pronamespace IN ('tablo_private'::regnamespace, 'tablo_identity'::regnamespace) AND has_function_privilege(r.role, p.oid, 'EXECUTE')
       ORDER BY r.role, p.proname`,
    );
    const asked = ['is_member', 'known_people', 'own_tablos', 'shares_tablo'];
    expect(rows).toEqual(['authenticated', 'service_role'].flatMap((role) => asked.map((name) => ({ role, name }))));
    const { rows: definers } = await pool.query(
      `SELECT proname FROM pg_proc WHERE pronamespace = 'tablo_private'::regnamespace
       AND prosecdef AND NOT coalesce(proconfig, '{}') && ARRAY['search_path=""', 'search_path=']`,
    );
    expect(definers).toEqual([]);
  });

  it('[R6] a trigger function of ours cannot be put on a table of one’s own', async () => {
    await expect(
      actAs(pool, AUTHENTICATED, (client) =>
        client.query(
          `CREATE TEMP TABLE bait (id uuid); CREATE TRIGGER t AFTER DELETE ON bait FOR EACH ROW EXECUTE FUNCTION tablo_private.forget_tablo()`,
        ),
      ),
    ).rejects.toThrow('permission denied for function');
  });

  it('[R6] default privileges give nobody more on our tables and sequences than the migrations say', async () => {
    const { rows } = await pool.query<{ role: string; name: string; rights: string[] }>(
      `SELECT r.role, c.relname AS name, array_agg(right_name ORDER BY right_name) AS rights
       FROM pg_class c, (VALUES ('anon'), ('authenticated'), ('service_role')) AS r(role),
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS right_name
       WHERE c.relkind = 'r' AND (c.relname = ANY($1) AND c.relnamespace = 'public'::regnamespace
         OR c.relnamespace IN ('tablo_private'::regnamespace, 'tablo_identity'::regnamespace))
         AND has_table_privilege(r.role, c.oid, right_name) GROUP BY 1, 2`,
      [OURS],
    );
    const rights = new Map(rows.map(({ role, name, rights }) => [`${role} ${name}`, rights.join()]));
    const expected = new Map([
      ...OURS.map((name) => [`service_role ${name}`, 'DELETE,INSERT,SELECT,UPDATE'] as const),
      ...['messages', 'message_edits', 'message_reactions', 'chat_profiles'].map(
        (name) => [`authenticated ${name}`, 'SELECT'] as const,
      ),
      ...['channel_read_state', 'channel_drafts'].map(
        (name) => [`authenticated ${name}`, 'INSERT,SELECT,UPDATE'] as const,
      ),
    ]);
    expect(rights).toEqual(expected);
    const { rows: sequences } = await pool.query(
      `SELECT c.relname, r.role FROM pg_class c, (VALUES ('anon'), ('authenticated'), ('service_role')) AS r(role)
       WHERE c.relkind = 'S' AND c.relname LIKE 'tablo_updates%' AND has_sequence_privilege(r.role, c.oid, 'USAGE, SELECT, UPDATE')`,
    );
    expect(sequences).toEqual([]);
  });

  it('[R6] nobody but the server sets the log’s numbers', async () => {
    for (const role of ['anon', 'authenticated', 'service_role'])
      await expect(
        actAs(pool, { role }, (client) => client.query(`SELECT setval('public.tablo_updates_id_seq', 1)`)),
      ).rejects.toThrow('permission denied');
  });
});

describe('what people write by SQL', () => {
  const write = (seq: string) =>
    actAs(pool, { ...AUTHENTICATED, keep: true }, (client) =>
      client.query(
        `INSERT INTO channel_read_state (user_id, channel_id, last_read_seq) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, channel_id) DO UPDATE SET last_read_seq = excluded.last_read_seq`,
        [alice, tablo, seq],
      ),
    );
  const position = () => one('SELECT last_read_seq AS seq FROM channel_read_state WHERE channel_id = $1');

  it('[R10] a read position beyond the end means the end, never goes back, and is no negative number', async () => {
    await expect(write('-9223372036854775808')).rejects.toThrow('channel_read_state_seq');
    await write('2');
    expect(await position()).toEqual({ seq: '2' });
    await write('9223372036854775807');
    expect(await position()).toEqual({ seq: '4' });
    await expect(write('-9223372036854775808')).rejects.toThrow('channel_read_state_seq');
    await write('0');
    await actAs(pool, { ...AUTHENTICATED, keep: true }, (client) =>
      client.query('UPDATE channel_read_state SET last_read_seq = -1'),
    );
    expect(await position()).toEqual({ seq: '4' });
    // What comes next is unread.
    await pool.query('UPDATE tablos SET last_seq = 6 WHERE id = $1', [tablo]);
    expect(await position()).toEqual({ seq: '4' });
  });

  it('[R6] a read position in a tablo that is none, or is another’s, is refused as before', async () => {
    const missing = createEntryId();
    const insert = 'INSERT INTO channel_read_state (user_id, channel_id, last_read_seq) VALUES ($1, $2, 1)';
    await expect(pool.query(insert, [alice, missing])).rejects.toThrow('foreign key');
    for (const [user, id] of [
      [alice, missing],
      [eve, tablo],
    ])
      await expect(actAs(pool, AUTHENTICATED, (client) => client.query(insert, [user, id]))).rejects.toThrow(
        'row-level security',
      );
  });

  it.each([
    ['channel_drafts', 'updated_at', 'infinity'],
    ['channel_drafts', 'updated_at', '-infinity'],
    ['channel_drafts', 'updated_at', '290000-01-01'],
    ['channel_drafts', 'updated_at', '4713-01-01 BC'],
    ['channel_read_state', 'last_read_at', 'infinity'],
    ['channel_read_state', 'last_read_at', '-infinity'],
    ['channel_read_state', 'last_read_at', '290000-01-01'],
  ])('[R11] the column %s.%s holds a time that clients can read, not %s', async (table, column, time) => {
    const text =
      table === 'channel_drafts'
        ? `, text) VALUES ('${alice}', '${tablo}', $1, 'x')`
        : `) VALUES ('${alice}', '${tablo}', $1)`;
    await expect(
      actAs(pool, AUTHENTICATED, (client) =>
        client.query(`INSERT INTO ${table} (user_id, channel_id, ${column}${text}`, [time]),
      ),
    ).rejects.toThrow('check constraint');
  });

  it('[R11] a host’s times that no client can read are shown as the nearest that it can', async () => {
    const { rows } = await pool.query(
      `SELECT tablo_private.to_ms(t) AS ms FROM unnest(ARRAY['infinity', '-infinity', '290000-01-01', '2026-01-01T00:00:00.123Z', NULL]::timestamptz[]) AS t`,
    );
    expect(rows.map(({ ms }) => (ms as string | null) && new Date(Number(ms)).toISOString())).toEqual([
      '+275760-09-13T00:00:00.000Z',
      '-271821-04-20T00:00:00.000Z',
      '+275760-09-13T00:00:00.000Z',
      '2026-01-01T00:00:00.123Z',
      null,
    ]);
  });

  it.each([
    ['name', 'x'.repeat(201)],
    ['email', 'x'.repeat(321)],
    ['avatar_url', 'x'.repeat(2_049)],
    ['updated_at', 'infinity'],
  ])('[R9] a host’s profile has no %s that everybody would pay for', async (column, value) => {
    await expect(
      pool.query(`INSERT INTO chat_profiles (user_id, ${column}) VALUES ($1, $2)`, [createEntryId(), value]),
    ).rejects.toThrow('check constraint');
  });

  it.each([
    ['created_at', `'infinity'`],
    ['sent_at', `'-infinity'`],
    ['updated_at', `'infinity'`],
    ['deleted_at', `'infinity'`],
    ['seq', '0'],
    ['seq', '9223372036854775807'],
  ])('[R11] an administrator’s slip in messages.%s (%s) is refused, not kept', async (column, value) => {
    await pool.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq) VALUES (gen_random_uuid(), $1, $2, 'hi', now(), now(), now(), 1)`,
      [tablo, alice],
    );
    await expect(
      actAs(pool, { role: 'service_role' }, (client) => client.query(`UPDATE messages SET ${column} = ${value}`)),
    ).rejects.toThrow('check constraint');
  });
});
