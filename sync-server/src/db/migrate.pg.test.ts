import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from './db-log.ts';
import { migrate } from './migrate.ts';
import { makeRole } from './testing/make-role.ts';
import { onServer, openEmptyDatabase, type TestDatabase } from './testing/test-database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await openEmptyDatabase();
});
afterEach(() => database.close());

const rows = async (sql: string): Promise<Record<string, unknown>[]> => {
  let found: Record<string, unknown>[] = [];
  await onServer(database.url, async (client) => {
    found = (await client.query<Record<string, unknown>>(sql)).rows;
  });
  return found;
};

describe('migrate, with the release’s own files', () => {
  it('migrate, with the release’s own files, brings an empty database to the release’s schema, and a second time changes nothing', async () => {
    const applied = await migrate(database.url, silentLog);
    expect(applied[0]).toBe('0001_tablo-chat');
    expect(await rows(`select name from tablo_private.migrations order by id`)).toEqual(
      applied.map((name) => ({ name })),
    );
    expect(await migrate(database.url, silentLog)).toEqual([]);
  });

  it('migrate, with the release’s own files, runs once when four servers start together; the other three wait and find nothing to do', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, silentLog)));
    const withWork = all.filter((applied) => applied.length > 0);
    expect(withWork).toHaveLength(1);
    expect(await rows('select name from tablo_private.migrations')).toHaveLength(withWork[0]!.length);
  });

  it('migrate, with the release’s own files, keeps what a Supabase database has: auth.uid(), roles, rows and columns of its own tables', async () => {
    await onServer(database.url, (client) => client.query(SUPABASE_WITH_HOST_TABLES));
    await migrate(database.url, silentLog);
    expect(await rows(`select name, colour, epoch, last_seq::int from tablos`)).toEqual([
      { name: 'Launch', colour: 'teal', epoch: 1, last_seq: 0 },
    ]);
    expect(await rows(`select user_id, is_active, role from tablo_access`)).toEqual([
      { user_id: '018f0000-0000-7000-8000-000000000002', is_active: true, role: 'member' },
    ]);
    expect(await rows(`select auth.uid() as uid`)).toEqual([{ uid: '018f0000-0000-7000-8000-00000000000a' }]);
    expect(await migrate(database.url, silentLog)).toEqual([]);
  });
});

describe('migrate, with files of a test', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tablo-migrations-'));
    await writeFile(join(dir, '0001_first.sql'), 'create table first();\n');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('migrate, with files of a test, applies a file that a later release adds', async () => {
    expect(await migrate(database.url, silentLog, { dir })).toEqual(['0001_first']);
    await writeFile(join(dir, '0002_second.sql'), 'create table second();\n');
    expect(await migrate(database.url, silentLog, { dir })).toEqual(['0002_second']);
  });

  it('migrate, with files of a test, changes nothing when one of several files fails, and frees the lock for the next attempt', async () => {
    await writeFile(join(dir, '0002_broken.sql'), 'create table second();\nselect no_such_column;\n');
    await expect(migrate(database.url, silentLog, { dir })).rejects.toThrow(/no_such_column/);
    expect(await rows(`select to_regclass('first') as first, to_regclass('second') as second`)).toEqual([
      { first: null, second: null },
    ]);
    await rm(join(dir, '0002_broken.sql'));
    expect(await migrate(database.url, silentLog, { dir })).toEqual(['0001_first']);
  });
});

// What the migrations meet in a host's database: Supabase's function and roles, and tables with fewer columns and others.
const SUPABASE_WITH_HOST_TABLES = `
  create schema auth;
  create function auth.uid() returns uuid language sql stable as $$ select '018f0000-0000-7000-8000-00000000000a'::uuid $$;
  ${['anon', 'authenticated'].map((role) => makeRole(role, 'nologin')).join(' ')}
  ${makeRole('service_role', 'nologin bypassrls')}
  create table tablos (id uuid primary key default gen_random_uuid(), name text not null, colour text);
  create table tablo_access (
    id bigint generated always as identity primary key, tablo_id uuid not null references tablos (id), user_id uuid not null
  );
  insert into tablos (id, name, colour) values ('018f0000-0000-7000-8000-000000000001', 'Launch', 'teal');
  insert into tablo_access (tablo_id, user_id)
    values ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002');
`;
