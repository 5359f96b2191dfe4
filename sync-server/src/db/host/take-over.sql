-- Takes over what a server before ours has left (`messages`, `channel_read_state`: their shape was looked at in `host-shapes.ts`), right after 0001 and in its
-- transaction. The tables stay the host's, with their policies, grants and comments: they get columns. Only rows change:
--
-- 1. What cannot be a message here (its tablo is gone, no text that can be seen, a text beyond the limit, no time) goes, as it was, to tablo_private.not_taken_over; the log says how many
--    and why. Nothing is thrown away, and nothing is cut.
-- 2. Messages keep their ids. `seq` is their place by (created_at, id). Times become whole milliseconds, as everything here counts. What is shown is in the order of (created_at, id), too:
--    where a message would then come before the one it followed, it gets the next millisecond. A time more than a minute from now would stand as the newest until it comes, and push the
--    clock of everybody who writes: it becomes now.
-- 3. What was deleted loses its text and is a deletion here too. Of edits only the time is known: `updated_at` stays, without an entry (epoch 0 says why, also to the audit).
-- 4. Read positions are the last message up to last_read_at.
-- 5. Tablos with messages begin with their second document, which the server fills before the transaction ends (`ledger/store/pg-taken-over.ts`).
DO $$
DECLARE
  -- Set by the caller: what a text has to match, so that there is something to see (`visible-pattern.ts`).
  visible constant text := current_setting('tablo_chat.visible');
  first_time constant timestamptz := '1970-01-01 00:00:00+00';
  last_time constant timestamptz := '9999-12-31 23:59:59.999999+00';
  this_time constant timestamptz := date_trunc('milliseconds', now());
  too_late constant timestamptz := now() + interval '1 minute';
  referring text;
BEGIN
  CREATE TABLE tablo_private.not_taken_over (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    reason text NOT NULL,
    content jsonb NOT NULL
  );
  COMMENT ON TABLE tablo_private.not_taken_over IS 'Rows of a server before this one that could not be taken over, as they were. Yours to look at, to mend or to delete.';
  COMMENT ON COLUMN tablo_private.not_taken_over.id IS 'Counts them.';
  COMMENT ON COLUMN tablo_private.not_taken_over.table_name IS 'Where the row was: messages or channel_read_state.';
  COMMENT ON COLUMN tablo_private.not_taken_over.reason IS 'Why it could not be taken over.';
  COMMENT ON COLUMN tablo_private.not_taken_over.content IS 'The row.';
  ALTER TABLE tablo_private.not_taken_over ENABLE ROW LEVEL SECURITY;
  REVOKE ALL ON tablo_private.not_taken_over FROM PUBLIC, anon, authenticated, service_role;

  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.messages'::regclass AND attname = 'seq' AND NOT attisdropped) THEN
    WITH judged AS (
      SELECT m.ctid AS place, CASE
        WHEN m.channel_id IS NULL OR NOT EXISTS (SELECT FROM public.tablos t WHERE t.id = m.channel_id) THEN 'its tablo does not exist'
        WHEN m.user_id IS NULL THEN 'it has no author'
        WHEN m.created_at IS NULL OR m.created_at NOT BETWEEN first_time AND last_time THEN 'it has no time that can be shown'
        WHEN m.deleted_at IS NOT NULL THEN NULL
        -- By characters alone: a collation of the host's may refuse patterns.
        WHEN (coalesce(m.text, '') COLLATE pg_catalog."C") !~ visible THEN 'it has no text that can be seen'
        WHEN char_length(m.text) > 8000 THEN 'its text is longer than 8,000 characters'
      END AS reason
      FROM public.messages m
    ), gone AS (
      DELETE FROM public.messages m USING judged WHERE m.ctid = judged.place AND judged.reason IS NOT NULL
      RETURNING judged.reason, to_jsonb(m) AS content
    )
    INSERT INTO tablo_private.not_taken_over (table_name, reason, content) SELECT 'messages', reason, content FROM gone;
    IF FOUND THEN
      SELECT string_agg(DISTINCT c.conrelid::regclass::text, ', ') INTO referring
      FROM pg_constraint c WHERE c.confrelid = 'public.messages'::regclass AND c.contype = 'f'
        AND c.conrelid NOT IN ('public.message_edits'::regclass, 'public.message_reactions'::regclass);
      IF referring IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'TC001', MESSAGE = format('%s rows of public.messages cannot be taken over (%s), and %s refers to this table, so they cannot be put aside: mend or remove them first',
          (SELECT count(*) FROM tablo_private.not_taken_over), (SELECT string_agg(DISTINCT reason, '; ') FROM tablo_private.not_taken_over), referring);
      END IF;
    END IF;
  END IF;

  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.channel_read_state'::regclass AND attname = 'last_read_seq' AND NOT attisdropped) THEN
    WITH judged AS (
      SELECT r.ctid AS place, CASE
        WHEN r.channel_id IS NULL OR NOT EXISTS (SELECT FROM public.tablos t WHERE t.id = r.channel_id) THEN 'its tablo does not exist'
        WHEN r.user_id IS NULL THEN 'it has no reader'
        WHEN r.last_read_at IS NULL THEN 'it has no time'
      END AS reason
      FROM public.channel_read_state r
    ), gone AS (
      DELETE FROM public.channel_read_state r USING judged WHERE r.ctid = judged.place AND judged.reason IS NOT NULL
      RETURNING judged.reason, to_jsonb(r) AS content
    )
    INSERT INTO tablo_private.not_taken_over (table_name, reason, content) SELECT 'channel_read_state', reason, content FROM gone;

    ALTER TABLE public.channel_read_state ADD COLUMN last_read_seq bigint CONSTRAINT tablo_chat_last_read_seq_not_null NOT NULL DEFAULT 0;
    COMMENT ON COLUMN public.channel_read_state.last_read_seq IS 'seq of the last message read; never moves backwards.';
    -- One walk over messages and positions together, by time: a position is the number of messages before it.
    UPDATE public.channel_read_state r SET last_read_seq = counted.messages
    FROM (
      SELECT both_kinds.user_id, both_kinds.channel_id, both_kinds.is_position,
        count(*) FILTER (WHERE NOT both_kinds.is_position) OVER (PARTITION BY both_kinds.channel_id
          ORDER BY both_kinds.moment, both_kinds.is_position ROWS UNBOUNDED PRECEDING) AS messages
      FROM (
        SELECT NULL::uuid AS user_id, m.channel_id, m.created_at AS moment, false AS is_position FROM public.messages m
        UNION ALL SELECT p.user_id, p.channel_id, p.last_read_at, true FROM public.channel_read_state p
      ) both_kinds
    ) counted
    WHERE counted.is_position AND counted.user_id = r.user_id AND counted.channel_id = r.channel_id AND counted.messages > 0;
    UPDATE public.channel_read_state SET last_read_at = this_time WHERE last_read_at > too_late;
  END IF;

  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.messages'::regclass AND attname = 'seq' AND NOT attisdropped) THEN
    RETURN;
  END IF;

  -- With `descents` counting the places where ids would turn the order around, the least times in order are descents + max(ms - descents) over all up to it.
  CREATE TABLE tablo_private.taken_times AS
    WITH compared AS (
      SELECT m.id, m.channel_id, m.created_at AS said, CASE WHEN m.deleted_at BETWEEN first_time AND last_time THEN m.deleted_at ELSE m.created_at END AS deleted, m.deleted_at IS NOT NULL AS is_deleted,
        tablo_private.to_ms(CASE WHEN m.created_at > too_late THEN this_time ELSE date_trunc('milliseconds', m.created_at) END) AS ms,
        CASE WHEN m.id < lag(m.id) OVER in_order THEN 1 ELSE 0 END AS descent
      FROM public.messages m WINDOW in_order AS (PARTITION BY m.channel_id ORDER BY m.created_at, m.id)
    ), counted AS (
      SELECT c.*, sum(c.descent) OVER in_order AS descents, row_number() OVER in_order AS seq FROM compared c
      WINDOW in_order AS (PARTITION BY c.channel_id ORDER BY c.said, c.id)
    )
    SELECT c.id, c.seq, tablo_private.from_ms((c.descents + max(c.ms - c.descents) OVER (PARTITION BY c.channel_id ORDER BY c.seq))::bigint) AS moment,
      CASE WHEN c.is_deleted THEN CASE WHEN c.deleted > too_late THEN this_time ELSE date_trunc('milliseconds', c.deleted) END END AS deleted
    FROM counted c;
  ANALYZE tablo_private.taken_times;

  -- The same bytes as encodeEntryContent in @tablo/schema/entry: the audit compares.
  INSERT INTO public.tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
    SELECT m.id, m.channel_id, 0, 'message', m.user_id, w.moment, w.moment, w.moment,
      substring(sha256(convert_to(format('["message","%s",%s,null]', m.user_id, to_json(coalesce(m.text::text, ''))), 'UTF8')) FROM 1 FOR 16)
    FROM public.messages m JOIN tablo_private.taken_times w ON w.id = m.id;
  INSERT INTO public.tablo_entries (id, tablo_id, epoch, kind, author, target, sent_at, received_at, shown_at, digest)
    SELECT gen_random_uuid(), m.channel_id, 0, 'delete', m.user_id, m.id, w.deleted, w.deleted, w.deleted,
      substring(sha256(convert_to(format('["delete","%s","%s"]', m.user_id, m.id), 'UTF8')) FROM 1 FOR 16)
    FROM public.messages m JOIN tablo_private.taken_times w ON w.id = m.id WHERE w.deleted IS NOT NULL;

  ALTER TABLE public.messages
    ADD COLUMN sent_at timestamptz CONSTRAINT tablo_chat_sent_at_not_null NOT NULL DEFAULT '-infinity',
    ADD COLUMN received_at timestamptz CONSTRAINT tablo_chat_received_at_not_null NOT NULL DEFAULT '-infinity',
    ADD COLUMN seq bigint CONSTRAINT tablo_chat_seq_not_null NOT NULL DEFAULT 0,
    ADD COLUMN reply_to uuid,
    ADD COLUMN edit_id uuid;
  UPDATE public.messages m SET
    seq = taken.seq, created_at = taken.moment, sent_at = taken.moment, received_at = taken.moment,
    text = CASE WHEN m.deleted_at IS NULL THEN m.text ELSE '' END,
    updated_at = CASE WHEN NOT isfinite(m.updated_at) THEN NULL WHEN m.updated_at > too_late THEN this_time ELSE m.updated_at END,
    deleted_at = taken.deleted
  FROM tablo_private.taken_times taken WHERE taken.id = m.id;
  DROP TABLE tablo_private.taken_times;
  ALTER TABLE public.messages ALTER COLUMN sent_at DROP DEFAULT, ALTER COLUMN received_at DROP DEFAULT, ALTER COLUMN seq DROP DEFAULT,
    ADD CONSTRAINT tablo_chat_messages_channel_id_seq_key UNIQUE (channel_id, seq);
  COMMENT ON COLUMN public.messages.sent_at IS 'When it was written, by the author''s clock.';
  COMMENT ON COLUMN public.messages.received_at IS 'When the server received it.';
  COMMENT ON COLUMN public.messages.seq IS 'Counts the tablo''s messages in order of arrival, from 1, without gaps.';
  COMMENT ON COLUMN public.messages.reply_to IS 'The message that this one answers.';
  COMMENT ON COLUMN public.messages.edit_id IS 'The latest edit: message_edits.id.';

  UPDATE public.tablos t SET epoch = 2, last_seq = newest.seq
  FROM (SELECT channel_id, max(seq) AS seq FROM public.messages GROUP BY channel_id) newest WHERE newest.channel_id = t.id;
END
$$;
