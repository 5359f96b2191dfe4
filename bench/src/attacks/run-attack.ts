/** One attack from its preparation to the calm after it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Seat } from '../load/load-client.ts';
import { readCpuSeconds } from '../support/cpu.ts';
import type { RunningServer } from '../support/servers.ts';
import type { Gains } from './attacker/tally.ts';
import { Conversation } from './honest/conversation.ts';
import { httpOf } from './honest/honest-seats.ts';
import type { PhaseResult } from './honest/phase.ts';
import { launchAttack } from './launch-attack.ts';
import { readRss, watchRss } from './memory-watch.ts';

/** Joins and first messages do not count. */
const WARM_UP_MS = 3_000;
/** What the server still does for the attacker, and what it keeps for some seconds. */
const CALM_AFTER_MS = 6_000;

export interface AttackResult {
  readonly name: string;
  readonly calm: PhaseResult;
  readonly attacked: PhaseResult;
  /** Bytes; null: the server has ended. */
  readonly memory: { readonly before: number | null; readonly most: number; readonly after: number | null };
  /** Of one core, the server's process while it was attacked. */
  readonly cpuPercent: number;
  readonly gains: Gains | null;
}

interface Running {
  readonly name: string;
  readonly server: RunningServer;
  readonly databaseUrl: string;
  readonly seats: readonly Seat[];
  readonly seconds: number;
  readonly calmSeconds: number;
}

export async function runAttack(running: Running): Promise<AttackResult> {
  const { name, server, databaseUrl, seats, seconds, calmSeconds } = running;
  const http = httpOf(server);
  const honestTablo = seats[0]?.tabloId ?? '';
  const attack = await launchAttack({ name, http, sync: server.url, databaseUrl, honestTablo });
  try {
    const conversation = await Conversation.open(http, seats);
    try {
      await delay(WARM_UP_MS);
      const calm = await conversation.measure(delay(calmSeconds * 1_000));
      const before = readRss(server.pid);
      const cpuBefore = readCpuSeconds(server.pid);
      const stopWatching = watchRss(server.pid);
      const going = attack.go(seconds).catch(() => null);
      const attacked = await conversation.measure(delay(seconds * 1_000));
      const cpuPercent = before === null ? 0 : (100 * (cpuNow(server.pid) - cpuBefore)) / seconds;
      const gains = await going;
      const most = stopWatching();
      await delay(CALM_AFTER_MS);
      return { name, calm, attacked, memory: { before, most, after: readRss(server.pid) }, cpuPercent, gains };
    } finally {
      conversation.close();
    }
  } finally {
    attack.close();
  }
}

function cpuNow(pid: number): number {
  return readRss(pid) === null ? Number.NaN : readCpuSeconds(pid);
}
