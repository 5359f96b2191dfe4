/** On a host's database, between our migrations: the rows of a server before ours, and who the host says runs its tablos. All of it is the migration's transaction. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DatabaseClient } from '../database-client.ts';
import type { DbLog } from '../db-log.ts';
import { visiblePattern } from '../visible-pattern.ts';
import { withoutTriggers } from './quiet-triggers.ts';

const TAKE_OVER = fileURLToPath(new URL('./take-over.sql', import.meta.url));
const EARLIER = `SELECT to_regclass('public.messages') IS NOT NULL OR to_regclass('public.channel_read_state') IS NOT NULL AS found`;

// A higher role than the host gives was given here, by SQL. Who is neither an owner nor an admin there is what they are here, a guest too.
const FOLLOW = `UPDATE public.tablo_access a SET role = h.role
  FROM (SELECT b.ctid AS place, tablo_private.host_role(b.tablo_id, b.user_id, to_jsonb(b) -> 'is_admin' = 'true') AS role FROM public.tablo_access b) h
  WHERE a.ctid = h.place AND h.role IN ('owner', 'admin') AND tablo_private.role_rank(h.role) > tablo_private.role_rank(a.role::text)`;
const FOLLOWS = `SELECT FROM pg_trigger WHERE tgrelid = 'public.tablo_access'::regclass AND tgname = 'tablo_chat_host_role'`;

/** Asked before the first migration: afterwards there are such tables in any case. */
export async function hasEarlierServer(client: DatabaseClient): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(EARLIER);
  return rows[0]?.found === true;
}

export async function takeOver(client: DatabaseClient): Promise<void> {
  const sql = await readFile(TAKE_OVER, 'utf8');
  await client.query(`SELECT set_config('tablo_chat.visible', $1, true)`, [visiblePattern()]);
  await withoutTriggers(client, ['public.tablos', 'public.messages', 'public.channel_read_state'], async () => {
    await client.query(sql);
  });
}

/** Sets the roles of the existing members; from now on triggers do it. */
export async function followHostRoles(client: DatabaseClient): Promise<void> {
  if ((await client.query(FOLLOWS)).rowCount === 0) return;
  await withoutTriggers(client, ['public.tablo_access'], async () => {
    await client.query(FOLLOW);
  });
}

export async function reportTakenOver(client: DatabaseClient, log: DbLog): Promise<void> {
  const { rows: taken } = await client.query<{ messages: number; tablos: number; read_positions: number }>(
    `SELECT count(*)::int AS messages, count(DISTINCT channel_id)::int AS tablos,
       (SELECT count(*)::int FROM public.channel_read_state) AS read_positions FROM public.messages`,
  );
  log.info({ ...taken[0] }, 'Messages and read positions of the server before this one were taken over.');
  const { rows: left } = await client.query<{ table: string; reason: string; rows: number }>(
    `SELECT table_name AS table, reason, count(*)::int AS rows FROM tablo_private.not_taken_over GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  for (const counted of left)
    log.warn(
      { ...counted },
      'Rows of the server before this one could not be taken over: they are kept in tablo_private.not_taken_over.',
    );
}
