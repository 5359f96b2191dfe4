/**
 * `npm run test:soak -- --schedules 10000 --kills 1000 --postgres-kills 1000 --rounds 20`: all harnesses at length, one after the other, each as many times as
 * asked for (0: not at all). Several may run at once: each has a PostgreSQL and servers of its own. Prints one table of figures; exit code 1 when
 * anything was lost, doubled, misplaced, miscounted or differs.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import { migrate } from '@tablo/sync-server/db/migrate';
import { setup } from '@tablo/sync-server/db/testing/test-global-setup';
import { describeOutcome } from '../schedules/run-schedule.ts';
import { openScheduleStage } from '../schedules/schedule-stage.ts';
import { soak } from '../schedules/soak.ts';
import { runKills } from './faults/kill-run.ts';
import { runPostgresKills } from './faults/postgres-kill-run.ts';
import { runTroubles } from './faults/trouble-run.ts';
import type { Verdict } from './stage.ts';

const PROGRESS_MS = 60_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    'first-seed': { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '12' },
    kills: { type: 'string', default: '1000' },
    'postgres-kills': { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '20' },
    // Of the kills of the server: how large a document gets. Small: the tablos move in the commits that fill them, again and again.
    'epoch-bytes': { type: 'string', default: '65536' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'string' },
  },
});
const seed = Number(values.seed);

interface Result {
  readonly name: string;
  /** What it did, and what it found: by kind of fault. */
  readonly figures: object;
  readonly faults: readonly string[];
}

const results: Result[] = [];
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

function every(ms: number, act: () => void): () => void {
  let last = Date.now();
  return () => {
    if (Date.now() - last < ms) return;
    last = Date.now();
    act();
  };
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

async function playSchedules(count: number): Promise<Result> {
  const tearDown = await setup();
  const stage = await openScheduleStage();
  const faults: string[] = [];
  let done = 0;
  const tell = every(PROGRESS_MS, () => note(`${done} schedules, ${faults.length} failed`));
  try {
    const figures = await soak(stage, {
      firstSeed: Number(values['first-seed']),
      count,
      atOnce: Number(values['at-once']),
      onFailure: (outcome) => {
        faults.push(describeOutcome(outcome));
        note(`schedule ${outcome.schedule.seed}: ${outcome.violations.map(({ kind }) => kind).join(', ')}`);
      },
      onDrift: (drift) => faults.push(JSON.stringify(drift)),
      onSchedule: ({ schedules }) => {
        done = schedules;
        tell();
      },
    });
    return { name: 'schedules', figures, faults };
  } finally {
    await stage.close();
    await tearDown?.();
  }
}

function judge(
  name: string,
  { record: _record, faults, drifts, ...figures }: Verdict,
  more: readonly string[] = [],
): Result {
  const found = { faults: countBy(faults, ({ fault }) => fault), drifts: countBy(drifts, ({ code }) => code) };
  return {
    name,
    figures: { ...figures, ...found },
    faults: [...faults.map((fault) => JSON.stringify(fault)), ...drifts.map((drift) => JSON.stringify(drift)), ...more],
  };
}

async function killServers(kills: number): Promise<Result> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-soak-'));
  const postgres = await openEmbeddedPostgres({ dataDir, log: silent });
  try {
    await migrate(postgres.url, silent);
    let done = 0;
    const tell = every(PROGRESS_MS, () => note(`${done} kills of the server`));
    const onKill = (nth: number): void => {
      done = nth;
      tell();
    };
    return judge(
      'kills of the server',
      await runKills({
        ...{ url: postgres.url, kills, seed, onKill },
        env: { EPOCH_MAX_BYTES: values['epoch-bytes'] },
      }),
    );
  } finally {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function killPostgres(kills: number): Promise<Result> {
  let done = 0;
  const tell = every(PROGRESS_MS, () => note(`${done} kills of PostgreSQL`));
  const onKill = (nth: number): void => {
    done = nth;
    tell();
  };
  return judge('kills of PostgreSQL', await runPostgresKills({ kills, seed, onKill }));
}

async function takePostgresAway(rounds: number): Promise<Result> {
  const { troubles, ...verdict } = await runTroubles({ rounds, seed, onTrouble: () => {} });
  const early = troubles.filter(({ reason, acknowledgedMeanwhile }) => reason !== null && acknowledgedMeanwhile > 0);
  const recovered = troubles.map(({ recoveredAfterMs }) => recoveredAfterMs).sort((left, right) => left - right);
  const { name, figures, faults } = judge(
    'PostgreSQL away',
    verdict,
    early.map((trouble) => `acknowledged while away: ${JSON.stringify(trouble)}`),
  );
  const times = { recoveredP50Ms: recovered[Math.floor(recovered.length / 2)], recoveredMaxMs: recovered.at(-1) };
  return { name, faults, figures: { troubles: countBy(troubles, ({ trouble }) => trouble), ...times, ...figures } };
}

async function run(name: keyof typeof values, harness: (count: number) => Promise<Result>): Promise<void> {
  const count = Number(values[name]);
  if (count === 0) return;
  note(`${name}: ${count}, seed ${seed}`);
  const result = await harness(count).catch(
    (error: unknown): Result => ({ name, figures: {}, faults: [`It did not end: ${(error as Error).message}`] }),
  );
  results.push(result);
  print(`\n${result.name}: ${result.faults.length} faults\n${JSON.stringify(result.figures, null, 1)}`);
  for (const fault of result.faults.slice(0, 20)) print(fault);
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify({ seed, results }, null, 1));
}

await run('schedules', playSchedules);
await run('kills', killServers);
await run('postgres-kills', killPostgres);
await run('rounds', takePostgresAway);
const faults = results.reduce((sum, result) => sum + result.faults.length, 0);
print(`\n${results.map(({ name, faults: found }) => `${name}: ${found.length}`).join(', ')}; ${faults} faults in all`);
// Sockets that were cut on purpose may still be waited for.
process.exit(faults === 0 ? 0 : 1);
