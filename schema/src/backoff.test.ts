import { expect, it } from 'vitest';
import { Backoff, backoffMs } from './backoff.ts';

const BOUNDS = { minMs: 100, maxMs: 1_000 };

it.each([
  [0, 50, 100],
  [1, 100, 200],
  [3, 400, 800],
  [4, 500, 1_000],
  [2_000, 500, 1_000],
])('The wait after %i failures is between %i and %i ms', (failures, least, most) => {
  for (let nth = 0; nth < 100; nth += 1) {
    const ms = backoffMs(failures, BOUNDS);
    expect(ms).toBeGreaterThanOrEqual(least);
    expect(ms).toBeLessThanOrEqual(most);
  }
});

it('A back-off waits longer after each failure, and begins anew after a success', () => {
  const backoff = new Backoff(BOUNDS.minMs, BOUNDS.maxMs);
  expect(backoff.nextMs()).toBeLessThanOrEqual(100);
  expect(backoff.nextMs()).toBeGreaterThanOrEqual(100);
  expect(backoff.nextMs()).toBeGreaterThanOrEqual(200);
  backoff.reset();
  expect(backoff.nextMs()).toBeLessThanOrEqual(100);
});
