/** Several server processes on one database. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Drift } from '@tablo/sync-server/audit/drift';
import { audit } from '@tablo/sync-server/audit/pg-audit';
import pg from 'pg';
import { type Database, openDatabase } from '../support/database.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { signToken } from '../support/sign-token.ts';

const SECRET = 'a secret that only the nodes know, long enough';
const ISSUER = 'nodes';
const WAIT_MS = 30_000;

export interface NodeStage {
  readonly nodes: readonly RunningServer[];
  readonly database: Database;
  readonly pool: pg.Pool;
  addTablo(users: readonly UserId[]): Promise<TabloId>;
  /** A number from `/metrics`. */
  readMetric(node: RunningServer, name: string): Promise<number>;
  /** Each of them knows of all others. */
  haveMet(): Promise<void>;
  audit(): Promise<readonly Drift[]>;
  close(): Promise<void>;
}

/** `reach`: how the nth server reaches the database, where there is something in between. */
export async function openNodeStage(
  count: number,
  env: Readonly<Record<string, string>> = {},
  reach: (url: string, nth: number) => Promise<string> = async (url) => url,
): Promise<NodeStage> {
  const database = await openDatabase();
  const settings = {
    JWT_SECRET: SECRET,
    JWT_ISSUER: ISSUER,
    EPOCH_MAX_BYTES: '16777216',
    RATE_ENTRIES_PER_SECOND: '100000',
    RATE_ENTRIES_BURST: '1000000',
    RATE_BYTES_PER_SECOND: '1000000000',
    RATE_JOINS_PER_SECOND: '100000',
    MAX_UNAUTHENTICATED_SOCKETS: '100000',
    LOG_LEVEL: 'warn',
    ...env,
  };
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, nth) =>
      startServer({ env: { ...settings, DATABASE_URL: await reach(database.url, nth) } }),
    ),
  );
  const pool = new pg.Pool({ connectionString: database.url, max: 3 });
  pool.on('error', () => {}); // Connections are ended on purpose.
  const readMetric = async (node: RunningServer, name: string): Promise<number> => {
    const text = await (await fetch(`${node.url}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  };
  return {
    nodes,
    database,
    pool,
    readMetric,
    addTablo: async (users) => {
      const id = randomUUID() as string as TabloId;
      await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Nodes')`, [id]);
      await pool.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT $1, unnest($2::uuid[])', [id, users]);
      return id;
    },
    haveMet: () =>
      until('the servers know of each other', async () => {
        const peers = await Promise.all(nodes.map((node) => readMetric(node, 'tablo_peers')));
        return peers.every((known) => known === count - 1);
      }),
    audit: async () => {
      const drifts: Drift[] = [];
      await audit(pool, { onDrift: (drift) => drifts.push(drift) });
      return drifts;
    },
    close: async () => {
      await pool.end();
      await Promise.all(nodes.map((node) => node.kill()));
      await database.close();
    },
  };
}

export const newUser = (): UserId => randomUUID() as string as UserId;

export const tokenOf = (user: UserId, name = 'Somebody'): string =>
  signToken({ sub: user, iss: ISSUER, exp: Math.floor(Date.now() / 1_000) + 86_400, name }, SECRET);

export async function until(what: string, isTrue: () => boolean | Promise<boolean>, withinMs = WAIT_MS): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs / 1_000} s: ${what}.`);
    await delay(10);
  }
}
