-- Webhooks: what happens is noted in the transaction in which it happens, whoever does it, once for each endpoint that wants to hear of it; `webhooks/` delivers it. Without
-- an endpoint it costs a look at an empty table. Ids only: texts stay where they are, so that what is deleted is gone from everywhere.
CREATE TABLE tablo_private.webhook_endpoints (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  url text NOT NULL UNIQUE,
  events text[] NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tablo_private.webhook_endpoints IS 'Where webhooks go: WEBHOOK_URL of the servers that run.';
COMMENT ON COLUMN tablo_private.webhook_endpoints.id IS 'Which one.';
COMMENT ON COLUMN tablo_private.webhook_endpoints.url IS 'The address, as in the setting.';
COMMENT ON COLUMN tablo_private.webhook_endpoints.events IS 'Which events it wants: WEBHOOK_EVENTS.';
COMMENT ON COLUMN tablo_private.webhook_endpoints.seen_at IS 'When a server last said that it is to be served. An hour later it is forgotten.';

-- No foreign key: the check would lock the endpoint's row for every commit.
CREATE TABLE tablo_private.webhook_events (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  endpoint_id integer NOT NULL,
  event_id uuid NOT NULL DEFAULT gen_random_uuid(),
  tablo_id uuid NOT NULL,
  type text NOT NULL,
  message_id uuid,
  user_id uuid,
  seq bigint,
  role text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX webhook_events_next ON tablo_private.webhook_events (endpoint_id, tablo_id, id);
COMMENT ON TABLE tablo_private.webhook_events IS 'Webhooks that wait for their delivery. A row goes when its endpoint has answered 2xx, or after three days.';
COMMENT ON COLUMN tablo_private.webhook_events.id IS 'Their order, within a tablo and endpoint.';
COMMENT ON COLUMN tablo_private.webhook_events.endpoint_id IS 'Where it goes.';
COMMENT ON COLUMN tablo_private.webhook_events.event_id IS 'webhook-id: the same at every attempt.';
COMMENT ON COLUMN tablo_private.webhook_events.tablo_id IS 'In which tablo it happened.';
COMMENT ON COLUMN tablo_private.webhook_events.type IS 'What happened: message.created, …';
COMMENT ON COLUMN tablo_private.webhook_events.message_id IS 'Of a message: which. Its text is read when it is sent.';
COMMENT ON COLUMN tablo_private.webhook_events.user_id IS 'The message''s author, or the member.';
COMMENT ON COLUMN tablo_private.webhook_events.seq IS 'The message''s number.';
COMMENT ON COLUMN tablo_private.webhook_events.role IS 'The member''s role: the new one, or the last.';
COMMENT ON COLUMN tablo_private.webhook_events.created_at IS 'When it happened.';

CREATE TABLE tablo_private.webhook_turns (
  endpoint_id integer NOT NULL,
  tablo_id uuid NOT NULL,
  holder uuid,
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL,
  last_error text,
  PRIMARY KEY (endpoint_id, tablo_id)
);
COMMENT ON TABLE tablo_private.webhook_turns IS 'Tablos whose webhooks a server is delivering, or that wait after a failure. No row: nobody has begun.';
COMMENT ON COLUMN tablo_private.webhook_turns.endpoint_id IS 'To which endpoint.';
COMMENT ON COLUMN tablo_private.webhook_turns.tablo_id IS 'Of which tablo.';
COMMENT ON COLUMN tablo_private.webhook_turns.holder IS 'Who is delivering; null: nobody.';
COMMENT ON COLUMN tablo_private.webhook_turns.attempts IS 'Failures of its first event, one after another.';
COMMENT ON COLUMN tablo_private.webhook_turns.next_at IS 'From when on somebody may take it: when a failure has been waited for, or its holder is not heard of any more.';
COMMENT ON COLUMN tablo_private.webhook_turns.last_error IS 'Why the last attempt failed.';

-- By statement: a batch of thousands asks once whether there is an endpoint. An import of old messages is no news: it says `SET LOCAL tablo_chat.webhooks = 'off'`. Columns are compared here and not in the trigger's WHEN, since the table may be a host's.
CREATE FUNCTION tablo_private.note_message_webhooks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tablo_private.webhook_endpoints) OR current_setting('tablo_chat.webhooks', true) = 'off' THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO tablo_private.webhook_events (endpoint_id, tablo_id, type, message_id, user_id, seq)
    SELECT e.id, n.channel_id, 'message.created', n.id, n.user_id, n.seq
    FROM new_rows n JOIN tablo_private.webhook_endpoints e ON 'message.created' = ANY (e.events)
    WHERE n.deleted_at IS NULL ORDER BY n.channel_id, n.seq, e.id;
  ELSIF TG_OP = 'DELETE' THEN
    -- Rows that go with their tablo say nothing.
    INSERT INTO tablo_private.webhook_events (endpoint_id, tablo_id, type, message_id, user_id, seq)
    SELECT e.id, o.channel_id, 'message.deleted', o.id, o.user_id, o.seq
    FROM old_rows o JOIN tablo_private.webhook_endpoints e ON 'message.deleted' = ANY (e.events)
    WHERE o.deleted_at IS NULL AND EXISTS (SELECT FROM public.tablos t WHERE t.id = o.channel_id) ORDER BY o.channel_id, o.seq, e.id;
  ELSE
    -- Sorted together rather than joined: the ledger lets the planner join by key alone, and these have none.
    INSERT INTO tablo_private.webhook_events (endpoint_id, tablo_id, type, message_id, user_id, seq)
    SELECT e.id, c.channel_id, c.type, c.id, c.user_id, c.seq
    FROM (
      SELECT r.id, r.channel_id, r.user_id, r.seq, CASE
          WHEN r.is_deleted THEN CASE WHEN NOT r.was_deleted THEN 'message.deleted' END
          WHEN r.was_deleted OR r.texts > 1 THEN 'message.updated'
        END AS type
      FROM (
        SELECT b.id, (array_agg(b.channel_id) FILTER (WHERE b.is_new))[1] AS channel_id, (array_agg(b.user_id) FILTER (WHERE b.is_new))[1] AS user_id,
          (array_agg(b.seq) FILTER (WHERE b.is_new))[1] AS seq, bool_or(b.is_deleted) FILTER (WHERE b.is_new) AS is_deleted,
          bool_or(b.is_deleted) FILTER (WHERE NOT b.is_new) AS was_deleted, count(DISTINCT (b.text, b.edit_id)) AS texts
        FROM (
          SELECT true AS is_new, n.id, n.channel_id, n.user_id, n.seq, n.text::text, n.edit_id, n.deleted_at IS NOT NULL AS is_deleted FROM new_rows n
          UNION ALL SELECT false, o.id, o.channel_id, o.user_id, o.seq, o.text::text, o.edit_id, o.deleted_at IS NOT NULL FROM old_rows o
        ) b GROUP BY b.id HAVING count(*) = 2
      ) r
    ) c JOIN tablo_private.webhook_endpoints e ON c.type = ANY (e.events)
    WHERE c.type IS NOT NULL ORDER BY c.channel_id, c.seq, e.id;
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.note_message_webhooks IS 'Notes what happened to messages, for those who want to be told.';
CREATE TRIGGER tablo_chat_webhook_created AFTER INSERT ON public.messages REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.note_message_webhooks();
CREATE TRIGGER tablo_chat_webhook_updated AFTER UPDATE ON public.messages REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.note_message_webhooks();
CREATE TRIGGER tablo_chat_webhook_removed AFTER DELETE ON public.messages REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tablo_private.note_message_webhooks();

-- A host's table may repeat a member: what counts is what they are by all of their rows. `was` and `becomes`: the role by the row that changed, null where it is not active.
CREATE FUNCTION tablo_private.note_member_webhook(tablo uuid, member uuid, was text, becomes text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  others integer;
  before integer;
  after integer;
  kind text;
BEGIN
  SELECT max(r.rank) INTO others FROM (
    SELECT tablo_private.role_rank(a.role::text) AS rank FROM public.tablo_access a
    WHERE a.tablo_id = tablo AND a.user_id = member AND a.is_active
    ORDER BY (a.role::text = becomes) DESC NULLS LAST OFFSET CASE WHEN becomes IS NULL THEN 0 ELSE 1 END
  ) r;
  before := greatest(others, CASE WHEN was IS NOT NULL THEN tablo_private.role_rank(was) END);
  after := greatest(others, CASE WHEN becomes IS NOT NULL THEN tablo_private.role_rank(becomes) END);
  IF before IS NOT DISTINCT FROM after THEN
    RETURN;
  END IF;
  kind := CASE WHEN before IS NULL THEN 'member.added' WHEN after IS NULL THEN 'member.removed' ELSE 'member.role_changed' END;
  INSERT INTO tablo_private.webhook_events (endpoint_id, tablo_id, type, user_id, role)
  SELECT e.id, tablo, kind, member, (ARRAY['guest', 'member', 'admin', 'owner'])[coalesce(after, before) + 1]
  FROM tablo_private.webhook_endpoints e
  WHERE kind = ANY (e.events) AND EXISTS (SELECT FROM public.tablos t WHERE t.id = tablo) ORDER BY e.id;
END
$$;
COMMENT ON FUNCTION tablo_private.note_member_webhook IS 'Notes what became of a member, for those who want to be told.';

CREATE FUNCTION tablo_private.note_access_webhooks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  was text := CASE WHEN TG_OP <> 'INSERT' AND OLD.is_active THEN coalesce(OLD.role::text, '') END;
  becomes text := CASE WHEN TG_OP <> 'DELETE' AND NEW.is_active THEN coalesce(NEW.role::text, '') END;
BEGIN
  IF NOT EXISTS (SELECT FROM tablo_private.webhook_endpoints) OR current_setting('tablo_chat.webhooks', true) = 'off' THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.tablo_id, NEW.user_id) IS NOT DISTINCT FROM (OLD.tablo_id, OLD.user_id) THEN
    IF was IS DISTINCT FROM becomes THEN
      PERFORM tablo_private.note_member_webhook(NEW.tablo_id, NEW.user_id, was, becomes);
    END IF;
    RETURN NULL;
  END IF;
  IF was IS NOT NULL THEN
    PERFORM tablo_private.note_member_webhook(OLD.tablo_id, OLD.user_id, was, NULL);
  END IF;
  IF becomes IS NOT NULL THEN
    PERFORM tablo_private.note_member_webhook(NEW.tablo_id, NEW.user_id, NULL, becomes);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tablo_private.note_access_webhooks IS 'Notes who came, went or got another role, for those who want to be told.';
-- By its name before tablo_chat_host_role_made, which changes the row once more: first who came is told, then with which role.
CREATE TRIGGER tablo_chat_announce AFTER INSERT OR UPDATE OR DELETE ON public.tablo_access
  FOR EACH ROW EXECUTE FUNCTION tablo_private.note_access_webhooks();
-- Replicated changes of members are changes.
ALTER TABLE public.tablo_access ENABLE ALWAYS TRIGGER tablo_chat_announce;

REVOKE ALL ON tablo_private.webhook_endpoints, tablo_private.webhook_events, tablo_private.webhook_turns FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION tablo_private.note_message_webhooks, tablo_private.note_member_webhook, tablo_private.note_access_webhooks
  FROM PUBLIC, anon, authenticated, service_role;
