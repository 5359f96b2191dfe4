/** The three roles that Supabase's policies and grants speak of: made where they are missing, if this user may. Roles belong to the whole PostgreSQL server. */
import { type Finding, finding } from '../../base/finding.ts';
import { CannotStart, listOf } from '../cannot-start.ts';
import type { DatabaseClient } from '../database-client.ts';
import type { DbLog } from '../db-log.ts';

const ROLES: Readonly<Record<string, string>> = {
  anon: 'CREATE ROLE anon NOLOGIN NOINHERIT',
  authenticated: 'CREATE ROLE authenticated NOLOGIN NOINHERIT',
  service_role: 'CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS',
};
/** Where nobody has BYPASSRLS to give, as on many a managed PostgreSQL: the role is there all the same, for what the host grants it. */
const SERVICE_ROLE = 'service_role';
const WITHOUT_BYPASS = 'CREATE ROLE service_role NOLOGIN NOINHERIT';
const NOT_ALLOWED = '42501';
/** The server of another database has created it at this very moment. */
const EXISTS_NOW = ['42710', '23505'];

const NO_BYPASS =
  'The role service_role was made without BYPASSRLS, which this database’s user may not give: the chat works, and programs of yours that use this role see no rows where row level security is on. A superuser can, once: ALTER ROLE service_role BYPASSRLS;';

/** Within a transaction. A user without that right gets a sentence with the statement that an administrator has to run. */
export async function createRoles(client: DatabaseClient, user: string, log: DbLog): Promise<void> {
  const denied: string[] = [];
  for (const name of await findMissing(client)) {
    if (await isMade(client, ROLES[name] ?? '')) continue;
    if (name !== SERVICE_ROLE || !(await isMade(client, WITHOUT_BYPASS))) denied.push(name);
    else log.warn({ role: name }, NO_BYPASS);
  }
  if (denied.length > 0) throw new CannotStart(describeDenied(denied, user));
}

/** What `createRoles` would do, judged by rights: some are given by a provider's own ways, so that only a start can tell for sure. */
export async function previewRoles(client: DatabaseClient): Promise<Finding[]> {
  const missing = await findMissing(client);
  if (missing.length === 0) return [];
  const { rows } = await client.query<Rights>(RIGHTS);
  const { user = '', makes_roles = false, gives_bypass = false } = rows[0] ?? {};
  if (!makes_roles) return [finding('stop', describeDenied(missing, user))];
  const made = finding('change', `The ${missing.length === 1 ? 'role' : 'roles'} ${listOf(missing)} will be made.`);
  return missing.includes(SERVICE_ROLE) && !gives_bypass ? [made, finding('note', NO_BYPASS)] : [made];
}

interface Rights {
  readonly user: string;
  readonly makes_roles: boolean;
  readonly gives_bypass: boolean;
}
/** Before PostgreSQL 16 superusers alone gave BYPASSRLS; since then who has it and makes roles. */
const RIGHTS = `SELECT rolname AS user, rolsuper OR rolcreaterole AS makes_roles,
    rolsuper OR (rolcreaterole AND rolbypassrls AND current_setting('server_version_num')::int >= 160000) AS gives_bypass
  FROM pg_roles WHERE rolname = current_user`;

async function findMissing(client: DatabaseClient): Promise<string[]> {
  const names = Object.keys(ROLES);
  const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [
    names,
  ]);
  return names.filter((name) => !rows.some(({ rolname }) => rolname === name));
}

function describeDenied(denied: readonly string[], user: string): string {
  const statements = denied.map((name) => `${ROLES[name]};`).join(' ');
  const isOne = denied.length === 1;
  return `the ${isOne ? 'role' : 'roles'} ${listOf(denied)} ${isOne ? 'is' : 'are'} missing in this PostgreSQL server, and the user "${user}" may not create ${isOne ? 'it' : 'them'}. A superuser can, once: ${statements} Then start again.`;
}

async function isMade(client: DatabaseClient, statement: string): Promise<boolean> {
  await client.query('SAVEPOINT make_role');
  try {
    await client.query(statement);
    await client.query('RELEASE SAVEPOINT make_role');
    return true;
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT make_role');
    const { code } = error as { code?: unknown };
    if (code === NOT_ALLOWED) return false;
    if (EXISTS_NOW.includes(String(code))) return true;
    throw error;
  }
}
