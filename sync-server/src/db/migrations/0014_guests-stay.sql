-- On a host's database a guest was raised to a member. The function is the one that 0013 makes now; this is for databases on which 0013 ran before.
-- Who was raised cannot be told from who is a member, and stays as they are.

CREATE OR REPLACE FUNCTION tablo_private.follow_admin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  is_admin constant boolean := coalesce(to_jsonb(NEW) -> 'is_admin' = 'true', false);
  by_host text;
BEGIN
  IF TG_OP = 'UPDATE' AND is_admin = coalesce(to_jsonb(OLD) -> 'is_admin' = 'true', false) THEN
    RETURN NEW;
  END IF;
  by_host := tablo_private.host_role(NEW.tablo_id, NEW.user_id, is_admin);
  -- Of whom the host says nothing, it does not say that they may write: a guest stays one.
  IF (by_host IN ('owner', 'admin') AND tablo_private.role_rank(by_host) > tablo_private.role_rank(NEW.role))
      OR (TG_OP = 'UPDATE' AND NEW.role = 'admin') THEN
    NEW.role := by_host;
  END IF;
  RETURN NEW;
END
$$;
