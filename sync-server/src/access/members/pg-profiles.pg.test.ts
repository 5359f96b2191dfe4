import { randomUUID } from 'node:crypto';
import type { UserId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../base/log.ts';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../../db/testing/test-database.ts';
import type { Claims } from '../tokens/claims.ts';
import { PgProfiles } from './pg-profiles.ts';

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

const claims = (given: Partial<Claims> = {}): Claims => ({
  userId: randomUUID() as UserId,
  name: 'Alice',
  email: 'alice@example.org',
  avatarUrl: null,
  expiresAt: 1_000,
  ...given,
});
const rowOf = async ({ userId }: Claims) =>
  (await pool.query('SELECT name, email, avatar_url FROM chat_profiles WHERE user_id = $1', [userId])).rows[0];

describe('PgProfiles', () => {
  it('PgProfiles writes a name once, and again only when it changed', async () => {
    const profiles = new PgProfiles(pool, silentLog);
    const query = vi.spyOn(pool, 'query');
    const alice = claims();
    for (let round = 0; round < 5; round += 1) profiles.remember({ ...alice, expiresAt: 1_000 + round });
    await profiles.settled();
    expect(query).toHaveBeenCalledTimes(1);
    query.mockRestore();
    profiles.remember({ ...alice, name: 'Alice B.', expiresAt: 2_000 });
    await profiles.settled();
    expect(await rowOf(alice)).toEqual({ name: 'Alice B.', email: 'alice@example.org', avatar_url: null });
  });

  it('PgProfiles takes nothing away when a token says less', async () => {
    const profiles = new PgProfiles(pool, silentLog);
    const alice = claims();
    profiles.remember(alice);
    profiles.remember({ ...alice, name: null, email: null, avatarUrl: 'https://example.org/a.png' });
    await profiles.settled();
    expect(await rowOf(alice)).toEqual({
      name: 'Alice',
      email: 'alice@example.org',
      avatar_url: 'https://example.org/a.png',
    });
  });

  it('PgProfiles lets the later of two tokens win, however they alternate', async () => {
    const profiles = new PgProfiles(pool, silentLog);
    const old = claims();
    profiles.remember({ ...old, name: 'New', expiresAt: 5_000 });
    profiles.remember(old);
    await profiles.settled();
    expect(await rowOf(old)).toMatchObject({ name: 'New' });
  });

  it('[R11] PgProfiles never fails a request, and writes at the next token what could not be written before', async () => {
    const profiles = new PgProfiles(pool, silentLog);
    const alice = claims();
    const query = vi.spyOn(pool, 'query').mockRejectedValueOnce(new Error('gone') as never);
    profiles.remember(alice);
    await profiles.settled();
    query.mockRestore();
    expect(await rowOf(alice)).toBeUndefined();
    profiles.remember(alice);
    await profiles.settled();
    expect(await rowOf(alice)).toMatchObject({ name: 'Alice' });
  });
});
