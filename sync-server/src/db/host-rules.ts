/**
 * Rules of a host's on the tables of a server before ours, which we write on from now on: a CHECK, a unique index, a length. One that refuses what a chat has to write would
 * let the server start and break the chat: a deletion that never comes through, a message that is refused. So it is said before anything is changed, with the statement that
 * removes it.
 */
import { MAX_TEXT_CODE_POINTS } from '@tablo/schema/limits';
import type { DatabaseClient } from './database-client.ts';

const CHECKS = `SELECT k.conname AS name, pg_get_expr(k.conbin, k.conrelid) AS expression, left(pg_get_constraintdef(k.oid), 120) AS shown,
    ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(k.conkey) AS n(num) LEFT JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.num AND a.attnum > 0) AS columns
  FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'c' ORDER BY 1`;
// Unique over nothing but what we write, and not the key: two messages of one moment, two of one author. And a B-tree's entry has 2,704 bytes at the most.
const INDEXES = `SELECT x.name, x.is_constraint, 'text' = ANY (x.columns) AND NOT x.is_unique AS is_of_text FROM (
    SELECT c.relname AS name, i.indisunique OR i.indisexclusion AS is_unique, m.amname, i.indnkeyatts,
      EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.conrelid = $1) AS is_constraint,
      ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam WHERE i.indrelid = $1
  ) x WHERE (x.is_unique AND cardinality(x.columns) = x.indnkeyatts AND x.columns <@ $2::text[] AND NOT x.columns @> $3::text[])
    OR (x.amname = 'btree' AND 'text' = ANY (x.columns)) ORDER BY 1`;

/** Of these alone a rule can be tried: it is about whether something is there and how long it is, so that the shortest and the longest say what is between. */
const TRIED = [
  /\b(AND|OR|NOT|IS|NULL|TRUE|FALSE|TRIM|BOTH|LEADING|TRAILING|FROM)\b/g,
  /\b(char_length|character_length|length|octet_length|btrim|ltrim|rtrim)\b/g,
  /::(text|character varying)/g,
  /(?<!<)[<>]=? \d+\b/g,
  /''|[()]|<>|[<>]=?|=/g,
];

interface Table {
  readonly name: string;
  readonly oid: number;
  /** What we write on it, and which of these is its key. */
  readonly written: readonly string[];
  readonly key: readonly string[];
}

/** As sentences; none where everything passes. */
export async function judgeRules(client: DatabaseClient, table: Table): Promise<string[]> {
  return [...(await judgeChecks(client, table)), ...(await judgeIndexes(client, table))];
}

async function judgeChecks(client: DatabaseClient, { name: table, oid, written }: Table): Promise<string[]> {
  type Check = { name: string; expression: string; shown: string; columns: string[] };
  const { rows } = await client.query<Check>(CHECKS, [oid]);
  const sentences: string[] = [];
  for (const { name, expression, shown, columns } of rows) {
    // An empty name: the whole row.
    if (!columns.some((column) => column === '' || written.includes(column))) continue;
    const canTry = columns.every((column) => written.includes(column)) && isTriable(expression, columns);
    if (canTry && (await passes(client, table, expression))) continue;
    const what = canTry
      ? `refuses rows that a chat has to write: a deleted one has an empty text, others up to ${MAX_TEXT_CODE_POINTS} characters, and times may be in any order`
      : 'is one of which we cannot tell whether it lets all rows of a chat pass';
    sentences.push(
      `The rule ${quote(name)} of public.${table}, ${shown}, ${what}: ALTER TABLE public.${table} DROP CONSTRAINT ${quote(name)};`,
    );
  }
  return sentences;
}

function isTriable(expression: string, columns: readonly string[]): boolean {
  const names = new RegExp(`\\b(${columns.join('|')})\\b`, 'g');
  return [...TRIED, names].reduce((rest, known) => rest.replaceAll(known, ' '), expression).trim() === '';
}

async function passes(client: DatabaseClient, table: string, expression: string): Promise<boolean> {
  const { rows } = await client.query<{ passes: boolean }>(
    `SELECT bool_and((${expression}) IS NOT FALSE) AS passes FROM jsonb_populate_recordset(NULL::public.${table}, $1)`,
    [JSON.stringify(samplesOf(table))],
  );
  return rows[0]?.passes === true;
}

/** A message's times are those of several clocks. */
const [EARLY, MIDDLE, LATE] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'];
const idOf = (nth: number): string => `00000000-0000-4000-8000-00000000000${nth}`;

function samplesOf(table: string): readonly object[] {
  const row = { id: idOf(1), channel_id: idOf(2), user_id: idOf(3) };
  if (table !== 'messages') return [{ ...row, last_read_at: MIDDLE }];
  const texts = ['x', 'x'.repeat(MAX_TEXT_CODE_POINTS), '🙂'.repeat(MAX_TEXT_CODE_POINTS)];
  return [null, EARLY, LATE].flatMap((updated_at) => [
    ...texts.map((text) => ({ ...row, text, created_at: MIDDLE, updated_at, deleted_at: null })),
    ...[EARLY, LATE].map((deleted_at) => ({ ...row, text: '', created_at: MIDDLE, updated_at, deleted_at })),
  ]);
}

async function judgeIndexes(client: DatabaseClient, { name: table, oid, written, key }: Table): Promise<string[]> {
  type Index = { name: string; is_constraint: boolean; is_of_text: boolean };
  const { rows } = await client.query<Index>(INDEXES, [oid, written, key]);
  return rows.map(({ name, is_constraint, is_of_text }) => {
    const what = is_of_text ? 'takes no text of more than 2,700 bytes' : 'refuses rows that a chat has to write';
    const drop = is_constraint ? `ALTER TABLE public.${table} DROP CONSTRAINT` : 'DROP INDEX public.';
    return `The index ${quote(name)} of public.${table} ${what}: ${drop}${is_constraint ? ' ' : ''}${quote(name)};`;
  });
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
