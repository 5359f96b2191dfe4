/** For tests: one of Supabase's roles on a host's database, with the claims that a gateway sets. */
import type { Pool, PoolClient } from 'pg';
import { makeRole } from './make-role.ts';

/** Runs `act` as the role in a transaction, and takes everything back unless `keep` says otherwise. */
export async function actAs<T>(
  pool: Pool,
  { role, sub = null, keep = false }: { readonly role: string; readonly sub?: string | null; readonly keep?: boolean },
  act: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let isDone = false;
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL ROLE ${role}`);
    if (sub !== null)
      await client.query("SELECT set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub, role })]);
    const result = await act(client);
    isDone = keep;
    return result;
  } finally {
    await client.query(isDone ? 'COMMIT' : 'ROLLBACK');
    client.release();
  }
}

/** A Supabase-like host: everybody's default privileges, its own tablos with owners, policies that let them change and delete theirs, and a table of its own beside. */
export const HOST_DATABASE = `
  create schema auth;
  create function auth.uid() returns uuid language sql stable as
    $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
  ${['anon', 'authenticated'].map((role) => makeRole(role, 'nologin noinherit')).join(' ')}
  ${makeRole('service_role', 'nologin noinherit bypassrls')}
  grant usage on schema auth, public to anon, authenticated, service_role;
  alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
  alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
  alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
  alter default privileges grant all on tables to anon, authenticated, service_role;
  alter default privileges grant all on functions to anon, authenticated, service_role;
  alter default privileges grant all on sequences to anon, authenticated, service_role;
  alter default privileges grant all on schemas to anon, authenticated, service_role;
  create table tablos (id uuid primary key default gen_random_uuid(), owner_id uuid, name text not null, deleted_at timestamptz, updated_at timestamptz);
  create table tablo_access (
    id bigserial primary key, tablo_id uuid not null references tablos (id) on delete cascade, user_id uuid not null,
    is_active boolean default true, seen_at timestamptz, unique (tablo_id, user_id)
  );
  alter table tablos enable row level security;
  alter table tablo_access enable row level security;
  create policy own on tablos to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
  create policy own on tablo_access to authenticated using (user_id = auth.uid());
  create function rename_tablo(tablo uuid, patch jsonb) returns void language plpgsql security definer set search_path = '' as
    $$ begin update public.tablos t set name = coalesce(patch ->> 'name', t.name), epoch = coalesce((patch ->> 'epoch')::int, t.epoch),
         last_seq = coalesce((patch ->> 'last_seq')::bigint, t.last_seq) where id = tablo; end $$;
`;
