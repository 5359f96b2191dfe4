-- [R6] Whom somebody added without having met them is named to nobody before they have used the tablo: by SQL as by REST. A newcomer has not written there, and has not
-- read. The newcomer reads the others' names.

CREATE OR REPLACE FUNCTION tablo_private.is_newcomer(tablo uuid, member uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT EXISTS (SELECT FROM tablo_private.newcomers n WHERE n.tablo_id = tablo AND n.user_id = member)
    AND NOT EXISTS (SELECT FROM public.messages m WHERE m.channel_id = tablo AND m.user_id = member)
    AND NOT EXISTS (SELECT FROM public.channel_read_state s WHERE s.channel_id = tablo AND s.user_id = member)
$$;
COMMENT ON FUNCTION tablo_private.is_newcomer IS 'Added by somebody with whom they shared no tablo, and not seen there yet. For the functions below, with their owner''s rights.';

CREATE OR REPLACE FUNCTION tablo_private.known_people() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT auth.uid() UNION SELECT a.user_id FROM public.tablo_access a
  WHERE a.tablo_id = ANY (ARRAY(SELECT tablo_private.own_tablos())) AND a.is_active AND NOT tablo_private.is_newcomer(a.tablo_id, a.user_id)
$$;

CREATE OR REPLACE FUNCTION tablo_private.shares_tablo(other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT other = auth.uid() OR EXISTS (
    SELECT FROM public.tablo_access mine JOIN public.tablo_access theirs ON theirs.tablo_id = mine.tablo_id
    JOIN public.tablos t ON t.id = mine.tablo_id
    WHERE mine.user_id = auth.uid() AND mine.is_active AND theirs.user_id = other AND theirs.is_active AND t.deleted_at IS NULL
      AND NOT tablo_private.is_newcomer(theirs.tablo_id, other))
$$;

REVOKE ALL ON FUNCTION tablo_private.is_newcomer FROM PUBLIC, anon, authenticated, service_role;
