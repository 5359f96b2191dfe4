/**
 * What a database may hold before our first migration, so that it can run there: looked at before anything is changed. Tables that we share with a host (`tablos`, `tablo_access`)
 * and those of a server before ours (`messages`, `channel_read_state`) have a shape; every other name of ours has to be free.
 */
import { MAX_TEXT_CODE_POINTS } from '@tablo/schema/limits';
import { listOf } from './cannot-start.ts';
import type { DatabaseClient } from './database-client.ts';
import { judgeRules } from './host-rules.ts';

/** PostgreSQL's type, or a family of types. */
type Kind = 'uuid' | 'timestamptz' | 'bool' | 'int4' | 'int8' | 'text' | 'words' | 'words or enum' | 'time';

interface Shape {
  readonly required: Readonly<Record<string, Kind>>;
  /** Where they are there. */
  readonly optional?: Readonly<Record<string, Kind>>;
  /** Ours, with a meaning of their own: a column of that name is somebody else's. */
  readonly absent?: readonly string[];
  /** Where they are there, they have to take NULL: it means that nothing has happened. */
  readonly nullable?: readonly string[];
  /** Columns of a primary key or a unique index, which our rows refer to. */
  readonly key?: readonly string[];
  /** The server writes rows here without knowing of other columns: those need a default, or to be nullable. */
  readonly isOurs?: boolean;
}

export const SHAPES: Readonly<Record<string, Shape>> = {
  tablos: {
    required: { id: 'uuid' },
    optional: {
      name: 'words',
      created_by: 'uuid',
      created_at: 'time',
      deleted_at: 'time',
      epoch: 'int4',
      last_seq: 'int8',
    },
    nullable: ['deleted_at'],
    key: ['id'],
  },
  tablo_access: {
    required: { tablo_id: 'uuid', user_id: 'uuid' },
    optional: { role: 'words or enum', is_active: 'bool', created_at: 'time' },
  },
  messages: {
    required: {
      ...{ id: 'uuid', channel_id: 'uuid', user_id: 'uuid', text: 'text' },
      ...{ created_at: 'timestamptz', updated_at: 'timestamptz', deleted_at: 'timestamptz' },
    },
    absent: ['sent_at', 'received_at', 'seq', 'reply_to', 'edit_id', 'first_text', 'edit_count'],
    nullable: ['updated_at', 'deleted_at'],
    key: ['id'],
    isOurs: true,
  },
  channel_read_state: {
    required: { user_id: 'uuid', channel_id: 'uuid', last_read_at: 'timestamptz' },
    absent: ['last_read_seq'],
    key: ['user_id', 'channel_id'],
    isOurs: true,
  },
};

const TABLE = `SELECT c.oid, c.relkind, pg_get_userbyid(c.relowner) AS owner, pg_has_role(current_user, c.relowner, 'USAGE') AS is_own,
    row_security_active(c.oid) AS is_hidden
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = $1`;
const COLUMNS = `SELECT a.attname AS name, t.typname AS type, t.typcategory AS category, format_type(a.atttypid, a.atttypmod) AS shown, a.atttypmod AS modifier,
    a.attnotnull AS is_required, a.atthasdef OR a.attidentity <> '' AS has_default
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped`;
const HAS_KEY = `SELECT FROM pg_index i WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
  AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = $1
    AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) = (SELECT array_agg(name ORDER BY name) FROM unnest($2::text[]) AS name)`;

interface Column {
  readonly name: string;
  readonly type: string;
  readonly category: string;
  readonly shown: string;
  /** Of varchar: its length and 4 more; of times: their digits after the second; -1: none is given. */
  readonly modifier: number;
  readonly is_required: boolean;
  readonly has_default: boolean;
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
};
const OTHER_KINDS: Readonly<Record<string, string>> = { i: 'index', I: 'index', p: 'partitioned table', c: 'type' };
export const kindOf = (relkind: string): string => KINDS[relkind] ?? OTHER_KINDS[relkind] ?? 'table';

/** What is in the way of a shared table, as sentences; none when there is no such table, or one that will do. */
export async function judgeShape(client: DatabaseClient, table: string, user: string): Promise<string[]> {
  const shape = SHAPES[table];
  type Found = { oid: number; relkind: string; owner: string; is_own: boolean; is_hidden: boolean };
  const [found] = (await client.query<Found>(TABLE, [table])).rows;
  if (shape === undefined || found === undefined) return [];
  if (found.relkind !== 'r')
    return [`public.${table} is a ${kindOf(found.relkind)}, and not a table: rename it, or use another database.`];
  const { rows: columns } = await client.query<Column>(COLUMNS, [found.oid]);
  const wrong = judgeColumns(shape, columns);
  if (wrong.length === 0 && shape.key !== undefined && !(await hasKey(client, found.oid, shape.key)))
    wrong.push(`has no primary key or unique index of just ${listOf(shape.key)}`);
  if (wrong.length > 0)
    return [
      `public.${table} has another shape than we can use: it ${listOf(wrong)}. Rename it, or use another database.`,
    ];
  const never = columns.filter(({ name, is_required }) => is_required && shape.nullable?.includes(name));
  const rules = never.map(({ name }) => notNullSentence(table, name));
  if (shape.isOurs === true) {
    const short = columns.filter((column) => shape.required[column.name] === 'text' && isTooShort(column));
    rules.push(...short.map((column) => tooShortSentence(table, column)));
    // A longest text does not fit into a short column, to be tried there.
    const written = Object.keys(shape.required);
    const { oid } = found;
    if (short.length === 0)
      rules.push(...(await judgeRules(client, { name: table, oid, written, key: shape.key ?? [] })));
  }
  if (rules.length > 0) return rules;
  if (!found.is_own)
    return [
      `public.${table} belongs to "${found.owner}", and "${user}" may not add columns to it: connect as "${found.owner}", or as a superuser GRANT "${found.owner}" TO "${user}".`,
    ];
  return found.is_hidden ? [hiddenSentence([table], user)] : [];
}

function judgeColumns(shape: Shape, columns: readonly Column[]): string[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const required = Object.entries(shape.required).map(([name, kind]) =>
    judgeColumn(byName.get(name), name, kind, true),
  );
  const optional = Object.entries(shape.optional ?? {}).map(([name, kind]) =>
    judgeColumn(byName.get(name), name, kind, false),
  );
  const absent = (shape.absent ?? []).map((name) =>
    byName.has(name) ? `has a column ${name}, which is ours to add` : null,
  );
  const known = new Set([...Object.keys(shape.required), ...(shape.absent ?? [])]);
  const more =
    shape.isOurs === true
      ? columns.map(({ name, is_required, has_default }) =>
          !known.has(name) && is_required && !has_default ? `has a column ${name} that every new row must fill` : null,
        )
      : [];
  return [...required, ...optional, ...absent, ...more].filter((wrong) => wrong !== null);
}

function judgeColumn(column: Column | undefined, name: string, kind: Kind, isRequired: boolean): string | null {
  if (column === undefined) return isRequired ? `has no column ${name}` : null;
  if (!isOfKind(column, kind)) return `has ${name} as ${column.shown}`;
  // The server counts in these two from the first row on.
  const isCounter = kind === 'int4' || kind === 'int8';
  if (isCounter && !(column.is_required && column.has_default)) return `has a column ${name} of its own`;
  return null;
}

/** A domain has rules of its own, and char(n) and name change what they are given. */
const TEXTS = ['text', 'varchar', 'citext'];
const MILLISECONDS = 3;

function isOfKind({ type, category, modifier }: Column, kind: Kind): boolean {
  if (kind === 'text') return TEXTS.includes(type);
  if (kind === 'timestamptz') return type === kind && (modifier === -1 || modifier >= MILLISECONDS);
  if (kind === 'words') return category === 'S';
  if (kind === 'words or enum') return category === 'S' || category === 'E';
  if (kind === 'time') return type === 'timestamptz' || type === 'timestamp';
  return type === kind;
}

const hasKey = async (client: DatabaseClient, table: number, key: readonly string[]): Promise<boolean> =>
  (await client.query(HAS_KEY, [table, key])).rowCount !== 0;

const VARCHAR_HEAD = 4;
const isTooShort = ({ modifier }: Column): boolean => modifier !== -1 && modifier - VARCHAR_HEAD < MAX_TEXT_CODE_POINTS;

const tooShortSentence = (table: string, { name, shown }: Column): string =>
  `public.${table}.${name} is ${shown}, and a message may have ${MAX_TEXT_CODE_POINTS} characters: ALTER TABLE public.${table} ALTER ${name} TYPE text;`;

const notNullSentence = (table: string, column: string): string =>
  `public.${table}.${column} is NOT NULL, and has to be empty until it happens: ALTER TABLE public.${table} ALTER ${column} DROP NOT NULL;`;

/** Row level security applies to the server itself: it would take all tablos for empty. */
export function hiddenSentence(tables: readonly string[], user: string): string {
  const names = tables.map((name) => `public.${name}`);
  const alter = names.map((name) => `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY;`).join(' ');
  return `Row level security hides the rows of ${listOf(names)} from the server’s own user "${user}". To mend it: ${alter} or, as a superuser: ALTER ROLE "${user}" BYPASSRLS;`;
}
