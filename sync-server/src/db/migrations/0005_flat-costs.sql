-- A commit costs the same for ever: no statement of the ledger's reads or writes a number of rows that grows with history.

-- The latest vote of each member with each emoji, kept instead of looked up among all votes ever cast ----------------------------

CREATE TABLE public.tablo_votes (
  message_id uuid NOT NULL,
  user_id uuid NOT NULL,
  emoji text NOT NULL,
  is_on boolean NOT NULL,
  shown_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  PRIMARY KEY (message_id, user_id, emoji)
);

COMMENT ON TABLE public.tablo_votes IS 'The latest reaction of each member with each emoji, also where it was taken back. The server''s own; message_reactions has those that are on.';
COMMENT ON COLUMN public.tablo_votes.message_id IS 'The message.';
COMMENT ON COLUMN public.tablo_votes.user_id IS 'Who reacted.';
COMMENT ON COLUMN public.tablo_votes.emoji IS 'With what.';
COMMENT ON COLUMN public.tablo_votes.is_on IS 'Set, or taken back.';
COMMENT ON COLUMN public.tablo_votes.shown_at IS 'shownAt of the reaction: the latest by (shown_at, entry_id) wins.';
COMMENT ON COLUMN public.tablo_votes.entry_id IS 'The reaction''s own entry id.';

INSERT INTO public.tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
  SELECT DISTINCT ON (e.target, e.author, e.emoji) e.target, e.author, e.emoji, e.is_on, e.shown_at, e.id
  FROM public.tablo_entries e JOIN public.messages m ON m.id = e.target AND m.deleted_at IS NULL
  WHERE e.kind = 'reaction' ORDER BY e.target, e.author, e.emoji, e.shown_at DESC, e.id DESC;

DROP INDEX public.tablo_entries_reaction_idx;

CREATE TABLE public.tablo_reaction_kinds (
  message_id uuid NOT NULL,
  emoji text NOT NULL,
  PRIMARY KEY (message_id, emoji)
);

COMMENT ON TABLE public.tablo_reaction_kinds IS 'Which emoji were ever used on a message: their number has a bound. The server''s own.';
COMMENT ON COLUMN public.tablo_reaction_kinds.message_id IS 'The message.';
COMMENT ON COLUMN public.tablo_reaction_kinds.emoji IS 'The emoji.';

INSERT INTO public.tablo_reaction_kinds (message_id, emoji) SELECT DISTINCT message_id, emoji FROM public.tablo_votes;

-- Instead of foreign keys: the ledger writes these two for messages whose rows it has just read, and a check a row would be a third of a commit of reactions.
CREATE FUNCTION tablo_private.forget_messages() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.tablo_votes v USING old_rows o WHERE v.message_id = o.id;
  DELETE FROM public.tablo_reaction_kinds k USING old_rows o WHERE k.message_id = o.id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.forget_messages IS 'After messages are deleted: their rows in the tables that have no foreign key.';
CREATE FUNCTION tablo_private.forget_all_messages() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.tablo_votes;
  DELETE FROM public.tablo_reaction_kinds;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.forget_all_messages IS 'After TRUNCATE of messages: the rows in the tables that have no foreign key.';
CREATE TRIGGER tablo_chat_forget AFTER DELETE ON public.messages REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.forget_messages();
CREATE TRIGGER tablo_chat_forget_truncate AFTER TRUNCATE ON public.messages
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.forget_all_messages();

-- What a message said first, and how often it was edited ---------------------------------------------------------------------------

ALTER TABLE public.messages ADD COLUMN first_text text, ADD COLUMN edit_count integer CONSTRAINT tablo_chat_edit_count_not_null NOT NULL DEFAULT 0;
COMMENT ON COLUMN public.messages.first_text IS 'Its text before its first edit; null for a message that was never edited, or was deleted.';
COMMENT ON COLUMN public.messages.edit_count IS 'How often it was edited: the number has a bound.';

-- The first edit that the server received replaced the first text; of several received together, the first one in their order.
UPDATE public.messages m SET edit_count = e.edits, first_text = CASE WHEN m.deleted_at IS NULL THEN e.first_text END
  FROM (
    SELECT DISTINCT ON (d.message_id) d.message_id, d.text AS first_text, count(*) OVER (PARTITION BY d.message_id)::int AS edits
    FROM public.message_edits d LEFT JOIN public.tablo_entries t ON t.id = d.id
    ORDER BY d.message_id, t.received_at, d.edited_at, d.id
  ) e WHERE e.message_id = m.id;

-- A new epoch begins with the newest messages --------------------------------------------------------------------------------------

ALTER TABLE public.tablo_documents ADD COLUMN server_client bigint;
COMMENT ON COLUMN public.tablo_documents.server_client IS 'The Yjs clientID under which the server wrote what the epoch began with; nobody else may write under it.';

-- What was deleted is gone, some time after the commit -----------------------------------------------------------------------------

CREATE TABLE public.tablo_erasures (
  message_id uuid PRIMARY KEY,
  tablo_id uuid NOT NULL,
  epoch integer NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  rows_removed boolean NOT NULL DEFAULT false
);
CREATE INDEX tablo_erasures_rows_idx ON public.tablo_erasures (asked_at, message_id) WHERE NOT rows_removed;
CREATE INDEX tablo_erasures_tablo_idx ON public.tablo_erasures (tablo_id, asked_at);
CREATE INDEX message_edits_text_idx ON public.message_edits (message_id) WHERE text <> '';

COMMENT ON TABLE public.tablo_erasures IS 'Deleted messages whose earlier texts, reactions and place in the live document are still to be removed, within minutes. The server''s own.';
COMMENT ON COLUMN public.tablo_erasures.message_id IS 'The deleted message.';
COMMENT ON COLUMN public.tablo_erasures.tablo_id IS 'Its tablo.';
COMMENT ON COLUMN public.tablo_erasures.epoch IS 'The document that held a text of it: gone when the tablo has moved to a later one.';
COMMENT ON COLUMN public.tablo_erasures.asked_at IS 'When the deletion was committed.';
COMMENT ON COLUMN public.tablo_erasures.rows_removed IS 'Its earlier texts and its reactions are gone; what is left is the document.';
COMMENT ON INDEX public.message_edits_text_idx IS 'Finds what is left to be emptied of a deleted message.';

-- Messages that were deleted before: their texts may still be in the live documents.
INSERT INTO public.tablo_erasures (message_id, tablo_id, epoch)
  SELECT m.id, m.channel_id, t.epoch FROM public.messages m JOIN public.tablos t ON t.id = m.channel_id
  WHERE m.deleted_at IS NOT NULL;

CREATE OR REPLACE FUNCTION tablo_private.forget_tablo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM public.tablo_entries WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_updates WHERE tablo_id = OLD.id;
  DELETE FROM public.tablo_erasures WHERE tablo_id = OLD.id;
  RETURN NULL;
END
$$;

ALTER TABLE public.tablo_votes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_reaction_kinds ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tablo_erasures ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.tablo_votes, public.tablo_reaction_kinds, public.tablo_erasures FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.tablo_votes, public.tablo_reaction_kinds, public.tablo_erasures FROM service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.tablo_votes, public.tablo_reaction_kinds, public.tablo_erasures TO service_role;
