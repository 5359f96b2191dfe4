-- Unread counts without looking at the unread messages (schema/src/unread.ts): both are read alone, without the table.
CREATE INDEX tablo_chat_messages_author_idx ON public.messages (channel_id, user_id, seq);
CREATE INDEX tablo_chat_messages_deleted_idx ON public.messages (channel_id, seq, user_id) WHERE deleted_at IS NOT NULL;
COMMENT ON INDEX public.tablo_chat_messages_author_idx IS 'Counts an author''s messages above a read position.';
COMMENT ON INDEX public.tablo_chat_messages_deleted_idx IS 'Counts deleted messages above a read position.';
