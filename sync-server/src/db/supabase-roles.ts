/** The three roles that Supabase's policies and grants speak of: made where they are missing, if this user may. Roles belong to the whole PostgreSQL server. */
import { CannotStart, listOf } from './cannot-start.ts';
import type { DatabaseClient } from './database-client.ts';

const ROLES: Readonly<Record<string, string>> = {
  anon: 'CREATE ROLE anon NOLOGIN NOINHERIT',
  authenticated: 'CREATE ROLE authenticated NOLOGIN NOINHERIT',
  service_role: 'CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS',
};
const NOT_ALLOWED = '42501';
/** Another database's server has made it in this very moment. */
const EXISTS_NOW = ['42710', '23505'];

/** Within a transaction. Who may not make them is told what an administrator has to say. */
export async function createRoles(client: DatabaseClient, user: string): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [
    Object.keys(ROLES),
  ]);
  const there = new Set(rows.map(({ rolname }) => rolname));
  const denied: string[] = [];
  for (const [name, statement] of Object.entries(ROLES)) {
    if (!there.has(name) && !(await isMade(client, statement))) denied.push(name);
  }
  if (denied.length === 0) return;
  const statements = denied.map((name) => `${ROLES[name]};`).join(' ');
  const isOne = denied.length === 1;
  throw new CannotStart(
    `the ${isOne ? 'role' : 'roles'} ${listOf(denied)} ${isOne ? 'is' : 'are'} missing in this PostgreSQL server, and the user "${user}" may not create ${isOne ? 'it' : 'them'}. A superuser can, once: ${statements} Then start again.`,
  );
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
