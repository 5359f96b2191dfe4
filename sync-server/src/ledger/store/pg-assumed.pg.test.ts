/** The short way on PostgreSQL: what it costs, and what others do to it. What it must do like every store's is `assumed-contract.ts`. */
import { createEntryId, type TabloId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../../db/testing/test-database.ts';
import { Ledger } from '../ledger.ts';
import { alice, bob, codeOf, entriesOf, type Loaded, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';
import type { Assumed, AssumedStore } from './assumed.ts';
import { SHARED } from './ledger-store.ts';
import { PgAssumedStore } from './pg-assumed.ts';
import { PgLedgerStore } from './pg-ledger.ts';

let database: TestDatabase;
let pool: Pool;
/** As the server's own: nobody's statement takes longer than a shared transaction may. */
let hasty: Pool;
/** What was sent, in order: the text of a query, or the name that it was prepared under. */
const sent: string[] = [];
beforeAll(async () => {
  database = await openTestDatabase();
  pool = watch(createPool(database.url));
  hasty = watch(createPool(database.url, { max: 1, statementTimeoutMs: SHARED.ms }));
});
afterAll(async () => {
  await pool.end();
  await hasty.end();
  await database.close();
});

const T = 1_700_000_000_000;

function watch(real: Pool): Pool {
  real.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    Object.assign(client, {
      query: (...given: unknown[]) => {
        const [first] = given as [string | { readonly name?: string; readonly text: string }];
        sent.push(typeof first === 'string' ? first : (first.name ?? first.text));
        return query(...given);
      },
    });
  });
  return real;
}

async function addTablo(): Promise<TabloId> {
  const id = createEntryId() as string as TabloId;
  await pool.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [id, 'Test']);
  await pool.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT $1, unnest($2::uuid[])', [id, [alice, bob]]);
  return id;
}

function open(used = hasty) {
  const [onFailure, onStorage] = [vi.fn(), vi.fn()];
  const store = new PgLedgerStore(pool, { hasty: used });
  const answers = vi.spyOn(store.assumed as NonNullable<typeof store.assumed>, 'commit');
  return { ledger: new Ledger(store, { onCommit() {}, onFailure, onStorage }), onFailure, onStorage, answers };
}

function say(ledger: Ledger, { live }: Loaded, replica: Replica, text: string, at = T) {
  live.frontier.claim(replica.doc.clientID, replica.author);
  return ledger.submit(submissionOf(live, replica.author, replica.push(replica.message(text, at)), at));
}

/** What was wrong, by call. */
const reasonsOf = async (answers: MockInstance<AssumedStore['commit']>): Promise<readonly (readonly string[])[]> =>
  (await Promise.all(answers.mock.results.map(({ value }) => value))).map(({ wrong }) => [...wrong.values()]);

const textsOf = async (tablo: TabloId): Promise<readonly string[]> =>
  (await pool.query('SELECT text FROM messages WHERE channel_id = $1 ORDER BY seq', [tablo])).rows.map(
    ({ text }) => text,
  );

describe('the short way', () => {
  it('[R9] is one trip and one statement a batch, over tablos', async () => {
    // Where the machine is busy, eighty milliseconds may be too few; what is counted is what is sent.
    const { ledger } = open(pool);
    const tablos = await Promise.all(Array.from({ length: 5 }, addTablo));
    const loaded = tablos.map((tablo) => load(tablo));
    const replicas = tablos.map(() => new Replica(alice));
    const round = (text: string) => loaded.map((one, nth) => say(ledger, one, replicas[nth] as Replica, text));
    await Promise.all(round('first'));
    for (let nth = 0; nth < 3; nth += 1) {
      sent.length = 0;
      const outcomes = await Promise.all(round(`m${nth}`));
      expect(outcomes.map(codeOf)).toEqual(Array(5).fill('committed'));
      expect(sent).toEqual(['ledger-assumed']);
    }
    expect(await Promise.all(tablos.map(textsOf))).toEqual(Array(5).fill(['first', 'm0', 'm1', 'm2']));
  });

  it('[R8] passes over a row that somebody holds, and writes the others of the batch', async () => {
    const { ledger, onStorage, answers } = open(pool);
    const [held, free] = [await addTablo(), await addTablo()];
    const holder = await pool.connect();
    await holder.query('BEGIN');
    await holder.query('UPDATE tablos SET name = name WHERE id = $1', [held]);
    const waiting = say(ledger, load(held), new Replica(alice), 'held');
    expect((await say(ledger, load(free), new Replica(alice), 'free')).type).toBe('committed');
    await vi.waitFor(() => expect(ledger.apart).toBe(1));
    await holder.query('ROLLBACK');
    holder.release();
    // As something new: nothing of it was written before.
    expect(await waiting).toMatchObject({ type: 'committed', fresh: [expect.any(String)], repeated: [] });
    expect([await textsOf(held), await textsOf(free)]).toEqual([['held'], ['free']]);
    expect((await reasonsOf(answers))[0]).toEqual(['row']);
    expect(onStorage).not.toHaveBeenCalled();
  });

  it.each([
    ['is closed', `UPDATE tablos SET deleted_at = now() WHERE id = $1`, 'forbidden', 'epoch'],
    ['is gone', `DELETE FROM tablos WHERE id = $1`, 'forbidden', 'row'],
    ['has another number of its newest message', `UPDATE tablos SET last_seq = 7 WHERE id = $1`, 'committed', 'seq'],
    ['has a role that nobody knows', `UPDATE tablo_access SET role = 'boss' WHERE tablo_id = $1`, 'read-only', 'role'],
  ])('[R1] [R6] writes nothing of a tablo that %s', async (_, change, code, wrong) => {
    const { ledger, answers } = open();
    const tablo = await addTablo();
    const [one, replica] = [load(tablo), new Replica(alice)];
    await pool.query(change, [tablo]);
    expect(codeOf(await say(ledger, one, replica, 'x'))).toBe(code);
    expect(await reasonsOf(answers)).toEqual([[wrong]]);
    expect(await textsOf(tablo)).toEqual(code === 'committed' ? ['x'] : []);
  });

  it('[N1] writes nothing above a snapshot that goes further than memory does', async () => {
    const { ledger, answers } = open();
    const tablo = await addTablo();
    const [one, replica] = [load(tablo), new Replica(alice)];
    await say(ledger, one, replica, 'first');
    // Another server has stored what somebody has reacted.
    await pool.query(
      `INSERT INTO tablo_documents (tablo_id, epoch, state, log_id) SELECT $1, 1, update, id + 1 FROM tablo_updates WHERE tablo_id = $1`,
      [tablo],
    );
    await pool.query('DELETE FROM tablo_updates WHERE tablo_id = $1', [tablo]);
    expect(codeOf(await say(ledger, one, replica, 'second'))).toBe('committed');
    expect(await reasonsOf(answers)).toEqual([[], ['head']]);
  });

  it('[R1] [N1] comes to nothing if it begins after it was given up', async () => {
    const store = new PgAssumedStore(hasty, pool);
    const tablo = await addTablo();
    const assumed = await assumedMessage(tablo);
    const arrived = vi.spyOn(hasty, 'connect').mockImplementationOnce(async () => {
      // Sent, and still under way.
      const client = await pool.connect();
      return Object.assign(Object.create(client), {
        query: () => Promise.reject(new Error('Connection terminated unexpectedly')),
        release: () => client.release(),
      });
    });
    const error = await store.commit([assumed]).catch((thrown: unknown) => thrown);
    arrived.mockRestore();
    expect(error).toMatchObject({ settle: expect.any(Function) });
    expect([...(await (error as { settle(): Promise<ReadonlyMap<Assumed, unknown>> }).settle()).keys()]).toEqual([]);
    const { written, wrong } = await store.commit([assumed]);
    expect([written.size, ...wrong.values()]).toEqual([0, 'head']);
    expect(await textsOf(tablo)).toEqual([]);
  });

  it('[R1] [R11] survives connections that are cut in the middle: nothing lost, nothing twice', async () => {
    const fragile = createPool(database.url, { max: 1, statementTimeoutMs: SHARED.ms, applicationName: 'cut me, too' });
    const ledger = new Ledger(new PgLedgerStore(pool, { hasty: fragile }), { onCommit() {}, onFailure() {} });
    const tablo = await addTablo();
    const [one, replica] = [load(tablo), new Replica(alice)];
    const texts = Array.from({ length: 40 }, (_, nth) => `m${nth}`);
    for (const text of texts) {
      const sending = say(ledger, one, replica, text);
      await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cut me, too' AND random() < 0.5`,
      );
      expect(['committed', 'known']).toContain((await sending).type);
    }
    await fragile.end();
    expect(await textsOf(tablo)).toEqual(texts);
    expect(entriesOf(one.doc)).toHaveLength(40);
  });

  it.each([
    ['takes for ever', 'BEFORE INSERT', 'PERFORM pg_sleep(600); RETURN NEW;'],
    ['raises', 'BEFORE INSERT', `RAISE EXCEPTION 'this board is archived';`],
    ['takes for ever at COMMIT', 'DEFERRED', 'PERFORM pg_sleep(600);'],
    ['raises at COMMIT', 'DEFERRED', `RAISE EXCEPTION 'this board is archived';`],
  ])('[R11] is held up by no other tablo whose trigger %s', async (_, when, body) => {
    const { ledger, onStorage } = open();
    const [odd, free] = [await addTablo(), await addTablo()];
    await pool.query(`CREATE FUNCTION odd_one() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.channel_id = '${odd}' AND NEW.text = 'odd' THEN ${body} END IF; RETURN NEW; END $$`);
    const made =
      when === 'DEFERRED'
        ? 'CREATE CONSTRAINT TRIGGER odd_one AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED'
        : `CREATE TRIGGER odd_one ${when} ON messages`;
    await pool.query(`${made} FOR EACH ROW EXECUTE FUNCTION odd_one()`);
    const [there, replica] = [load(free), new Replica(bob)];
    await say(ledger, there, replica, 'before');
    const waiting = say(ledger, load(odd), new Replica(alice), 'odd');
    for (let nth = 0; nth < 5; nth += 1) expect((await say(ledger, there, replica, `m${nth}`)).type).toBe('committed');
    expect(ledger.queued).toBe(1);
    await pool.query(
      `CREATE OR REPLACE FUNCTION odd_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$`,
    );
    await pool.query(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    );
    expect((await waiting).type).toBe('committed');
    await pool.query('DROP TRIGGER odd_one ON messages; DROP FUNCTION odd_one');
    expect(onStorage).not.toHaveBeenCalled();
  });

  it('[R11] leaves what takes longer than others may wait to the other way, in the tablo’s own lane', async () => {
    const { ledger, answers } = open();
    const tablo = await addTablo();
    await pool.query(`CREATE FUNCTION slow_one() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.channel_id = '${tablo}' THEN PERFORM pg_sleep(${(3 * SHARED.ms) / 1_000}); END IF; RETURN NEW; END $$`);
    await pool.query('CREATE TRIGGER slow_one BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION slow_one()');
    const [one, replica] = [load(tablo), new Replica(alice)];
    expect((await say(ledger, one, replica, 'slow')).type).toBe('committed');
    // In the shared batch, and in its lane.
    expect(
      (await Promise.allSettled(answers.mock.results.map(({ value }) => value))).map(({ status }) => status),
    ).toEqual(['rejected', 'rejected']);
    await pool.query('DROP TRIGGER slow_one ON messages; DROP FUNCTION slow_one');
    expect((await say(ledger, one, replica, 'quick')).type).toBe('committed');
    expect(await textsOf(tablo)).toEqual(['slow', 'quick']);
  });

  it('[R4] decides by the row of another server that was first with an id, at the same moment', async () => {
    const tablos = [await addTablo(), await addTablo()];
    const message = new Replica(alice).message('x', T);
    const outcomes = await Promise.all(
      tablos.map((tablo) => {
        const { live } = load(tablo);
        const replica = new Replica(alice);
        live.frontier.claim(replica.doc.clientID, alice);
        return open().ledger.submit(submissionOf(live, alice, replica.push(message), T));
      }),
    );
    expect(outcomes.map(codeOf).sort()).toEqual(['committed', 'duplicate-id']);
  });
});

/** As the ledger would send it. */
async function assumedMessage(tablo: TabloId): Promise<Assumed> {
  const seen: Assumed[] = [];
  const assumed = {
    commit: async (all: readonly Assumed[]) => {
      seen.push(...all);
      return { written: new Map(), wrong: new Map() };
    },
  };
  const store = new PgLedgerStore(pool);
  const failing = {
    assumed,
    probe: () => store.probe(),
    findDurable: async () => [],
    transact: () => Promise.reject(new Error('not now')),
  };
  const ledger = new Ledger(failing, { onCommit() {}, onFailure() {} });
  const one = load(tablo);
  const replica = new Replica(alice);
  void say(ledger, one, replica, 'late');
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  await ledger.close(0);
  return seen[0] as Assumed;
}
