/** Takes PostgreSQL away in every way there is, several times over, and watches what the server says and does meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '@tablo/schema/testing/random';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import { migrate } from '@tablo/sync-server/db/migrate';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import type { Member } from '../member.ts';
import { Stage, type Verdict } from '../stage.ts';
import { Gate } from './gate.ts';
import { type Trouble, troublesOf } from './troubles.ts';

export interface TroubleRunOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly onTrouble?: (report: TroubleReport) => void;
}

export interface TroubleReport {
  readonly trouble: string;
  /** What `/readyz` said; null where it may go on being ready. */
  readonly reason: string | null;
  /** Acknowledged between the moment in which `/readyz` said no and the end of the trouble. */
  readonly acknowledgedMeanwhile: number;
  /** Whether loaded documents were given to who asked for them meanwhile; else why not. `all moved`: there was none, every reader's tablo had moved in the moment before. */
  readonly wasRead: string | true;
  /** ms from the trouble's end until the first new acknowledgement. */
  readonly recoveredAfterMs: number;
}

const AWAY_MS = 1_000;
const SAID_WITHIN_MS = 15_000;
const READ_WITHIN_MS = 3_000;
/** After `/readyz` has said so. */
const TOLD_WITHIN_MS = 5_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface Away extends Verdict {
  readonly troubles: readonly TroubleReport[];
}

export async function runTroubles({ rounds, seed, onTrouble }: TroubleRunOptions): Promise<Away> {
  return await behindGate(seed, async (stage, postgres, gate) => {
    const random = new Random(seed);
    stage.startWriting(random);
    const troubles: TroubleReport[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const trouble of random.shuffle(troublesOf(postgres, gate))) {
        const report = await goThrough(trouble, stage);
        troubles.push(report);
        onTrouble?.(report);
      }
    }
    await stage.drained();
    return { ...(await stage.judge()), troubles };
  });
}

/** A PostgreSQL of its own, with its usual, durable settings, and a server that reaches it through a gate. */
export async function behindGate<T>(
  seed: number,
  act: (stage: Stage, postgres: EmbeddedPostgres, gate: Gate) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-soak-'));
  const postgres = await openEmbeddedPostgres({ dataDir, log: silent });
  const gate = await Gate.open(postgres.url);
  try {
    await migrate(postgres.url, silent);
    const stage = await Stage.open({ url: gate.url, directUrl: postgres.url });
    try {
      stage.connect();
      await stage.allJoined();
      return await act(stage, postgres, gate);
    } catch (error) {
      throw new Error(`Seed ${seed}: ${(error as Error).message}\n${stage.server.output()}`, { cause: error });
    } finally {
      await stage.close();
    }
  } finally {
    await gate.close();
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function goThrough({ name, isAway, begin, end }: Trouble, stage: Stage): Promise<TroubleReport> {
  const { acknowledged } = stage.book;
  const before = acknowledged.size;
  await untilTrue(`people write before ${name}`, () => acknowledged.size > before + 20);
  await begin();
  let reason: string | null = null;
  if (isAway) reason = await untilItSaysSo(stage, name);
  if (isAway) await untilTrue(`everybody is told of ${name}`, () => areTold(stage, true), TOLD_WITHIN_MS);
  const atFirst = acknowledged.size;
  const wasRead = await canRead(stage);
  await delay(AWAY_MS);
  const acknowledgedMeanwhile = acknowledged.size - atFirst;
  const meanwhile = acknowledged.size;
  await end();
  const endedAt = performance.now();
  await untilTrue(`entries are acknowledged again after ${name}`, () => acknowledged.size > meanwhile);
  await untilTrue(`/readyz says that it is ready after ${name}`, async () => (await readReason(stage)) === null);
  const recoveredAfterMs = Math.round(performance.now() - endedAt);
  await stage.allJoined();
  await untilTrue(`everybody is told of the end of ${name}`, () => areTold(stage, false), TOLD_WITHIN_MS);
  return { trouble: name, reason, acknowledgedMeanwhile, wasRead, recoveredAfterMs };
}

/** `/readyz` names a lost LISTEN as well, which a trouble may bring before the store itself has been found away. */
async function untilItSaysSo(stage: Stage, trouble: string): Promise<string | null> {
  let reason: string | null = null;
  const looks = async (): Promise<boolean> => {
    reason = await readReason(stage);
    return reason !== null && !reason.includes('LISTEN');
  };
  await untilTrue(`/readyz says that it is not ready: ${trouble}`, looks, SAID_WITHIN_MS);
  return reason;
}

/** Null when the server is ready. */
async function readReason({ server }: Stage): Promise<string | null> {
  const answer = await fetch(`${server.url}/readyz`);
  const { reason } = (await answer.json()) as { reason?: string };
  return answer.status === 200 ? null : (reason ?? '');
}

/** Those who are there; who joins later is told then. */
const areTold = ({ members }: Stage, isAway: boolean): boolean =>
  members.filter(({ isJoined }) => isJoined).every((member) => member.isStoreAway === isAway);

/** Nobody writes: the server notices all the same, says so in both places, and notices the end. */
export async function runIdleTroubles(seed: number): Promise<readonly string[]> {
  return await behindGate(seed, async (stage, postgres, gate) => {
    const told: string[] = [];
    const seen = ['connections cut', 'cable out', 'PostgreSQL killed'];
    for (const { name, begin, end } of troublesOf(postgres, gate)) {
      if (!seen.includes(name)) continue;
      await begin();
      await untilTrue(`everybody is told of ${name}`, () => areTold(stage, true), SAID_WITHIN_MS);
      // Whose membership was just being looked up is cut off instead, with `unavailable`: then nobody is left to be told, and `/readyz` says it a moment later.
      if ((await untilItSaysSo(stage, name)) !== null) told.push(name);
      await end();
      await untilTrue(`everybody is told of the end of ${name}`, () => areTold(stage, false), SAID_WITHIN_MS);
      await untilTrue(`/readyz is ready after ${name}`, async () => (await readReason(stage)) === null, TOLD_WITHIN_MS);
    }
    return told;
  });
}

/** All who only read are asked, and all answered who are still there: a tablo that moves in this very moment ends its connections. */
async function canRead(stage: Stage): Promise<TroubleReport['wasRead']> {
  const readers = stage.members.filter((member) => !stage.writers.includes(member));
  const before = new Map(stage.members.map((member) => [member, member.answers]));
  const asked = new Set<Member>();
  const areAnswered = () => {
    const joined = readers.filter((member) => member.isJoined);
    // Whose tablo has just moved asks the new document.
    for (const member of asked) if (!member.isJoined) asked.delete(member);
    for (const member of joined) {
      if (asked.has(member)) continue;
      asked.add(member);
      member.ask();
    }
    return joined.length > 0 && joined.every((member) => member.answers > (before.get(member) ?? 0));
  };
  return await untilTrue('documents are read', areAnswered, READ_WITHIN_MS).then(
    () => true,
    () => {
      const left = readers.filter(({ isJoined }) => !isJoined).map(({ leftFor }) => leftFor);
      if (left.length === readers.length && left.every((reason) => reason === 'epoch-moved')) return 'all moved';
      return `not by those who left: ${left.join(', ')}`;
    },
  );
}
