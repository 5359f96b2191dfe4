-- Up Migration

-- TEMPORARY: stands in for the ledger's own migration of this name, with the same table, kept by a trigger instead of the ledger.
CREATE TABLE public.tablo_votes (
  message_id uuid NOT NULL,
  user_id uuid NOT NULL,
  emoji text NOT NULL,
  is_on boolean NOT NULL,
  shown_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  PRIMARY KEY (message_id, user_id, emoji)
);
INSERT INTO public.tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
  SELECT DISTINCT ON (target, author, emoji) target, author, emoji, is_on, shown_at, id FROM public.tablo_entries
  WHERE kind = 'reaction' ORDER BY target, author, emoji, shown_at DESC, id DESC;

CREATE FUNCTION tablo_private.temporary_vote() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO public.tablo_votes AS v (message_id, user_id, emoji, is_on, shown_at, entry_id)
  VALUES (NEW.target, NEW.author, NEW.emoji, NEW.is_on, NEW.shown_at, NEW.id)
  ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET is_on = excluded.is_on, shown_at = excluded.shown_at, entry_id = excluded.entry_id
  WHERE (v.shown_at, v.entry_id) < (excluded.shown_at, excluded.entry_id);
  RETURN NULL;
END
$$;
CREATE TRIGGER temporary_vote AFTER INSERT ON public.tablo_entries FOR EACH ROW WHEN (NEW.kind = 'reaction')
  EXECUTE FUNCTION tablo_private.temporary_vote();
