import { createEntryId, type TabloId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { createPool } from '../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../db/testing/test-database.ts';
import { PgDocumentStore } from './pg-document-store.ts';

let database: TestDatabase;
let pool: Pool;
let store: PgDocumentStore;
beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
  store = new PgDocumentStore(pool);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

async function addTablo(): Promise<TabloId> {
  const id = createEntryId() as string as TabloId;
  await pool.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [id, 'Test']);
  return id;
}

function stateWith(...values: readonly string[]): Uint8Array {
  const doc = new Y.Doc();
  for (const value of values) doc.getArray('messages').push([value]);
  return Y.encodeStateAsUpdate(doc);
}

function valuesOf(state: Uint8Array | null): readonly unknown[] {
  const doc = new Y.Doc();
  if (state !== null) Y.applyUpdate(doc, state);
  return [...doc.getArray('messages').toArray()].sort();
}

async function log(tablo: TabloId, update: Uint8Array, epoch = 1): Promise<bigint> {
  const { rows } = await pool.query(
    'INSERT INTO tablo_updates (tablo_id, epoch, update) VALUES ($1, $2, $3) RETURNING id',
    [tablo, epoch, Buffer.from(update)],
  );
  return BigInt(rows[0].id);
}

describe('PgDocumentStore', () => {
  it('PgDocumentStore loads nothing, the log, and snapshot and log together', async () => {
    const tabloId = await addTablo();
    const name = { tabloId, epoch: 1 };
    expect(await store.load(name)).toEqual({
      isLive: true,
      state: null,
      version: 0n,
      logIds: [],
      head: 0n,
      lastSeq: 0,
      serverClient: null,
      firstOfNewest: null,
    });
    const ids = [await log(tabloId, stateWith('a')), await log(tabloId, stateWith('b'))];
    const loaded = await store.load(name);
    expect([valuesOf(loaded.state), loaded.logIds, loaded.head]).toEqual([['a', 'b'], ids, ids[1]]);
    expect(
      await store.save(name, { state: loaded.state ?? new Uint8Array(), version: 0n, logIds: ids, head: loaded.head }),
    ).toBe(1n);
    expect((await store.load(name)).head).toBe(ids[1]);
    await log(tabloId, stateWith('c'));
    const again = await store.load(name);
    expect([valuesOf(again.state), again.version, again.logIds.length]).toEqual([['a', 'b', 'c'], 1n, 1]);
  });

  it('[R11] PgDocumentStore merges with what another writer stored meanwhile, instead of overwriting it', async () => {
    const tabloId = await addTablo();
    const name = { tabloId, epoch: 1 };
    await store.save(name, { state: stateWith('theirs'), version: 0n, logIds: [], head: 0n });
    expect(await store.save(name, { state: stateWith('ours'), version: 0n, logIds: [], head: 0n })).toBe(2n);
    expect(valuesOf((await store.load(name)).state)).toEqual(['ours', 'theirs']);
  });

  it('[R1] PgDocumentStore deletes only the log rows that the snapshot names', async () => {
    const tabloId = await addTablo();
    const name = { tabloId, epoch: 1 };
    const covered = await log(tabloId, stateWith('a'));
    const late = await log(tabloId, stateWith('b'));
    await store.save(name, { state: stateWith('a'), version: 0n, logIds: [covered], head: covered });
    expect((await store.load(name)).logIds).toEqual([late]);
  });

  it('[R9] PgDocumentStore keeps nothing of a past epoch, and replaces its snapshot', async () => {
    const tabloId = await addTablo();
    await store.save({ tabloId, epoch: 1 }, { state: stateWith('old'), version: 0n, logIds: [], head: 0n });
    await pool.query('UPDATE tablos SET epoch = 2 WHERE id = $1', [tabloId]);
    expect(
      await store.save({ tabloId, epoch: 1 }, { state: stateWith('late'), version: 1n, logIds: [], head: 0n }),
    ).toBeNull();
    expect(await store.load({ tabloId, epoch: 2 })).toMatchObject({ isLive: true, state: null, version: 1n });
    expect(await store.load({ tabloId, epoch: 1 })).toMatchObject({ isLive: false });
    await store.save({ tabloId, epoch: 2 }, { state: stateWith('new'), version: 0n, logIds: [], head: 0n });
    expect(valuesOf((await store.load({ tabloId, epoch: 2 })).state)).toEqual(['new']);
  });

  it.each([
    ['that had a snapshot', true],
    ['that had none yet', false],
  ])(
    '[R1] [R9] never puts the snapshot of a document that is just moving in the place of what the next one begins with: a tablo %s',
    async (_, hasSnapshot) => {
      const tabloId = await addTablo();
      const [old, next] = [
        { tabloId, epoch: 1 },
        { tabloId, epoch: 2 },
      ];
      if (hasSnapshot) await store.save(old, { state: stateWith('old'), version: 0n, logIds: [], head: 0n });
      const { version } = await store.load(old);
      const mover = await pool.connect();
      await mover.query('BEGIN');
      await mover.query('UPDATE tablos SET epoch = 2 WHERE id = $1', [tabloId]);
      await mover.query(
        `INSERT INTO tablo_documents AS d (tablo_id, epoch, state, server_client) VALUES ($1, 2, $2, 7) ON CONFLICT (tablo_id)
        DO UPDATE SET epoch = 2, state = excluded.state, server_client = 7, version = d.version + 1`,
        [tabloId, Buffer.from(stateWith('newest'))],
      );
      const saved = store.save(old, { state: stateWith('old', 'older'), version, logIds: [], head: 0n });
      await vi.waitFor(async () => {
        const { rows } = await pool.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%tablo_documents%'`,
        );
        expect(rows).toHaveLength(1);
      }, 10_000);
      await mover.query('COMMIT');
      mover.release();
      expect(await saved).toBeNull();
      const loaded = await store.load(next);
      expect([valuesOf(loaded.state), loaded.serverClient]).toEqual([['newest'], 7]);
    },
  );

  it('[R11] PgDocumentStore rejects when the database is away, instead of giving an empty document', async () => {
    const gone = createPool('postgres://nobody@127.0.0.1:1/nothing');
    await expect(
      new PgDocumentStore(gone).load({ tabloId: createEntryId() as string as TabloId, epoch: 1 }),
    ).rejects.toThrow();
    await gone.end();
  });
});
