/** `npm run bench`: our server beside stock Hocuspocus, on one machine, in one run. See bench/README.md for what the figures mean. */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { measureAdmission } from './admission.ts';
import { measureCatchUp } from './catch-up.ts';
import type { Seat } from './load/load-client.ts';
import type { FanOutResult, LightResult } from './load/plan.ts';
import { runLoad } from './load/run-load.ts';
import { type Machine, type Measurement, type Rounds, summarise } from './measurement.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { formatReport } from './report.ts';
import { type Database, openDatabase, type Tablo } from './support/database.ts';
import { openServer, type RunningServer } from './support/servers.ts';

const LIGHT_MEMBERS = 3;
const LIGHT_PER_SECOND = 20;
/** Between rounds: what one server still does (snapshots, unloading) must not weigh on the other's window. */
const SETTLE_MS = 2_000;

type Stack = { readonly database: Database; readonly servers: readonly RunningServer[] };

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return void console.log(HELP);
  const admission = options.parts.has('admission') ? [1, 100].map(measureAdmission) : [];
  const loadBefore = loadavg()[0] ?? 0;
  const closers: (() => Promise<void>)[] = [];
  try {
    const stack = await openStack(options, closers);
    const commitMs = await stack.database.measureCommit();
    const postgres = await stack.database.readVersion();
    const light = options.parts.has('light') ? await measureLight(stack, options) : none<LightResult>();
    const fanOut = options.parts.has('fan-out') ? await measureFanOut(stack, options) : none<FanOutResult>();
    const catchUp = options.parts.has('catch-up') ? await catchUpOn(stack) : [];
    const machine = describeMachine({ postgres, commitMs, loadBefore });
    const measurement: Measurement = {
      at: new Date().toISOString(),
      machine,
      light,
      fanOut,
      admission,
      catchUp,
      summary: summarise(light, fanOut),
    };
    console.log(`\n${formatReport(measurement)}\n`);
    if (options.json !== null) await writeFile(options.json, `${JSON.stringify(measurement, null, 2)}\n`);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function openStack({ profileDir, epochMaxEntries }: Options, closers: (() => Promise<void>)[]): Promise<Stack> {
  say('Starting PostgreSQL and both servers');
  const database = await openDatabase();
  closers.push(() => database.close());
  const servers: RunningServer[] = [];
  for (const name of ['ours', 'stock'] as const) {
    const server = await openServer(name, { databaseUrl: database.url, profileDir, epochMaxEntries });
    closers.push(() => server.close());
    servers.push(server);
  }
  return { database, servers };
}

async function measureLight(
  { database, servers }: Stack,
  { rounds, seconds, warmUpSeconds }: Options,
): Promise<Rounds<LightResult>> {
  const results = none<LightResult>();
  await alternate(servers, rounds, 'light load', async (server) => {
    const seats = seatsOf(server, await database.addTablos(1, LIGHT_MEMBERS));
    results[server.name].push(
      await runLoad({ type: 'light', seats, perSecond: LIGHT_PER_SECOND, warmUpSeconds, seconds }),
    );
  });
  return results;
}

async function measureFanOut({ database, servers }: Stack, options: Options): Promise<Rounds<FanOutResult>> {
  const { rounds, tablos, members, inFlight, warmUpSeconds, seconds } = options;
  const results = none<FanOutResult>();
  await alternate(servers, rounds, 'fan-out', async (server) => {
    // Everybody is new in every round: the rate limit is one of users, and a round is to begin with empty documents.
    const seats = seatsOf(server, await database.addTablos(tablos, members));
    const pids = { serverPid: server.pid, postgresPid: database.pid };
    results[server.name].push(await runLoad({ type: 'fan-out', seats, inFlight, warmUpSeconds, seconds, ...pids }));
  });
  return results;
}

function catchUpOn({ database }: Stack): ReturnType<typeof measureCatchUp> {
  say('Catching up');
  return measureCatchUp(database);
}

/** Ours, stock, ours, stock …: what drifts in the machine meets both. */
async function alternate(
  servers: readonly RunningServer[],
  rounds: number,
  what: string,
  run: (server: RunningServer) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    for (const server of servers) {
      say(`Round ${round} of ${rounds}: ${what}, ${server.name}`);
      await run(server);
      await delay(SETTLE_MS);
    }
  }
}

function seatsOf({ url }: RunningServer, tablos: readonly Tablo[]): readonly Seat[] {
  return tablos.flatMap(({ id, members }) =>
    members.map((userId) => ({ url, tabloId: id, userId, token: tokenOf(userId) })),
  );
}

function describeMachine(known: Pick<Machine, 'postgres' | 'commitMs' | 'loadBefore'>): Machine {
  return {
    ...known,
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    cores: cpus().length,
    memoryGiB: totalmem() / 2 ** 30,
    kernel: release(),
    node: process.versions.node,
    loadAfter: loadavg()[0] ?? 0,
  };
}

function none<R>(): Rounds<R> {
  return { ours: [], stock: [] };
}

function say(sentence: string): void {
  console.error(`${sentence} …`);
}

await main();
