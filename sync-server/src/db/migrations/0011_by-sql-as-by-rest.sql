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

-- A tablo that is deleted is gone, whoever deletes it and however ----------------------------------------------------------------

-- A document's name is never used again: a tablo that comes back under its id begins where nobody has a document of it, and nothing of its old texts is this one's.
CREATE TABLE tablo_private.past_epochs (
  tablo_id uuid PRIMARY KEY,
  epoch integer NOT NULL
);
COMMENT ON TABLE tablo_private.past_epochs IS 'The last document of tablos that were deleted with messages in them: should one be inserted again under its id, it begins after that.';
COMMENT ON COLUMN tablo_private.past_epochs.tablo_id IS 'The tablo that was.';
COMMENT ON COLUMN tablo_private.past_epochs.epoch IS 'Number of its last Yjs document.';
ALTER TABLE tablo_private.past_epochs ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON tablo_private.past_epochs FROM PUBLIC, anon, authenticated, service_role;

CREATE FUNCTION tablo_private.begin_after_past() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  past integer;
BEGIN
  SELECT p.epoch INTO past FROM tablo_private.past_epochs p WHERE p.tablo_id = NEW.id;
  IF past >= NEW.epoch THEN
    NEW.epoch := past + 1;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tablo_private.begin_after_past IS 'A tablo that is inserted again under its id begins with a document that never was.';
-- After tablo_chat_own_columns_insert, by its name.
CREATE TRIGGER tablo_chat_past_epoch BEFORE INSERT ON public.tablos FOR EACH ROW EXECUTE FUNCTION tablo_private.begin_after_past();

-- Foreign keys have done most of this before, by the order of triggers' names; under session_replication_role = replica, as logical replication works, they do nothing. So all of
-- our rows are named here, each found by an index. The host's own rows, tablo_access among them, are the host's to replicate.
CREATE OR REPLACE FUNCTION tablo_private.forget_tablo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO tablo_private.past_epochs AS p (tablo_id, epoch)
  SELECT OLD.id, OLD.epoch WHERE EXISTS (SELECT FROM public.tablo_entries WHERE tablo_id = OLD.id)
  ON CONFLICT (tablo_id) DO UPDATE SET epoch = greatest(p.epoch, excluded.epoch);
  DELETE FROM public.tablo_votes v USING public.messages m WHERE m.channel_id = OLD.id AND v.message_id = m.id;
  DELETE FROM public.tablo_reaction_kinds k USING public.messages m WHERE m.channel_id = OLD.id AND k.message_id = m.id;
  DELETE FROM public.message_reactions WHERE channel_id = OLD.id;
  DELETE FROM public.message_edits WHERE channel_id = OLD.id;
  DELETE FROM public.messages WHERE channel_id = OLD.id;
  DELETE FROM public.tablo_entries WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_updates WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_documents WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_erasures WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_clients WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_invites WHERE tablo_id = OLD.id;
  DELETE FROM public.channel_read_state WHERE channel_id = OLD.id;
  DELETE FROM public.channel_drafts WHERE channel_id = OLD.id;
  DELETE FROM tablo_private.deleted_counts WHERE channel_id = OLD.id;
  DELETE FROM tablo_private.deleted_own_counts WHERE channel_id = OLD.id;
  DELETE FROM tablo_private.own_marks WHERE channel_id = OLD.id;
  DELETE FROM tablo_private.invitations WHERE tablo_id = OLD.id;
  DELETE FROM tablo_private.newcomers WHERE tablo_id = OLD.id;
  DELETE FROM tablo_private.decisions WHERE tablo_id = OLD.id;
  DELETE FROM tablo_private.closed_tablos WHERE tablo_id = OLD.id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.forget_tablo IS 'After a tablo is deleted: all rows of ours that belong to it, and the number of its last document.';
DROP TRIGGER tablo_chat_forget_clients ON public.tablos;
DROP FUNCTION tablo_private.forget_clients();
DROP TRIGGER tablo_chat_forget_decisions ON public.tablos;
DROP FUNCTION tablo_private.forget_decisions();

-- What has a foreign key is never looked up by its tablo but in the primary key's order: user first.
CREATE INDEX tablo_chat_channel_read_state_channel_idx ON public.channel_read_state (channel_id);
CREATE INDEX channel_drafts_channel_idx ON public.channel_drafts (channel_id);

CREATE FUNCTION tablo_private.remember_all_epochs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO tablo_private.past_epochs AS p (tablo_id, epoch)
  SELECT t.id, t.epoch FROM public.tablos t WHERE EXISTS (SELECT FROM public.tablo_entries e WHERE e.tablo_id = t.id)
  ON CONFLICT (tablo_id) DO UPDATE SET epoch = greatest(p.epoch, excluded.epoch);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.remember_all_epochs IS 'Before TRUNCATE of tablos: the numbers of their last documents.';
CREATE TRIGGER tablo_chat_remember_truncate BEFORE TRUNCATE ON public.tablos
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.remember_all_epochs();

-- What has a foreign key was truncated with the tablos, or PostgreSQL would have refused.
CREATE OR REPLACE FUNCTION tablo_private.forget_all_tablos() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.tablo_entries;
  DELETE FROM public.tablo_updates;
  DELETE FROM public.tablo_erasures;
  DELETE FROM public.tablo_clients;
  DELETE FROM tablo_private.decisions;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION tablo_private.begin_after_past, tablo_private.remember_all_epochs FROM PUBLIC, anon, authenticated, service_role;

-- Replicated changes are changes: a removal is a decision, and what goes is forgotten. Each of these comes to the same when it is done twice.
ALTER TABLE public.tablo_access ENABLE ALWAYS TRIGGER tablo_chat_decide;
ALTER TABLE public.tablos
  ENABLE ALWAYS TRIGGER tablo_chat_forget, ENABLE ALWAYS TRIGGER tablo_chat_forget_truncate,
  ENABLE ALWAYS TRIGGER tablo_chat_remember_truncate, ENABLE ALWAYS TRIGGER tablo_chat_past_epoch;
ALTER TABLE public.messages
  ENABLE ALWAYS TRIGGER tablo_chat_forget, ENABLE ALWAYS TRIGGER tablo_chat_forget_truncate, ENABLE ALWAYS TRIGGER tablo_chat_count_truncated;

-- Drafts have one bound, whoever writes them [R9] --------------------------------------------------------------------------------

-- After the row, so that everybody takes its lock and this one in the same order. One user's writes come one after another here: two that grow at once are both counted.
CREATE FUNCTION tablo_private.bound_drafts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7461626, hashtext(NEW.user_id::text));
  IF (SELECT sum(octet_length(d.text)) FROM public.channel_drafts d WHERE d.user_id = NEW.user_id) > 4194304 THEN
    RAISE EXCEPTION 'The drafts of a user are at most 4 MiB together.' USING ERRCODE = 'check_violation', CONSTRAINT = 'channel_drafts_room', TABLE = 'channel_drafts';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.bound_drafts IS 'All drafts of a user together: 4 MiB of UTF-8.';
CREATE TRIGGER tablo_chat_room AFTER INSERT ON public.channel_drafts
  FOR EACH ROW WHEN (NEW.text <> '') EXECUTE FUNCTION tablo_private.bound_drafts();
CREATE TRIGGER tablo_chat_room_update AFTER UPDATE ON public.channel_drafts
  FOR EACH ROW WHEN (octet_length(NEW.text) > octet_length(OLD.text) OR NEW.user_id <> OLD.user_id) EXECUTE FUNCTION tablo_private.bound_drafts();
REVOKE ALL ON FUNCTION tablo_private.bound_drafts FROM PUBLIC, anon, authenticated, service_role;

-- Memberships of deleted tablos end [R9] -----------------------------------------------------------------------------------------

-- Lists look at every tablo that somebody belongs to. Those of a deleted one end a month later, in portions: until then an administrator who opens it again finds its members.
CREATE TABLE tablo_private.closed_tablos (
  tablo_id uuid PRIMARY KEY REFERENCES public.tablos (id) ON DELETE CASCADE,
  closed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX closed_tablos_due_idx ON tablo_private.closed_tablos (closed_at);
COMMENT ON TABLE tablo_private.closed_tablos IS 'Deleted tablos whose memberships have not ended yet.';
COMMENT ON COLUMN tablo_private.closed_tablos.tablo_id IS 'The tablo.';
COMMENT ON COLUMN tablo_private.closed_tablos.closed_at IS 'When it was deleted.';
ALTER TABLE tablo_private.closed_tablos ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON tablo_private.closed_tablos FROM PUBLIC, anon, authenticated, service_role;
INSERT INTO tablo_private.closed_tablos (tablo_id) SELECT id FROM public.tablos WHERE deleted_at IS NOT NULL;

CREATE FUNCTION tablo_private.note_closed(tablo uuid, is_closed boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF is_closed THEN
    INSERT INTO tablo_private.closed_tablos (tablo_id) VALUES (tablo) ON CONFLICT DO NOTHING;
  ELSE
    DELETE FROM tablo_private.closed_tablos WHERE tablo_id = tablo;
  END IF;
END
$$;
COMMENT ON FUNCTION tablo_private.note_closed IS 'A tablo was deleted, or opened again.';
CREATE FUNCTION tablo_private.note_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF NEW.deleted_at IS NOT NULL THEN
    PERFORM tablo_private.note_closed(NEW.id, true);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.note_inserted IS 'After a tablo is inserted that is deleted already.';
CREATE TRIGGER tablo_chat_closed AFTER INSERT ON public.tablos FOR EACH ROW EXECUTE FUNCTION tablo_private.note_inserted();
ALTER TABLE public.tablos ENABLE ALWAYS TRIGGER tablo_chat_closed;

-- In the function that looks at every changed row already: commits change one a tablo.
CREATE OR REPLACE FUNCTION tablo_private.notify_tablo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.id, OLD.name::text, OLD.deleted_at) IS NOT DISTINCT FROM (NEW.id, NEW.name::text, NEW.deleted_at) THEN
    RETURN NULL;
  END IF;
  PERFORM pg_notify('tablo_changes', json_build_object('type', 'tablo', 'tablo', OLD.id)::text);
  IF TG_OP = 'UPDATE' AND NEW.id IS DISTINCT FROM OLD.id THEN
    PERFORM pg_notify('tablo_changes', json_build_object('type', 'tablo', 'tablo', NEW.id)::text);
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) THEN
    PERFORM tablo_private.note_closed(NEW.id, NEW.deleted_at IS NOT NULL);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION tablo_private.end_closed(portion integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  due uuid;
  ended bigint;
BEGIN
  SELECT c.tablo_id INTO due FROM tablo_private.closed_tablos c WHERE c.closed_at < now() - interval '30 days'
  ORDER BY c.closed_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF due IS NULL THEN
    RETURN 0;
  END IF;
  -- Nobody has decided anything about these members.
  PERFORM set_config('tablo_chat.closing', due::text, true);
  UPDATE public.tablo_access SET is_active = false WHERE ctid = ANY (ARRAY(
    SELECT a.ctid FROM public.tablo_access a WHERE a.tablo_id = due AND a.is_active LIMIT portion FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS ended = ROW_COUNT;
  PERFORM set_config('tablo_chat.closing', '', true);
  IF NOT EXISTS (SELECT FROM public.tablo_access a WHERE a.tablo_id = due AND a.is_active) THEN
    DELETE FROM tablo_private.closed_tablos WHERE tablo_id = due;
  ELSIF ended = 0 THEN
    -- Somebody holds them: others first.
    UPDATE tablo_private.closed_tablos SET closed_at = now() - interval '30 days' WHERE tablo_id = due;
  END IF;
  RETURN ended + 1;
END
$$;
COMMENT ON FUNCTION tablo_private.end_closed IS 'Ends a portion of the memberships of one tablo that was deleted a month ago; 0 where there is none.';

-- Somebody who was added without being asked, and has not come, leaves nothing behind when they are removed: nobody knows whether there is such a person.
CREATE OR REPLACE FUNCTION tablo_private.note_decision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  remaining integer;
  has_come boolean;
BEGIN
  SELECT max(tablo_private.role_rank(a.role::text)) INTO remaining FROM public.tablo_access a
  WHERE a.tablo_id = OLD.tablo_id AND a.user_id = OLD.user_id AND a.is_active;
  IF remaining >= tablo_private.role_rank(OLD.role::text) THEN
    RETURN NULL;
  END IF;
  IF remaining IS NULL THEN
    has_come := NOT tablo_private.is_newcomer(OLD.tablo_id, OLD.user_id);
    DELETE FROM tablo_private.newcomers n WHERE n.tablo_id = OLD.tablo_id AND n.user_id = OLD.user_id;
    -- Said by REST, for its transaction: they leave by themselves, which is no removal. Or the tablo has been closed for long.
    IF NOT has_come OR current_setting('tablo_chat.leaving', true) = OLD.user_id::text
      OR current_setting('tablo_chat.closing', true) = OLD.tablo_id::text THEN
      RETURN NULL;
    END IF;
  END IF;
  DELETE FROM tablo_private.invitations i WHERE i.tablo_id = OLD.tablo_id AND i.user_id = OLD.user_id;
  INSERT INTO tablo_private.decisions AS d (tablo_id, user_id, decided_at)
  SELECT OLD.tablo_id, OLD.user_id, clock_timestamp() WHERE EXISTS (SELECT FROM public.tablos t WHERE t.id = OLD.tablo_id)
  ON CONFLICT (tablo_id, user_id) DO UPDATE SET decided_at = greatest(d.decided_at, excluded.decided_at);
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION tablo_private.note_closed, tablo_private.note_inserted, tablo_private.end_closed FROM PUBLIC, anon, authenticated, service_role;
