import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EarlyDismissal } from './early-dismissal.ts';

const KEPT_MS = 1_000;

function setUp() {
  const log: string[] = [];
  const tablo = { isKnown: false, isShut: false };
  const early = new EarlyDismissal({
    keptMs: KEPT_MS,
    isKnown: () => tablo.isKnown,
    isShut: () => tablo.isShut,
    dismiss: () => log.push('dismissed'),
    onIdle: () => log.push(`idle, ${early.isKept ? 'kept' : 'not kept'}`),
  });
  return { early, log, tablo };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what is said to be read before anything is known', () => {
  it('[R10] is kept until it is known what it means, and carried out then, once', () => {
    const { early, log, tablo } = setUp();
    early.said();
    early.look();
    expect([early.isKept, log]).toEqual([true, []]);
    tablo.isKnown = true;
    early.look();
    early.look();
    vi.advanceTimersByTime(10 * KEPT_MS);
    expect([early.isKept, log]).toEqual([false, ['dismissed']]);
  });

  it('[R10] lapses where nothing comes, tells that it is idle, and means nothing afterwards', () => {
    const { early, log, tablo } = setUp();
    early.said();
    vi.advanceTimersByTime(KEPT_MS - 1);
    early.said();
    vi.advanceTimersByTime(KEPT_MS - 1);
    expect([early.isKept, log]).toEqual([true, []]);
    vi.advanceTimersByTime(1);
    expect([early.isKept, log]).toEqual([false, ['idle, not kept']]);
    tablo.isKnown = true;
    early.look();
    expect(log).toEqual(['idle, not kept']);
  });

  it('[R10] has lapsed as well where timers stood still, as while a device sleeps', () => {
    const { early, log, tablo } = setUp();
    early.said();
    vi.setSystemTime(Date.now() + 8 * 3600_000);
    tablo.isKnown = true;
    early.look();
    expect([early.isKept, log]).toEqual([false, []]);
  });

  it('is not kept of a tablo that can’t be used, nor when all of it is known, nor after it was dropped', () => {
    const { early, tablo } = setUp();
    tablo.isShut = true;
    early.said();
    expect(early.isKept).toBe(false);
    tablo.isShut = false;
    early.said();
    early.drop();
    expect(early.isKept).toBe(false);
    tablo.isKnown = true;
    early.look();
    early.said();
    expect(early.isKept).toBe(false);
  });
});
