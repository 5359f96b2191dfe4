/** What every `ClientClaims` does; each implementation's test runs it. */
import { randomUUID } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import type { Claim, ClientClaims } from './client-claims.ts';

const MAX = 20;
const [alice, bob] = [randomUUID() as UserId, randomUUID() as UserId] as const;

/** `open`: with at most so many claims a user and epoch. */
export function testClientClaims(open: (maxPerUser: number) => ClientClaims): void {
  const by = (userId: UserId, client: number, more: Partial<Claim> = {}): Claim => ({
    ...tablo(),
    client,
    userId,
    ...more,
  });
  const tabloId = randomUUID() as TabloId;
  const tablo = () => ({ tabloId, epoch: 1 });

  it('[R3] a clientID is the first one’s who showed it, and nobody else’s in that epoch', async () => {
    const claims = open(MAX);
    expect(await claims.claim(by(alice, 1))).toBe('new');
    expect(await claims.claim(by(alice, 1))).toBe('mine');
    expect(await claims.claim(by(bob, 1))).toBe('taken');
    expect(await claims.claim(by(bob, 1, { epoch: 2 }))).toBe('new');
    expect(await claims.claim(by(bob, 1, { tabloId: randomUUID() as TabloId }))).toBe('new');
    expect(await claims.claim(by(alice, 2 ** 53 - 1))).toBe('new');
  });

  it('[R3] of two who show the same clientID at once, one has it', async () => {
    const claims = open(MAX);
    const outcomes = await Promise.all([alice, bob, alice, bob].map((user) => claims.claim(by(user, 5))));
    expect(outcomes).toEqual(['new', 'taken', 'mine', 'taken']);
  });

  it('[R3] a user who has claimed too many gets no more, and loses none', async () => {
    const claims = open(MAX);
    const own = { tabloId: randomUUID() as TabloId };
    for (let nth = 0; nth < MAX; nth += 1) expect(await claims.claim(by(alice, 100 + nth, own))).toBe('new');
    expect(await claims.claim(by(alice, 999, own))).toBe('too-many');
    expect(await claims.claim(by(bob, 100, own))).toBe('taken');
    expect(await claims.claim(by(alice, 100, own))).toBe('mine');
    expect(await claims.claim(by(bob, 999, own))).toBe('new');
    expect(await claims.claim(by(alice, 999, { ...own, epoch: 2 }))).toBe('new');
  });
}
