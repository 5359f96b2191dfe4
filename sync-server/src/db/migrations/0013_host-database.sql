-- On a host's own database: names that are ours to give, and the host's word on who runs a tablo.

-- What people are called, and what they say of themselves ----------------------------------------------------------------------

COMMENT ON TABLE public.chat_profiles IS 'What users are called, kept fresh from the claims of their tokens. A host application may insert and update here: names of people who never opened the chat.';
ALTER TABLE public.chat_profiles ADD COLUMN status text;
ALTER TABLE public.chat_profiles ADD CONSTRAINT chat_profiles_status CHECK (char_length(status) <= 200);
COMMENT ON COLUMN public.chat_profiles.status IS 'What they say of themselves, in a few words.';

-- One name everywhere -----------------------------------------------------------------------------------------------------------

-- Where these two tables are the host's, what we put on them begins with tablo_chat_; so that later files find the same names on every database, it does on all.
-- Earlier releases made these without it. Where ours has its name already, a thing of the old name is the host's own;
-- and what an administrator has dropped needs no name.
DO $$
DECLARE
  old record;
BEGIN
  FOR old IN SELECT i.name FROM unnest(ARRAY['messages_channel_created_idx', 'messages_author_idx', 'messages_deleted_idx', 'messages_live_created_idx',
      'messages_live_seq_idx', 'channel_read_state_channel_idx']) AS i(name)
    WHERE to_regclass('public.tablo_chat_' || i.name) IS NULL
      AND EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = to_regclass('public.' || i.name)
        AND x.indrelid IN ('public.messages'::regclass, 'public.channel_read_state'::regclass))
  LOOP
    EXECUTE format('ALTER INDEX public.%I RENAME TO %I', old.name, 'tablo_chat_' || old.name);
  END LOOP;
  FOR old IN SELECT c.host, c.name FROM (VALUES ('messages', 'messages_channel_id_seq_key'), ('messages', 'messages_seq'), ('messages', 'messages_times'),
      ('channel_read_state', 'channel_read_state_seq'), ('channel_read_state', 'channel_read_state_at')) AS c(host, name)
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = ('public.' || c.host)::regclass AND k.conname = 'tablo_chat_' || c.name)
      AND EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = ('public.' || c.host)::regclass AND k.conname = c.name)
  LOOP
    EXECUTE format('ALTER TABLE public.%I RENAME CONSTRAINT %I TO %I', old.host, old.name, 'tablo_chat_' || old.name);
  END LOOP;
END
$$;

-- Owners and admins of a host's tablos ------------------------------------------------------------------------------------------

-- A host that has no `role` says who runs a tablo in `tablos.owner_id` and `tablo_access.is_admin`. Our column `role` follows: whoever spoke last is right, the host by
-- one of these two, or members by REST. Columns are read by name, from the row as JSON: the host may have them or not, alter them and drop them.
CREATE FUNCTION tablo_private.host_role(tablo uuid, member uuid, is_admin boolean) RETURNS text LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT CASE
    WHEN EXISTS (SELECT FROM public.tablos t WHERE t.id = tablo AND to_jsonb(t) ->> 'owner_id' = member::text) THEN 'owner'
    WHEN is_admin THEN 'admin' ELSE 'member' END
$$;
COMMENT ON FUNCTION tablo_private.host_role IS 'What a host''s tablos.owner_id and tablo_access.is_admin make of a member.';

CREATE FUNCTION tablo_private.follow_admin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  is_admin constant boolean := coalesce(to_jsonb(NEW) -> 'is_admin' = 'true', false);
  -- A stored column that the database makes from others is made between the triggers before a change and those after it: before, it is empty.
  is_made constant boolean := EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = TG_RELID AND attname = 'is_admin' AND attgenerated = 's');
  by_host text;
BEGIN
  IF is_made <> (TG_WHEN = 'AFTER') OR (TG_OP = 'UPDATE' AND is_admin = coalesce(to_jsonb(OLD) -> 'is_admin' = 'true', false)) THEN
    RETURN NEW;
  END IF;
  by_host := tablo_private.host_role(NEW.tablo_id, NEW.user_id, is_admin);
  -- Of whom the host says nothing, it does not say that they may write: a guest stays one.
  IF (by_host IN ('owner', 'admin') AND tablo_private.role_rank(by_host) > tablo_private.role_rank(NEW.role))
      OR (TG_OP = 'UPDATE' AND NEW.role = 'admin') THEN
    IF is_made THEN
      UPDATE public.tablo_access a SET role = by_host
      WHERE a.tablo_id = NEW.tablo_id AND a.user_id = NEW.user_id AND a.role = NEW.role AND to_jsonb(a) -> 'is_admin' = to_jsonb(NEW) -> 'is_admin';
    ELSE
      NEW.role := by_host;
    END IF;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tablo_private.follow_admin IS 'A new member has the role that the host gives them; is_admin makes an admin, and takes it back.';

CREATE FUNCTION tablo_private.follow_owner() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  owner_before constant text := to_jsonb(OLD) ->> 'owner_id';
  owner_now constant text := to_jsonb(NEW) ->> 'owner_id';
BEGIN
  IF owner_now IS NOT DISTINCT FROM owner_before THEN
    RETURN NULL;
  END IF;
  UPDATE public.tablo_access a
  SET role = tablo_private.host_role(a.tablo_id, a.user_id, coalesce(to_jsonb(a) -> 'is_admin' = 'true', false))
  WHERE a.tablo_id = NEW.id AND ((a.user_id::text = owner_now AND a.role <> 'owner') OR (a.user_id::text = owner_before AND a.role = 'owner'));
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.follow_owner IS 'A tablo''s new owner is its owner here too, and the one before is what the host says.';

REVOKE ALL ON FUNCTION tablo_private.host_role, tablo_private.follow_admin, tablo_private.follow_owner FROM PUBLIC, anon, authenticated, service_role;

DO $$
BEGIN
  -- Only where `role` is our own addition: a host's own column says itself who runs a tablo.
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'public.tablo_access'::regclass AND tgname = 'tablo_chat_added_columns'
      AND 'role' = ANY (string_to_array(encode(tgargs, 'escape'), '\000'))) THEN
    -- After tablo_chat_added_columns, by its name: what the host's people may write is the host's to say.
    CREATE TRIGGER tablo_chat_host_role BEFORE INSERT OR UPDATE ON public.tablo_access
      FOR EACH ROW EXECUTE FUNCTION tablo_private.follow_admin();
    ALTER TABLE public.tablo_access ENABLE ALWAYS TRIGGER tablo_chat_host_role;
    -- Where is_admin is a stored column that the database makes.
    CREATE TRIGGER tablo_chat_host_role_made AFTER INSERT OR UPDATE ON public.tablo_access
      FOR EACH ROW EXECUTE FUNCTION tablo_private.follow_admin();
    ALTER TABLE public.tablo_access ENABLE ALWAYS TRIGGER tablo_chat_host_role_made;
    -- Not for the ledger, which changes a row for every commit.
    CREATE TRIGGER tablo_chat_host_owner AFTER UPDATE ON public.tablos
      FOR EACH ROW WHEN (current_setting('tablo_chat.ledger', true) IS DISTINCT FROM 'yes') EXECUTE FUNCTION tablo_private.follow_owner();
    ALTER TABLE public.tablos ENABLE ALWAYS TRIGGER tablo_chat_host_owner;
  END IF;
END
$$;
