import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

describe('TokenBuckets', () => {
  it('[R2] gives a burst, then the rate, to each key', () => {
    const buckets = new TokenBuckets(20, 100);
    expect(buckets.take('a', 100, 0)).toBe(true);
    expect(buckets.take('a', 1, 0)).toBe(false);
    expect(buckets.take('b', 1, 0)).toBe(true);
    expect(buckets.take('a', 20, 1_000)).toBe(true);
    expect(buckets.take('a', 1, 1_000)).toBe(false);
    expect(buckets.take('a', 101, 1_000_000)).toBe(true);
    expect(buckets.take('a', 1, 1_000_040)).toBe(false);
  });

  it('[R11] survives a clock that goes backwards', () => {
    const buckets = new TokenBuckets(1, 1);
    expect(buckets.take('a', 1, 1_000_000)).toBe(true);
    expect(buckets.take('a', 1, 0)).toBe(false);
    expect(buckets.take('a', 1, 1_000)).toBe(true);
  });
});
