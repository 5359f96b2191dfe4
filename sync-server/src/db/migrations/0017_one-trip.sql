-- A commit in one trip: the server decides by what its memory holds, and this function looks whether that is true. It locks the tablos' rows, and only then reads: each
-- statement of a function that is VOLATILE sees what was committed before it began. Of a tablo of which something is not as it was taken to be, nothing is written, and the
-- answer says what. As one statement it commits by itself.
--
-- Rows are reached by key, whatever the planner takes the tables for; what is written needs no note of the triggers that watch others; a row that somebody holds is passed over.
CREATE FUNCTION tablo_private.commit_messages(
  in_tablos uuid[], in_epochs integer[], in_heads bigint[], in_seqs bigint[],
  in_author_of integer[], in_authors uuid[],
  in_of integer[], in_ids uuid[], in_users uuid[], in_texts text[], in_replies uuid[], in_sent bigint[], in_received bigint[], in_shown bigint[],
  in_digests bytea[], in_numbers bigint[], in_last_seqs bigint[],
  in_update_of integer[], in_updates bytea[],
  OUT wrong text[], OUT log_ids bigint[]
) LANGUAGE plpgsql VOLATILE SET search_path = ''
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_memoize = off
  SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  is_good boolean[] := array_fill(false, ARRAY[cardinality(in_tablos)]);
  nth integer;
  reason text;
BEGIN
  -- Not among the settings above: only a superuser may put one of ours there.
  PERFORM set_config('tablo_chat.ledger', 'yes', true);
  wrong := array_fill('row'::text, ARRAY[cardinality(in_tablos)]);
  FOR nth IN
    SELECT a.nth FROM unnest(in_tablos) WITH ORDINALITY AS a (tablo, nth) JOIN public.tablos t ON t.id = a.tablo
    ORDER BY t.id FOR NO KEY UPDATE OF t SKIP LOCKED
  LOOP
    is_good[nth] := true;
    wrong[nth] := NULL;
  END LOOP;

  -- What does not hold, of each tablo the first. From here on nobody else adds to these tablos.
  FOR nth, reason IN
    SELECT a.nth, CASE
        WHEN t.epoch <> a.epoch OR t.deleted_at IS NOT NULL THEN 'epoch'
        WHEN t.last_seq <> a.seq THEN 'seq'
        ELSE 'head'
      END
    FROM unnest(in_tablos, in_epochs, in_heads, in_seqs) WITH ORDINALITY AS a (tablo, epoch, head, seq, nth)
    JOIN public.tablos t ON t.id = a.tablo
    WHERE is_good[a.nth] AND (t.epoch <> a.epoch OR t.deleted_at IS NOT NULL OR t.last_seq <> a.seq
      OR EXISTS (SELECT FROM public.tablo_updates l
        WHERE l.tablo_id = a.tablo AND l.epoch = a.epoch AND (l.tablo_id, l.epoch, l.id) > (a.tablo, a.epoch, a.head))
      OR coalesce((SELECT d.epoch = a.epoch AND d.log_id > a.head FROM public.tablo_documents d WHERE d.tablo_id = a.tablo), false))
    UNION ALL
    -- A host's table may repeat a member: all of its rows have to say that they write.
    SELECT m.of, 'role' FROM unnest(in_author_of, in_authors) AS m (of, author)
    WHERE is_good[m.of] AND coalesce((SELECT bool_and(left(r.role::text, 16) IN ('member', 'admin', 'owner')) FROM public.tablo_access r
      WHERE r.tablo_id = in_tablos[m.of] AND r.user_id = m.author AND r.is_active), false) IS FALSE
    UNION ALL
    SELECT i.of, 'id' FROM unnest(in_of, in_ids) AS i (of, id)
    WHERE is_good[i.of] AND EXISTS (SELECT FROM public.tablo_entries e WHERE e.id = i.id)
  LOOP
    is_good[nth] := false;
    wrong[nth] := coalesce(wrong[nth], reason);
  END LOOP;
  -- Asked about no tablo at all, it goes on, and makes the plans of this connection: the first commit has no time for that.
  IF cardinality(in_tablos) > 0 AND NOT (true = ANY (is_good)) THEN
    RETURN;
  END IF;

  WITH e AS (
    SELECT in_tablos[r.of] AS tablo, in_epochs[r.of] AS epoch, r.id, r.author, r.text, r.reply_to, r.digest, r.seq,
      tablo_private.from_ms(r.sent) AS sent_at, tablo_private.from_ms(r.received) AS received_at, tablo_private.from_ms(r.shown) AS shown_at
    FROM unnest(in_of, in_ids, in_users, in_texts, in_replies, in_sent, in_received, in_shown, in_digests, in_numbers)
      AS r (of, id, author, text, reply_to, sent, received, shown, digest, seq)
    WHERE is_good[r.of]
  ), entries AS (
    INSERT INTO public.tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
    SELECT e.id, e.tablo, e.epoch, 'message', e.author, e.sent_at, e.received_at, e.shown_at, e.digest FROM e
  ), rows AS (
    INSERT INTO public.messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, reply_to, updated_at, deleted_at)
    SELECT e.id, e.tablo, e.author, e.text, e.shown_at, e.sent_at, e.received_at, e.seq, e.reply_to, NULL, NULL FROM e
  ), counts AS (
    UPDATE public.tablos t SET last_seq = a.seq FROM unnest(in_tablos, in_last_seqs) WITH ORDINALITY AS a (tablo, seq, nth)
    WHERE t.id = a.tablo AND is_good[a.nth]
  ), log AS (
    INSERT INTO public.tablo_updates (tablo_id, epoch, update)
    SELECT in_tablos[u.of], in_epochs[u.of], u.update FROM unnest(in_update_of, in_updates) WITH ORDINALITY AS u (of, update, place)
    WHERE is_good[u.of] ORDER BY u.place
    RETURNING tablo_updates.id
  )
  SELECT array_agg(log.id ORDER BY log.id) INTO log_ids FROM log;
  -- Deferred triggers run here, where the statement's time limit holds: inside the commit there is none.
  SET CONSTRAINTS ALL IMMEDIATE;
END
$$;
COMMENT ON FUNCTION tablo_private.commit_messages IS 'Writes messages of tablos of which everything is as the server takes it to be. wrong: of each tablo what is not, and nothing of it is written; log_ids: rows added to tablo_updates, in their order.';
REVOKE ALL ON FUNCTION tablo_private.commit_messages FROM PUBLIC, anon, authenticated, service_role;

-- The log is read and emptied by its tablo: one index does, and its keys append within each tablo. A number is given once by its sequence.
ALTER TABLE public.tablo_updates DROP CONSTRAINT tablo_updates_pkey;
DROP INDEX public.tablo_updates_tablo_idx;
ALTER TABLE public.tablo_updates ADD CONSTRAINT tablo_updates_pkey PRIMARY KEY (tablo_id, epoch, id);

-- Rows that are changed often find room on their page for their next version, and no index has to learn of it. Tables that may be a host's stay as they are.
ALTER TABLE public.tablo_documents SET (fillfactor = 70);
ALTER TABLE public.tablo_votes SET (fillfactor = 90);
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = 'tablos' AND policyname = 'tablo_chat_read') THEN
    ALTER TABLE public.tablos SET (fillfactor = 70);
  END IF;
  IF EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = 'channel_read_state' AND policyname = 'tablo_chat_own') THEN
    ALTER TABLE public.channel_read_state SET (fillfactor = 80);
  END IF;
END
$$;
