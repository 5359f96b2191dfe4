/** `npm run test:soak -- --kills 1000 --rounds 20 --seed 7`: the kill harness at length. Prints figures; exit code 1 when anything was lost, doubled or differs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbeddedPostgres } from '@tablo/sync-server/db/embedded-postgres';
import { migrate } from '@tablo/sync-server/db/migrate';
import { runKills } from './kill-run.ts';
import type { Verdict } from './stage.ts';
import { runTroubles } from './trouble-run.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function killServers(kills: number): Promise<boolean> {
  if (kills === 0) return true;
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-soak-'));
  const postgres = await openEmbeddedPostgres({ dataDir, log: silent });
  try {
    await migrate(postgres.url, silent);
    const onKill = (nth: number): void => void (nth % 50 === 0 && print(`${nth} kills`));
    const { record: _, faults, drifts, ...figures } = await runKills({ url: postgres.url, kills, seed, onKill });
    print(JSON.stringify(figures, null, 1));
    return judge({ faults, drifts });
  } finally {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function takePostgresAway(rounds: number): Promise<boolean> {
  if (rounds === 0) return true;
  const onTrouble = (report: object): void => print(JSON.stringify(report));
  const { record: _, faults, drifts, troubles, ...figures } = await runTroubles({ rounds, seed, onTrouble });
  print(JSON.stringify(figures, null, 1));
  const early = troubles.filter(({ reason, acknowledgedMeanwhile }) => reason !== null && acknowledgedMeanwhile > 0);
  if (early.length > 0) print(`Acknowledged while PostgreSQL was away: ${JSON.stringify(early)}`);
  return judge({ faults, drifts }) && early.length === 0;
}

function judge({ faults, drifts }: Pick<Verdict, 'faults' | 'drifts'>): boolean {
  for (const fault of faults.slice(0, 50)) print(JSON.stringify(fault));
  for (const drift of drifts.slice(0, 50)) print(JSON.stringify(drift));
  print(`${faults.length} faults, ${drifts.length} drifts`);
  return faults.length === 0 && drifts.length === 0;
}

print(`seed ${seed}`);
const isFine = (await killServers(Number(values.kills))) && (await takePostgresAway(Number(values.rounds)));
process.exitCode = isFine ? 0 : 1;
