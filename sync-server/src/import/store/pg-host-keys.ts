/**
 * A host may have foreign keys from columns that name users to a table of its own (`auth.users`). Whom that table does not have cannot be stored, so all users of the file are looked
 * up there before anything is: half an import helps nobody.
 */
import type { DatabaseClient } from '../../db/database-client.ts';

/** A user whom a table of the host's does not have. */
export interface Stranger {
  readonly id: string;
  /** `auth.users`. */
  readonly table: string;
  /** What refers to it: `messages.user_id`. */
  readonly column: string;
}

// Where we may not read, or policies hide rows from us, the key itself judges later (`asHostRule`).
const FIND_KEYS = `SELECT k.conrelid::regclass::text AS "from", f.attname AS "column", k.confrelid::regclass::text AS "table", quote_ident(t.attname) AS key
  FROM pg_constraint k JOIN pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = k.conkey[1] JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[1]
    JOIN pg_class c ON c.oid = k.confrelid
  WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND f.atttypid = 'uuid'::regtype AND t.atttypid = 'uuid'::regtype
    AND (k.conrelid, f.attname) IN (('public.messages'::regclass, 'user_id'), ('public.message_reactions'::regclass, 'user_id'), ('public.channel_read_state'::regclass, 'user_id'),
      ('public.tablo_access'::regclass, 'user_id'), ('public.tablos'::regclass, 'owner_id'), ('public.tablos'::regclass, 'created_by'))
    AND has_schema_privilege(c.relnamespace, 'USAGE') AND has_column_privilege(c.oid, t.attnum, 'SELECT') AND NOT row_security_active(c.oid)
  ORDER BY 1, 2`;

/** Who would be stored there. $1: tablos that get the file's members. $2: who has made channels that become tablos. */
const USERS: Readonly<Record<string, string>> = {
  'messages.user_id': 'SELECT author AS id FROM import_rows WHERE NOT is_there',
  'message_reactions.user_id': 'SELECT author AS id FROM import_votes',
  'channel_read_state.user_id': `SELECT k.reader AS id FROM import_reads k JOIN import_channels c ON c.cid = k.cid
    UNION SELECT m.member FROM import_members m JOIN import_channels c ON c.cid = m.cid
    UNION SELECT a.user_id FROM tablo_access a JOIN import_channels c ON c.tablo = a.tablo_id WHERE a.is_active`,
  'tablo_access.user_id': `SELECT m.member AS id FROM import_members m JOIN import_channels c ON c.cid = m.cid WHERE c.tablo = ANY($1::uuid[])
      AND NOT EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = c.tablo AND a.user_id = m.member)`,
  'tablos.owner_id': 'SELECT unnest($2::uuid[]) AS id',
  'tablos.created_by': 'SELECT unnest($2::uuid[]) AS id',
};

export interface WhoElse {
  readonly added: Iterable<string>;
  readonly creators: Iterable<string>;
}

/** Once the file is settled. */
export async function findStrangers(
  client: DatabaseClient,
  { added, creators }: WhoElse,
): Promise<readonly Stranger[]> {
  type Key = { from: string; column: string; table: string; key: string };
  const { rows: keys } = await client.query<Key>(FIND_KEYS);
  const found: Stranger[] = [];
  for (const { from, column, table, key } of keys) {
    const name = `${from.replace(/^public\./, '')}.${column}`;
    const users = USERS[name];
    if (users === undefined) continue;
    const { rows } = await client.query<{ id: string }>(
      `WITH given AS (SELECT $1::uuid[], $2::uuid[]), u AS (${users}) SELECT DISTINCT u.id FROM u WHERE u.id IS NOT NULL AND NOT EXISTS (SELECT FROM ${table} t WHERE t.${key} = u.id) ORDER BY 1`,
      [`{${[...added].join(',')}}`, `{${[...creators].join(',')}}`],
    );
    found.push(...rows.map(({ id }) => ({ id, table, column: name })));
  }
  return found;
}
