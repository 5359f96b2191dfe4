-- Drafts follow their author over devices. Own rows only, as with read positions.

CREATE TABLE public.channel_drafts (
  user_id uuid NOT NULL,
  channel_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  text text NOT NULL CHECK (char_length(text) <= 20000),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, channel_id)
);

COMMENT ON TABLE public.channel_drafts IS 'What a member has typed into a tablo and not sent. The later of two stands; an empty text is kept, so that an older one cannot come back.';
COMMENT ON COLUMN public.channel_drafts.user_id IS 'Whose draft it is; nobody else''s to read.';
COMMENT ON COLUMN public.channel_drafts.channel_id IS 'The tablo.';
COMMENT ON COLUMN public.channel_drafts.text IS 'Plain text; empty when it was sent or deleted.';
COMMENT ON COLUMN public.channel_drafts.updated_at IS 'When it was typed, by the device''s clock, in milliseconds; never goes backwards.';

-- The same words as laterDraftSql in @tablo/schema/draft.
CREATE FUNCTION tablo_private.keep_later_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.updated_at, NEW.text COLLATE "C") > (OLD.updated_at, OLD.text COLLATE "C") THEN
    RETURN NEW;
  END IF;
  RETURN NULL;
END
$$;

-- The key only: a notification holds less than 8,000 bytes, and every user of the database hears it.
CREATE FUNCTION tablo_private.notify_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('tablo_changes', json_build_object('type', 'draft', 'tablo', NEW.channel_id, 'user', NEW.user_id)::text);
  RETURN NULL;
END
$$;

CREATE TRIGGER tablo_chat_later BEFORE UPDATE ON public.channel_drafts
  FOR EACH ROW EXECUTE FUNCTION tablo_private.keep_later_draft();
CREATE TRIGGER tablo_chat_notify AFTER INSERT OR UPDATE ON public.channel_drafts
  FOR EACH ROW EXECUTE FUNCTION tablo_private.notify_draft();

ALTER TABLE public.channel_drafts ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.channel_drafts FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON public.channel_drafts TO authenticated;
GRANT ALL ON public.channel_drafts TO service_role;
CREATE POLICY tablo_chat_own ON public.channel_drafts FOR ALL TO authenticated
  USING (user_id = auth.uid()) WITH CHECK (user_id = auth.uid() AND tablo_private.is_member(channel_id));
