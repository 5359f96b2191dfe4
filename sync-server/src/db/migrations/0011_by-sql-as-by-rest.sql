-- Up Migration

-- What holds for REST and the sockets holds for SQL, for replication and for answers that nobody was to learn anything from.

-- Invitations that tell nothing [R6] --------------------------------------------------------------------------------------------

-- Whose list is full is not asked, and the inviter is not told: the row is there all the same, since it counts among those that the inviter has sent.
ALTER TABLE tablo_private.invitations ADD COLUMN is_asked boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN tablo_private.invitations.is_asked IS 'False: there was no room in the person''s list, and they are shown nothing. The inviter is answered the same.';
DROP INDEX tablo_private.invitations_user_idx;
CREATE INDEX invitations_pending_idx ON tablo_private.invitations (user_id, created_at, id) WHERE is_asked AND declined_at IS NULL;
COMMENT ON INDEX tablo_private.invitations_pending_idx IS 'What a person is asked and has not answered, whatever else there is about them.';

-- What SQL deletes or corrects is gone from the documents too [R2] ---------------------------------------------------------------

-- The ledger notes its own deletions, and its edits are entries of the document. It says of its transactions that they are its own, so that none of this costs a commit
-- anything; who else says so leaves texts behind that they may read anyway. The tablo's row is locked as the ledger locks it: a move that is under way has read the old text.
CREATE FUNCTION tablo_private.note_erasure(message uuid, channel uuid, keeps_rows boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO public.tablo_erasures AS e (message_id, tablo_id, epoch, rows_removed)
  SELECT message, t.id, t.epoch, keeps_rows FROM (SELECT id, epoch FROM public.tablos WHERE id = channel FOR SHARE) t
  ON CONFLICT (message_id) DO UPDATE SET epoch = greatest(e.epoch, excluded.epoch), rows_removed = e.rows_removed AND excluded.rows_removed
$$;
COMMENT ON FUNCTION tablo_private.note_erasure IS 'The live document holds a text of this message that no row says any more: the tablo is to move.';

CREATE FUNCTION tablo_private.empty_deleted() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.text := '';
  NEW.first_text := NULL;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tablo_private.empty_deleted IS 'A deleted message has no text, whoever deletes it.';
CREATE TRIGGER tablo_chat_empty BEFORE UPDATE OF deleted_at ON public.messages
  FOR EACH ROW WHEN (current_setting('tablo_chat.ledger', true) IS DISTINCT FROM 'yes' AND OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
  EXECUTE FUNCTION tablo_private.empty_deleted();

CREATE FUNCTION tablo_private.note_moderation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM tablo_private.note_erasure(NEW.id, NEW.channel_id, NEW.deleted_at IS NULL);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.note_moderation IS 'After a message''s text was changed, or the message deleted, by SQL.';
CREATE TRIGGER tablo_chat_moderate AFTER UPDATE OF text, first_text, deleted_at ON public.messages
  FOR EACH ROW WHEN (current_setting('tablo_chat.ledger', true) IS DISTINCT FROM 'yes'
    AND (OLD.text, OLD.first_text, OLD.deleted_at IS NULL) IS DISTINCT FROM (NEW.text, NEW.first_text, NEW.deleted_at IS NULL))
  EXECUTE FUNCTION tablo_private.note_moderation();

-- Earlier texts are in the document for as long as the epoch lasts. Those of deleted messages are noted already.
CREATE FUNCTION tablo_private.note_edited() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM tablo_private.note_erasure(m.id, m.channel_id, true) FROM public.messages m WHERE m.id = OLD.message_id AND m.deleted_at IS NULL;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.note_edited IS 'After an earlier text was changed by SQL.';
CREATE TRIGGER tablo_chat_moderate AFTER UPDATE OF text ON public.message_edits
  FOR EACH ROW WHEN (current_setting('tablo_chat.ledger', true) IS DISTINCT FROM 'yes' AND OLD.text IS DISTINCT FROM NEW.text)
  EXECUTE FUNCTION tablo_private.note_edited();

-- Once a statement: what goes with its message, or its tablo, has nothing to be noted for.
CREATE FUNCTION tablo_private.note_removed_edits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM tablo_private.note_erasure(m.id, m.channel_id, true)
  FROM (SELECT DISTINCT message_id FROM old_rows) o JOIN public.messages m ON m.id = o.message_id WHERE m.deleted_at IS NULL;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.note_removed_edits IS 'After earlier texts were removed by SQL.';
CREATE TRIGGER tablo_chat_moderate_removed AFTER DELETE ON public.message_edits REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.note_removed_edits();

-- A message that goes with its tablo finds no tablo any more, and notes nothing.
CREATE OR REPLACE FUNCTION tablo_private.forget_messages() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.tablo_votes v USING old_rows o WHERE v.message_id = o.id;
  DELETE FROM public.tablo_reaction_kinds k USING old_rows o WHERE k.message_id = o.id;
  PERFORM tablo_private.note_erasure(o.id, o.channel_id, true) FROM old_rows o JOIN public.tablos t ON t.id = o.channel_id WHERE o.deleted_at IS NULL;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION tablo_private.note_erasure, tablo_private.empty_deleted, tablo_private.note_moderation, tablo_private.note_edited,
  tablo_private.note_removed_edits FROM PUBLIC, anon, authenticated, service_role;

-- The columns that we have added to a host's tables ------------------------------------------------------------------------------

-- A host's policies were written for the host's columns: they let people change their own membership, where a role stands now that the host knows nothing of. What we have
-- added is kept against the host's people, and is anybody else's to write: the host's back end, its functions, service_role. What the host had is the host's to guard.
CREATE FUNCTION tablo_private.keep_added_columns() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  kept jsonb := '{"role": "member", "is_active": true, "created_by": null, "deleted_at": null}';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    kept := to_jsonb(OLD);
  END IF;
  NEW := jsonb_populate_record(NEW, (SELECT jsonb_object_agg(name, kept -> name) FROM unnest(TG_ARGV) AS name));
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tablo_private.keep_added_columns IS 'Keeps the columns that it is given as they were; in a new row, at their defaults.';
REVOKE ALL ON FUNCTION tablo_private.keep_added_columns FROM PUBLIC, anon, authenticated, service_role;

DO $$
DECLARE
  host text;
  added text;
BEGIN
  FOREACH host IN ARRAY ARRAY['tablos', 'tablo_access'] LOOP
    -- Tables of our own making have this policy, and rights that give people nothing to write.
    CONTINUE WHEN EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = host AND policyname = 'tablo_chat_read');
    -- Ours came in one transaction, with tablos.epoch, into a table that was there before. Where that cannot be told (a table that was restored from a dump), the column
    -- counts as the host's, and the server warns at its start.
    SELECT string_agg(quote_literal(c.attname), ', ') INTO added
    FROM pg_attribute c, pg_attribute ours, pg_attribute first
    WHERE c.attrelid = ('public.' || host)::regclass AND c.attname IN ('role', 'is_active', 'created_by', 'deleted_at') AND NOT c.attisdropped
      AND ours.attrelid = 'public.tablos'::regclass AND ours.attname = 'epoch' AND c.xmin = ours.xmin
      AND first.attrelid = c.attrelid AND first.attname = CASE host WHEN 'tablos' THEN 'id' ELSE 'tablo_id' END AND first.xmin <> ours.xmin;
    IF added IS NOT NULL THEN
      EXECUTE format($sql$CREATE TRIGGER tablo_chat_added_columns BEFORE INSERT OR UPDATE ON public.%I
        FOR EACH ROW WHEN (current_user IN ('anon', 'authenticated')) EXECUTE FUNCTION tablo_private.keep_added_columns(%s)$sql$, host, added);
    END IF;
  END LOOP;
END
$$;
