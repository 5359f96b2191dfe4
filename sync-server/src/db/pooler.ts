/**
 * Whether connections stay their own. A pooler in transaction mode gives each transaction to whichever connection of PostgreSQL is free: `LISTEN` has no effect there, so a
 * removed member would stay, and prepared statements are another's. It is found by asking two connections by turns which process serves them.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { DatabaseClient } from './database-client.ts';
import { dropClient } from './drop-client.ts';

const ROUNDS = 3;
/** Longer than a notification ever takes on a server that answers at all. */
const HEARD_WITHIN_MS = 3_000;
const PROBE_TIMEOUTS: ProbeTimeouts = { connectMs: 10_000, answerMs: 5_000 };

interface ProbeTimeouts {
  readonly connectMs: number;
  readonly answerMs: number;
}

const REMEDY =
  'Give the direct address of PostgreSQL, or the pooler’s in session mode (on Supabase: port 5432, not 6543).';
export const POOLED = `DATABASE_URL leads to a connection pooler in transaction mode: LISTEN and prepared statements do not hold there. ${REMEDY}`;
const DEAF = `DATABASE_URL leads to a proxy or pooler that does not pass on notifications (LISTEN), so that removed members would not be cut off. ${REMEDY}`;

/** A retry does not help: another address is needed. The message is for people. */
export class PoolerError extends Error {
  override readonly name = 'PoolerError';
}

/** The sentence about a pooler that refuses a connection for what comes with it; null: another error. */
function describePoolerRefusal(error: unknown): string | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const refused = /^unsupported startup parameter[^:]*: *([\w.-]{1,60})/i.exec(String(message))?.[1];
  if (code !== '08P01' || refused === undefined) return null;
  return `DATABASE_URL leads to a connection pooler, in transaction mode most likely, which refuses the startup parameter ${refused}. ${REMEDY}`;
}

export const asPoolerError = (error: unknown): PoolerError | null => {
  if (error instanceof PoolerError) return error;
  const sentence = describePoolerRefusal(error);
  return sentence === null ? null : new PoolerError(sentence, { cause: error });
};

/** Throws a `PoolerError`, or whatever keeps it from finding out. `askMore`: what else is to be asked of a connection before the start. */
export async function assertOwnConnections(url: string, askMore: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await connect(url, PROBE_TIMEOUTS);
  try {
    await assertOwnConnection(client, url, PROBE_TIMEOUTS);
    await askMore(client);
  } catch (error) {
    throw asPoolerError(error) ?? error;
  } finally {
    dropClient(client);
  }
}

/** Of a connection that is in no transaction. Opens another one beside it, for the moment. */
export async function assertOwnConnection(client: pg.Client, url: string, timeouts: ProbeTimeouts): Promise<void> {
  const other = await connect(url, timeouts);
  try {
    const own = await readPid(client);
    for (let nth = 0; nth < ROUNDS; nth += 1) {
      // While it is in a transaction, a connection of PostgreSQL is given to nobody else.
      await beginOn(other);
      const ofOther = await readPid(other);
      const isShared = ofOther === own || (await readPid(client)) !== own;
      await other.query('ROLLBACK');
      if (isShared) throw new PoolerError(POOLED);
    }
    if (!(await hears(client, other))) throw new PoolerError(DEAF);
  } finally {
    dropClient(other);
  }
}

export async function readPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

async function beginOn(client: pg.Client): Promise<void> {
  try {
    await client.query('BEGIN');
  } catch (error) {
    // PgBouncer in statement mode allows no transactions at all.
    if ((error as { code?: unknown }).code === '08P01') throw new PoolerError(POOLED, { cause: error });
    throw error;
  }
}

async function hears(client: pg.Client, other: pg.Client): Promise<boolean> {
  const channel = `tablo_heard_${randomBytes(8).toString('hex')}`;
  const heard = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => heard.resolve(false), HEARD_WITHIN_MS);
  const listen = (message: pg.Notification): void => {
    if (message.channel === channel) heard.resolve(true);
  };
  // Nothing comes from one that has ended.
  const end = (): void => heard.resolve(false);
  client.on('notification', listen);
  client.on('end', end);
  try {
    await client.query(`LISTEN ${channel}`);
    await other.query(`NOTIFY ${channel}`);
    return await heard.promise;
  } finally {
    clearTimeout(timer);
    client.off('notification', listen);
    client.off('end', end);
    // It may have broken; then nothing is listened to any more.
    await client.query(`UNLISTEN ${channel}`).catch(() => {});
  }
}

async function connect(url: string, { connectMs, answerMs }: ProbeTimeouts): Promise<pg.Client> {
  const client = new DatabaseClient({
    connectionString: url,
    application_name: 'tablo-chat probe',
    connectionTimeoutMillis: connectMs,
    query_timeout: answerMs,
  });
  client.on('error', () => {}); // The running query rejects as well.
  await client.connect();
  return client;
}
