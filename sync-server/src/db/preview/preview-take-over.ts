/** What a first start would make of the rows that are there: those of a host's tablos, and of a server before ours. The same judgements as `host/take-over.sql`. */
import { MAX_TEXT_CODE_POINTS } from '@tablo/schema/limits';
import { type Finding, finding } from '../../base/finding.ts';
import { listOf } from '../cannot-start.ts';
import type { DatabaseClient } from '../database-client.ts';
import { SHAPES } from '../host/host-shapes.ts';
import { visiblePattern } from '../visible-pattern.ts';

const COLUMNS = `SELECT a.attname::text AS name FROM pg_attribute a WHERE a.attrelid = to_regclass('public.' || $1) AND a.attnum > 0 AND NOT a.attisdropped`;

const MESSAGES = `SELECT reason, count(*)::int AS rows, count(DISTINCT channel_id)::int AS tablos FROM (
    SELECT m.channel_id, CASE
      WHEN m.channel_id IS NULL OR NOT EXISTS (SELECT FROM public.tablos t WHERE t.id = m.channel_id) THEN 'its tablo does not exist'
      WHEN m.user_id IS NULL THEN 'it has no author'
      WHEN m.created_at IS NULL OR m.created_at NOT BETWEEN '1970-01-01 00:00:00+00' AND '9999-12-31 23:59:59+00' THEN 'it has no time that can be shown'
      WHEN m.deleted_at IS NOT NULL THEN NULL
      WHEN (coalesce(m.text, '') COLLATE pg_catalog."C") !~ $1 THEN 'it has no text that can be seen'
      WHEN char_length(m.text) > ${MAX_TEXT_CODE_POINTS} THEN 'its text is longer than 8,000 characters'
    END AS reason FROM public.messages m
  ) judged GROUP BY reason ORDER BY reason NULLS FIRST`;
const POSITIONS = `SELECT reason, count(*)::int AS rows, count(DISTINCT channel_id)::int AS tablos FROM (
    SELECT r.channel_id, CASE
      WHEN r.channel_id IS NULL OR NOT EXISTS (SELECT FROM public.tablos t WHERE t.id = r.channel_id) THEN 'its tablo does not exist'
      WHEN r.user_id IS NULL THEN 'it has no reader'
      WHEN r.last_read_at IS NULL THEN 'it has no time'
    END AS reason FROM public.channel_read_state r
  ) judged GROUP BY reason ORDER BY reason NULLS FIRST`;
const REFERRING = `SELECT DISTINCT c.conrelid::regclass::text AS name FROM pg_constraint c WHERE c.confrelid = 'public.messages'::regclass AND c.contype = 'f' ORDER BY 1`;
// Where there are no tablos, every row is of one that does not exist.
const withoutTablos = (sql: string): string => sql.replace(/NOT EXISTS \(SELECT FROM public\.tablos [^)]*\)/, 'true');

interface Judged {
  readonly reason: string | null;
  readonly rows: number;
  readonly tablos: number;
}

/** Where the shapes of these tables were found good. */
export async function previewTakeOver(client: DatabaseClient): Promise<Finding[]> {
  const found: Finding[] = [];
  const columns = new Map<string, readonly string[]>();
  for (const table of Object.keys(SHAPES)) columns.set(table, await readColumns(client, table));
  for (const [table, names] of columns) if (names.length > 0) found.push(...(await previewTable(client, table, names)));
  const has = (table: string): boolean => (columns.get(table)?.length ?? 0) > 0;
  const judge = async (sql: string, values: readonly string[]): Promise<readonly Judged[]> =>
    (await client.query<Judged>(has('tablos') ? sql : withoutTablos(sql), [...values])).rows;
  if (has('messages')) {
    const judged = await judge(MESSAGES, [visiblePattern()]);
    const { rows: referring } = await client.query<{ name: string }>(REFERRING);
    found.push(
      ...describe(
        'messages',
        judged,
        referring.map(({ name }) => name),
      ),
    );
  }
  if (has('channel_read_state')) found.push(...describe('channel_read_state', await judge(POSITIONS, []), []));
  const follows = [
    ...(columns.get('tablos')?.includes('owner_id') === true ? ['tablos.owner_id'] : []),
    ...(columns.get('tablo_access')?.includes('is_admin') === true ? ['tablo_access.is_admin'] : []),
  ];
  if (follows.length > 0 && has('tablo_access'))
    found.push(finding('change', `Roles of members will follow ${listOf(follows)}.`));
  return found;
}

async function readColumns(client: DatabaseClient, table: string): Promise<readonly string[]> {
  return (await client.query<{ name: string }>(COLUMNS, [table])).rows.map(({ name }) => name);
}

async function previewTable(client: DatabaseClient, table: string, there: readonly string[]): Promise<Finding[]> {
  const { optional = {}, absent = [] } = SHAPES[table] ?? {};
  const added = [...Object.keys(optional), ...absent].filter((name) => !there.includes(name));
  const { rows } = await client.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM public.${table}`);
  const what = `The table public.${table} is there with ${countOf(rows[0]?.rows ?? 0, 'row')}, and`;
  return [
    added.length === 0
      ? finding('ok', `${what} has all the columns that the chat needs.`)
      : finding('change', `${what} will get the ${added.length === 1 ? 'column' : 'columns'} ${listOf(added)}.`),
  ];
}

function describe(table: string, judged: readonly Judged[], referring: readonly string[]): Finding[] {
  const taken = judged.find(({ reason }) => reason === null);
  const left = judged.filter(({ reason }) => reason !== null);
  const leftRows = left.reduce((sum, { rows }) => sum + rows, 0);
  const reasons = left.map(({ reason, rows }) => `${rows} × ${reason}`).join('; ');
  const found: Finding[] = [];
  if (taken !== undefined)
    found.push(
      finding(
        'change',
        `${countOf(taken.rows, 'row')} of public.${table} in ${countOf(taken.tablos, 'tablo')} will be taken over, from the server before this one.`,
      ),
    );
  if (leftRows === 0) return found;
  const who = `${countOf(leftRows, 'row')} of public.${table} cannot be taken over (${reasons})`;
  found.push(
    referring.length > 0
      ? finding(
          'stop',
          `${who}, and ${listOf(referring)} refers to this table, so they cannot be put aside: mend or remove them first.`,
        )
      : finding('change', `${who}: they will be kept in tablo_private.not_taken_over.`),
  );
  return found;
}

const countOf = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
