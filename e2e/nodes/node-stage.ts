/** Several server processes on one database. */
import { randomUUID } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Drift } from '@tablo/sync-server/audit/drift';
import { audit } from '@tablo/sync-server/audit/pg-audit';
import { addTablo } from '@tablo/sync-server/testing/add-tablo';
import { TOKEN_SETTINGS } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import pg from 'pg';
import { type Database, openDatabase } from '../support/database.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { WITHOUT_LIMITS } from '../support/without-limits.ts';

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

type Env = Readonly<Record<string, string>>;

/** `env`: of all servers, or of the nth; `reach`: how the nth server reaches the database, where there is something in between. */
export async function openNodeStage(
  count: number,
  env: Env | ((nth: number) => Env) = {},
  reach: (url: string, nth: number) => Promise<string> = async (url) => url,
): Promise<NodeStage> {
  const database = await openDatabase();
  const settings = {
    ...TOKEN_SETTINGS,
    EPOCH_MAX_BYTES: '16777216',
    ...WITHOUT_LIMITS,
    LOG_LEVEL: 'warn',
  };
  const envOf = typeof env === 'function' ? env : () => env;
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, nth) =>
      startServer({ env: { ...settings, ...envOf(nth), DATABASE_URL: await reach(database.url, nth) } }),
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
    addTablo: (users) => addTablo(pool, users, { name: 'Nodes' }),
    haveMet: () =>
      untilTrue('the servers know of each other', async () => {
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
