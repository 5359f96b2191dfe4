/** Two servers' ledgers on one database, the one moving a tablo while the other is in the middle of a transaction about it. */
import { createEntryId, type TabloId } from '@tablo/schema/ids';
import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../../db/testing/test-database.ts';
import { PgDocumentStore } from '../../documents/pg-document-store.ts';
import { Ledger } from '../ledger.ts';
import { alice, bob, codeOf, entriesOf, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';
import { PgLedgerStore } from './pg-ledger.ts';

const T = 1_700_000_000_000;
const silent = { onCommit: () => {}, onFailure: () => {} };

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

const textOf = (question: unknown): string =>
  typeof question === 'string' ? question : ((question as { text?: string } | null)?.text ?? '');

/** The real pool, but `before` the first statement that has `part` in it, something happens that the statement waits for. */
function pausingPool(real: Pool, part: string, before: () => Promise<void>): Pool {
  let hasPaused = false;
  const connect = async (): Promise<PoolClient> => {
    const client = await real.connect();
    const query = async (...args: readonly unknown[]): Promise<unknown> => {
      if (!hasPaused && textOf(args[0]).includes(part)) {
        hasPaused = true;
        await before();
      }
      return await (client.query as (...given: readonly unknown[]) => Promise<unknown>)(...args);
    };
    return new Proxy(client, { get: (_, key) => (key === 'query' ? query : bound(client, key)) });
  };
  return new Proxy(real, { get: (_, key) => (key === 'connect' ? connect : bound(real, key)) });
}

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key);
  return typeof value === 'function' ? value.bind(target) : value;
}

async function loadLive(tablo: TabloId) {
  const { rows } = await pool.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [tablo]);
  const epoch = rows[0]?.epoch ?? 0;
  const { state, ...stored } = await new PgDocumentStore(pool).load({ tabloId: tablo, epoch });
  const doc = new Y.Doc();
  if (state !== null) Y.applyUpdate(doc, state);
  return load(tablo, epoch, doc, { ...stored, bytes: state?.byteLength ?? 0 });
}

describe('a tablo that one server moves while another one decides about it', () => {
  it.each([
    ['before it has the lock', 'FOR NO KEY UPDATE', 'epoch-moved', []],
    ['when it has the lock, before it has read', 'AS missed', 'committed', ['mine']],
    ['when it has decided, before it has written', 'INSERT INTO tablo_entries', 'committed', ['mine']],
    ['when it has written, before its COMMIT', 'COMMIT', 'committed', ['mine']],
  ] as const)(
    '[N1] [R4] [R9] loses nothing, counts nothing twice, and both go on in one next document: %s',
    async (_, part, code, kept) => {
      const tablo = createEntryId() as string as TabloId;
      await pool.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [tablo, 'Test']);
      await pool.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT $1, unnest($2::uuid[])', [
        tablo,
        [alice, bob],
      ]);
      const a = new Ledger(new PgLedgerStore(pool), silent);
      const [onA, onB] = [load(tablo), load(tablo)];
      const [replica, other] = [new Replica(bob), new Replica(alice)];
      expect(codeOf(await a.submit(submissionOf(onA.live, alice, other.push(other.message('before', T)), T)))).toBe(
        'committed',
      );
      let moving = Promise.resolve();
      const pausing = pausingPool(pool, part, async () => {
        moving = a.move(onA.live);
        // Without the lock it goes through; with it, it has begun to wait at least once.
        if (code === 'epoch-moved') await moving;
        else await expect.poll(() => a.apart).toBe(1);
      });
      const b = new Ledger(new PgLedgerStore(pausing), silent);
      const mine = replica.message('mine', T);
      expect(codeOf(await b.submit(submissionOf(onB.live, bob, replica.push(mine), T)))).toBe(code);
      await moving;
      expect(onA.live.hasMoved).toBe(true);
      // The next document begins with what was committed to the one before, by whichever server.
      const [nextA, nextB] = [await loadLive(tablo), await loadLive(tablo)];
      const texts = entriesOf(nextA.doc).map((entry) => (entry as { text: string }).text);
      expect([nextA.live.epoch, texts.toSorted()]).toEqual([2, ['before', ...kept]]);
      // What is left of the one before goes nowhere.
      expect(codeOf(await b.submit(submissionOf(onB.live, bob, replica.push(replica.message('too late', T)), T)))).toBe(
        'epoch-moved',
      );
      expect(onB.live.hasMoved).toBe(true);
      const again = new Replica(bob);
      again.pull(nextB.doc);
      expect(codeOf(await b.submit(submissionOf(nextB.live, bob, again.push(mine), T)))).toBe('committed');
      const last = new Replica(alice);
      expect(codeOf(await a.submit(submissionOf(nextA.live, alice, last.push(last.message('after', T)), T)))).toBe(
        'committed',
      );
      const { rows } = await pool.query('SELECT seq::int, text FROM messages WHERE channel_id = $1 ORDER BY seq', [
        tablo,
      ]);
      expect(rows).toEqual([
        { seq: 1, text: 'before' },
        { seq: 2, text: 'mine' },
        { seq: 3, text: 'after' },
      ]);
      for (const ledger of [a, b]) await ledger.close(1_000);
    },
  );
});
