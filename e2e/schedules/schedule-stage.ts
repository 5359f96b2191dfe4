// What many schedules share: one database, one server process, or several behind a balancer, and tokens of our own signing.
import type { TabloId, UserId } from '@tablo/schema/ids';
import { addTablo } from '@tablo/sync-server/testing/add-tablo';
import { TOKEN_SETTINGS } from '@tablo/sync-server/testing/tokens';
import pg from 'pg';
import { openBalancer } from '../support/balancer.ts';
import { type Database, openDatabase } from '../support/database.ts';
import { type RunningServer, startServer } from '../support/server.ts';

/** Small, so that a schedule lives through several documents. */
const EPOCH_MAX_ENTRIES = '12';

export interface ScheduleStage {
  readonly url: string;
  readonly pool: pg.Pool;
  output(): string;
  createTablo(members: readonly UserId[]): Promise<TabloId>;
  setMember(tablo: TabloId, user: UserId, isActive: boolean): Promise<void>;
  /** One at a time, whoever asks. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  readonly restarts: number;
  /** ms since the server was last away: what is awaited counts from there. */
  readonly upForMs: number;
  close(): Promise<void>;
}

/** `env`: of the server, beside what the stage needs. `nodes`: servers; each connection goes to the next of them. */
export async function openScheduleStage(
  env: Readonly<Record<string, string>> = {},
  nodes = Number(process.env['SCHEDULE_NODES'] ?? 1),
): Promise<ScheduleStage> {
  const database: Database = await openDatabase();
  const settings = {
    DATABASE_URL: database.url,
    ...TOKEN_SETTINGS,
    EPOCH_MAX_ENTRIES,
    MAX_UNAUTHENTICATED_SOCKETS: '100000',
    LOG_LEVEL: 'warn',
    ...env,
  };
  const servers = await Promise.all(Array.from({ length: nodes }, () => startServer({ env: settings })));
  const balancer = nodes === 1 ? null : await openBalancer(servers.map(({ port }) => port));
  const url = balancer?.url ?? (servers[0] as RunningServer).url;
  const pool = new pg.Pool({ connectionString: database.url, max: 6 });
  let restarting: Promise<void> | null = null;
  let restarts = 0;
  let upSince = Date.now();
  const restart = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const server = servers[restarts % nodes] as RunningServer;
    restarts += 1;
    if (signal === 'SIGKILL') await server.kill();
    await server.restart();
  };
  return {
    url,
    pool,
    output: () => servers.map((server) => server.output()).join('\n'),
    createTablo: async (members) => {
      const [owner, ...others] = members;
      if (owner === undefined) throw new Error('A tablo without members.');
      const roles = Object.fromEntries([[owner, 'owner'], ...others.map((user) => [user, 'member'])]);
      return addTablo(pool, roles, { name: 'Schedule', createdBy: owner });
    },
    setMember: async (tablo, user, isActive) => {
      await pool.query('UPDATE tablo_access SET is_active = $3 WHERE tablo_id = $1 AND user_id = $2', [
        tablo,
        user,
        isActive,
      ]);
    },
    restart: (signal) => {
      restarting ??= restart(signal).finally(() => {
        restarting = null;
        upSince = Date.now();
      });
      return restarting;
    },
    get restarts() {
      return restarts;
    },
    get upForMs() {
      return restarting === null ? Date.now() - upSince : 0;
    },
    close: async () => {
      await pool.end();
      await balancer?.close();
      await Promise.all(servers.map((server) => server.stop()));
      await database.close();
    },
  };
}
