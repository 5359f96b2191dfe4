/** What a server that lags reads, with the real ledger and the real snapshots of another one. */
import { createEntryId, type TabloId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { createPool } from '../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../db/testing/test-database.ts';
import { PgDocumentStore } from '../documents/pg-document-store.ts';
import { Ledger } from '../ledger/ledger.ts';
import { PgLedgerStore } from '../ledger/store/pg-ledger.ts';
import { alice, bob, entriesOf, type Loaded, load, Replica, submissionOf } from '../ledger/testing/ledger-fixture.ts';
import { PgLogReader } from './pg-log-reader.ts';

const T = 1_700_000_000_000;
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

async function start() {
  const tabloId = createEntryId() as string as TabloId;
  await pool.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [tabloId, 'Test']);
  for (const user of [alice, bob])
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [tabloId, user]);
  const ledger = new Ledger(new PgLedgerStore(pool), { onCommit() {}, onFailure() {} });
  const replicas = { [alice]: new Replica(alice), [bob]: new Replica(bob) };
  const say = async ({ live }: Loaded, author: typeof alice, text: string) => {
    const replica = replicas[author] as Replica;
    const outcome = await ledger.submit(submissionOf(live, author, replica.push(replica.message(text, T)), T));
    expect(outcome.type).toBe('committed');
  };
  const store = new PgDocumentStore(pool);
  const versions = new Map<unknown, bigint>();
  /** As the extension does. */
  const save = async ({ live, doc }: Loaded) => {
    const [logIds, head] = [live.coveredLogIds(), live.head];
    const snapshot = { state: Y.encodeStateAsUpdate(doc), version: versions.get(live) ?? 0n, logIds, head };
    versions.set(live, (await store.save(live, snapshot)) ?? 0n);
    live.forgetLogIds(logIds);
  };
  const reader = new PgLogReader(pool);
  const read = async ({ live }: Loaded) => {
    const [found] = await reader.read([live]);
    if (found === undefined || 'error' in found) throw found?.error;
    return found;
  };
  return { tabloId, ledger, say, save, store, reader, read };
}

const textsOf = ({ doc }: Loaded) => entriesOf(doc).map((entry) => (entry as { text: string }).text);
const seqsOf = ({ news }: Loaded) => news.flatMap(({ seq, messages }) => messages.map((_, nth) => seq + nth));

describe('a server that lags', () => {
  it('[N1] reads rows that another one has put into a snapshot from there, and the rows since', async () => {
    const { tabloId, say, save, read } = await start();
    const [a, b] = [load(tabloId), load(tabloId)];
    await say(a, alice, 'one');
    await say(b, bob, 'two');
    for (const text of ['three', 'four']) await say(a, alice, text);
    await save(a);
    await say(a, alice, 'five');
    expect((await pool.query('SELECT FROM tablo_updates WHERE tablo_id = $1', [tabloId])).rowCount).toBe(1);
    const found = await read(b);
    expect(found.missed?.snapshot?.head).toBe(a.live.head - 1n);
    expect(b.live.advance(found.missed as never)).toBe(2);
    expect(new Set(textsOf(b))).toEqual(new Set(['one', 'two', 'three', 'four', 'five']));
    expect([seqsOf(b), b.live.head, b.live.unsaved]).toEqual([[1, 2, 3, 4, 5], a.live.head, 1]);
    expect(b.live.size.entries).toBe(5);
    // The same again, and what a slower read had: nothing.
    expect(b.live.advance(found.missed as never)).toBe(0);
    expect(await read(b)).toEqual({ epoch: 1, missed: null });
  });

  it('[N1] a commit decides after a snapshot of another server, too', async () => {
    const { tabloId, say, save } = await start();
    const [a, b] = [load(tabloId), load(tabloId)];
    for (const text of ['one', 'two']) await say(a, alice, text);
    await save(a);
    await say(b, bob, 'three');
    expect([new Set(textsOf(b)), seqsOf(b)]).toEqual([new Set(['one', 'two', 'three']), [1, 2, 3]]);
  });

  it('[N1] snapshots of two servers lose nothing, and say how far the longer one goes', async () => {
    const { tabloId, say, save, store } = await start();
    const [a, b] = [load(tabloId), load(tabloId)];
    await say(a, alice, 'one');
    await say(b, bob, 'two');
    await save(b);
    // It lags, and does not know.
    await save(a);
    await say(b, bob, 'three');
    const stored = await store.load({ tabloId, epoch: 1 });
    const doc = new Y.Doc();
    Y.applyUpdate(doc, stored.state as Uint8Array);
    expect(entriesOf(doc)).toHaveLength(3);
    expect([stored.head, stored.lastSeq]).toEqual([b.live.head, 3]);
    const { rows } = await pool.query('SELECT log_id FROM tablo_documents WHERE tablo_id = $1', [tabloId]);
    expect(BigInt(rows[0].log_id)).toBe(b.live.head - 1n);
  });

  it('[N1] what is loaded goes exactly as far as its head says', async () => {
    const { tabloId, say, save, store, read } = await start();
    const a = load(tabloId);
    await say(a, alice, 'one');
    await save(a);
    await say(a, alice, 'two');
    const { state, ...stored } = await store.load({ tabloId, epoch: 1 });
    const doc = new Y.Doc();
    Y.applyUpdate(doc, state as Uint8Array);
    const b = load(tabloId, 1, doc, { ...stored, bytes: 0 });
    expect((await read(b)).missed).toBeNull();
    await say(a, alice, 'three');
    const found = await read(b);
    expect(found.missed).toMatchObject({ snapshot: null, messages: [{ seq: 3 }] });
    expect(found.missed?.rows).toHaveLength(1);
  });

  it('[N1] reads all others where the database cannot read what is stored of one', async () => {
    const [one, odd, other] = [await start(), await start(), await start()];
    const documents = [one, odd, other].map(({ tabloId }) => load(tabloId));
    for (const { tabloId, say } of [one, odd, other]) await say(load(tabloId), alice, 'hello');
    const query = pool.query.bind(pool);
    const failing = Object.assign(Object.create(pool), {
      // As PostgreSQL says it of a damaged page.
      query: (question: { text: string; values: string[] }) =>
        question.values[0]?.includes(odd.tabloId)
          ? Promise.reject(Object.assign(new Error('missing chunk'), { code: 'XX001', severity: 'ERROR' }))
          : query(question),
    }) as Pool;
    const found = await new PgLogReader(failing).read(documents.map(({ live }) => live));
    expect(found.map((one) => ('error' in one ? 'error' : one.missed?.rows.length))).toEqual([1, 'error', 1]);
    const away = Object.assign(Object.create(pool), { query: () => Promise.reject(new Error('gone')) }) as Pool;
    await expect(new PgLogReader(away).read(documents.map(({ live }) => live))).rejects.toThrow('gone');
  });

  it('[R9] learns that a tablo has moved, or is gone', async () => {
    const { tabloId, say, ledger, reader } = await start();
    const [a, b] = [load(tabloId), load(tabloId)];
    await say(a, alice, 'one');
    await ledger.move(a.live);
    expect(await reader.read([b.live])).toEqual([{ epoch: 2, missed: null }]);
    await pool.query('DELETE FROM tablos WHERE id = $1', [tabloId]);
    expect(await reader.read([b.live])).toEqual([{ epoch: null, missed: null }]);
  });
});
