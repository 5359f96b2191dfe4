/** What belongs to a host in a database, as text: to be compared before and after, so that nothing of it is changed unseen. */
import type { Pool } from '../pool.ts';

const PICTURE = {
  tables: `SELECT c.relname AS table, c.relkind, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner, c.relacl::text AS rights,
      obj_description(c.oid, 'pg_class') AS comment FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S')`,
  columns: `SELECT a.attrelid::regclass::text AS table, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attacl::text AS rights,
      pg_get_expr(d.adbin, d.adrelid) AS default, col_description(a.attrelid, a.attnum) AS comment
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r') AND a.attnum > 0 AND NOT a.attisdropped`,
  policies: `SELECT tablename AS table, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public'`,
  indexes: `SELECT i.indrelid::regclass::text AS table, pg_get_indexdef(i.indexrelid) AS definition, c.relname AS name
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace`,
  constraints: `SELECT k.conrelid::regclass::text AS table, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint k WHERE k.connamespace = 'public'::regnamespace AND k.conrelid <> 0`,
  triggers: `SELECT t.tgrelid::regclass::text AS table, t.tgname AS name, t.tgenabled AS enabled, pg_get_triggerdef(t.oid) AS definition
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal`,
  functions: `SELECT p.proname AS table, pg_get_functiondef(p.oid) AS definition, p.proacl::text AS rights FROM pg_proc p WHERE p.pronamespace IN ('public'::regnamespace, 'auth'::regnamespace)`,
  schemas: `SELECT n.nspname AS table, n.nspacl::text AS rights, obj_description(n.oid, 'pg_namespace') AS comment FROM pg_namespace n WHERE n.nspname IN ('public', 'auth')`,
} as const;

export type Picture = Record<keyof typeof PICTURE, readonly string[]>;

/** One line an object, each beginning with its table's or its own name. */
export async function takePicture(pool: Pool): Promise<Picture> {
  const lines = async (sql: string) =>
    (await pool.query<{ table: string }>(sql)).rows
      .map((row) => `${row.table.replace(/^public\./, '')} ${JSON.stringify(row)}`)
      .sort();
  const entries = await Promise.all(
    Object.entries(PICTURE).map(async ([what, sql]) => [what, await lines(sql)] as const),
  );
  return Object.fromEntries(entries) as unknown as Picture;
}

/** What of `before` is gone or changed, and what is new on the tables of `before`. */
export function compare(before: Picture, after: Picture): { readonly gone: string[]; readonly added: string[] } {
  const hosts = new Set(before.tables.map((line) => line.split(' ')[0]));
  const kinds = Object.keys(before) as (keyof Picture)[];
  return {
    gone: kinds.flatMap((kind) => before[kind].filter((line) => !after[kind].includes(line))),
    added: kinds.flatMap((kind) =>
      after[kind].filter((line) => !before[kind].includes(line) && hosts.has(line.split(' ')[0] ?? '')),
    ),
  };
}
