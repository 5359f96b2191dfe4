-- A host application's database as Supabase hands it out, cut down to what matters to a program beside it: sent as a superuser, in an empty database. Everything in
-- public belongs to tablo_test_host, who is no superuser; auth belongs to somebody else; new tables are open to the gateway's roles, and row level security is the fence.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anon') THEN CREATE ROLE anon NOLOGIN NOINHERIT; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') THEN CREATE ROLE authenticated NOLOGIN NOINHERIT; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tablo_test_auth') THEN CREATE ROLE tablo_test_auth NOLOGIN NOINHERIT; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tablo_test_host') THEN
    CREATE ROLE tablo_test_host LOGIN NOSUPERUSER CREATEDB CREATEROLE BYPASSRLS PASSWORD 'x';
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- Another test file's database, in this very moment.
END
$$;

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO tablo_test_host', current_database()); END $$;

CREATE SCHEMA auth AUTHORIZATION tablo_test_auth;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role, tablo_test_host;
SET ROLE tablo_test_auth;
CREATE TABLE auth.users (id uuid PRIMARY KEY, email varchar(255), raw_user_meta_data jsonb, created_at timestamptz);
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES, TRIGGER ON auth.users TO tablo_test_host;
RESET ROLE;

GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
GRANT ALL ON SCHEMA public TO tablo_test_host;
ALTER DEFAULT PRIVILEGES FOR ROLE tablo_test_host IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE tablo_test_host IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE tablo_test_host IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;

CREATE FUNCTION auth.watch_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY pgrst, 'reload schema'; END $$;
CREATE EVENT TRIGGER tablo_test_watch ON ddl_command_end EXECUTE FUNCTION auth.watch_ddl();

SET ROLE tablo_test_host;
CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE, first_name text, email text UNIQUE, updated_at timestamptz);
CREATE TABLE public.tablos (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id uuid NOT NULL REFERENCES auth.users (id),
  name text,
  color text,
  created_at timestamp DEFAULT now(),
  updated_at timestamptz,
  deleted_at timestamptz
);
CREATE TABLE public.tablo_access (
  id bigserial PRIMARY KEY,
  tablo_id uuid REFERENCES public.tablos (id) ON DELETE CASCADE,
  user_id uuid REFERENCES auth.users (id) ON DELETE CASCADE,
  is_admin boolean DEFAULT false,
  is_active boolean DEFAULT true,
  UNIQUE (tablo_id, user_id)
);
COMMENT ON TABLE public.tablos IS 'The host''s boards.';
COMMENT ON COLUMN public.tablos.name IS 'The host''s word for it.';
COMMENT ON COLUMN public.tablo_access.user_id IS 'A user of the host.';
CREATE INDEX access_by_user ON public.tablo_access (user_id) WHERE is_active;
CREATE INDEX ON public.tablo_access (user_id);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablos ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_access ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Everybody sees profiles" ON public.profiles FOR SELECT TO authenticated USING (true);
CREATE POLICY "Members see their tablos" ON public.tablos FOR SELECT TO authenticated USING (
  owner_id = auth.uid() OR id IN (SELECT tablo_id FROM public.tablo_access WHERE user_id = auth.uid() AND is_active));
CREATE POLICY "Owners change their tablos" ON public.tablos FOR UPDATE TO authenticated USING (owner_id = auth.uid());
CREATE POLICY "People see their own access" ON public.tablo_access FOR SELECT TO authenticated USING (user_id = auth.uid());
REVOKE ALL ON public.tablo_access FROM anon;

CREATE FUNCTION public.touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON public.tablos FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
CREATE FUNCTION public.welcome() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
  $$ BEGIN INSERT INTO public.profiles (id, first_name, email) VALUES (NEW.id, NEW.raw_user_meta_data ->> 'first_name', NEW.email); RETURN NEW; END $$;
CREATE TRIGGER welcome AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.welcome();
RESET ROLE;

INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES
  ('a0000000-0000-4000-8000-000000000001', 'ada@example.org', '{"first_name": "Ada"}'),
  ('a0000000-0000-4000-8000-000000000002', 'ben@example.org', '{"first_name": "Ben"}'),
  ('a0000000-0000-4000-8000-000000000003', 'cleo@example.org', '{}');
INSERT INTO public.tablos (id, owner_id, name, deleted_at) VALUES
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'Boat', NULL),
  ('b0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000002', NULL, NULL),
  ('b0000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', 'Closed', now());
INSERT INTO public.tablo_access (tablo_id, user_id, is_admin, is_active) VALUES
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', true, true),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002', false, true),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000003', true, NULL),
  ('b0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000002', false, true),
  ('b0000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', true, true);
