/**
 * Who is at work on a database: every server holds this lock, shared, for as long as it listens for changes; who needs the database without a server takes it alone. It is held by
 * a connection, and goes with it, however the process ends.
 */
import type { DatabaseClient } from './database-client.ts';

/** Ours among advisory locks; those of the migrations and of the audit are others. */
const SERVER_LOCK = 7_461_626_012_450;

type Asked = Pick<DatabaseClient, 'query'>;

/** False: somebody needs the database alone. */
export const joinServers = (client: Asked): Promise<boolean> =>
  ask(client, `SELECT pg_try_advisory_lock_shared(${SERVER_LOCK}) AS has`);

/** False: a server is at work, or somebody else has it alone. */
export const keepServersOut = (client: Asked): Promise<boolean> =>
  ask(client, `SELECT pg_try_advisory_lock(${SERVER_LOCK}) AS has`);

async function ask(client: Asked, sql: string): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>(sql);
  return rows[0]?.has === true;
}
