import { randomUUID } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../db/pool.ts';
import { openTestDatabase } from '../db/testing/test-database.ts';
import { testClientClaims } from './client-claims-contract.ts';
import { PgClientClaims } from './pg-client-claims.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

const user = randomUUID() as UserId;
const count = async (tablo: TabloId): Promise<number> =>
  (await pool.query('SELECT count(*)::int AS n FROM tablo_clients WHERE tablo_id = $1', [tablo])).rows[0].n;
const addTablo = async (): Promise<TabloId> =>
  (await pool.query("INSERT INTO tablos (name) VALUES ('t') RETURNING id")).rows[0].id;

describe('claims in PostgreSQL', () => {
  testClientClaims((maxPerUser) => new PgClientClaims(pool, maxPerUser));

  it('[R3] two servers that claim the same clientID at once agree on whose it is', async () => {
    const [first, second] = [new PgClientClaims(pool), new PgClientClaims(pool)];
    const tabloId = randomUUID() as TabloId;
    for (let client = 0; client < 20; client += 1) {
      const outcomes = await Promise.all([
        first.claim({ tabloId, epoch: 1, client, userId: user }),
        second.claim({ tabloId, epoch: 1, client, userId: randomUUID() as UserId }),
      ]);
      expect(outcomes.sort()).toEqual(['new', 'taken']);
    }
  });

  it('[R9] claims in PostgreSQL of past epochs and of deleted tablos leave', async () => {
    const claims = new PgClientClaims(pool);
    const [tablo, gone] = [await addTablo(), await addTablo()];
    for (const tabloId of [tablo, gone])
      for (let client = 0; client < 5; client += 1) await claims.claim({ tabloId, epoch: 1, client, userId: user });
    await pool.query('UPDATE tablos SET epoch = 2 WHERE id = $1', [tablo]);
    await claims.claim({ tabloId: tablo, epoch: 2, client: 1, userId: user });
    await pool.query('DELETE FROM tablos WHERE id = $1', [gone]);
    expect(await Promise.all([tablo, gone].map(count))).toEqual([1, 0]);
  });

  it('[R11] a claim is rejected while the database is away, and the next one is asked again', async () => {
    const away = createPool(database.url);
    await away.end();
    const claims = new PgClientClaims(away);
    const claim = { tabloId: randomUUID() as TabloId, epoch: 1, client: 1, userId: user };
    await expect(claims.claim(claim)).rejects.toThrow();
    await expect(claims.claim(claim)).rejects.toThrow();
  });
});
