/**
 * Until 0012 the table of people's names was called `profiles`, a name that belongs to host applications. 0001 makes `chat_profiles` since; here a database on which the
 * old 0001 ran is given that name too, whatever it has run of the rest. So the migrations find one schema, and the files that were changed need no second version.
 */
import { CannotStart } from '../cannot-start.ts';
import type { DatabaseClient } from '../database-client.ts';
import { isOurTable } from './whose.ts';

// Ours has these columns and our policy; a dump that was restored without policies still has the comment.
const FIND = `SELECT to_regclass('public.chat_profiles') IS NOT NULL AS is_new, c.oid IS NOT NULL AND (
      SELECT count(*) = 5 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND a.attname IN ('user_id', 'name', 'email', 'avatar_url', 'updated_at')
    ) AND (
      ${isOurTable('c.oid')}
      OR obj_description(c.oid, 'pg_class') = 'What users are called, kept fresh from the claims of their tokens.'
    ) AS is_old
  FROM (SELECT to_regclass('public.profiles') AS oid) c`;

/** Whether `profiles` is ours, to be renamed. A `profiles` that is the host's is not touched. */
export async function hasOldProfiles(client: DatabaseClient): Promise<boolean> {
  const { rows } = await client.query<{ is_new: boolean; is_old: boolean }>(FIND);
  if (rows[0]?.is_new === true) return false;
  if (rows[0]?.is_old !== true)
    throw new CannotStart(
      'Neither public.chat_profiles nor the public.profiles of an earlier release is there, though this database has run our migrations: restore the table, or start on a restored dump.',
    );
  return true;
}

/** Rows, policies, grants and constraints stay as they are: a table is renamed. */
export async function renameProfiles(client: DatabaseClient): Promise<void> {
  if (!(await hasOldProfiles(client))) return;
  await client.query(`ALTER TABLE public.profiles RENAME TO chat_profiles;
    ALTER INDEX IF EXISTS public.profiles_pkey RENAME TO chat_profiles_pkey`);
}
