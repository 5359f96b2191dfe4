/**
 * Rules of a host's on the tables of a server before ours, which we write on from now on: a CHECK, a unique index, a length. A rule that refuses the chat's own rows would
 * let the server start and break the chat: a deletion that never comes through, a message that is refused. So it is reported before anything is changed, with the statement that
 * removes it.
 */
import { MAX_TEXT_CODE_POINTS } from '@tablo/schema/limits';
import { escapeIdentifier } from 'pg';
import { isDatabaseAway } from '../../base/database-away.ts';
import type { DatabaseClient } from '../database-client.ts';

const CHECKS = `SELECT k.conname AS name, pg_get_expr(k.conbin, k.conrelid) AS expression, left(pg_get_constraintdef(k.oid), 120) AS shown,
    ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(k.conkey) AS n(num) LEFT JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.num AND a.attnum > 0) AS columns
  FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'c' ORDER BY 1`;
// Unique over nothing but what we write, and not the key: two messages of one moment, two of one author. And an entry of an index holds 2,704 bytes at the most (BRIN, and what
// it only carries along: 8,152). The size of an expression over a text is unknown; only words and groups of three letters are known to fit.
const INDEXES = `SELECT x.name, x.is_constraint, x.what FROM (
    SELECT c.relname AS name, EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.conrelid = $1) AS is_constraint, CASE
      WHEN (i.indisunique OR i.indisexclusion) AND NOT of.keys @> $3::text[] AND cardinality(of.keys) = i.indnkeyatts AND of.keys <@ $2::text[] THEN 'refuses'
      WHEN (i.indisunique OR i.indisexclusion) AND NOT of.keys @> $3::text[] AND i.indexprs IS NOT NULL AND of.keys || of.named <@ $2::text[] THEN 'unknown'
      WHEN 'text' = ANY ($2) AND ('text' = ANY (of.carried) OR ('text' = ANY (of.keys) AND m.amname IN ('btree', 'brin'))) THEN 'short'
      WHEN 'text' = ANY ($2) AND 'text' = ANY (of.named) AND pg_get_expr(i.indexprs, i.indrelid) ~ '(?<!::)\\mtext\\M'
        AND EXISTS (SELECT FROM unnest(i.indclass::oid[], (i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k(class, num) JOIN pg_opclass o ON o.oid = k.class
          WHERE k.num = 0 AND o.opcname NOT IN ('tsvector_ops', 'gin_trgm_ops', 'gist_trgm_ops')) THEN 'unknown'
    END AS what
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(a.name) FILTER (WHERE a.num = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])), '{}') AS keys,
        coalesce(array_agg(a.name) FILTER (WHERE a.num = ANY ((i.indkey::int2[])[i.indnkeyatts:])), '{}') AS carried,
        coalesce(array_agg(a.name) FILTER (WHERE EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.refobjsubid = a.num)), '{}') AS named
      FROM (SELECT attname::text AS name, attnum AS num FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped) a
    ) of
    WHERE i.indrelid = $1
  ) x WHERE x.what IS NOT NULL ORDER BY 1`;

/** Only rules over these functions can be tried: they depend on presence and length, so the shortest and the longest value decide about all between. */
const TRIED = [
  /\b(AND|OR|NOT|IS|NULL|TRUE|FALSE|TRIM|BOTH|LEADING|TRAILING|FROM)\b/g,
  /\b(char_length|character_length|length|octet_length|btrim|ltrim|rtrim)\b/g,
  /::(text|character varying)/g,
  /(?<!<)[<>]=? \d+\b/g,
  /''|[()]|<>|[<>]=?|=/g,
];

interface Written {
  readonly name: string;
  readonly oid: number;
  /** What we write on it. */
  readonly written: readonly string[];
}

interface Table extends Written {
  /** Which of these is its key. */
  readonly key: readonly string[];
}

/** As sentences; none where everything passes. */
export async function judgeRules(client: DatabaseClient, table: Table): Promise<string[]> {
  return [...(await judgeChecks(client, table, false)), ...(await judgeIndexes(client, table))];
}

/** `isSure`: only rules that certainly refuse our rows; uncertain ones may have been harmless for long. */
export async function judgeChecks(client: DatabaseClient, of: Written, isSure: boolean): Promise<string[]> {
  const { name: table, oid, written } = of;
  type Check = { name: string; expression: string; shown: string; columns: string[] };
  const { rows } = await client.query<Check>(CHECKS, [oid]);
  const sentences: string[] = [];
  for (const { name, expression, shown, columns } of rows) {
    // An empty name: the whole row.
    if (!columns.some((column) => column === '' || written.includes(column))) continue;
    const canTry = columns.every((column) => written.includes(column)) && isTriable(expression, columns);
    const isKept = canTry ? await passes(client, of, expression) : null;
    if (isKept === true || (isKept === null && isSure)) continue;
    const what =
      isKept === null
        ? 'is one of which we cannot tell whether it lets all rows of a chat pass'
        : `refuses rows that a chat has to write: a deleted one has an empty text, others up to ${MAX_TEXT_CODE_POINTS} characters, and times may be in any order`;
    sentences.push(
      `The rule ${escapeIdentifier(name)} of public.${table}, ${shown}, ${what}: ALTER TABLE public.${table} DROP CONSTRAINT ${escapeIdentifier(name)};`,
    );
  }
  return sentences;
}

function isTriable(expression: string, columns: readonly string[]): boolean {
  const names = new RegExp(`\\b(${columns.join('|')})\\b`, 'g');
  return [...TRIED, names].reduce((rest, known) => rest.replaceAll(known, ' '), expression).trim() === '';
}

// Only the columns that we write take part: other columns of the host may have types with rules of their own.
const TYPES = `SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ') AS types FROM pg_attribute a WHERE a.attrelid = $1 AND a.attname = ANY($2)`;

/** `null`: it fails on what we have tried, in a column that has no room for it for instance. */
async function passes(client: DatabaseClient, { name, oid, written }: Written, expression: string) {
  const [found] = (await client.query<{ types: string }>(TYPES, [oid, written])).rows;
  await client.query('SAVEPOINT trying');
  try {
    const { rows } = await client.query<{ passes: boolean }>(
      `SELECT bool_and((${expression}) IS NOT FALSE) AS passes FROM jsonb_to_recordset($1) AS ${escapeIdentifier(name)} (${found?.types})`,
      [JSON.stringify(samplesOf(name))],
    );
    return rows[0]?.passes === true;
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT trying');
    return null;
  }
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

const INDEX_SENTENCES = {
  refuses: 'refuses rows that a chat has to write',
  short: 'has no room for the longest texts, of more than 2,700 bytes',
  unknown: 'is one of which we cannot tell whether it lets all rows of a chat pass',
} as const;

async function judgeIndexes(client: DatabaseClient, { name: table, oid, written, key }: Table): Promise<string[]> {
  type Index = { name: string; is_constraint: boolean; what: keyof typeof INDEX_SENTENCES };
  const { rows } = await client.query<Index>(INDEXES, [oid, written, key]);
  return rows.map(({ name, is_constraint, what }) => {
    const drop = is_constraint ? `ALTER TABLE public.${table} DROP CONSTRAINT ` : 'DROP INDEX public.';
    return `The index ${escapeIdentifier(name)} of public.${table} ${INDEX_SENTENCES[what]}: ${drop}${escapeIdentifier(name)};`;
  });
}
