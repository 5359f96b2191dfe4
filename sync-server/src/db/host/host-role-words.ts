/**
 * A host's own `role` column is used as it is. Where its values differ from ours, nobody may write, and where nobody is an owner, nobody manages a tablo. Both would look like a
 * fault of the chat, so it is reported at every start, and by `npm start -- --check`.
 */
import { ROLES } from '@tablo/schema/roles';
import type { DatabaseClient } from '../database-client.ts';
import type { DbLog } from '../db-log.ts';
import { isAddedColumn, isOurTable } from './whose.ts';

const WORDS_SHOWN = 5;
const TABLOS_COUNTED = 1_000;

const HAS_OWN_COLUMN = `SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('public.tablo_access') AND a.attname = 'role' AND NOT a.attisdropped
  AND to_regclass('public.tablos') IS NOT NULL
  AND NOT ${isOurTable('a.attrelid')} AND NOT ${isAddedColumn('a')}`;

// Before the first start there are no columns of ours: a row's fields are asked for by name.
const WORDS = `SELECT DISTINCT left(role::text, 40) AS word FROM public.tablo_access a
  WHERE (to_jsonb(a) ->> 'is_active') IS DISTINCT FROM 'false' AND NOT left(role::text, 40) = ANY ($1) ORDER BY 1 LIMIT ${WORDS_SHOWN}`;
const WITHOUT_OWNER = `SELECT count(*)::int AS tablos FROM (SELECT FROM public.tablos t WHERE to_jsonb(t) ->> 'deleted_at' IS NULL
  AND EXISTS (SELECT FROM public.tablo_access a WHERE a.tablo_id = t.id AND (to_jsonb(a) ->> 'is_active') IS DISTINCT FROM 'false')
  AND NOT EXISTS (SELECT FROM public.tablo_access a WHERE a.tablo_id = t.id AND a.role::text = 'owner'
    AND (to_jsonb(a) ->> 'is_active') IS DISTINCT FROM 'false') LIMIT ${TABLOS_COUNTED}) x`;

export async function warnOfHostRoleWords(client: DatabaseClient, log: DbLog): Promise<void> {
  if ((await client.query(HAS_OWN_COLUMN)).rowCount === 0) return;
  const { rows: words } = await client.query<{ word: string }>(WORDS, [[...ROLES]]);
  if (words.length > 0)
    log.warn(
      { words: words.map(({ word }) => word).join(', ') },
      `tablo_access.role is a column of yours, and has words that the chat does not know: whoever has one of them may only read. The chat's are ${ROLES.join(', ')}. See docs/OPERATIONS.md, "Members by SQL".`,
    );
  const { rows } = await client.query<{ tablos: number }>(WITHOUT_OWNER);
  const tablos = rows[0]?.tablos ?? 0;
  if (tablos > 0)
    log.warn(
      { tablos: tablos === TABLOS_COUNTED ? `${tablos} or more` : tablos },
      'There are tablos with members and no owner: tablo_access.role is a column of yours, so tablos.owner_id and is_admin make nobody one. Nobody can add members there, or rename it. See docs/OPERATIONS.md, "Members by SQL".',
    );
}
