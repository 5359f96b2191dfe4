-- [R9] The last mark is found at the end of an index, not by reading all of an author's marks: there is one for every thousand messages ever written. And it says how many
-- marks it made, so that who asks knows when there is nothing left to make.
DROP FUNCTION tablo_private.mark_own(uuid, uuid);
CREATE FUNCTION tablo_private.mark_own(channel uuid, author uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH last AS (
    SELECT coalesce(max(newest.seq), 0) AS seq, coalesce(max(newest.messages), 0) AS messages
    FROM (SELECT k.seq, k.messages FROM tablo_private.own_marks k
      WHERE k.channel_id = channel AND k.user_id = author ORDER BY k.seq DESC LIMIT 1) newest
  ), own AS (
    SELECT m.seq FROM public.messages m WHERE m.channel_id = channel AND m.user_id = author AND m.seq > (SELECT seq FROM last)
    ORDER BY m.seq LIMIT 200000
  ), numbered AS (
    SELECT own.seq, last.messages + row_number() OVER (ORDER BY own.seq) AS messages FROM own CROSS JOIN last
  ), made AS (
    INSERT INTO tablo_private.own_marks (channel_id, user_id, seq, messages)
    SELECT channel, author, seq, messages FROM numbered WHERE messages % 1000 = 0 ON CONFLICT DO NOTHING RETURNING 1
  )
  SELECT count(*) FROM made
$$;
COMMENT ON FUNCTION tablo_private.mark_own IS 'Makes the marks that an author''s messages in a tablo lack, as far as a portion goes; how many it made.';
REVOKE ALL ON FUNCTION tablo_private.mark_own FROM PUBLIC, anon, authenticated, service_role;
