/** Kills PostgreSQL again and again while people write, the whole of it or one of its processes, and has everything judged at the end. */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '@tablo/schema/testing/random';
import type { EmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import type { Stage, Verdict } from '../stage.ts';
import { MOMENTS, type Moment, meet, slowSomeCommits } from './kill-run.ts';
import { behindGate } from './trouble-run.ts';

export const VICTIMS = ['postmaster', 'backend'] as const;
type Victim = (typeof VICTIMS)[number];

export interface PostgresKillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (nth: number) => void;
}

export interface PostgresKillReport extends Verdict {
  readonly kills: Readonly<Record<`${Victim} ${Moment}`, number>>;
  readonly inCommit: number;
  readonly seconds: number;
}

/** With its usual, durable settings: a crash of PostgreSQL loses nothing that it has committed. */
export async function runPostgresKills({ kills, seed, onKill }: PostgresKillOptions): Promise<PostgresKillReport> {
  const startedAt = performance.now();
  return await behindGate(seed, async (stage, postgres) => {
    const random = new Random(seed);
    await slowSomeCommits(stage);
    stage.startWriting(random);
    const counts: Record<string, number> = {};
    let inCommit = 0;
    for (let nth = 0; nth < kills; nth += 1) {
      const moment = MOMENTS[nth % MOMENTS.length] ?? 'anytime';
      const victim = random.pick(VICTIMS);
      if (await meet(moment, stage, random)) inCommit += 1;
      await kill(victim, stage, postgres);
      counts[`${victim} ${moment}`] = (counts[`${victim} ${moment}`] ?? 0) + 1;
      onKill?.(nth + 1);
      const { acknowledged } = stage.book;
      const before = acknowledged.size;
      await untilTrue(`entries are acknowledged again after kill ${nth + 1}`, () => acknowledged.size > before);
    }
    await stage.drained();
    const seconds = (performance.now() - startedAt) / 1_000;
    return { ...(await stage.judge()), kills: counts as PostgresKillReport['kills'], inCommit, seconds };
  });
}

async function kill(victim: Victim, stage: Stage, postgres: EmbeddedPostgres): Promise<void> {
  const pid = (victim === 'postmaster' ? null : await backendOf(stage)) ?? postgres.pid;
  // It is just coming back from the last kill.
  if (pid === null) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    await delay(1); // It has ended by itself meanwhile: with a killed postmaster, say.
  }
}

/** One that works for the server, most likely at a commit. */
async function backendOf({ pool }: Stage): Promise<number | null> {
  const { rows } = await pool
    .query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tablo-chat'
       ORDER BY (query LIKE '%COMMIT') DESC, (state = 'active') DESC, state_change DESC LIMIT 1`,
    )
    .catch(() => ({ rows: [] })); // It is just coming back from the last kill.
  return rows[0]?.pid ?? null;
}
