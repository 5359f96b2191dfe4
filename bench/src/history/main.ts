/** `npm run bench:history`: what things cost in a tablo with much behind it, beside one with little. See bench/README.md for what the figures mean. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { openServer, type RunningServer } from '../support/servers.ts';
import { commits, deletions } from './commits.ts';
import { fill } from './fill.ts';
import { type HistoryDatabase, openHistoryDatabase } from './history-database.ts';
import { formatHistory } from './history-report.ts';
import { Member } from './member.ts';
import { HISTORY_HELP, type HistoryOptions, readHistoryOptions } from './options.ts';
import { createPast, type Past, TARGETS } from './past.ts';
import { get, readings } from './reads.ts';
import { type Measured, measureInTurn, type Thing } from './rounds.ts';
import { measureTriggers, type TriggerCost } from './trigger-cost.ts';

/** Limits of users are not what is measured. */
const LIMITS = {
  RATE_ENTRIES_BURST: '1000000',
  RATE_READS_BURST: '1000000',
  RATE_JOINS_BURST: '1000000',
  RATE_JOIN_BYTES_BURST: '10000000000',
};
const MOVE_AFTER = 10;
const MOVE_ROUNDS = 40;
const TRIGGER_BLOCKS = 12;
/** A document that everybody has left is unloaded meanwhile. */
const UNLOAD_MS = 10;
/** Marks of own messages are made in portions, by lists. */
const MAX_LISTS = 200;

/** What an interruption ends as well. */
const running = new Set<RunningServer>();
let isInterrupted = false;

interface Stage {
  readonly database: HistoryDatabase;
  readonly pasts: readonly Past[];
  readonly options: HistoryOptions;
}

async function main(): Promise<void> {
  const options = readHistoryOptions(process.argv.slice(2));
  if (options === 'help') return void console.log(HISTORY_HELP);
  const database = await openHistoryDatabase();
  const interrupt = async (): Promise<void> => {
    isInterrupted = true;
    await Promise.allSettled([...running].map((server) => server.close()));
    await database.close().catch(() => {}); // Whatever is wrong with it, this process ends.
    process.exit(130);
  };
  process.once('SIGINT', () => void interrupt()).once('SIGTERM', () => void interrupt());
  try {
    const pasts = options.sizes.map(createPast);
    const startedAt = performance.now();
    say(`Filling a database with ${options.sizes.join(', ')} rows of each kind`);
    await fill(database, pasts);
    say(`Filled in ${Math.round((performance.now() - startedAt) / 1_000)} s, ${await readSize(database)}`);
    const { measured, triggers } = await measureAll({ database, pasts, options });
    console.log(`\n${formatHistory(options.sizes, measured, triggers)}\n`);
    if (options.json !== null)
      await writeFile(options.json, `${JSON.stringify({ sizes: options.sizes, measured, triggers }, null, 2)}\n`);
  } finally {
    await database.close();
  }
}

async function measureAll(stage: Stage): Promise<{ measured: readonly Measured[]; triggers: readonly TriggerCost[] }> {
  const measured: Measured[] = [];
  await onServer(stage, {}, async (server) => void measured.push(...(await measureReads(stage, server))));
  // Documents begin with the newest messages from here on, as those of tablos that live.
  await onServer(
    stage,
    { EPOCH_MAX_ENTRIES: String(MOVE_AFTER) },
    async (server) => void measured.push(await measureMoves(stage, server)),
  );
  let triggers: readonly TriggerCost[] = [];
  await onServer(stage, {}, async (server) => {
    measured.push(await measureJoins(stage, server));
    const seats = await openSeats(stage, server);
    for (const thing of commits(seats)) measured.push(await inTurn(stage, thing));
    const [smallest] = stage.pasts;
    const seat = smallest && seats.get(smallest);
    if (seat) triggers = await measureTriggers(stage.database, smallest, seat, TRIGGER_BLOCKS);
    for (const open of seats.values()) open.close();
  });
  // A server of its own, that has just started: what is left of a deletion is removed later, and must not weigh on what is measured.
  await onServer(stage, {}, async (server) => {
    const seats = await openSeats(stage, server);
    say('deletion');
    measured.push(await measureInTurn(stage.database, stage.pasts, deletions(seats), TARGETS - 4, 4));
    for (const open of seats.values()) open.close();
  });
  return { measured, triggers };
}

async function measureReads(stage: Stage, server: RunningServer): Promise<readonly Measured[]> {
  await makeMarks(stage, server);
  const measured: Measured[] = [];
  for (const thing of readings(httpOf(server))) measured.push(await inTurn(stage, thing));
  return measured;
}

/** Who has written very much and read nothing has it counted once, over several lists. */
async function makeMarks({ database, pasts }: Stage, server: RunningServer): Promise<void> {
  const count = async (): Promise<number> =>
    Number(
      (await database.client.query<{ n: string }>('SELECT count(*) AS n FROM tablo_private.own_marks')).rows[0]?.n,
    );
  let before = -1;
  for (let list = 0; list < MAX_LISTS && (await count()) !== before; list += 1) {
    before = await count();
    for (const { late } of pasts) await get(httpOf(server), late, '/chat/channels');
  }
  await database.client.query('ANALYZE tablo_private.own_marks');
}

async function measureMoves(stage: Stage, server: RunningServer): Promise<Measured> {
  const seats = await openSeats(stage, server);
  const seatAt = (past: Past): Member => {
    const seat = seats.get(past);
    if (seat === undefined) throw new Error('Nobody is there.');
    return seat;
  };
  const move: Thing = {
    name: 'move',
    prepare: async (past) => {
      const seat = seatAt(past);
      const { epoch } = seat;
      for (let nth = 1; nth < MOVE_AFTER; nth += 1) await seat.commit();
      if (seat.epoch !== epoch) throw new Error('A document moved before it was full.');
    },
    measure: async (past) => ({ ms: await seatAt(past).fill() }),
  };
  say(move.name);
  const moves = await measureInTurn(stage.database, stage.pasts, move, MOVE_ROUNDS, 5);
  for (const seat of seats.values()) seat.close();
  return moves;
}

function measureJoins(stage: Stage, server: RunningServer): Promise<Measured> {
  return inTurn(stage, {
    name: 'join',
    measure: async (past) => {
      const seat = new Member(await seatOf(stage, server, past));
      const joined = await seat.joined();
      seat.close();
      await delay(UNLOAD_MS);
      return joined;
    },
  });
}

async function openSeats(stage: Stage, server: RunningServer): Promise<ReadonlyMap<Past, Member>> {
  const seats = new Map<Past, Member>();
  for (const past of stage.pasts) {
    const seat = new Member(await seatOf(stage, server, past));
    await seat.joined();
    seats.set(past, seat);
  }
  return seats;
}

async function seatOf({ database }: Stage, server: RunningServer, { tablo, reader }: Past) {
  const { rows } = await database.client.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [tablo]);
  return { url: server.url, tabloId: tablo, userId: reader, token: tokenOf(reader), epoch: rows[0]?.epoch ?? 1 };
}

function inTurn({ database, pasts, options }: Stage, thing: Thing): Promise<Measured> {
  say(thing.name);
  return measureInTurn(database, pasts, thing, options.rounds);
}

async function onServer(
  { database }: Stage,
  settings: Readonly<Record<string, string>>,
  act: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await openServer('ours', {
    databaseUrl: database.url,
    profileDir: null,
    epochMaxEntries: null,
    settings: { ...LIMITS, ...settings },
  });
  running.add(server);
  try {
    await act(server);
  } finally {
    running.delete(server);
    await server.close();
  }
}

async function readSize({ client }: HistoryDatabase): Promise<string> {
  const { rows } = await client.query<{ size: string }>(
    'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
  );
  return rows[0]?.size ?? '';
}

const httpOf = ({ url }: RunningServer): string => url.replace('ws:', 'http:').replace(/\/sync$/, '');

function say(sentence: string): void {
  console.error(`${sentence} …`);
}

await main().catch((error: unknown) => {
  // What was under way fails when its server goes.
  if (!isInterrupted) throw error;
});
