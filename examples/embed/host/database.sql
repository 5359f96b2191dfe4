-- The host application's own database, made as Supabase makes one: sent as a superuser, once. Tables of `public` belong to `planner`, who is no superuser, and whom the chat
-- server comes as. Nothing here knows of the chat: it adds its tables, and its columns to `tablos` and `tablo_access`, when it starts.
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE service_role NOLOGIN BYPASSRLS;
CREATE ROLE planner LOGIN PASSWORD 'planner' BYPASSRLS;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO planner', current_database()); END $$;

CREATE SCHEMA auth;
CREATE TABLE auth.users (id uuid PRIMARY KEY, email text NOT NULL UNIQUE, created_at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
GRANT USAGE ON SCHEMA auth TO planner, authenticated, service_role;
GRANT SELECT, REFERENCES ON auth.users TO planner;
GRANT ALL ON SCHEMA public TO planner;

SET ROLE planner;
CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE, first_name text NOT NULL);
CREATE TABLE public.tablos (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id uuid NOT NULL REFERENCES auth.users (id),
  name text,
  color text,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE TABLE public.tablo_access (
  id bigserial PRIMARY KEY,
  tablo_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
  is_admin boolean NOT NULL DEFAULT false,
  is_active boolean NOT NULL DEFAULT true,
  UNIQUE (tablo_id, user_id)
);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablos ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_access ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Members see their boards" ON public.tablos FOR SELECT TO authenticated USING (
  id IN (SELECT tablo_id FROM public.tablo_access WHERE user_id = auth.uid() AND is_active));
RESET ROLE;

INSERT INTO auth.users (id, email) VALUES
  ('a0000000-0000-4000-8000-000000000001', 'ada@example.org'),
  ('a0000000-0000-4000-8000-000000000002', 'ben@example.org'),
  ('a0000000-0000-4000-8000-000000000003', 'cleo@example.org');
INSERT INTO public.profiles (id, first_name) VALUES
  ('a0000000-0000-4000-8000-000000000001', 'Ada'),
  ('a0000000-0000-4000-8000-000000000002', 'Ben'),
  ('a0000000-0000-4000-8000-000000000003', 'Cleo');
INSERT INTO public.tablos (id, owner_id, name, color) VALUES
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'Website launch', '#2563eb'),
  ('b0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000002', 'Summer party', '#c2410c');
INSERT INTO public.tablo_access (tablo_id, user_id, is_admin) VALUES
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', true),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002', false),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000003', false),
  ('b0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000002', true),
  ('b0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', false);
