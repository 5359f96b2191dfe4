/** `npm run bench:commits`: what a message costs PostgreSQL, by the ledger alone, without sockets. See bench/README.md. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createMessage } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { createPool, type Pool } from '@tablo/sync-server/db/pool';
import { Ledger } from '@tablo/sync-server/ledger/ledger';
import { PgLedgerStore } from '@tablo/sync-server/ledger/store/pg-ledger';
import { load, Replica, submissionOf } from '@tablo/sync-server/ledger/testing/ledger-fixture';
import { computeQuantiles } from '../support/quantiles.ts';
import { formatTable } from '../support/table.ts';
import { type CommitDatabase, openCommitDatabase, type Spent } from './commit-database.ts';

/** What people write. */
const TEXT = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmo';
const TABLOS = 20;
const AUTHORS = 10;
const IN_FLIGHT = 8;
/** What is measured is the short way's cost, not whether this machine has a core for it in time. */
const HASTY_MS = 5_000;

interface Measured {
  readonly name: string;
  readonly messages: number;
  readonly commits: number;
  readonly failures: number;
  readonly trips: number;
  readonly p50: number;
  readonly spent: Spent;
}

interface Writer {
  send(): Promise<void>;
}

interface Counted {
  trips: number;
  commits: number;
  failures: number;
  readonly ms: number[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '2000' },
      records: { type: 'boolean' },
      'four-trips': { type: 'boolean' },
    },
  });
  const messages = Number(values.messages);
  const database = await openCommitDatabase();
  const counted: Counted = { trips: 0, commits: 0, failures: 0, ms: [] };
  const pool = countTrips(createPool(database.url), counted);
  const hasty = countTrips(createPool(database.url, { max: 1, statementTimeoutMs: HASTY_MS }), counted);
  const store = new PgLedgerStore(pool, values['four-trips'] ? {} : { hasty });
  try {
    const ledger = new Ledger(store, {
      onCommit: () => {
        counted.commits += 1;
      },
      onFailure: () => {
        counted.failures += 1;
      },
    });
    const alone = await openWriters(database, ledger, counted, 1, 1);
    const all = await openWriters(database, ledger, counted, TABLOS, AUTHORS);
    for (const writer of [...alone, ...all]) await writer.send();
    const measured = [
      await measure('one at a time', database, counted, async () => {
        for (let nth = 0; nth < messages; nth += 1) await alone[0]?.send();
      }),
      await measure(`${TABLOS} tablos × ${AUTHORS} × ${IN_FLIGHT}`, database, counted, async () => {
        let left = messages * 5;
        const run = async (writer: Writer): Promise<void> => {
          while (left-- > 0) await writer.send();
        };
        await Promise.all(all.flatMap((writer) => Array.from({ length: IN_FLIGHT }, () => run(writer))));
      }),
    ];
    console.log(report(measured));
    if (values.records) for (const { name, spent, messages: of } of measured) console.log(records(name, spent, of));
  } finally {
    await pool.end();
    await hasty.end();
    await database.close();
  }
}

async function openWriters(
  database: CommitDatabase,
  ledger: Ledger,
  counted: Counted,
  tablos: number,
  authors: number,
): Promise<readonly Writer[]> {
  const writers: Writer[] = [];
  for (let nth = 0; nth < tablos; nth += 1) {
    const tablo = randomUUID() as string as TabloId;
    const people = Array.from({ length: authors }, () => randomUUID() as string as UserId);
    await database.client.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [tablo, 'Bench']);
    await database.client.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT $1, unnest($2::uuid[])', [
      tablo,
      people,
    ]);
    let epoch = 1;
    let loaded = load(tablo, epoch);
    for (const author of people) {
      let replica = new Replica(author);
      let of = loaded;
      const send = async (): Promise<void> => {
        if (loaded.live.hasMoved) {
          epoch += 1;
          loaded = load(tablo, epoch);
        }
        if (of !== loaded) [of, replica] = [loaded, new Replica(author)];
        const update = replica.push(createMessage({ author, sentAt: Date.now() }, TEXT));
        const at = performance.now();
        // A client that was shown in presence, as ours are.
        of.live.frontier.claim(replica.doc.clientID, author);
        const outcome = await ledger.submit(submissionOf(of.live, author, update, Date.now()));
        if (outcome.type === 'refused') return await send();
        counted.ms.push(performance.now() - at);
      };
      writers.push({ send });
    }
  }
  return writers;
}

async function measure(
  name: string,
  database: CommitDatabase,
  counted: Counted,
  act: () => Promise<void>,
): Promise<Measured> {
  Object.assign(counted, { trips: 0, commits: 0, failures: 0 });
  counted.ms.length = 0;
  const spent = await database.measure(act);
  const { trips, commits, failures, ms } = counted;
  return { name, messages: ms.length, commits, failures, trips, p50: computeQuantiles(ms).p50, spent };
}

/** A trip: something is sent to PostgreSQL, and its answer waited for. */
function countTrips(pool: Pool, counted: Counted): Pool {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    Object.assign(client, {
      query: (...given: unknown[]) => {
        counted.trips += 1;
        return query(...given);
      },
    });
  });
  return pool;
}

function report(measured: readonly Measured[]): string {
  const rows = measured.map(({ name, messages, commits, failures, trips, p50, spent }) => {
    const each = (value: number, digits = 1): string => (value / messages).toFixed(digits);
    return [
      name,
      String(messages),
      (messages / commits).toFixed(1),
      (trips / commits).toFixed(2),
      (spent.statements / commits).toFixed(2),
      each(spent.wal, 0),
      each(spent.pages, 0),
      each(spent.rows),
      each(spent.indexEntries),
      each(spent.cpu * 1_000, 0),
      p50.toFixed(2),
      String(failures),
    ];
  });
  const head = [
    ...['load', 'messages', 'a commit', 'trips', 'statements', 'WAL B', 'pages B', 'rows', 'index entries'],
    ...['PG µs', 'p50 ms', 'failures'],
  ];
  return formatTable('Commits (WAL, pages, rows, index entries, PG: a message)', head, rows);
}

function records(name: string, { records }: Spent, messages: number): string {
  const rows = records.map(({ type, count, bytes }) => [
    type,
    (count / messages).toFixed(2),
    (bytes / messages).toFixed(0),
  ]);
  return formatTable(`WAL of a message: ${name}`, ['record', 'count', 'B'], rows);
}

await main();
