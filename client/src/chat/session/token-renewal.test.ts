import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TokenRenewal } from './token-renewal.ts';

const MINUTE_MS = 60_000;
let count = 0;
/** Of so many seconds from now on; each is another one. */
const tokenOf = (left: number): string => {
  count += 1;
  const claims = { exp: Math.floor(Date.now() / 1000) + left, jti: count };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('[R6] The token of live sockets is renewed ahead of its end, again and again', async () => {
  const getToken = vi.fn(async () => tokenOf(60));
  const renewed = vi.fn();
  const renewal = new TokenRenewal({ getToken }, renewed);
  renewal.noteUsed(tokenOf(60));
  await vi.advanceTimersByTimeAsync(47_000);
  expect(getToken).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  renewal.close();
  expect(renewed.mock.calls.length).toBeGreaterThanOrEqual(11);
  expect(renewed.mock.calls.length).toBeLessThanOrEqual(14);
});

it('A source whose tokens have all ended is asked ever less often', async () => {
  const getToken = vi.fn(async () => tokenOf(-3600));
  const renewal = new TokenRenewal({ getToken }, () => {});
  renewal.noteUsed(tokenOf(-3600));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  const first = getToken.mock.calls.length;
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  renewal.close();
  expect(first).toBeLessThanOrEqual(10);
  expect(getToken.mock.calls.length - first).toBeLessThanOrEqual(20);
  expect(getToken.mock.calls.length).toBeGreaterThan(first);
});
