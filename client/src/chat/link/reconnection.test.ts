import { Random } from '@tablo/schema/testing/random';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMING } from '../base/timing.ts';
import { type LostSocket, Reconnection } from './reconnection.ts';

const CUT: LostSocket = { openMs: 60_000, isRestart: false };
const BRIEF: LostSocket = { openMs: 200, isRestart: false };

function open(seed = 1): Reconnection {
  const random = new Random(seed);
  return new Reconnection(DEFAULT_TIMING, () => random.next());
}
const many = (lost: LostSocket) => Array.from({ length: 1_000 }, (_, nth) => open(nth).nextMs(lost));
/** The most that come within one tenth of a second. */
const crowd = (waits: readonly number[]) => {
  const counts = new Map<number, number>();
  for (const ms of waits) counts.set(Math.floor(ms / 100), (counts.get(Math.floor(ms / 100)) ?? 0) + 1);
  return Math.max(...counts.values());
};

describe('coming back', () => {
  it("[R11] takes a moment after one's own link was cut, and is spread all the same", () => {
    const waits = many(CUT);
    expect(Math.max(...waits)).toBeLessThanOrEqual(500);
    expect(crowd(waits)).toBeLessThan(300);
  });

  it('[R11] of a thousand clients of a restarted server is spread over a second and a half', () => {
    const waits = many({ openMs: 60_000, isRestart: true });
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_500);
    expect(crowd(waits)).toBeLessThan(120);
  });

  it('[R11] is ever rarer, but never rarer than every ten seconds', () => {
    const reconnection = open();
    const waits = Array.from({ length: 12 }, () => reconnection.nextMs({ openMs: 0, isRestart: false }));
    for (const [nth, ms] of waits.entries()) {
      const full = Math.min(10_000, 500 * 1.7 ** nth);
      expect(ms).toBeLessThanOrEqual(full);
      if (nth > 0) expect(ms).toBeGreaterThanOrEqual(full / 2);
    }
  });

  it('[R11] is no loop when every socket opens, works and is cut', () => {
    const reconnection = open();
    let elapsed = 0;
    let sockets = 0;
    while (elapsed < 60_000) {
      elapsed += BRIEF.openMs + reconnection.nextMs(BRIEF);
      sockets += 1;
    }
    expect(sockets).toBeLessThan(20);
  });

  it('is quick again after a socket that lasted, and when somebody asks for it', () => {
    for (const begin of ['lasted', 'asked'] as const) {
      const reconnection = open();
      for (let nth = 0; nth < 10; nth += 1) reconnection.nextMs(BRIEF);
      if (begin === 'asked') reconnection.reset();
      expect(reconnection.nextMs(begin === 'asked' ? BRIEF : CUT)).toBeLessThanOrEqual(500);
    }
  });
});
