/**
 * What a start would do to a database, without doing it: the start's own checks, in a transaction that only reads and takes no lock but those of reading. Works beside a
 * server that runs.
 */
import { type Finding, finding } from '../../base/finding.ts';
import { CannotStart } from '../cannot-start.ts';
import { DatabaseClient } from '../database-client.ts';
import { type DbLog, silentLog } from '../db-log.ts';
import { checkHost, checkTakenOver } from '../host/check-host.ts';
import { hasOldProfiles } from '../host/earlier-release.ts';
import { warnOfHostRights } from '../host/host-rights.ts';
import { warnOfHostRoleWords } from '../host/host-role-words.ts';
import { findHidden } from '../host/row-security.ts';
import { previewRoles } from '../host/supabase-roles.ts';
import { MIGRATIONS_DIR, type MigrationState, readMigrationState } from '../migration-files.ts';
import { previewTakeOver } from './preview-take-over.ts';

const CONNECT_MS = 10_000;
/** Counting the rows of a large table takes its time. */
const STATEMENT_MS = 120_000;
/** Somebody alters the table right now: the check waits no longer than this, and nobody waits for it. */
const LOCK_MS = 5_000;

const SERVER = `SELECT current_setting('server_version') AS version, current_user AS user, current_database() AS database,
    EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') AS has_people`;

interface Server {
  readonly version: string;
  readonly user: string;
  readonly database: string;
  readonly has_people: boolean;
}

/** Rejects where the database cannot be asked. */
export async function previewStart(url: string): Promise<Finding[]> {
  const client = new DatabaseClient({
    connectionString: url,
    application_name: 'tablo-chat check',
    statement_timeout: STATEMENT_MS,
    connectionTimeoutMillis: CONNECT_MS,
  });
  client.on('error', () => {}); // The running query rejects as well.
  await client.connect();
  try {
    await client.query('BEGIN READ ONLY');
    await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
    const { rows } = await client.query<Server>(SERVER);
    const server = rows[0];
    if (server === undefined) throw new Error('the database does not say who we are');
    const { version, user, database } = server;
    const is = finding('ok', `PostgreSQL ${version}, database "${database}", as the user "${user}".`);
    return [is, ...(await orStop(() => look(client, server)))];
  } finally {
    // Ending the session ends the transaction, which has written nothing.
    await client.end().catch(() => {});
  }
}

/** What keeps the server from starting is a finding; what keeps us from asking is not. */
async function orStop(look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof CannotStart) return [finding('stop', error.message)];
    throw error;
  }
}

async function look(client: DatabaseClient, { has_people }: Server): Promise<Finding[]> {
  const state = await readMigrationState(client, MIGRATIONS_DIR);
  const found = describeMigrations(state);
  found.push(
    ...(await orStop(() => (state.applied.length === 0 ? lookFirst(client, state) : lookLater(client, state)))),
  );
  // What they speak of is the gateway's role.
  if (has_people) found.push(...(await noted((log) => warnOfHostRights(client, log))));
  found.push(...(await noted((log) => warnOfHostRoleWords(client, log))));
  return found;
}

function describeMigrations({ applied, pending, unknown }: MigrationState): Finding[] {
  const names = pending.map(({ name }) => name).join(', ');
  const found =
    pending.length === 0
      ? [finding('ok', `All ${applied.length} migrations have run.`)]
      : [
          finding(
            'change',
            `${applied.length === 0 ? 'This database was never used by the chat. ' : ''}Migrations that will run: ${names}.`,
          ),
        ];
  if (unknown.length > 0)
    found.push(
      finding(
        'note',
        `The database has run migrations of a later release: ${unknown.join(', ')}. To go back to this one, restore a backup from before.`,
      ),
    );
  return found;
}

async function lookFirst(client: DatabaseClient, { pending }: MigrationState): Promise<Finding[]> {
  const roles = await previewRoles(client);
  const host = await orStop(async () => {
    await checkHost(
      client,
      pending.map(({ sql }) => sql),
      true,
    );
    return previewTakeOver(client);
  });
  return [...roles, ...host];
}

async function lookLater(client: DatabaseClient, { pending }: MigrationState): Promise<Finding[]> {
  const found: Finding[] = [];
  if (await hasOldProfiles(client))
    found.push(finding('change', 'The table public.profiles of an earlier release will be called chat_profiles.'));
  await checkTakenOver(client);
  if (pending.length > 0)
    await checkHost(
      client,
      pending.map(({ sql }) => sql),
      false,
    );
  const hidden = await findHidden(client);
  if (hidden !== null) found.push(finding('stop', hidden));
  return found;
}

/** Warnings of the log, as notes. */
async function noted(act: (log: DbLog) => Promise<void>): Promise<Finding[]> {
  const found: Finding[] = [];
  const warn: DbLog['warn'] = (fields: object | string, message = '') => {
    const details = typeof fields === 'string' ? '' : Object.entries(fields).map(([key, value]) => `${key}: ${value}`);
    found.push(finding('note', typeof fields === 'string' ? fields : `${message} (${[...details].join(', ')})`));
  };
  await act({ ...silentLog, warn });
  return found;
}
