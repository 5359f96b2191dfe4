-- [R3] A clientID of which every entry was refused has none in its document that would tell whose it is: the ledger notes it here as well.
COMMENT ON TABLE public.tablo_clients IS 'Yjs clientIDs that members showed in presence, or under which all that they wrote was refused: whose they are, for as long as the epoch lasts. The server''s own.';
COMMENT ON COLUMN public.tablo_clients.user_id IS 'Who showed it first, or was the first to write under it. Nobody else writes under it or shows it.';
COMMENT ON COLUMN public.tablo_clients.claimed_at IS 'When that was.';
