-- SQL is an entrance too. A member who reaches the tables through the host's gateway, a host application's own users and scripts, and whoever may say NOTIFY
-- meet the same limits here as clients do at the sockets: values have ranges, the server's columns are the server's, and what one row holds stops nobody else.

-- Times ---------------------------------------------------------------------------------------------------------------------

-- A JavaScript Date ends where PostgreSQL's time does not: `infinity` and the year 290000 become the last millisecond that clients can read, instead of an error that
-- one row gives to everybody who lists it. CASE, since it stays a plain expression that the planner puts into the query.
CREATE OR REPLACE FUNCTION tablo_private.to_ms(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN t > timestamptz '275760-09-13 00:00:00+00' THEN 8640000000000000 WHEN t = timestamptz '-infinity' THEN -8640000000000000
       ELSE (extract(epoch FROM t) * 1000)::bigint END $$;
COMMENT ON FUNCTION tablo_private.to_ms IS 'A time as milliseconds since the Unix epoch; what a JavaScript Date cannot hold is the nearest that it can.';

-- What must work for whoever writes ---------------------------------------------------------------------------------------------

-- A host's users write to the host's tables as `authenticated`, and delete their tablos so. What follows from it is ours, and done with our rights: each function does its
-- one thing, cannot be put on another table (see the rights below), and looks up names in no schema of the writer's choosing.
CREATE OR REPLACE FUNCTION tablo_private.forget_tablo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.tablo_entries WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_updates WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_erasures WHERE tablo_id = OLD.id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.forget_tablo IS 'After a tablo is deleted: its rows in the tables that have no foreign key.';

-- Only what says something is said: a host may touch columns of its own in these rows as often as it likes. Asked here and not in the triggers' WHEN, since a column that is
-- named there cannot get another type any more, and these are the host's.
CREATE OR REPLACE FUNCTION tablo_private.notify_access() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.tablo_id, OLD.user_id, OLD.role::text, OLD.is_active) IS NOT DISTINCT FROM (NEW.tablo_id, NEW.user_id, NEW.role::text, NEW.is_active) THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    PERFORM pg_notify('tablo_changes', json_build_object('type', 'access', 'tablo', OLD.tablo_id, 'user', OLD.user_id)::text);
  END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND (NEW.tablo_id, NEW.user_id) IS DISTINCT FROM (OLD.tablo_id, OLD.user_id)) THEN
    PERFORM pg_notify('tablo_changes', json_build_object('type', 'access', 'tablo', NEW.tablo_id, 'user', NEW.user_id)::text);
  END IF;
  RETURN NULL;
END
$$;

-- A tablo whose id changes is another tablo.
CREATE OR REPLACE FUNCTION tablo_private.notify_tablo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.id, OLD.name::text, OLD.deleted_at) IS NOT DISTINCT FROM (NEW.id, NEW.name::text, NEW.deleted_at) THEN
    RETURN NULL;
  END IF;
  PERFORM pg_notify('tablo_changes', json_build_object('type', 'tablo', 'tablo', OLD.id)::text);
  IF TG_OP = 'UPDATE' AND NEW.id IS DISTINCT FROM OLD.id THEN
    PERFORM pg_notify('tablo_changes', json_build_object('type', 'tablo', 'tablo', NEW.id)::text);
  END IF;
  RETURN NULL;
END
$$;

-- The key only, as with drafts: anybody may say NOTIFY, so the server reads the position where it is kept.
CREATE OR REPLACE FUNCTION tablo_private.notify_read() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM pg_notify('tablo_changes', json_build_object('type', 'read', 'tablo', NEW.channel_id, 'user', NEW.user_id)::text);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION tablo_private.notify_draft() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM pg_notify('tablo_changes', json_build_object('type', 'draft', 'tablo', NEW.channel_id, 'user', NEW.user_id)::text);
  RETURN NULL;
END
$$;
ALTER FUNCTION tablo_private.keep_later_draft() SET search_path = '';

-- TRUNCATE fires no trigger of a row. Of memberships: whoever is online is looked up again. Of tablos: what has no foreign key goes as well.
CREATE FUNCTION tablo_private.notify_all() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM pg_notify('tablo_changes', '{"type":"all"}');
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.notify_all IS 'Says that anything may have changed.';

CREATE FUNCTION tablo_private.forget_all_tablos() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.tablo_entries;
  DELETE FROM public.tablo_updates;
  DELETE FROM public.tablo_erasures;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.forget_all_tablos IS 'After TRUNCATE of tablos: the rows in the tables that have no foreign key.';

CREATE TRIGGER tablo_chat_notify_truncate AFTER TRUNCATE ON public.tablo_access
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.notify_all();
CREATE TRIGGER tablo_chat_notify_truncate AFTER TRUNCATE ON public.tablos
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.notify_all();
CREATE TRIGGER tablo_chat_forget_truncate AFTER TRUNCATE ON public.tablos
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.forget_all_tablos();

-- Without WHEN, for the same reason.
DROP TRIGGER tablo_chat_notify_update ON public.tablos;
CREATE TRIGGER tablo_chat_notify_update AFTER UPDATE ON public.tablos
  FOR EACH ROW EXECUTE FUNCTION tablo_private.notify_tablo();

-- Rows that replication or a session with session_replication_role = replica changes are changed as well: a removal is one, whichever way it comes [R6].
ALTER TABLE public.tablo_access
  ENABLE ALWAYS TRIGGER tablo_chat_notify, ENABLE ALWAYS TRIGGER tablo_chat_notify_truncate;
ALTER TABLE public.tablos
  ENABLE ALWAYS TRIGGER tablo_chat_notify_update, ENABLE ALWAYS TRIGGER tablo_chat_notify_delete, ENABLE ALWAYS TRIGGER tablo_chat_notify_truncate;

-- The server's own columns of the host's table ------------------------------------------------------------------------------

-- Where a host lets people change their tablos, it lets them change every column of the row, and grants on columns are the host's. So the two columns keep their values
-- unless the writer is the server, its administrator or a restore: a role with the rights of the one that owns our tables, both as it logged in and as it acts now. A host's
-- function that runs with its owner's rights is called by people, and does not count. A setting would not do: whoever has SQL can set it.
CREATE FUNCTION tablo_private.keep_server_columns() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  server oid;
BEGIN
  SELECT relowner INTO server FROM pg_class WHERE oid = 'public.tablo_updates'::regclass;
  IF pg_has_role(current_user, server, 'USAGE') AND pg_has_role(session_user, server, 'MEMBER') THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'INSERT' THEN
    NEW.epoch := 1;
    NEW.last_seq := 0;
  ELSE
    NEW.epoch := OLD.epoch;
    NEW.last_seq := OLD.last_seq;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tablo_private.keep_server_columns IS 'Keeps tablos.epoch and tablos.last_seq, unless the server or its administrator writes them.';

-- What a host's users may have written there until today. A document's number is one that no entry was written under.
UPDATE public.tablos SET last_seq = newest.seq
FROM (SELECT t.id, coalesce((SELECT max(seq) FROM public.messages WHERE channel_id = t.id), 0) AS seq FROM public.tablos t) AS newest
WHERE newest.id = tablos.id AND tablos.last_seq <> newest.seq;
UPDATE public.tablos SET epoch = 1 + greatest(
    (SELECT coalesce(max(epoch), 0) FROM public.tablo_entries WHERE tablo_id = tablos.id),
    (SELECT coalesce(max(epoch), 0) FROM public.tablo_documents WHERE tablo_id = tablos.id),
    (SELECT coalesce(max(epoch), 0) FROM public.tablo_updates WHERE tablo_id = tablos.id))
WHERE epoch NOT BETWEEN 1 AND 2000000000;
ALTER TABLE public.tablos
  ADD CONSTRAINT tablo_chat_epoch CHECK (epoch BETWEEN 1 AND 2000000000),
  ADD CONSTRAINT tablo_chat_last_seq CHECK (last_seq BETWEEN 0 AND 9007199254740991);

CREATE TRIGGER tablo_chat_own_columns BEFORE UPDATE ON public.tablos
  FOR EACH ROW WHEN ((OLD.epoch, OLD.last_seq) IS DISTINCT FROM (NEW.epoch, NEW.last_seq))
  EXECUTE FUNCTION tablo_private.keep_server_columns();
CREATE TRIGGER tablo_chat_own_columns_insert BEFORE INSERT ON public.tablos
  FOR EACH ROW WHEN ((NEW.epoch, NEW.last_seq) IS DISTINCT FROM (1, 0::bigint))
  EXECUTE FUNCTION tablo_private.keep_server_columns();

-- What people write by SQL: read positions and drafts ---------------------------------------------------------------------------

-- Reads tablos past the host's policies: one row by its key. A tablo that is none is the foreign key's to refuse.
CREATE OR REPLACE FUNCTION tablo_private.keep_read_forward() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.last_read_seq <= OLD.last_read_seq AND NEW.channel_id = OLD.channel_id THEN
    NEW.last_read_seq := OLD.last_read_seq;
    NEW.last_read_at := OLD.last_read_at;
    RETURN NEW;
  END IF;
  -- NULL, for a tablo that is none, leaves it as it is.
  NEW.last_read_seq := CASE WHEN NEW.last_read_seq IS NULL THEN NULL
    ELSE least(NEW.last_read_seq, (SELECT last_seq FROM public.tablos WHERE id = NEW.channel_id)) END;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tablo_private.keep_read_forward IS 'A read position never moves backwards, and beyond the end means the end.';

DROP TRIGGER tablo_chat_forward ON public.channel_read_state;
DROP TRIGGER tablo_chat_notify ON public.channel_read_state;
UPDATE public.channel_read_state r SET last_read_seq = least(greatest(r.last_read_seq, 0), t.last_seq)
FROM public.tablos t WHERE t.id = r.channel_id AND r.last_read_seq NOT BETWEEN 0 AND t.last_seq;
UPDATE public.channel_read_state SET last_read_at = now()
WHERE last_read_at NOT BETWEEN timestamptz '1970-01-01 00:00:00+00' AND timestamptz '9999-12-31 23:59:59+00';
ALTER TABLE public.channel_read_state
  ADD CONSTRAINT tablo_chat_channel_read_state_seq CHECK (last_read_seq >= 0),
  ADD CONSTRAINT tablo_chat_channel_read_state_at CHECK (last_read_at BETWEEN timestamptz '1970-01-01 00:00:00+00' AND timestamptz '9999-12-31 23:59:59+00');
CREATE TRIGGER tablo_chat_forward BEFORE INSERT OR UPDATE ON public.channel_read_state
  FOR EACH ROW EXECUTE FUNCTION tablo_private.keep_read_forward();
CREATE TRIGGER tablo_chat_notify AFTER INSERT ON public.channel_read_state
  FOR EACH ROW EXECUTE FUNCTION tablo_private.notify_read();
CREATE TRIGGER tablo_chat_notify_update AFTER UPDATE ON public.channel_read_state
  FOR EACH ROW WHEN ((OLD.user_id, OLD.channel_id, OLD.last_read_seq) IS DISTINCT FROM (NEW.user_id, NEW.channel_id, NEW.last_read_seq))
  EXECUTE FUNCTION tablo_private.notify_read();

-- An endless time would win over everything that is typed later. The bounds are those of the REST route: what a JavaScript Date can hold, from the year 0 on.
ALTER TABLE public.channel_drafts DISABLE TRIGGER tablo_chat_later;
ALTER TABLE public.channel_drafts DISABLE TRIGGER tablo_chat_notify;
UPDATE public.channel_drafts SET updated_at = now()
WHERE updated_at NOT BETWEEN timestamptz '0002-01-01 00:00:00+00 BC' AND timestamptz '275760-09-13 00:00:00+00';
ALTER TABLE public.channel_drafts ENABLE TRIGGER tablo_chat_later;
ALTER TABLE public.channel_drafts ENABLE TRIGGER tablo_chat_notify;
ALTER TABLE public.channel_drafts ADD CONSTRAINT channel_drafts_at
  CHECK (updated_at BETWEEN timestamptz '0002-01-01 00:00:00+00 BC' AND timestamptz '275760-09-13 00:00:00+00');

-- What a host writes: names, and messages as an administrator -------------------------------------------------------------------

-- Everybody who shares a tablo is sent these. The lengths are those of tokens' claims.
UPDATE public.chat_profiles SET name = left(name, 200), email = CASE WHEN char_length(email) <= 320 THEN email END,
  avatar_url = CASE WHEN char_length(avatar_url) <= 2048 THEN avatar_url END
WHERE char_length(name) > 200 OR char_length(email) > 320 OR char_length(avatar_url) > 2048;
UPDATE public.chat_profiles SET updated_at = now() WHERE NOT isfinite(updated_at);
ALTER TABLE public.chat_profiles
  ADD CONSTRAINT chat_profiles_name CHECK (char_length(name) <= 200),
  ADD CONSTRAINT chat_profiles_email CHECK (char_length(email) <= 320),
  ADD CONSTRAINT chat_profiles_avatar_url CHECK (char_length(avatar_url) <= 2048),
  ADD CONSTRAINT chat_profiles_updated_at CHECK (isfinite(updated_at));

-- Rows of messages are the server's; administrators and service_role may correct them. NOT VALID: looked at when a row is written, without reading millions of old ones.
ALTER TABLE public.messages
  ADD CONSTRAINT tablo_chat_messages_seq CHECK (seq BETWEEN 1 AND 9007199254740991) NOT VALID,
  ADD CONSTRAINT tablo_chat_messages_times CHECK (isfinite(created_at) AND isfinite(sent_at) AND isfinite(received_at)
    AND isfinite(updated_at) IS NOT FALSE AND isfinite(deleted_at) IS NOT FALSE) NOT VALID;
ALTER TABLE public.message_edits ADD CONSTRAINT message_edits_edited_at CHECK (isfinite(edited_at)) NOT VALID;
ALTER TABLE public.message_reactions ADD CONSTRAINT message_reactions_created_at CHECK (isfinite(created_at)) NOT VALID;
ALTER TABLE public.tablo_entries
  ADD CONSTRAINT tablo_entries_times CHECK (isfinite(sent_at) AND isfinite(received_at) AND isfinite(shown_at)) NOT VALID;
ALTER TABLE public.tablo_invites ADD CONSTRAINT tablo_invites_expires_at CHECK (isfinite(expires_at)) NOT VALID;

-- Row level security: the cost of own rows, whatever others have -----------------------------------------------------------------

-- Edits and reactions know their tablo, so that one index finds those of own tablos, like messages. Filled from the message where the writer does not say it.
ALTER TABLE public.message_edits ADD COLUMN channel_id uuid;
ALTER TABLE public.message_reactions ADD COLUMN channel_id uuid;
UPDATE public.message_edits e SET channel_id = m.channel_id FROM public.messages m WHERE m.id = e.message_id;
UPDATE public.message_reactions r SET channel_id = m.channel_id FROM public.messages m WHERE m.id = r.message_id;
COMMENT ON COLUMN public.message_edits.channel_id IS 'The tablo of the message; filled by a trigger where it is left out.';
COMMENT ON COLUMN public.message_reactions.channel_id IS 'The tablo of the message; filled by a trigger where it is left out.';

CREATE FUNCTION tablo_private.fill_channel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.channel_id := (SELECT channel_id FROM public.messages WHERE id = NEW.message_id);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tablo_private.fill_channel IS 'The tablo of the message that an edit or a reaction speaks of.';
CREATE TRIGGER tablo_chat_channel BEFORE INSERT ON public.message_edits
  FOR EACH ROW WHEN (NEW.channel_id IS NULL) EXECUTE FUNCTION tablo_private.fill_channel();
CREATE TRIGGER tablo_chat_channel BEFORE INSERT ON public.message_reactions
  FOR EACH ROW WHEN (NEW.channel_id IS NULL) EXECUTE FUNCTION tablo_private.fill_channel();
CREATE INDEX message_edits_channel_idx ON public.message_edits (channel_id);
CREATE INDEX message_reactions_channel_idx ON public.message_reactions (channel_id);

-- As sets, each asked once a query: a function of the row would be called for every row of everybody.
CREATE FUNCTION tablo_private.own_tablos() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT DISTINCT a.tablo_id FROM public.tablo_access a JOIN public.tablos t ON t.id = a.tablo_id
  WHERE a.user_id = auth.uid() AND a.is_active AND t.deleted_at IS NULL
$$;
COMMENT ON FUNCTION tablo_private.own_tablos IS 'The tablos that the user of this request belongs to. Reads tablo_access past its own policies.';

CREATE FUNCTION tablo_private.known_people() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT auth.uid() UNION SELECT a.user_id FROM public.tablo_access a
  WHERE a.tablo_id = ANY (ARRAY(SELECT tablo_private.own_tablos())) AND a.is_active
$$;
COMMENT ON FUNCTION tablo_private.known_people IS 'The user of this request, and everybody who belongs to a tablo of theirs that is not deleted.';

-- Kept for a host's own policies: the same rule, one pair at a time.
CREATE OR REPLACE FUNCTION tablo_private.shares_tablo(other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT other = auth.uid() OR EXISTS (
    SELECT FROM public.tablo_access mine JOIN public.tablo_access theirs ON theirs.tablo_id = mine.tablo_id
    JOIN public.tablos t ON t.id = mine.tablo_id
    WHERE mine.user_id = auth.uid() AND mine.is_active AND theirs.user_id = other AND theirs.is_active AND t.deleted_at IS NULL)
$$;

-- A deleted message hides its edits and reactions from that moment on; their rows may be emptied later.
DROP POLICY tablo_chat_read ON public.message_edits;
CREATE POLICY tablo_chat_read ON public.message_edits FOR SELECT TO authenticated
  USING (channel_id = ANY (ARRAY(SELECT tablo_private.own_tablos()))
    AND EXISTS (SELECT FROM public.messages m WHERE m.id = message_id AND m.deleted_at IS NULL));

DROP POLICY tablo_chat_read ON public.chat_profiles;
CREATE POLICY tablo_chat_read ON public.chat_profiles FOR SELECT TO authenticated
  USING (user_id = ANY (ARRAY(SELECT tablo_private.known_people())));

-- Written rows are looked up one by one: a statement that writes one row should not read a thousand memberships.
DROP POLICY tablo_chat_own ON public.channel_drafts;
CREATE POLICY tablo_chat_own ON public.channel_drafts FOR ALL TO authenticated
  USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()) AND tablo_private.is_member(channel_id));

DROP POLICY tablo_chat_read ON public.message_reactions;
CREATE POLICY tablo_chat_read ON public.message_reactions FOR SELECT TO authenticated
  USING (channel_id = ANY (ARRAY(SELECT tablo_private.own_tablos()))
    AND EXISTS (SELECT FROM public.messages m WHERE m.id = message_id AND m.deleted_at IS NULL));

DO $$
BEGIN
  -- A host's own tables keep the host's policies; these are there where the tables are ours.
  IF EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = 'tablos' AND policyname = 'tablo_chat_read') THEN
    DROP POLICY tablo_chat_read ON public.tablos;
    CREATE POLICY tablo_chat_read ON public.tablos FOR SELECT TO authenticated USING (id = ANY (ARRAY(SELECT tablo_private.own_tablos())));
  END IF;
  IF EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = 'tablo_access' AND policyname = 'tablo_chat_read') THEN
    DROP POLICY tablo_chat_read ON public.tablo_access;
    CREATE POLICY tablo_chat_read ON public.tablo_access FOR SELECT TO authenticated USING (tablo_id = ANY (ARRAY(SELECT tablo_private.own_tablos())));
  END IF;
  IF EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = 'messages' AND policyname = 'tablo_chat_read') THEN
    DROP POLICY tablo_chat_read ON public.messages;
    CREATE POLICY tablo_chat_read ON public.messages FOR SELECT TO authenticated
      USING (channel_id = ANY (ARRAY(SELECT tablo_private.own_tablos())));
    REVOKE TRUNCATE, REFERENCES, TRIGGER ON public.messages FROM service_role;
  END IF;
  IF EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = 'channel_read_state' AND policyname = 'tablo_chat_own') THEN
    DROP POLICY tablo_chat_own ON public.channel_read_state;
    -- As with drafts: a written row is looked up alone.
    CREATE POLICY tablo_chat_own ON public.channel_read_state FOR ALL TO authenticated
      USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()) AND tablo_private.is_member(channel_id));
    REVOKE TRUNCATE, REFERENCES, TRIGGER ON public.channel_read_state FROM service_role;
  END IF;
END
$$;

-- Rights ------------------------------------------------------------------------------------------------------------------------

-- PostgreSQL lets everybody run a new function, and a host's default privileges give its gateway's roles everything. A trigger function could be put on a table of
-- one's own, where it would run with our rights on rows of one's own making. Triggers themselves ask nobody's right.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tablo_private FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION tablo_private.is_member, tablo_private.shares_tablo, tablo_private.own_tablos, tablo_private.known_people
  TO authenticated, service_role;
REVOKE ALL ON SCHEMA tablo_private, tablo_identity FROM PUBLIC, anon, authenticated, service_role;
GRANT USAGE ON SCHEMA tablo_private TO authenticated, service_role;
REVOKE ALL ON ALL TABLES IN SCHEMA tablo_private FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA tablo_private FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON ALL TABLES IN SCHEMA tablo_identity FROM PUBLIC, anon, authenticated, service_role;

-- The log's numbers are its order. Inserting needs no right to the sequence of an identity column.
REVOKE ALL ON SEQUENCE public.tablo_updates_id_seq FROM PUBLIC, anon, authenticated, service_role;

-- service_role reads and writes rows, as on Supabase. A trigger of its making would run in the server's own transactions, and TRUNCATE goes past everything that looks at rows.
REVOKE TRUNCATE, REFERENCES, TRIGGER ON public.message_edits, public.message_reactions, public.channel_drafts,
  public.chat_profiles, public.tablo_entries, public.tablo_documents, public.tablo_updates, public.tablo_invites FROM service_role;
