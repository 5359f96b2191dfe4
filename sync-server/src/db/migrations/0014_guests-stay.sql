-- On a host's database a guest was raised to a member, and an admin by a column that the database makes was one no more at the next change. The function and the trigger
-- are those that 0013 makes now; this is for databases on which 0013 ran before.
-- Who was raised cannot be told from who is a member, and stays as they are.

CREATE OR REPLACE FUNCTION tablo_private.follow_admin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  is_admin constant boolean := coalesce(to_jsonb(NEW) -> 'is_admin' = 'true', false);
  -- A stored column that the database makes from others is made between the triggers before a change and those after it: before, it is empty.
  is_made constant boolean := EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = TG_RELID AND attname = 'is_admin' AND attgenerated = 's');
  by_host text;
BEGIN
  IF is_made <> (TG_WHEN = 'AFTER') OR (TG_OP = 'UPDATE' AND is_admin = coalesce(to_jsonb(OLD) -> 'is_admin' = 'true', false)) THEN
    RETURN NEW;
  END IF;
  by_host := tablo_private.host_role(NEW.tablo_id, NEW.user_id, is_admin);
  -- Of whom the host says nothing, it does not say that they may write: a guest stays one.
  IF (by_host IN ('owner', 'admin') AND tablo_private.role_rank(by_host) > tablo_private.role_rank(NEW.role))
      OR (TG_OP = 'UPDATE' AND NEW.role = 'admin') THEN
    IF is_made THEN
      UPDATE public.tablo_access a SET role = by_host
      WHERE a.tablo_id = NEW.tablo_id AND a.user_id = NEW.user_id AND a.role = NEW.role AND to_jsonb(a) -> 'is_admin' = to_jsonb(NEW) -> 'is_admin';
    ELSE
      NEW.role := by_host;
    END IF;
  END IF;
  RETURN NEW;
END
$$;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'public.tablo_access'::regclass AND tgname = 'tablo_chat_host_role')
      AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'public.tablo_access'::regclass AND tgname = 'tablo_chat_host_role_made') THEN
    CREATE TRIGGER tablo_chat_host_role_made AFTER INSERT OR UPDATE ON public.tablo_access
      FOR EACH ROW EXECUTE FUNCTION tablo_private.follow_admin();
    ALTER TABLE public.tablo_access ENABLE ALWAYS TRIGGER tablo_chat_host_role_made;
  END IF;
END
$$;
