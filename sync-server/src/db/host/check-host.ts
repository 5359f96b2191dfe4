/** Before a migration changes anything: whether it can run here. Every obstacle is reported as a sentence, all of them at once, and nothing is changed. */
import { CannotStart } from '../cannot-start.ts';
import type { DatabaseClient } from '../database-client.ts';
import { judgeLater, judgeShape, kindOf, SHAPES } from './host-shapes.ts';

/** `server_version_num` of PostgreSQL 14. */
const OLDEST = 140_000;
const RIGHTS = `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_name, current_user AS user, current_database() AS database, has_database_privilege(current_database(), 'CREATE') AS makes_schemas,
    has_schema_privilege('public', 'CREATE') AS makes_tables, u.rettype AS uid_type,
    a.oid IS NULL OR has_schema_privilege(a.oid, 'USAGE') AS sees_auth, u.rettype IS NOT NULL OR a.oid IS NULL OR has_schema_privilege(a.oid, 'CREATE') AS makes_uid
  FROM (SELECT) AS one LEFT JOIN pg_namespace a ON a.nspname = 'auth'
  LEFT JOIN LATERAL (SELECT format_type(p.prorettype, NULL) AS rettype FROM pg_proc p WHERE p.pronamespace = a.oid AND p.proname = 'uid' AND p.pronargs = 0) u ON true`;
const TAKEN = `SELECT c.relname AS name, c.relkind AS kind FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY($1)
  UNION ALL SELECT t.typname, 'c' FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typname = ANY($1) AND t.typrelid = 0
  ORDER BY 1`;
const EXISTING = `SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass('public.' || name) IS NOT NULL`;
// An earlier release left tablo_private behind, empty, where it could not start.
const SCHEMAS = `SELECT n.nspname AS name FROM pg_namespace n WHERE n.nspname = ANY($1) AND (
    EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid)
    OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname NOT LIKE 'migrations%')
    OR (n.nspname <> 'tablo_private'))`;

const MADE = /^ *CREATE TABLE (?:IF NOT EXISTS )?public\.(\w+)|^( *)CREATE (?:UNIQUE )?INDEX (\w+) ON public\.(\w+)/gm;

interface Made {
  readonly name: string;
  /** An index that is made together with this table, and not where the table is there: its statement stands within an IF. */
  readonly onlyWith: string | null;
}

/** Tables and indexes that `sql`, a file of ours, makes in `public`. */
const madeBy = (sql: string): readonly Made[] =>
  [...sql.matchAll(MADE)].map(([, table, indent, index, on]) => ({
    name: table ?? index ?? '',
    onlyWith: indent ? (on ?? null) : null,
  }));

/** `pending`: the files that are to run. `isFirst`: none has run yet. */
export async function checkHost(client: DatabaseClient, pending: readonly string[], isFirst: boolean): Promise<string> {
  type Rights = {
    user: string;
    database: string;
    version: number;
    version_name: string;
    uid_type: string | null;
  } & Record<'makes_schemas' | 'makes_tables' | 'sees_auth' | 'makes_uid', boolean>;
  const [rights] = (await client.query<Rights>(RIGHTS)).rows;
  if (rights === undefined) throw new Error('the database does not say who we are');
  const { user, database } = rights;
  const wrong: string[] = [];
  if (rights.version < OLDEST) wrong.push(`It is PostgreSQL ${rights.version_name}, and 14 or later is needed.`);
  if (!rights.makes_schemas)
    wrong.push(`"${user}" may not make schemas here: GRANT CREATE ON DATABASE "${database}" TO "${user}";`);
  if (!rights.makes_tables)
    wrong.push(`"${user}" may not make tables here: GRANT CREATE ON SCHEMA public TO "${user}";`);
  if (!rights.sees_auth) wrong.push(`"${user}" may not use the schema auth: GRANT USAGE ON SCHEMA auth TO "${user}";`);
  if (!rights.makes_uid)
    wrong.push(
      `The schema auth has no function uid(), and "${user}" may not make it: GRANT CREATE ON SCHEMA auth TO "${user}";`,
    );
  if (rights.uid_type !== null && rights.uid_type !== 'uuid')
    wrong.push(`auth.uid() returns ${rights.uid_type}, and row level security here needs a uuid.`);
  const shared = Object.keys(SHAPES);
  if (isFirst) for (const table of shared) wrong.push(...(await judgeShape(client, table, user)));
  wrong.push(...(await findTaken(client, pending, isFirst ? shared : [])));
  refuse(wrong);
  return user;
}

/** At every start after the first, whether or not there is anything to run. */
export async function checkTakenOver(client: DatabaseClient): Promise<void> {
  const wrong: string[] = [];
  for (const table of Object.keys(SHAPES)) wrong.push(...(await judgeLater(client, table)));
  refuse(wrong);
}

function refuse(wrong: readonly string[]): void {
  if (wrong.length > 0)
    throw new CannotStart(
      `this database cannot be used as it is, and nothing was changed. ${wrong.join(' ')} README, "Your own PostgreSQL", has the names that are taken.`,
    );
}

async function findTaken(
  client: DatabaseClient,
  pending: readonly string[],
  shared: readonly string[],
): Promise<string[]> {
  const existing = (await client.query<{ name: string }>(EXISTING, [shared])).rows.map(({ name }) => name);
  const names = pending
    .flatMap(madeBy)
    .filter(({ name, onlyWith }) => !shared.includes(name) && (onlyWith === null || !existing.includes(onlyWith)))
    .map(({ name }) => name);
  const { rows } = await client.query<{ name: string; kind: string }>(TAKEN, [names]);
  const sentences = rows.map(
    ({ name, kind }) =>
      `The name public.${name} is taken by a ${kindOf(kind)} that is not ours: rename it, or use another database.`,
  );
  const schemas = ['tablo_private', 'tablo_identity'].filter((name) => pending.some((sql) => makesSchema(sql, name)));
  const found = await client.query<{ name: string }>(SCHEMAS, [schemas]);
  return [
    ...sentences,
    ...found.rows.map(
      ({ name }) => `The name ${name} is taken by a schema that is not ours: rename it, or use another database.`,
    ),
  ];
}

const makesSchema = (sql: string, name: string): boolean =>
  new RegExp(`^CREATE SCHEMA (IF NOT EXISTS )?${name};`, 'm').test(sql);
