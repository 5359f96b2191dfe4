-- [N1] A document is the log up to its head. A snapshot says how far it goes, so that a server which lags behind finds that the rows it lacks have gone into it.
ALTER TABLE public.tablo_documents ADD COLUMN log_id bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN public.tablo_documents.log_id IS 'The snapshot contains the log of its epoch up to this row; none of these is in the log any more. 0: not known, or none.';
COMMENT ON COLUMN public.tablo_updates.id IS 'Order of commit within a tablo: rows are added under the lock of the tablo''s row.';
COMMENT ON TABLE tablo_private.settings IS 'What the server made up once and must find again: the secret of the identity service, the key that hints between servers are sealed with.';
