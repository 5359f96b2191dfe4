import { afterEach, describe, expect, it, vi } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

afterEach(() => vi.restoreAllMocks());

describe('TokenBuckets', () => {
  it('[R2] TokenBuckets gives a burst, then the rate, to each key', () => {
    const buckets = new TokenBuckets(20, 100);
    expect(buckets.take('a', 100, 0)).toBe(true);
    expect(buckets.take('a', 1, 0)).toBe(false);
    expect(buckets.take('b', 1, 0)).toBe(true);
    expect(buckets.take('a', 20, 1_000)).toBe(true);
    expect(buckets.take('a', 1, 1_000)).toBe(false);
    expect(buckets.take('a', 101, 1_000_000)).toBe(true);
    expect(buckets.take('a', 1, 1_000_040)).toBe(false);
  });

  it('[R11] TokenBuckets survives a clock that goes backwards', () => {
    const buckets = new TokenBuckets(1, 1);
    expect(buckets.take('a', 1, 1_000_000)).toBe(true);
    expect(buckets.take('a', 1, 0)).toBe(false);
    expect(buckets.take('a', 1, 1_000)).toBe(true);
  });

  it('[R11] TokenBuckets gives nobody more than the rate, however often a generation is dropped', () => {
    const buckets = new TokenBuckets(10, 20);
    let taken = 0;
    for (let now = 0; now < 60_000; now += 50) if (buckets.take('a', 1, now)) taken += 1;
    expect(taken).toBeLessThanOrEqual(20 + 600);
    expect(taken).toBeGreaterThan(590);
  });

  it('[R11] a take walks over nobody, and 300,000 keys in one second leave a bounded number of them in memory', () => {
    const walks = (['entries', 'keys', 'values', 'forEach'] as const).map((name) => vi.spyOn(Map.prototype, name));
    const iterated = vi.spyOn(Map.prototype, Symbol.iterator);
    const buckets = new TokenBuckets(20, 5_000);
    for (let nth = 0; nth < 300_000; nth += 1) buckets.take(`user ${nth}`, 1, nth / 300);
    const walked = [...walks, iterated].reduce((sum, walk) => sum + walk.mock.calls.length, 0);
    expect(walked).toBe(0);
    expect(buckets.size).toBeLessThanOrEqual(100_000);
    expect(buckets.take('user 299999', 4_999, 1_001)).toBe(true);
    expect(buckets.take('user 299999', 100, 1_001)).toBe(false);
  });
});
