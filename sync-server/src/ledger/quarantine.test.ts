import type { TabloId } from '@tablo/schema/ids';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Quarantine } from './quarantine.ts';

/** As long as a statement that never ends is let run. */
const SLOW_MS = 10_000;
const LANES = 3;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const nameOf = (nth: number) => `stuck ${nth}` as TabloId;
const honest = 'honest' as TabloId;

/** `stuck`: tablos whose every try takes as long as it may, and fails. */
function open(stuck: ReadonlySet<TabloId>) {
  const runs: TabloId[] = [];
  const quarantine = new Quarantine<string>({
    lanes: LANES,
    run: async (tablo, queued) => {
      runs.push(tablo);
      const taken = queued.splice(0);
      if (!stuck.has(tablo)) return 'done';
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      quarantine.putBack(tablo, taken);
      return 'failed';
    },
  });
  return { quarantine, runs };
}

it.each([3, 12, 200])('[R11] %s tablos whose every try is slow do not hold up one that is well', async (count) => {
  const stuck = new Set(Array.from({ length: count }, (_, nth) => nameOf(nth)));
  const { quarantine, runs } = open(stuck);
  for (const tablo of stuck) quarantine.add(tablo, ['x']);
  // Each has failed once.
  await vi.advanceTimersByTimeAsync((count / LANES) * 2 * SLOW_MS);
  for (let nth = 0; nth < 20; nth += 1) {
    const before = runs.filter((tablo) => tablo === honest).length;
    quarantine.add(honest, ['y']);
    await vi.advanceTimersByTimeAsync(0);
    expect(runs.filter((tablo) => tablo === honest)).toHaveLength(before + 1);
    await vi.advanceTimersByTimeAsync(SLOW_MS / 3);
  }
  quarantine.close();
});

it('[R11] every tablo that fails gets its next try, whoever failed before it', async () => {
  const stuck = new Set(Array.from({ length: 30 }, (_, nth) => nameOf(nth)));
  const { quarantine, runs } = open(stuck);
  for (const tablo of stuck) quarantine.add(tablo, ['x']);
  await vi.advanceTimersByTimeAsync(60 * SLOW_MS);
  for (const tablo of stuck) expect(runs.filter((one) => one === tablo).length).toBeGreaterThan(1);
  quarantine.close();
});
