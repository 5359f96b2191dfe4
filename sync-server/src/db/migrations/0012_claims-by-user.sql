-- [R9] Whose a clientID is, is looked up by its key. The index that counts one user's claims began with the same two columns: with plans from when the table was
-- empty PostgreSQL took it for as good as the key, and read every claim of the epoch for each message.
DROP INDEX public.tablo_clients_user_idx;
CREATE INDEX tablo_clients_user_idx ON public.tablo_clients (user_id, tablo_id, epoch);
COMMENT ON INDEX public.tablo_clients_user_idx IS 'Counts one user''s claims in one epoch, up to the bound. Begins with the user, so that nobody looks a clientID up by it.';
