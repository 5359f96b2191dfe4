/**
 * Warns where users of a host application may write columns that decide about rights here, or messages themselves. A trigger protects the columns that we have added (`tablo_chat_added_columns`, whose
 * arguments name them); for columns of the host, its own rights and policies decide. They may be intended, and we do not change them.
 */
import type { DatabaseClient } from '../database-client.ts';
import type { DbLog } from '../db-log.ts';
import { isAddedColumn } from './whose.ts';

const WRITABLE = `SELECT w.host || '.' || w.name AS name, w.effect
  FROM (VALUES ('tablo_access', 'role', 'makes themselves an owner'), ('tablo_access', 'is_active', 'comes back after a removal'),
    ('tablo_access', 'is_admin', 'makes themselves an admin'),
    ('tablos', 'created_by', 'lets others have made it'), ('tablos', 'deleted_at', 'closes it, or opens it again')) AS w(host, name, effect)
  JOIN pg_class c ON c.oid = to_regclass('public.' || w.host)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w.name AND NOT a.attisdropped
  WHERE (has_column_privilege('authenticated', c.oid, a.attnum, 'UPDATE') OR has_column_privilege('authenticated', c.oid, a.attnum, 'INSERT'))
    AND (NOT c.relrowsecurity OR EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = w.host
      AND p.permissive = 'PERMISSIVE' AND p.cmd IN ('ALL', 'INSERT', 'UPDATE') AND p.roles && ARRAY['authenticated', 'public']::name[]))
    AND NOT ${isAddedColumn('a')}
  ORDER BY 1`;

// Where `messages` is ours, nobody has a right to it but to read. `channel_read_state` is not asked for: people write their own positions by SQL in our table, too.
const WRITABLE_MESSAGES = `SELECT string_agg(w.command, ', ' ORDER BY w.command) AS commands
  FROM pg_class c CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) AS w(command)
  WHERE c.oid = to_regclass('public.messages')
    AND CASE w.command WHEN 'DELETE' THEN has_table_privilege('authenticated', c.oid, 'DELETE') ELSE has_any_column_privilege('authenticated', c.oid, w.command) END
    AND (NOT c.relrowsecurity OR EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = 'messages'
      AND p.permissive = 'PERMISSIVE' AND p.cmd IN ('ALL', w.command) AND p.roles && ARRAY['authenticated', 'public']::name[]))`;

export async function warnOfHostRights(client: DatabaseClient, log: DbLog): Promise<void> {
  const { rows } = await client.query<{ name: string; effect: string }>(WRITABLE);
  for (const { name, effect } of rows)
    log.warn(
      { column: name, whoever_changes_such_a_row: effect },
      'The database lets the role authenticated write a column that decides who may do what here. See docs/OPERATIONS.md, "SQL beside the server".',
    );
  const { rows: messages } = await client.query<{ commands: string | null }>(WRITABLE_MESSAGES);
  const commands = messages[0]?.commands ?? null;
  if (commands !== null)
    log.warn(
      { table: 'messages', commands },
      'The database lets the role authenticated write messages past this server: what others have read, its number (seq), its tablo and its times can be changed, and no page is told. Let people read only. See docs/OPERATIONS.md, "Rows of a server before this one".',
    );
}
