-- Everything Tablo Chat keeps, on an empty database or beside what a host application has already (Supabase included):
-- roles, schemas, tables and columns are created where they are missing, and never dropped or retyped. What the host has was
-- looked at before (`host-shapes.ts`), and where `messages` is a table of a server before ours, its rows are taken over
-- right after this file (`take-over.sql`).
--
-- This file, 0004 to 0007 and 0011 were changed after their release: names of people are in `chat_profiles`, since `profiles` is the
-- host's; nothing of a host's table gets another policy, grant or comment; and constraints and indexes of ours there begin with
-- tablo_chat_. An empty database comes out as before but for such names. Databases that ran the old text are given the table's name
-- before anything else (`earlier-release.ts`), and those of constraints and indexes by 0013.

CREATE SCHEMA IF NOT EXISTS tablo_private;
COMMENT ON SCHEMA tablo_private IS 'Tablo Chat: helper functions and settings; not for outside programs.';

-- Days and milliseconds apart: multiplied as one interval, times far from now would lose their last digits.
CREATE FUNCTION tablo_private.from_ms(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT (timestamp 'epoch' + (ms / 86400000) * interval '1 day' + (ms % 86400000) * interval '1 ms') AT TIME ZONE 'UTC' $$;
COMMENT ON FUNCTION tablo_private.from_ms IS 'Milliseconds since the Unix epoch as a time, exact over the range of a JavaScript Date.';
CREATE FUNCTION tablo_private.to_ms(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT (extract(epoch FROM t) * 1000)::bigint $$;
COMMENT ON FUNCTION tablo_private.to_ms IS 'A time as milliseconds since the Unix epoch.';

-- Supabase's roles and auth.uid(), where they are missing -----------------------------------------------------------

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anon') THEN
    CREATE ROLE anon NOLOGIN NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') THEN
    CREATE ROLE authenticated NOLOGIN NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
    CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
  END IF;
EXCEPTION
  -- Roles belong to the whole server: another database's migration may have made them in this very moment.
  WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

DO $$
BEGIN
  IF to_regnamespace('auth') IS NULL THEN
    CREATE SCHEMA auth;
  END IF;
  IF to_regprocedure('auth.uid()') IS NULL THEN
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
      $fn$ SELECT nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid $fn$;
    COMMENT ON FUNCTION auth.uid() IS 'The user of this request: the claim sub of request.jwt.claims.';
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    GRANT EXECUTE ON FUNCTION auth.uid() TO anon, authenticated, service_role;
  END IF;
END
$$;

-- Tablos and who belongs to them: shared with the host application -----------------------------------------------------

DO $$
DECLARE
  added record;
BEGIN
  IF to_regclass('public.tablos') IS NULL THEN
    CREATE TABLE public.tablos (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
    COMMENT ON TABLE public.tablos IS 'Boards. Every one has a conversation; REST calls it a channel.';
    COMMENT ON COLUMN public.tablos.id IS 'Lowercase UUID; first half of the document name.';
    COMMENT ON COLUMN public.tablos.name IS 'What people call it.';
    PERFORM set_config('tablo_chat.owns_tablos', 'yes', true);
  END IF;
  IF to_regclass('public.tablo_access') IS NULL THEN
    CREATE TABLE public.tablo_access (
      tablo_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
      user_id uuid NOT NULL,
      PRIMARY KEY (tablo_id, user_id)
    );
    CREATE INDEX tablo_access_user_id_idx ON public.tablo_access (user_id);
    COMMENT ON TABLE public.tablo_access IS 'Who belongs to a tablo. Changes made here take effect on live sockets within 5 seconds.';
    COMMENT ON COLUMN public.tablo_access.tablo_id IS 'The tablo.';
    COMMENT ON COLUMN public.tablo_access.user_id IS 'The user: the claim sub of their token. No foreign key, since the issuer may be elsewhere.';
    PERFORM set_config('tablo_chat.owns_tablo_access', 'yes', true);
  END IF;

  -- A column that the host has stays as it is, with its comment. Constraints of ours on the host's tables are called tablo_chat_…
  FOR added IN SELECT * FROM (VALUES
    ('tablos', 'name', $c$text CONSTRAINT tablo_chat_name_not_null NOT NULL DEFAULT 'Tablo'$c$, 'What people call it.'),
    ('tablos', 'created_by', 'uuid', 'The user who created it.'),
    ('tablos', 'created_at', 'timestamptz CONSTRAINT tablo_chat_created_at_not_null NOT NULL DEFAULT now()', 'When it was created.'),
    ('tablos', 'deleted_at', 'timestamptz', 'Set: the tablo is closed to everybody, within 5 seconds on live sockets.'),
    ('tablos', 'epoch', 'integer CONSTRAINT tablo_chat_epoch_not_null NOT NULL DEFAULT 1',
      'Number of the live Yjs document, second half of the document name. Raised by the server alone.'),
    ('tablos', 'last_seq', 'bigint CONSTRAINT tablo_chat_last_seq_not_null NOT NULL DEFAULT 0', 'seq of the newest message. Raised by the server alone.'),
    ('tablo_access', 'role', $c$text CONSTRAINT tablo_chat_role_not_null NOT NULL DEFAULT 'member'$c$,
      'owner, admin, member or guest (reads only). Anything else counts as guest.'),
    ('tablo_access', 'is_active', 'boolean CONSTRAINT tablo_chat_is_active_not_null NOT NULL DEFAULT true', 'False: no longer a member.'),
    ('tablo_access', 'created_at', 'timestamptz CONSTRAINT tablo_chat_created_at_not_null NOT NULL DEFAULT now()', 'When they became a member.')
  ) AS columns (host, name, definition, meaning) LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_attribute a
      WHERE a.attrelid = ('public.' || added.host)::regclass AND a.attname = added.name AND NOT a.attisdropped);
    EXECUTE format('ALTER TABLE public.%I ADD COLUMN %I %s', added.host, added.name, added.definition);
    EXECUTE format('COMMENT ON COLUMN public.%I.%I IS %L', added.host, added.name, added.meaning);
  END LOOP;
END
$$;

-- Messages: what administrators read -------------------------------------------------------------------------------------

DO $$
BEGIN
  IF to_regclass('public.messages') IS NULL THEN
    CREATE TABLE public.messages (
      id uuid PRIMARY KEY,
      channel_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
      user_id uuid NOT NULL,
      text text NOT NULL,
      created_at timestamptz NOT NULL,
      sent_at timestamptz NOT NULL,
      received_at timestamptz NOT NULL,
      seq bigint NOT NULL,
      reply_to uuid,
      updated_at timestamptz,
      edit_id uuid,
      deleted_at timestamptz,
      CONSTRAINT tablo_chat_messages_channel_id_seq_key UNIQUE (channel_id, seq)
    );

    COMMENT ON TABLE public.messages IS 'Every message of every tablo, one row each, as people see it now. Written by the server alone.';
    COMMENT ON COLUMN public.messages.id IS 'Given by the author''s client.';
    COMMENT ON COLUMN public.messages.channel_id IS 'The tablo.';
    COMMENT ON COLUMN public.messages.user_id IS 'The author.';
    COMMENT ON COLUMN public.messages.text IS 'Plain text after the latest edit; empty when deleted.';
    COMMENT ON COLUMN public.messages.created_at IS 'shownAt: sent_at, or received_at when that is more than 60 seconds away. The order of the timeline is (created_at, id).';
    COMMENT ON COLUMN public.messages.sent_at IS 'When it was written, by the author''s clock.';
    COMMENT ON COLUMN public.messages.received_at IS 'When the server received it.';
    COMMENT ON COLUMN public.messages.seq IS 'Counts the tablo''s messages in order of arrival, from 1, without gaps.';
    COMMENT ON COLUMN public.messages.reply_to IS 'The message that this one answers.';
    COMMENT ON COLUMN public.messages.updated_at IS 'When the latest edit was made (its shownAt).';
    COMMENT ON COLUMN public.messages.edit_id IS 'The latest edit: message_edits.id.';
    COMMENT ON COLUMN public.messages.deleted_at IS 'When it was deleted (shownAt of the deletion).';
    PERFORM set_config('tablo_chat.owns_messages', 'yes', true);
  END IF;
END
$$;
CREATE INDEX tablo_chat_messages_channel_created_idx ON public.messages (channel_id, created_at DESC, id DESC);

CREATE TABLE public.message_edits (
  id uuid PRIMARY KEY,
  message_id uuid NOT NULL REFERENCES public.messages (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  text text NOT NULL,
  edited_at timestamptz NOT NULL
);
CREATE INDEX message_edits_message_idx ON public.message_edits (message_id, edited_at, id);

COMMENT ON TABLE public.message_edits IS 'Edits, with the earlier texts. Emptied when the message is deleted.';
COMMENT ON COLUMN public.message_edits.id IS 'The edit''s own entry id.';
COMMENT ON COLUMN public.message_edits.message_id IS 'The message.';
COMMENT ON COLUMN public.message_edits.user_id IS 'Who edited: the message''s author.';
COMMENT ON COLUMN public.message_edits.text IS 'The text that this edit replaced (or its own text, when a later edit had been received before it).';
COMMENT ON COLUMN public.message_edits.edited_at IS 'shownAt of the edit.';

CREATE TABLE public.message_reactions (
  message_id uuid NOT NULL REFERENCES public.messages (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  emoji text NOT NULL,
  created_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  PRIMARY KEY (message_id, user_id, emoji)
);

COMMENT ON TABLE public.message_reactions IS 'Reactions that are on. Written by the server alone.';
COMMENT ON COLUMN public.message_reactions.message_id IS 'The message.';
COMMENT ON COLUMN public.message_reactions.user_id IS 'Who reacted.';
COMMENT ON COLUMN public.message_reactions.emoji IS '1 to 16 characters.';
COMMENT ON COLUMN public.message_reactions.created_at IS 'shownAt of the reaction.';
COMMENT ON COLUMN public.message_reactions.entry_id IS 'The reaction''s own entry id.';

DO $$
BEGIN
  IF to_regclass('public.channel_read_state') IS NULL THEN
    CREATE TABLE public.channel_read_state (
      user_id uuid NOT NULL,
      channel_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
      last_read_at timestamptz NOT NULL DEFAULT now(),
      last_read_seq bigint NOT NULL DEFAULT 0,
      PRIMARY KEY (user_id, channel_id)
    );

    COMMENT ON TABLE public.channel_read_state IS 'How far a member has read. Unread are others'' messages with a greater seq that are not deleted.';
    COMMENT ON COLUMN public.channel_read_state.user_id IS 'The reader.';
    COMMENT ON COLUMN public.channel_read_state.channel_id IS 'The tablo.';
    COMMENT ON COLUMN public.channel_read_state.last_read_at IS 'When the position last moved.';
    COMMENT ON COLUMN public.channel_read_state.last_read_seq IS 'seq of the last message read; never moves backwards.';
    PERFORM set_config('tablo_chat.owns_read_state', 'yes', true);
  END IF;
END
$$;

CREATE TABLE public.chat_profiles (
  user_id uuid PRIMARY KEY,
  name text,
  email text,
  avatar_url text,
  updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE public.chat_profiles IS 'What users are called, kept fresh from the claims of their tokens.';
COMMENT ON COLUMN public.chat_profiles.user_id IS 'The user.';
COMMENT ON COLUMN public.chat_profiles.name IS 'Claim name.';
COMMENT ON COLUMN public.chat_profiles.email IS 'Claim email.';
COMMENT ON COLUMN public.chat_profiles.avatar_url IS 'Claim avatar_url or picture.';
COMMENT ON COLUMN public.chat_profiles.updated_at IS 'When a claim last changed something here.';

-- The server's own -----------------------------------------------------------------------------------------------------------

CREATE TABLE public.tablo_entries (
  id uuid PRIMARY KEY,
  tablo_id uuid NOT NULL,
  epoch integer NOT NULL,
  kind text NOT NULL,
  author uuid NOT NULL,
  target uuid,
  emoji text,
  is_on boolean,
  sent_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  shown_at timestamptz NOT NULL,
  digest bytea NOT NULL
);
CREATE INDEX tablo_entries_tablo_idx ON public.tablo_entries (tablo_id);
CREATE INDEX tablo_entries_reaction_idx ON public.tablo_entries (target, author) WHERE kind = 'reaction';

COMMENT ON TABLE public.tablo_entries IS 'Every entry ever admitted, so that an id counts once. The server''s own.';
COMMENT ON COLUMN public.tablo_entries.id IS 'The entry id.';
COMMENT ON COLUMN public.tablo_entries.tablo_id IS 'The tablo.';
COMMENT ON COLUMN public.tablo_entries.epoch IS 'The document that it first entered.';
COMMENT ON COLUMN public.tablo_entries.kind IS 'message, edit, delete or reaction.';
COMMENT ON COLUMN public.tablo_entries.author IS 'The user who wrote it.';
COMMENT ON COLUMN public.tablo_entries.target IS 'The message that an edit, deletion or reaction speaks of.';
COMMENT ON COLUMN public.tablo_entries.emoji IS 'Of a reaction.';
COMMENT ON COLUMN public.tablo_entries.is_on IS 'Of a reaction: set or taken back.';
COMMENT ON COLUMN public.tablo_entries.sent_at IS 'By the author''s clock.';
COMMENT ON COLUMN public.tablo_entries.received_at IS 'By the server''s clock.';
COMMENT ON COLUMN public.tablo_entries.shown_at IS 'Where it stands in the order: sent_at, or received_at when late.';
COMMENT ON COLUMN public.tablo_entries.digest IS 'First 16 bytes of SHA-256 over the content, to tell a repeated entry from another one with the same id.';

CREATE TABLE public.tablo_documents (
  tablo_id uuid PRIMARY KEY REFERENCES public.tablos (id) ON DELETE CASCADE,
  epoch integer NOT NULL,
  state bytea NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE public.tablo_documents IS 'Snapshot of every tablo''s live document. The server''s own.';
COMMENT ON COLUMN public.tablo_documents.tablo_id IS 'The tablo.';
COMMENT ON COLUMN public.tablo_documents.epoch IS 'Which document.';
COMMENT ON COLUMN public.tablo_documents.state IS 'Yjs update, encoding version 1.';
COMMENT ON COLUMN public.tablo_documents.version IS 'Raised by every write, so that two writers merge instead of overwriting each other.';
COMMENT ON COLUMN public.tablo_documents.updated_at IS 'When it was written.';

CREATE TABLE public.tablo_updates (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tablo_id uuid NOT NULL,
  epoch integer NOT NULL,
  update bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tablo_updates_tablo_idx ON public.tablo_updates (tablo_id, epoch, id);

COMMENT ON TABLE public.tablo_updates IS 'Log of the live documents'' updates since their snapshots. The server''s own.';
COMMENT ON COLUMN public.tablo_updates.id IS 'Order of commit within a tablo.';
COMMENT ON COLUMN public.tablo_updates.tablo_id IS 'The tablo.';
COMMENT ON COLUMN public.tablo_updates.epoch IS 'Which document.';
COMMENT ON COLUMN public.tablo_updates.update IS 'Yjs update, encoding version 1.';
COMMENT ON COLUMN public.tablo_updates.created_at IS 'When it was committed.';

CREATE TABLE public.tablo_invites (
  code_hash bytea PRIMARY KEY,
  tablo_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  role text NOT NULL,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  max_uses integer,
  uses integer NOT NULL DEFAULT 0
);
CREATE INDEX tablo_invites_tablo_idx ON public.tablo_invites (tablo_id);

COMMENT ON TABLE public.tablo_invites IS 'Invitation links. The server''s own.';
COMMENT ON COLUMN public.tablo_invites.code_hash IS 'SHA-256 of the code: who reads this table cannot use the links.';
COMMENT ON COLUMN public.tablo_invites.tablo_id IS 'The tablo.';
COMMENT ON COLUMN public.tablo_invites.role IS 'What who accepts becomes.';
COMMENT ON COLUMN public.tablo_invites.created_by IS 'Who made the link.';
COMMENT ON COLUMN public.tablo_invites.created_at IS 'When the link was made.';
COMMENT ON COLUMN public.tablo_invites.expires_at IS 'When it ends.';
COMMENT ON COLUMN public.tablo_invites.max_uses IS 'How many people may use it; null for any number.';
COMMENT ON COLUMN public.tablo_invites.uses IS 'How many have.';

CREATE TABLE tablo_private.settings (
  name text PRIMARY KEY,
  value text NOT NULL
);
COMMENT ON TABLE tablo_private.settings IS 'What the server made up once and must find again: the secret of the identity service.';
COMMENT ON COLUMN tablo_private.settings.name IS 'Which setting.';
COMMENT ON COLUMN tablo_private.settings.value IS 'Its value; secret.';

-- Changes made by anybody, plain SQL included, reach the live sockets by NOTIFY ----------------------------------------------

CREATE FUNCTION tablo_private.notify_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM pg_notify('tablo_changes', json_build_object('type', 'access', 'tablo', OLD.tablo_id, 'user', OLD.user_id)::text);
  END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND (NEW.tablo_id, NEW.user_id) IS DISTINCT FROM (OLD.tablo_id, OLD.user_id)) THEN
    PERFORM pg_notify('tablo_changes', json_build_object('type', 'access', 'tablo', NEW.tablo_id, 'user', NEW.user_id)::text);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION tablo_private.notify_tablo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('tablo_changes', json_build_object('type', 'tablo', 'tablo', OLD.id)::text);
  RETURN NULL;
END
$$;

-- Instead of foreign keys: the ledger holds the tablo's row locked while it writes these two, and a check a row would be half of a commit's time.
CREATE FUNCTION tablo_private.forget_tablo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM public.tablo_entries WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_updates WHERE tablo_id = OLD.id;
  RETURN NULL;
END
$$;

CREATE FUNCTION tablo_private.notify_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('tablo_changes',
    json_build_object('type', 'read', 'tablo', NEW.channel_id, 'user', NEW.user_id, 'seq', NEW.last_read_seq)::text);
  RETURN NULL;
END
$$;

CREATE FUNCTION tablo_private.keep_read_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.last_read_seq <= OLD.last_read_seq THEN
    NEW.last_read_seq := OLD.last_read_seq;
    NEW.last_read_at := OLD.last_read_at;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER tablo_chat_notify AFTER INSERT OR UPDATE OR DELETE ON public.tablo_access
  FOR EACH ROW EXECUTE FUNCTION tablo_private.notify_access();
CREATE TRIGGER tablo_chat_notify_update AFTER UPDATE ON public.tablos
  FOR EACH ROW WHEN ((OLD.name, OLD.deleted_at) IS DISTINCT FROM (NEW.name, NEW.deleted_at))
  EXECUTE FUNCTION tablo_private.notify_tablo();
CREATE TRIGGER tablo_chat_notify_delete AFTER DELETE ON public.tablos
  FOR EACH ROW EXECUTE FUNCTION tablo_private.notify_tablo();
CREATE TRIGGER tablo_chat_forget AFTER DELETE ON public.tablos
  FOR EACH ROW EXECUTE FUNCTION tablo_private.forget_tablo();
CREATE TRIGGER tablo_chat_forward BEFORE UPDATE ON public.channel_read_state
  FOR EACH ROW EXECUTE FUNCTION tablo_private.keep_read_forward();
CREATE TRIGGER tablo_chat_notify AFTER INSERT OR UPDATE ON public.channel_read_state
  FOR EACH ROW EXECUTE FUNCTION tablo_private.notify_read();

-- Row level security ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION tablo_private.is_member(tablo uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (
    SELECT FROM public.tablo_access a JOIN public.tablos t ON t.id = a.tablo_id
    WHERE a.tablo_id = tablo AND a.user_id = auth.uid() AND a.is_active AND t.deleted_at IS NULL)
$$;
COMMENT ON FUNCTION tablo_private.is_member IS 'Whether the user of this request belongs to the tablo. Reads tablo_access past its own policies.';

CREATE FUNCTION tablo_private.shares_tablo(other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT other = auth.uid() OR EXISTS (
    SELECT FROM public.tablo_access mine JOIN public.tablo_access theirs ON theirs.tablo_id = mine.tablo_id
    WHERE mine.user_id = auth.uid() AND mine.is_active AND theirs.user_id = other AND theirs.is_active)
$$;
COMMENT ON FUNCTION tablo_private.shares_tablo IS 'Whether the user of this request and another one belong to one tablo.';

GRANT USAGE ON SCHEMA tablo_private TO authenticated, service_role;
GRANT EXECUTE ON FUNCTION tablo_private.is_member, tablo_private.shares_tablo TO authenticated, service_role;
DO $$
BEGIN
  IF NOT has_schema_privilege('authenticated', 'public', 'USAGE') OR NOT has_schema_privilege('service_role', 'public', 'USAGE') THEN
    GRANT USAGE ON SCHEMA public TO authenticated, service_role;
  END IF;
END
$$;

ALTER TABLE public.message_edits ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.message_reactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.chat_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_updates ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_invites ENABLE ROW LEVEL SECURITY;
ALTER TABLE tablo_private.settings ENABLE ROW LEVEL SECURITY;

-- Supabase grants everything on new tables to its roles; take it back, then give what each may have.
REVOKE ALL ON public.message_edits, public.message_reactions, public.chat_profiles,
  public.tablo_entries, public.tablo_documents, public.tablo_updates, public.tablo_invites FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.message_edits, public.message_reactions, public.chat_profiles TO authenticated;
GRANT ALL ON public.message_edits, public.message_reactions,
  public.chat_profiles, public.tablo_entries, public.tablo_documents, public.tablo_updates, public.tablo_invites TO service_role;

CREATE POLICY tablo_chat_read ON public.message_edits FOR SELECT TO authenticated
  USING (EXISTS (SELECT FROM public.messages m WHERE m.id = message_id));
CREATE POLICY tablo_chat_read ON public.message_reactions FOR SELECT TO authenticated
  USING (EXISTS (SELECT FROM public.messages m WHERE m.id = message_id));
CREATE POLICY tablo_chat_read ON public.chat_profiles FOR SELECT TO authenticated USING (tablo_private.shares_tablo(user_id));

-- A host's own tables keep the host's grants and policies; only tables made above get ours.
DO $$
BEGIN
  IF current_setting('tablo_chat.owns_messages', true) = 'yes' THEN
    ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
    REVOKE ALL ON public.messages FROM PUBLIC, anon, authenticated;
    GRANT SELECT ON public.messages TO authenticated;
    GRANT ALL ON public.messages TO service_role;
    CREATE POLICY tablo_chat_read ON public.messages FOR SELECT TO authenticated USING (tablo_private.is_member(channel_id));
  END IF;
  IF current_setting('tablo_chat.owns_read_state', true) = 'yes' THEN
    ALTER TABLE public.channel_read_state ENABLE ROW LEVEL SECURITY;
    REVOKE ALL ON public.channel_read_state FROM PUBLIC, anon, authenticated;
    GRANT SELECT, INSERT, UPDATE ON public.channel_read_state TO authenticated;
    GRANT ALL ON public.channel_read_state TO service_role;
    CREATE POLICY tablo_chat_own ON public.channel_read_state FOR ALL TO authenticated
      USING (user_id = auth.uid()) WITH CHECK (user_id = auth.uid() AND tablo_private.is_member(channel_id));
  END IF;
  IF current_setting('tablo_chat.owns_tablos', true) = 'yes' THEN
    ALTER TABLE public.tablos ENABLE ROW LEVEL SECURITY;
    REVOKE ALL ON public.tablos FROM PUBLIC, anon, authenticated;
    GRANT SELECT ON public.tablos TO authenticated;
    GRANT ALL ON public.tablos TO service_role;
    CREATE POLICY tablo_chat_read ON public.tablos FOR SELECT TO authenticated USING (tablo_private.is_member(id));
  END IF;
  IF current_setting('tablo_chat.owns_tablo_access', true) = 'yes' THEN
    ALTER TABLE public.tablo_access ENABLE ROW LEVEL SECURITY;
    REVOKE ALL ON public.tablo_access FROM PUBLIC, anon, authenticated;
    GRANT SELECT ON public.tablo_access TO authenticated;
    GRANT ALL ON public.tablo_access TO service_role;
    CREATE POLICY tablo_chat_read ON public.tablo_access FOR SELECT TO authenticated USING (tablo_private.is_member(tablo_id));
  END IF;
END
$$;
