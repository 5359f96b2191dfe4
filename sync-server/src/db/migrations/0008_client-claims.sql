-- [R3] Within an epoch a clientID is the first one's who showed it in presence, over restarts and whatever was claimed since. No foreign keys: a claim waits for no
-- commit that holds the tablo's row, and who is removed, or deletes their account, keeps what they showed.
CREATE TABLE public.tablo_clients (
  tablo_id uuid NOT NULL,
  epoch integer NOT NULL,
  client_id bigint NOT NULL,
  user_id uuid NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tablo_id, epoch, client_id)
);
CREATE INDEX tablo_clients_user_idx ON public.tablo_clients (tablo_id, epoch, user_id);

COMMENT ON TABLE public.tablo_clients IS 'Yjs clientIDs that members showed in presence: whose they are, for as long as the epoch lasts. The server''s own.';
COMMENT ON COLUMN public.tablo_clients.tablo_id IS 'The tablo.';
COMMENT ON COLUMN public.tablo_clients.epoch IS 'Which document.';
COMMENT ON COLUMN public.tablo_clients.client_id IS 'The Yjs clientID.';
COMMENT ON COLUMN public.tablo_clients.user_id IS 'Who showed it first. Nobody else writes under it or shows it.';
COMMENT ON COLUMN public.tablo_clients.claimed_at IS 'When it was shown first.';
COMMENT ON INDEX public.tablo_clients_user_idx IS 'Counts one user''s claims in one epoch, up to the bound.';

-- A tablo that is deleted has no epoch any more. As the table's owner, whoever deletes: a host's users may delete their tablos, and have no rights here.
CREATE FUNCTION tablo_private.forget_clients() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM public.tablo_clients WHERE tablo_id = OLD.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER tablo_chat_forget_clients AFTER DELETE ON public.tablos
  FOR EACH ROW EXECUTE FUNCTION tablo_private.forget_clients();

ALTER TABLE public.tablo_clients ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.tablo_clients FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.tablo_clients FROM service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.tablo_clients TO service_role;
REVOKE ALL ON FUNCTION tablo_private.forget_clients FROM PUBLIC, anon, authenticated, service_role;
