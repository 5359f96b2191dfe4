-- Who decided what about members (invitations, removals, who was added without being asked), and what keeps lists as cheap after a million
-- deleted messages as after none [R9]. Tables of the server's own are in tablo_private, where no host application has names of its own.

-- Lists and pages read what is shown, whatever was deleted before ---------------------------------------------------------------

CREATE INDEX tablo_chat_messages_live_created_idx ON public.messages (channel_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX tablo_chat_messages_live_seq_idx ON public.messages (channel_id, seq) WHERE deleted_at IS NULL;
COMMENT ON INDEX public.tablo_chat_messages_live_created_idx IS 'The timeline as people see it: pages of the history and last messages, without the deleted ones between.';
COMMENT ON INDEX public.tablo_chat_messages_live_seq_idx IS 'The newest unread messages, without the deleted ones between.';

-- A member's vote on an emoji is one row; pages show the newest ones.
CREATE INDEX tablo_votes_newest_idx ON public.tablo_votes (message_id, is_on, shown_at DESC, entry_id DESC);
COMMENT ON INDEX public.tablo_votes_newest_idx IS 'The newest reactions of a message that are on, and those that were taken back.';

-- How many messages were deleted, by blocks of 2^8, 2^16 and 2^24 numbers: what was deleted above any position is a sum of less than a thousand rows,
-- never a walk over what was deleted. The same words as countUnreadSql in @tablo/schema/unread.
CREATE TABLE tablo_private.deleted_counts (
  channel_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  level smallint NOT NULL,
  block bigint NOT NULL,
  messages bigint NOT NULL,
  PRIMARY KEY (channel_id, level, block)
) WITH (fillfactor = 50);
COMMENT ON TABLE tablo_private.deleted_counts IS 'How many of a tablo''s messages are deleted, by blocks of seq. Kept by triggers on messages.';
COMMENT ON COLUMN tablo_private.deleted_counts.channel_id IS 'The tablo.';
COMMENT ON COLUMN tablo_private.deleted_counts.level IS '1, 2 or 3: a block has 2^8, 2^16 or 2^24 numbers.';
COMMENT ON COLUMN tablo_private.deleted_counts.block IS 'seq divided by the block''s size.';
COMMENT ON COLUMN tablo_private.deleted_counts.messages IS 'How many are deleted.';

CREATE TABLE tablo_private.deleted_own_counts (
  channel_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  level smallint NOT NULL,
  block bigint NOT NULL,
  messages bigint NOT NULL,
  PRIMARY KEY (channel_id, user_id, level, block)
) WITH (fillfactor = 50);
COMMENT ON TABLE tablo_private.deleted_own_counts IS 'The same by author: own messages are never unread, deleted or not.';
COMMENT ON COLUMN tablo_private.deleted_own_counts.channel_id IS 'The tablo.';
COMMENT ON COLUMN tablo_private.deleted_own_counts.user_id IS 'The author.';
COMMENT ON COLUMN tablo_private.deleted_own_counts.level IS '1, 2 or 3: a block has 2^8, 2^16 or 2^24 numbers.';
COMMENT ON COLUMN tablo_private.deleted_own_counts.block IS 'seq divided by the block''s size.';
COMMENT ON COLUMN tablo_private.deleted_own_counts.messages IS 'How many are deleted.';

CREATE TABLE tablo_private.own_marks (
  channel_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  seq bigint NOT NULL,
  messages bigint NOT NULL,
  PRIMARY KEY (channel_id, user_id, seq)
);
COMMENT ON TABLE tablo_private.own_marks IS 'How many messages an author had written up to a number, at every thousandth of theirs. Made when somebody''s list needs it.';
COMMENT ON COLUMN tablo_private.own_marks.channel_id IS 'The tablo.';
COMMENT ON COLUMN tablo_private.own_marks.user_id IS 'The author.';
COMMENT ON COLUMN tablo_private.own_marks.seq IS 'seq of one of their messages.';
COMMENT ON COLUMN tablo_private.own_marks.messages IS 'How many of theirs have a number up to it, deleted ones included.';

-- For this migration, and for administrators who changed messages while triggers were off.
CREATE FUNCTION tablo_private.recount() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  DELETE FROM tablo_private.own_marks;
  DELETE FROM tablo_private.deleted_counts;
  DELETE FROM tablo_private.deleted_own_counts;
  INSERT INTO tablo_private.deleted_own_counts (channel_id, user_id, level, block, messages)
    SELECT m.channel_id, m.user_id, l.level, m.seq >> (8 * l.level), count(*)
    FROM public.messages m CROSS JOIN generate_series(1, 3) AS l(level) WHERE m.deleted_at IS NOT NULL GROUP BY 1, 2, 3, 4;
  INSERT INTO tablo_private.deleted_counts (channel_id, level, block, messages)
    SELECT c.channel_id, c.level, c.block, sum(c.messages) FROM tablo_private.deleted_own_counts c GROUP BY 1, 2, 3;
$$;
COMMENT ON FUNCTION tablo_private.recount IS 'Makes deleted_counts and deleted_own_counts anew from messages, and forgets own_marks. Reads every deleted message.';
SELECT tablo_private.recount();

-- In portions: what is missing after one is made at the next list.
CREATE FUNCTION tablo_private.mark_own(channel uuid, author uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH last AS (
    SELECT coalesce(max(k.seq), 0) AS seq, coalesce(max(k.messages), 0) AS messages
    FROM tablo_private.own_marks k WHERE k.channel_id = channel AND k.user_id = author
  ), own AS (
    SELECT m.seq FROM public.messages m WHERE m.channel_id = channel AND m.user_id = author AND m.seq > (SELECT seq FROM last)
    ORDER BY m.seq LIMIT 200000
  ), numbered AS (
    SELECT own.seq, last.messages + row_number() OVER (ORDER BY own.seq) AS messages FROM own CROSS JOIN last
  )
  INSERT INTO tablo_private.own_marks (channel_id, user_id, seq, messages)
  SELECT channel, author, seq, messages FROM numbered WHERE messages % 1000 = 0 ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION tablo_private.mark_own IS 'Makes the marks that an author''s messages in a tablo lack.';

-- One row a block and statement, however many messages it deletes. Blocks are taken in one order, so that two transactions never wait for each other.
CREATE FUNCTION tablo_private.add_deleted(channels uuid[], authors uuid[], seqs bigint[], signs integer[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH change AS (
    SELECT c.channel_id, c.user_id, l.level, c.seq >> (8 * l.level) AS block, sum(c.n) AS n
    FROM unnest(channels, authors, seqs, signs) AS c(channel_id, user_id, seq, n) CROSS JOIN generate_series(1, 3) AS l(level)
    WHERE EXISTS (SELECT FROM public.tablos t WHERE t.id = c.channel_id)
    GROUP BY 1, 2, 3, 4 HAVING sum(c.n) <> 0
  ), own AS (
    INSERT INTO tablo_private.deleted_own_counts AS d (channel_id, user_id, level, block, messages)
    SELECT channel_id, user_id, level, block, n FROM change ORDER BY 1, 2, 3, 4
    ON CONFLICT (channel_id, user_id, level, block) DO UPDATE SET messages = d.messages + excluded.messages
  )
  INSERT INTO tablo_private.deleted_counts AS d (channel_id, level, block, messages)
  SELECT channel_id, level, block, sum(n) FROM change GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1, 2, 3
  ON CONFLICT (channel_id, level, block) DO UPDATE SET messages = d.messages + excluded.messages
$$;
COMMENT ON FUNCTION tablo_private.add_deleted IS 'Counts messages that became deleted (1), or that are no longer (-1).';

CREATE FUNCTION tablo_private.count_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  channels uuid[];
  authors uuid[];
  seqs bigint[];
  signs integer[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT array_agg(channel_id), array_agg(user_id), array_agg(seq), array_agg(1) INTO channels, authors, seqs, signs
    FROM new_rows WHERE deleted_at IS NOT NULL;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT array_agg(channel_id), array_agg(user_id), array_agg(seq), array_agg(-1) INTO channels, authors, seqs, signs
    FROM old_rows WHERE deleted_at IS NOT NULL;
    -- Rows go by an administrator's hand alone; marks that counted them go with them.
    DELETE FROM tablo_private.own_marks k USING old_rows o
    WHERE k.channel_id = o.channel_id AND k.user_id = o.user_id AND k.seq >= o.seq;
  ELSE
    SELECT array_agg(channel_id), array_agg(user_id), array_agg(seq), array_agg(n) INTO channels, authors, seqs, signs
    FROM (
      SELECT channel_id, user_id, seq, 1 AS n FROM new_rows WHERE deleted_at IS NOT NULL
      UNION ALL SELECT channel_id, user_id, seq, -1 FROM old_rows WHERE deleted_at IS NOT NULL
    ) AS changed;
  END IF;
  IF channels IS NOT NULL THEN
    PERFORM tablo_private.add_deleted(channels, authors, seqs, signs);
  END IF;
  RETURN NULL;
END
$$;
CREATE FUNCTION tablo_private.forget_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  -- Not TRUNCATE: after TRUNCATE … CASCADE these may be among the tables that are being truncated.
  DELETE FROM tablo_private.deleted_counts;
  DELETE FROM tablo_private.deleted_own_counts;
  DELETE FROM tablo_private.own_marks;
  RETURN NULL;
END
$$;
CREATE TRIGGER tablo_chat_count_inserted AFTER INSERT ON public.messages REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.count_deleted();
CREATE TRIGGER tablo_chat_count_updated AFTER UPDATE ON public.messages REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.count_deleted();
CREATE TRIGGER tablo_chat_count_removed AFTER DELETE ON public.messages REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.count_deleted();
CREATE TRIGGER tablo_chat_count_truncated AFTER TRUNCATE ON public.messages
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.forget_deleted();

-- Own tablos, members and tablos made, whatever has ended since ------------------------------------------------------------------

CREATE INDEX tablo_chat_own_idx ON public.tablo_access (user_id, tablo_id) WHERE is_active;
-- A host's own rows may have no time, or one that no clock shows.
CREATE INDEX tablo_chat_members_idx ON public.tablo_access
  (tablo_id, (least(greatest(coalesce(created_at, 'epoch'), 'epoch'), '9999-01-01Z')), user_id) WHERE is_active;
CREATE INDEX tablo_chat_made_idx ON public.tablos (created_by, (coalesce(deleted_at, 'infinity')));

-- Invitation links ----------------------------------------------------------------------------------------------------------------

ALTER TABLE public.tablo_invites
  ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN last_used_at timestamptz;
CREATE UNIQUE INDEX tablo_invites_id_idx ON public.tablo_invites (id);
CREATE INDEX tablo_invites_maker_idx ON public.tablo_invites (created_by, expires_at);
CREATE INDEX tablo_invites_end_idx ON public.tablo_invites (expires_at);
COMMENT ON COLUMN public.tablo_invites.id IS 'What the link is called where it is listed and revoked; nobody joins by it.';
COMMENT ON COLUMN public.tablo_invites.last_used_at IS 'When somebody last joined by it.';

-- Invitations of persons ----------------------------------------------------------------------------------------------------------

CREATE TABLE tablo_private.invitations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tablo_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  role text NOT NULL,
  invited_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  declined_at timestamptz,
  UNIQUE (tablo_id, user_id)
);
CREATE INDEX invitations_user_idx ON tablo_private.invitations (user_id, created_at, id);
CREATE INDEX invitations_inviter_idx ON tablo_private.invitations (invited_by, created_at);
COMMENT ON TABLE tablo_private.invitations IS 'Who was asked to join a tablo by somebody with whom they share none, and has not accepted.';
COMMENT ON COLUMN tablo_private.invitations.id IS 'What the invitation is accepted or declined by, by its person alone.';
COMMENT ON COLUMN tablo_private.invitations.tablo_id IS 'The tablo.';
COMMENT ON COLUMN tablo_private.invitations.user_id IS 'Who is asked. Nothing says whether there is such a user.';
COMMENT ON COLUMN tablo_private.invitations.role IS 'What they become.';
COMMENT ON COLUMN tablo_private.invitations.invited_by IS 'Who asks.';
COMMENT ON COLUMN tablo_private.invitations.created_at IS 'When they were last asked.';
COMMENT ON COLUMN tablo_private.invitations.declined_at IS 'When they declined: for some time the tablo does not ask them again.';

-- Who was added without being asked, and has not come yet --------------------------------------------------------------------------

CREATE TABLE tablo_private.newcomers (
  tablo_id uuid NOT NULL REFERENCES public.tablos (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  added_by uuid NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tablo_id, user_id)
);
COMMENT ON TABLE tablo_private.newcomers IS 'Members whom somebody added with whom they shared no tablo, until they first use it: nobody is told their name and address before.';
COMMENT ON COLUMN tablo_private.newcomers.tablo_id IS 'The tablo.';
COMMENT ON COLUMN tablo_private.newcomers.user_id IS 'The member.';
COMMENT ON COLUMN tablo_private.newcomers.added_by IS 'Who added them.';
COMMENT ON COLUMN tablo_private.newcomers.added_at IS 'When.';

-- Decisions that outlive older invitations ----------------------------------------------------------------------------------------

-- No foreign key: what removes a tablo removes its members too, and that writes here once more.
CREATE TABLE tablo_private.decisions (
  tablo_id uuid NOT NULL,
  user_id uuid NOT NULL,
  decided_at timestamptz NOT NULL,
  PRIMARY KEY (tablo_id, user_id)
);
COMMENT ON TABLE tablo_private.decisions IS 'When a member was last removed by somebody else, or their role lowered: older invitations give them nothing. Kept by a trigger on tablo_access, so changes by plain SQL count.';
COMMENT ON COLUMN tablo_private.decisions.tablo_id IS 'The tablo.';
COMMENT ON COLUMN tablo_private.decisions.user_id IS 'The member of then.';
COMMENT ON COLUMN tablo_private.decisions.decided_at IS 'When it was decided.';

CREATE FUNCTION tablo_private.role_rank(role text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE role WHEN 'owner' THEN 3 WHEN 'admin' THEN 2 WHEN 'member' THEN 1 ELSE 0 END $$;
COMMENT ON FUNCTION tablo_private.role_rank IS 'How high a role stands; one that nobody knows is a guest.';

-- A host's table may repeat a member: what counts is what they are by all of their rows, when the statement is over.
CREATE FUNCTION tablo_private.note_decision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  remaining integer;
BEGIN
  SELECT max(tablo_private.role_rank(a.role::text)) INTO remaining FROM public.tablo_access a
  WHERE a.tablo_id = OLD.tablo_id AND a.user_id = OLD.user_id AND a.is_active;
  IF remaining >= tablo_private.role_rank(OLD.role::text) THEN
    RETURN NULL;
  END IF;
  IF remaining IS NULL THEN
    DELETE FROM tablo_private.newcomers n WHERE n.tablo_id = OLD.tablo_id AND n.user_id = OLD.user_id;
    -- Said by REST, for its transaction: they leave by themselves, which is no removal.
    IF current_setting('tablo_chat.leaving', true) = OLD.user_id::text THEN
      RETURN NULL;
    END IF;
  END IF;
  DELETE FROM tablo_private.invitations i WHERE i.tablo_id = OLD.tablo_id AND i.user_id = OLD.user_id;
  INSERT INTO tablo_private.decisions AS d (tablo_id, user_id, decided_at)
  SELECT OLD.tablo_id, OLD.user_id, clock_timestamp() WHERE EXISTS (SELECT FROM public.tablos t WHERE t.id = OLD.tablo_id)
  ON CONFLICT (tablo_id, user_id) DO UPDATE SET decided_at = greatest(d.decided_at, excluded.decided_at);
  RETURN NULL;
END
$$;
CREATE FUNCTION tablo_private.forget_decisions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM tablo_private.decisions d WHERE d.tablo_id = OLD.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER tablo_chat_decide AFTER UPDATE OR DELETE ON public.tablo_access
  FOR EACH ROW WHEN (OLD.is_active) EXECUTE FUNCTION tablo_private.note_decision();
CREATE TRIGGER tablo_chat_forget_decisions AFTER DELETE ON public.tablos
  FOR EACH ROW EXECUTE FUNCTION tablo_private.forget_decisions();

-- Nobody's but the server's -------------------------------------------------------------------------------------------------------

ALTER TABLE tablo_private.deleted_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE tablo_private.deleted_own_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE tablo_private.own_marks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tablo_private.invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE tablo_private.newcomers ENABLE ROW LEVEL SECURITY;
ALTER TABLE tablo_private.decisions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON tablo_private.deleted_counts, tablo_private.deleted_own_counts, tablo_private.own_marks, tablo_private.invitations,
  tablo_private.newcomers, tablo_private.decisions FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION tablo_private.recount, tablo_private.mark_own, tablo_private.add_deleted, tablo_private.count_deleted, tablo_private.forget_deleted, tablo_private.note_decision,
  tablo_private.forget_decisions, tablo_private.role_rank FROM PUBLIC, anon, authenticated, service_role;
