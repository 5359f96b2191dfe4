-- After supabase-host.sql, as a superuser: what a chat server before ours has left there, in tables with policies of their own.

SET ROLE tablo_test_host;
CREATE TABLE public.messages (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  channel_id uuid NOT NULL,
  user_id uuid NOT NULL,
  text text,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(),
  deleted_at timestamptz,
  client_key text UNIQUE,
  CONSTRAINT messages_times CHECK (char_length(text) <= 100000),
  CONSTRAINT "emptied" CHECK ((deleted_at IS NOT NULL OR btrim(text) <> '' OR text IS NULL) IS TRUE),
  CONSTRAINT keys CHECK (client_key <> ''),
  UNIQUE (channel_id, user_id, client_key)
);
-- Names that earlier releases of ours had in mind for themselves.
CREATE INDEX messages_channel_created_idx ON public.messages (channel_id, created_at DESC);
CREATE INDEX messages_author_idx ON public.messages (user_id);
CREATE TABLE public.channel_read_state (
  user_id uuid NOT NULL REFERENCES auth.users (id),
  channel_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  last_read_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, channel_id)
);
COMMENT ON TABLE public.messages IS 'What people wrote.';
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.channel_read_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Members read" ON public.messages FOR SELECT USING (
  EXISTS (SELECT FROM public.tablo_access a WHERE a.tablo_id = messages.channel_id AND a.user_id = auth.uid() AND a.is_active));
CREATE POLICY "One's own" ON public.channel_read_state USING (user_id = auth.uid()) WITH CHECK (user_id = auth.uid());
CREATE TABLE public.told (what text);
CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.told VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN NULL; END $$;
CREATE TRIGGER told AFTER UPDATE OR DELETE ON public.messages FOR EACH ROW EXECUTE FUNCTION public.tell();
CREATE TRIGGER told AFTER UPDATE OR DELETE ON public.channel_read_state FOR EACH ROW EXECUTE FUNCTION public.tell();

-- Of Ada and Ben in Boat: two of one instant, one edited, one taken back; 120 more of Ben's, some within one millisecond. One in the tablo without a name.
INSERT INTO public.messages (id, channel_id, user_id, text, created_at, updated_at, deleted_at) VALUES
  ('c0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002',
    'second, "edited"', '2026-02-01 09:00:00.123456+00', '2026-02-01 09:05:00+00', NULL),
  ('c0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
    E'first\n\tof \\ all 🙂', '2026-02-01 09:00:00.123456+00', NULL, NULL),
  ('c0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002',
    'taken back', '2026-02-02 10:00:00+00', NULL, '2026-02-02 10:01:00+00'),
  ('c0000000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000002',
    'to myself', '2026-02-03 11:00:00+00', NULL, NULL);
INSERT INTO public.messages (channel_id, user_id, text, created_at)
  SELECT 'b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002', 'more ' || n, timestamptz '2026-02-04 00:00:00+00' + n * interval '300 microseconds'
  FROM generate_series(1, 120) AS n;
-- What cannot be taken over.
INSERT INTO public.messages (channel_id, user_id, text, created_at) VALUES
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', NULL, '2026-02-05 00:00:00+00'),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', E' \t\u00A0', '2026-02-05 00:00:00+00'),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', E'\u200B\u2800\u0301\u2063', '2026-02-05 00:00:00+00'),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', repeat('x', 8001), '2026-02-05 00:00:00+00'),
  ('b0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'when?', NULL),
  ('b0000000-0000-4000-8000-00000000dead', 'a0000000-0000-4000-8000-000000000001', 'where?', '2026-02-05 00:00:00+00');

INSERT INTO public.channel_read_state (user_id, channel_id, last_read_at) VALUES
  ('a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', '2026-02-01 09:00:00.123456+00'),
  ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000001', '2026-02-28 00:00:00+00');
RESET ROLE;
