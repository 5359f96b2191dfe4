import { createDeletion, createEdit, createReaction, type Entry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { Timeline } from '@tablo/schema/timeline';
import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../../db/testing/test-database.ts';
import { PgDocumentStore } from '../../documents/pg-document-store.ts';
import { Ledger } from '../ledger.ts';
import { alice, bob, carol, codeOf, entriesOf, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';
import { EPOCH_LIMITS } from './epoch-limits.ts';
import { describeLedger, type StoreUnderTest } from './ledger-contract.ts';
import { BlockedError, SHARED } from './ledger-store.ts';
import { PgLedgerStore } from './pg-ledger.ts';

let database: TestDatabase;
let pool: Pool;
/** Loses the answer of the next COMMIT, on request. */
let forgetful: ForgetfulPool;
/** An administrator's: cuts connections, and holds rows. */
let admin: Pool;
beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
  admin = createPool(database.url);
  forgetful = forgetfulPool(pool);
});
afterAll(async () => {
  await pool.end();
  await admin.end();
  await database.close();
});

const silent = { onCommit: () => {}, onFailure: () => {} };
const T = 1_700_000_000_000;

async function addTablo(members: Readonly<Record<UserId, string>>): Promise<TabloId> {
  const id = createEntryId() as string as TabloId;
  await pool.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [id, 'Test']);
  for (const [user, role] of Object.entries(members)) {
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, $3)', [id, user, role]);
  }
  return id;
}

describeLedger('PostgreSQL', async () => storeUnderTest(new PgLedgerStore(forgetful)));
describeLedger('PostgreSQL, the short way', async () =>
  storeUnderTest(new PgLedgerStore(forgetful, { hasty: forgetful })),
);

const storeUnderTest = (store: PgLedgerStore): StoreUnderTest => ({
  store,
  addTablo,
  setRole: async (tablo, user, role) => {
    await pool.query('UPDATE tablo_access SET is_active = $3, role = $4 WHERE tablo_id = $1 AND user_id = $2', [
      tablo,
      user,
      role !== null,
      role ?? 'member',
    ]);
  },
  rows: async (tablo) => {
    const { rows } = await pool.query(
      'SELECT seq, text, tablo_private.to_ms(created_at) AS shown FROM messages WHERE channel_id = $1 ORDER BY seq',
      [tablo],
    );
    return rows.map(({ seq, text, shown }) => [Number(seq), text, Number(shown)] as const);
  },
  log: async (tablo, epoch) => {
    const { rows } = await pool.query<{ update: Buffer }>(
      'SELECT update FROM tablo_updates WHERE tablo_id = $1 AND epoch = $2 ORDER BY id',
      [tablo, epoch],
    );
    return rows.map(({ update }) => new Uint8Array(update));
  },
  addLogRow: async (tablo, epoch, update) => {
    await pool.query('INSERT INTO tablo_updates (tablo_id, epoch, update) VALUES ($1, $2, $3)', [
      tablo,
      epoch,
      Buffer.from(update),
    ]);
  },
  seed: async (tablo) => {
    const { rows } = await pool.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [tablo]);
    const stored = await new PgDocumentStore(pool).load({ tabloId: tablo, epoch: rows[0]?.epoch ?? 0 });
    const state = stored.state ?? new Uint8Array([0, 0]);
    const { serverClient, head, lastSeq } = stored;
    return { state, bytes: state.byteLength, logIds: [], serverClient, head, lastSeq };
  },
  erasures: async (tablo) => {
    const { rows } = await pool.query('SELECT message_id, epoch FROM tablo_erasures WHERE tablo_id = $1', [tablo]);
    return rows.map(({ message_id, epoch }) => [message_id, epoch] as const);
  },
  loseAnswer: () => forgetful.forget(),
  loseStatement: () => forgetful.fail(async () => {}),
});

describe('rows', () => {
  it('[R5] keep times exactly, over the whole range', async () => {
    const tablo = await addTablo({ [alice]: 'member' });
    const ledger = new Ledger(new PgLedgerStore(pool), silent);
    const { live } = load(tablo);
    const times = [0, 1, T + 123, 8.64e15, 8.64e15 - 1, 253_402_300_800_001];
    const messages = times.map((at) => new Replica(alice).message(`at ${at}`, at));
    const send = (message: Entry) => ledger.submit(submissionOf(live, alice, new Replica(alice).push(message), T));
    for (const message of messages)
      expect(await send(message)).toMatchObject({ type: 'committed', fresh: [message.id] });
    for (const message of messages)
      expect(await send(message), `${message.sentAt}`).toMatchObject({ type: 'committed', repeated: [message.id] });
  });

  it('[R4] decide by the row of another node that was first with an id', async () => {
    const tablo = await addTablo({ [alice]: 'member' });
    const other = await addTablo({ [alice]: 'member' });
    const message = new Replica(alice).message('x', T);
    const nodes = [tablo, other].map((id) => {
      const node = new Ledger(new PgLedgerStore(pool), silent);
      return node.submit(submissionOf(load(id).live, alice, new Replica(alice).push(message), T));
    });
    const types = (await Promise.all(nodes)).map(codeOf).sort();
    expect(types).toEqual(['committed', 'duplicate-id']);
  });

  it('[N1] [R1] are another server’s where a COMMIT came to nothing, and its client went there meanwhile', async () => {
    const tablo = await addTablo({ [alice]: 'member', [bob]: 'member' });
    const [a, b] = [new Ledger(new PgLedgerStore(forgetful), silent), new Ledger(new PgLedgerStore(pool), silent)];
    const [onA, onB] = [load(tablo), load(tablo)];
    const [replica, other] = [new Replica(alice), new Replica(bob)];
    // Late, so that the server writes something of its own beside it.
    const update = replica.push(replica.message('twice sent', T - 600_000));
    forgetful.fail(async () => {
      await b.submit(submissionOf(onB.live, bob, other.push(other.message('first', T)), T));
      expect(codeOf(await b.submit(submissionOf(onB.live, alice, update, T)))).toBe('committed');
    });
    expect(codeOf(await a.submit(submissionOf(onA.live, alice, update, T)))).toBe('known');
    expect(onA.news.flatMap(({ seq, messages }) => messages.map((_, nth) => seq + nth))).toEqual([1, 2]);
    expect([Y.encodeStateVector(onA.doc), onA.live.head]).toEqual([Y.encodeStateVector(onB.doc), onB.live.head]);
    expect(entriesOf(onA.doc)).toHaveLength(3);
  });

  it('[N1] [R1] are not stored because another server has moved the tablo, where a COMMIT that moved it came to nothing', async () => {
    const tablo = await addTablo({ [alice]: 'member' });
    const epochLimits = { ...EPOCH_LIMITS, entries: 1 };
    const a = new Ledger(new PgLedgerStore(forgetful), silent, { epochLimits });
    const b = new Ledger(new PgLedgerStore(pool), silent);
    const [onA, onB] = [load(tablo), load(tablo)];
    const replica = new Replica(alice);
    forgetful.fail(() => b.move(onB.live));
    const outcome = await a.submit(submissionOf(onA.live, alice, replica.push(replica.message('lost', T)), T));
    expect(codeOf(outcome)).toBe('epoch-moved');
    expect([entriesOf(onA.doc), onA.news, onA.live.hasMoved]).toEqual([[], [], true]);
    expect((await pool.query('SELECT FROM messages WHERE channel_id = $1', [tablo])).rowCount).toBe(0);
  });

  it.each([
    ['of which it says that it is in the future, as after a failover to an earlier state', '9000000000000'],
    ['of which it has forgotten everything', '3'],
  ])(
    '[N1] [R1] are decided anew by a document that was loaded anew, where a COMMIT was not answered and the database is asked about a transaction %s',
    async (_, xact) => {
      const [tablo, other] = [await addTablo({ [alice]: 'member' }), await addTablo({ [alice]: 'member' })];
      const onStorage = vi.fn();
      const ledger = new Ledger(new PgLedgerStore(forgetful), { ...silent, onStorage });
      const [one, two] = [load(tablo), load(other)];
      const replica = new Replica(alice);
      const update = replica.push(replica.message('durable', T - 600_000));
      forgetful.forget(xact);
      const answers = await Promise.all([
        ledger.submit(submissionOf(one.live, alice, update, T)),
        ledger.submit(submissionOf(two.live, alice, new Replica(alice).push(replica.message('x', T)), T)),
      ]);
      expect(answers.map(codeOf)).toEqual(['unavailable', 'unavailable']);
      expect([one.live.isBroken, two.live.isBroken, ledger.queued, ledger.awaySince]).toEqual([true, true, 0, null]);
      const { state, ...stored } = await new PgDocumentStore(pool).load({ tabloId: tablo, epoch: 1 });
      const doc = new Y.Doc();
      Y.applyUpdate(doc, state as Uint8Array);
      const anew = load(tablo, 1, doc, { ...stored, bytes: 0 });
      expect(codeOf(await ledger.submit(submissionOf(anew.live, alice, update, T)))).toBe('known');
      expect(entriesOf(doc)).toHaveLength(2);
      expect((await pool.query('SELECT FROM messages WHERE channel_id = $1', [tablo])).rowCount).toBe(1);
    },
  );

  it('[R11] survive a connection that is cut in the middle of commits: nothing lost, nothing twice', async () => {
    const tablo = await addTablo({ [alice]: 'member' });
    const fragile = createPool(database.url, { applicationName: 'cut me' });
    const ledger = new Ledger(new PgLedgerStore(fragile), silent);
    const { live } = load(tablo);
    const replica = new Replica(alice);
    for (let nth = 0; nth < 40; nth += 1) {
      const sent = ledger.submit(submissionOf(live, alice, replica.push(replica.message(`m${nth}`, T + nth)), T));
      await cutConnections();
      expect(await sent).toMatchObject({ type: 'committed' });
    }
    await fragile.end();
    const { rows } = await pool.query('SELECT text FROM messages WHERE channel_id = $1 ORDER BY seq', [tablo]);
    expect(rows.map(({ text }) => text)).toEqual(Array.from({ length: 40 }, (_, nth) => `m${nth}`));
  });

  it('[R8] of a tablo whose row somebody holds wait, and those of the others do not', async () => {
    const [held, free] = [await addTablo({ [alice]: 'member' }), await addTablo({ [alice]: 'member' })];
    const onStorage = vi.fn();
    const ledger = new Ledger(new PgLedgerStore(pool), { ...silent, onStorage });
    const holder = await admin.connect();
    await holder.query('BEGIN');
    await holder.query('UPDATE tablos SET name = name WHERE id = $1', [held]);
    const send = (tablo: TabloId) => {
      const replica = new Replica(alice);
      return ledger.submit(submissionOf(load(tablo).live, alice, replica.push(replica.message('x', T)), T));
    };
    const waiting = send(held);
    expect((await send(free)).type).toBe('committed');
    expect((await send(free)).type).toBe('committed');
    expect(ledger.queued).toBe(1);
    await holder.query('ROLLBACK');
    holder.release();
    expect((await waiting).type).toBe('committed');
    expect(onStorage).not.toHaveBeenCalled();
  });

  it('[R8] [R11] that somebody holds are not waited for by a shared transaction: it says which they are, and its connection lives on', async () => {
    const [held, free] = [await addTablo({ [alice]: 'member' }), await addTablo({ [alice]: 'member' })];
    const single = createPool(database.url, { max: 1 });
    const store = new PgLedgerStore(single);
    const backend = async () => (await single.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
    const before = await backend();
    const holder = await admin.connect();
    await holder.query('BEGIN');
    await holder.query('UPDATE tablos SET name = name WHERE id = $1', [held]);
    const decide = vi.fn(() => ({ entries: [], updates: [], erasures: [], clients: [], moves: [] }));
    const scope = {
      tablos: new Set([held, free]),
      members: [],
      entries: new Set<EntryId>(),
      reactions: [],
      clients: [],
      documents: [],
    };
    const error = await store.transact(scope, decide, SHARED).catch((thrown: unknown) => thrown);
    await holder.query('ROLLBACK');
    holder.release();
    expect(error).toBeInstanceOf(BlockedError);
    expect((error as BlockedError).tablos).toEqual(new Set([held]));
    expect(decide).not.toHaveBeenCalled();
    expect(await backend()).toBe(before);
    await single.end();
  });

  it.each<[what: string, when: string, body: string]>([
    ['a statement that takes for ever', 'BEFORE INSERT', 'PERFORM pg_sleep(600); RETURN NEW;'],
    ['a trigger that raises', 'BEFORE INSERT', `RAISE EXCEPTION 'this board is archived';`],
    ['a trigger that ends the statement', 'BEFORE INSERT', `RAISE EXCEPTION 'canceled' USING ERRCODE = '57014';`],
    ['a deadlock that is reported', 'BEFORE INSERT', `RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01';`],
    ['a deferred trigger that takes for ever', 'DEFERRED', 'PERFORM pg_sleep(600);'],
    ...['08006', '25006', '28000', '3D000', '53400', '57P03', '58030'].map((code): [string, string, string] => [
      `an error that is named like trouble of the database, ${code}`,
      'BEFORE INSERT',
      `RAISE EXCEPTION 'other trouble' USING ERRCODE = '${code}';`,
    ]),
    ['such an error at COMMIT', 'DEFERRED', `RAISE EXCEPTION 'other trouble' USING ERRCODE = '58030';`],
  ])('[R11] stops only its own tablo: %s', async (_, when, body) => {
    const [odd, free] = [await addTablo({ [alice]: 'member' }), await addTablo({ [alice]: 'member' })];
    const onStorage = vi.fn();
    const ledger = new Ledger(new PgLedgerStore(pool), { ...silent, onStorage });
    await pool.query(`CREATE TABLE odd_ones AS SELECT '${odd}'::uuid AS id; CREATE FUNCTION odd_one() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.channel_id IN (SELECT id FROM odd_ones) THEN ${body} END IF; RETURN NEW; END $$`);
    const made =
      when === 'DEFERRED'
        ? 'CREATE CONSTRAINT TRIGGER odd_one AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED'
        : `CREATE TRIGGER odd_one ${when} ON messages`;
    await pool.query(`${made} FOR EACH ROW EXECUTE FUNCTION odd_one()`);
    const send = (tablo: TabloId) => {
      const replica = new Replica(alice);
      return ledger.submit(submissionOf(load(tablo).live, alice, replica.push(replica.message('x', T)), T));
    };
    try {
      const waiting = send(odd);
      // Also in the very batch that it comes with, and while it is tried again.
      expect((await send(free)).type).toBe('committed');
      await vi.waitFor(() => expect(ledger.apart).toBe(1), 30_000);
      for (let nth = 0; nth < 20; nth += 1) expect((await send(free)).type).toBe('committed');
      expect(ledger.queued).toBe(1);
      await pool.query('DELETE FROM odd_ones');
      await admin.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      expect((await waiting).type).toBe('committed');
      expect(onStorage).not.toHaveBeenCalled();
    } finally {
      await pool.query('DROP TRIGGER odd_one ON messages; DROP FUNCTION odd_one; DROP TABLE odd_ones');
    }
  });

  it.each(['P0001', '42501', '57014'])(
    '[R8] of others in the same tablo go on while one user’s entry is not taken (%s), and that one is stored when it is',
    async (code) => {
      const tablo = await addTablo({ [alice]: 'member', [bob]: 'member' });
      const ledger = new Ledger(new PgLedgerStore(pool), silent);
      const { live } = load(tablo);
      await pool.query(`CREATE TABLE odd_words AS SELECT 'odd' AS word; CREATE FUNCTION odd_word() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.text IN (SELECT word FROM odd_words) THEN RAISE EXCEPTION 'not here' USING ERRCODE = '${code}'; END IF; RETURN NEW; END $$`);
      await pool.query('CREATE TRIGGER odd_word BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION odd_word()');
      const replicas = { [alice]: new Replica(alice), [bob]: new Replica(bob) };
      const send = (user: typeof alice, text: string) => {
        const replica = replicas[user] as Replica;
        return ledger.submit(submissionOf(live, user, replica.push(replica.message(text, T)), T));
      };
      try {
        const waiting = [send(alice, 'before'), send(alice, 'odd'), send(alice, 'after')];
        for (const text of ['one', 'two', 'three']) expect((await send(bob, text)).type).toBe('committed');
        expect(ledger.queued).toBe(3);
        await pool.query('DELETE FROM odd_words');
        expect((await Promise.all(waiting)).map(({ type }) => type)).toEqual(['committed', 'committed', 'committed']);
      } finally {
        await pool.query('DROP TRIGGER odd_word ON messages; DROP FUNCTION odd_word; DROP TABLE odd_words');
        await ledger.close(100);
      }
      const { rows } = await pool.query('SELECT text FROM messages WHERE channel_id = $1 ORDER BY seq', [tablo]);
      expect(rows.map(({ text }) => text)).toEqual(['one', 'two', 'three', 'before', 'odd', 'after']);
    },
  );

  it('[R8] that a rule of the host application refuses, at the statement or at COMMIT, stop no other tablo', async () => {
    const [odd, free] = [await addTablo({ [alice]: 'member' }), await addTablo({ [alice]: 'member' })];
    const ledger = new Ledger(new PgLedgerStore(pool), silent);
    await pool.query(`CREATE FUNCTION no_messages() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.channel_id = '${odd}' THEN RAISE EXCEPTION 'this board is archived'; END IF; RETURN NEW; END $$`);
    const send = (tablo: TabloId) => {
      const replica = new Replica(alice);
      return ledger.submit(submissionOf(load(tablo).live, alice, replica.push(replica.message('x', T)), T));
    };
    for (const trigger of [
      'CREATE TRIGGER no_messages BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION no_messages()',
      'CREATE CONSTRAINT TRIGGER no_messages AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_messages()',
    ]) {
      await pool.query(trigger);
      const waiting = send(odd);
      expect((await send(free)).type).toBe('committed');
      await pool.query('DROP TRIGGER no_messages ON messages');
      expect((await waiting).type).toBe('committed');
    }
  });

  it('[R5] are what the timeline shows, for 60 random histories', async () => {
    const ledger = new Ledger(new PgLedgerStore(pool), silent);
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = new Random(seed);
      const tablo = await addTablo({ [alice]: 'admin', [bob]: 'member', [carol]: 'member' });
      const loaded = load(tablo);
      const replicas = [alice, bob, carol].map((user) => new Replica(user));
      for (let step = 0; step < 30; step += 1) {
        const replica = random.pick(replicas);
        if (random.chance(0.5)) replica.pull(loaded.doc);
        const entry = randomEntry(random, replica, entriesOf(loaded.doc) as Entry[]);
        await ledger.submit(submissionOf(loaded.live, replica.author, replica.push(entry), T + random.below(200_000)));
      }
      expect(await readTimeline(tablo), `seed ${seed}`).toEqual(foldOf(entriesOf(loaded.doc) as Entry[]));
    }
  }, 120_000);
});

/** `forget`: of the next COMMIT; asked what became of it, PostgreSQL is asked about `xact` instead. `fail`: the next COMMIT does not happen, and nobody says so; `meanwhile` happens before anybody can ask. */
type ForgetfulPool = Pool & { forget(xact?: string): void; fail(meanwhile: () => Promise<unknown>): void };

/** The real pool, but for one answer: PostgreSQL commits, and the connection seems to break before it says so. */
function forgetfulPool(real: Pool): ForgetfulPool {
  let isForgetting = false;
  let askedAbout: string | null = null;
  let meanwhile: (() => Promise<unknown>) | null = null;
  const query =
    (client: PoolClient) =>
    async (...args: readonly [unknown, unknown?]): Promise<unknown> => {
      const isCommit = String(args[0]).endsWith('COMMIT') || isShortWay(args[0]);
      if (isCommit && meanwhile !== null) {
        const act = meanwhile;
        meanwhile = null;
        if (!isShortWay(args[0])) await client.query('ROLLBACK');
        await act();
        throw new Error('Connection terminated unexpectedly');
      }
      if (askedAbout !== null && String(args[0]).includes('pg_xact_status'))
        return await client.query(String(args[0]), [askedAbout]);
      const answer = await (client.query as (...given: unknown[]) => Promise<unknown>)(...args);
      if (!isCommit || !isForgetting) return answer;
      isForgetting = false;
      throw new Error('Connection terminated unexpectedly');
    };
  const override = <T extends object>(target: T, methods: Record<string, unknown>): T =>
    new Proxy(target, {
      get: (_, key) => {
        const value = methods[key as string] ?? Reflect.get(target, key);
        return typeof value === 'function' && !(key in methods) ? value.bind(target) : value;
      },
    });
  return override(real, {
    forget: (xact: string | null = null) => {
      isForgetting = true;
      askedAbout = xact;
    },
    fail: (act: () => Promise<unknown>) => {
      meanwhile = act;
    },
    connect: async () => {
      const client = await real.connect();
      return override(client, { query: query(client) });
    },
  }) as ForgetfulPool;
}

const isShortWay = (query: unknown): boolean => (query as { readonly name?: unknown }).name === 'ledger-assumed';

async function cutConnections(): Promise<void> {
  const others = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cut me' AND random() < 0.5`;
  await admin.query(`SELECT pg_terminate_backend(pid) ${others}`);
}

function randomEntry(random: Random, replica: Replica, entries: readonly Entry[]): Entry {
  const by = { author: replica.author, sentAt: T + random.below(200_000) };
  const messages = entries.filter((entry) => entry.kind === 'message');
  const own = messages.filter(({ author }) => author === replica.author);
  const kind = random.next();
  if (kind < 0.2 && own.length > 0) return createEdit(by, random.pick(own).id, `edit ${random.below(1_000)}`);
  if (kind < 0.25 && own.length > 0) return createDeletion(by, random.pick(own).id);
  if (kind < 0.5 && messages.length > 0)
    return createReaction(by, random.pick(messages).id, random.pick(['👍', '🎉']), random.chance(0.6));
  return replica.message(`message ${random.below(1_000)}`, by.sentAt);
}

type Shown = {
  id: string;
  text: string;
  shownAt: number;
  editedAt: number | null;
  isDeleted: boolean;
  reactions: string[];
};

function foldOf(entries: readonly Entry[]): Shown[] {
  const timeline = new Timeline();
  for (const entry of entries) timeline.add(entry);
  return timeline.messages().map(({ id, text, shownAt, editedAt, isDeleted, reactions }) => ({
    id,
    text,
    shownAt,
    editedAt,
    isDeleted,
    reactions: reactions.flatMap(({ emoji, users }) => users.map((user) => `${emoji} ${user}`)).sort(),
  }));
}

async function readTimeline(tablo: TabloId): Promise<Shown[]> {
  const { rows } = await pool.query(
    `SELECT id, text, tablo_private.to_ms(created_at) AS shown, tablo_private.to_ms(updated_at) AS edited, deleted_at IS NOT NULL AS is_deleted,
       coalesce((SELECT array_agg(emoji || ' ' || r.user_id) FROM message_reactions r WHERE r.message_id = m.id), '{}') AS reactions
     FROM messages m WHERE channel_id = $1 ORDER BY created_at, id`,
    [tablo],
  );
  return rows.map(({ id, text, shown, edited, is_deleted, reactions }) => ({
    id,
    text,
    shownAt: Number(shown),
    editedAt: is_deleted || edited === null ? null : Number(edited),
    isDeleted: is_deleted,
    reactions: reactions.sort(),
  }));
}
