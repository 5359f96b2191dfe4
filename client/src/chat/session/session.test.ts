import type { UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { fakeToken } from '../testing/fake-server.ts';
import { ALICE, BOB } from '../testing/harness.ts';
import { subjectOf } from '../testing/subject-of.ts';
import { CachedTokens, createSessionTokens, readTokenTimes, UserTokens } from './session.ts';

const answering =
  (status: number, body: unknown): typeof fetch =>
  async () =>
    new Response(JSON.stringify(body), { status });

describe('tokens', () => {
  it('a session keeps a token until 80 % of its life, then asks for the next', async () => {
    let now = Date.now();
    let count = 0;
    const tokens = new CachedTokens(
      async () => {
        count += 1;
        return fakeToken(ALICE, 100, String(count));
      },
      () => now,
    );
    const first = await tokens.getToken();
    now += 70_000;
    expect(await tokens.getToken()).toBe(first);
    now += 11_000;
    expect(await tokens.getToken()).not.toBe(first);
    expect(count).toBe(2);
  });

  it('many who ask at once are one request, also for a fresh one', async () => {
    let count = 0;
    const tokens = new CachedTokens(async () => {
      count += 1;
      return fakeToken(ALICE);
    });
    await Promise.all(Array.from({ length: 300 }, () => tokens.getToken()));
    await Promise.all(Array.from({ length: 300 }, () => tokens.getToken({ fresh: true })));
    expect(count).toBe(1);
  });

  it('[R7] a session goes on with a token that still lives when no new one can be had', async () => {
    let now = Date.now();
    let isDown = false;
    const tokens = new CachedTokens(
      async () => {
        if (isDown) throw new Error('no network');
        return fakeToken(ALICE, 100);
      },
      () => now,
    );
    const token = await tokens.getToken();
    isDown = true;
    now += 90_000;
    expect(await tokens.getToken()).toBe(token);
    now += 20_000;
    await expect(tokens.getToken()).rejects.toThrow('no network');
  });

  it('a session counts by our own clock, however wrong', async () => {
    let count = 0;
    const tokens = new CachedTokens(
      async () => {
        count += 1;
        return fakeToken(ALICE, 100);
      },
      () => Date.now() - 1e9,
    );
    await tokens.getToken();
    await tokens.getToken();
    expect(count).toBe(1);
  });

  it('a session tells signed out from out of reach', async () => {
    expect(await createSessionTokens('http://x', answering(401, {})).getToken()).toBeNull();
    await expect(createSessionTokens('http://x', answering(502, {})).getToken()).rejects.toMatchObject({
      code: 'unavailable',
    });
    const unreachable = createSessionTokens('http://x', () => Promise.reject(new TypeError('fetch failed')));
    await expect(unreachable.getToken()).rejects.toMatchObject({ code: 'offline' });
    expect(await createSessionTokens('http://x', answering(200, { token: 'opaque' })).getToken()).toBe('opaque');
  });

  it("[R6] a session never hands out another user's token after the accounts changed", async () => {
    let user: UserId = ALICE;
    const shared = new CachedTokens(async () => fakeToken(user));
    await new UserTokens(shared, ALICE).getToken();
    user = BOB;
    const token = await new UserTokens(shared, BOB).getToken();
    expect(subjectOf(token ?? '')).toBe(BOB);
    expect(await new UserTokens(shared, ALICE).getToken()).toBeNull();
  });

  it('a session reads times only from what has them', () => {
    expect(readTokenTimes('opaque')).toBeNull();
    expect(readTokenTimes('a.b.c')).toBeNull();
    expect(readTokenTimes(fakeToken(ALICE, 60))).toMatchObject({ expiresAt: expect.any(Number) });
  });
});
