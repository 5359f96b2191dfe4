import type { TabloId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Quarantine, type RunResult } from './quarantine.ts';

const tablo = (nth: number): TabloId => `0197a000-0000-7000-8000-${String(nth).padStart(12, '0')}` as TabloId;

/** A quarantine whose runs end when the test says so. */
function start(lanes = 3, turns = { ownerOf: (queued: string) => queued, isHeavy: (_queued: string) => false }) {
  const runs: { tablo: TabloId; queued: string[]; failures: number; end: (result: RunResult) => void }[] = [];
  const quarantine = new Quarantine<string>({
    ...{ lanes, slowMs: 80, ...turns },
    run: (id, queued, failures) => {
      const { promise, resolve } = Promise.withResolvers<RunResult>();
      runs.push({ tablo: id, queued, failures, end: resolve });
      return promise;
    },
  });
  const running = (id: TabloId) => runs.findLast((run) => run.tablo === id);
  return { quarantine, runs, running };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('tablos that are committed apart', () => {
  it('[R11] run side by side, each in its order and one run at a time', async () => {
    const { quarantine, runs, running } = start(2);
    quarantine.add(tablo(1), ['a']);
    quarantine.add(tablo(1), ['b']);
    quarantine.add(tablo(2), ['c']);
    quarantine.add(tablo(3), ['d']);
    expect(runs.map(({ tablo: id, queued }) => [id, queued])).toEqual([
      [tablo(1), ['a']],
      [tablo(2), ['c']],
    ]);
    running(tablo(1))?.end('done');
    await settle();
    // Whoever has waited longest is next, not who was here before.
    expect(runs.map(({ queued }) => queued[0])).toEqual(['a', 'c', 'd']);
    running(tablo(2))?.end('done');
    await settle();
    expect(runs.map(({ queued }) => queued[0])).toEqual(['a', 'c', 'd', 'b']);
  });

  it('[R11] leave at once when all went well', async () => {
    const { quarantine, running } = start();
    quarantine.add(tablo(1), ['a']);
    expect(quarantine.has(tablo(1))).toBe(true);
    running(tablo(1))?.end('done');
    await settle();
    expect(quarantine.has(tablo(1))).toBe(false);
  });

  it('[R11] stay for a while after a failure, and what was put back comes first', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { quarantine, runs, running } = start();
      quarantine.add(tablo(1), ['a']);
      quarantine.putBack(tablo(1), ['a']);
      running(tablo(1))?.end('failed');
      await settle();
      expect(quarantine.isStuck(tablo(1))).toBe(true);
      quarantine.add(tablo(1), ['b']);
      expect(runs).toHaveLength(1);
      vi.advanceTimersByTime(200);
      expect(runs.at(-1)).toMatchObject({ queued: ['a', 'b'], failures: 1 });
      running(tablo(1))?.end('done');
      await settle();
      expect([quarantine.has(tablo(1)), quarantine.isStuck(tablo(1))]).toEqual([true, false]);
      vi.advanceTimersByTime(11_000);
      expect(quarantine.has(tablo(1))).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('turns', () => {
  const byFirstLetter = {
    ownerOf: (queued: string) => queued[0] ?? '',
    isHeavy: (queued: string) => queued.endsWith('!'),
  };

  it('[R11] go by owner: whoever has a hundred tablos is not served a hundred times before somebody with one', async () => {
    const { quarantine, runs } = start(3, byFirstLetter);
    for (let nth = 0; nth < 100; nth += 1) quarantine.add(tablo(nth), ['m']);
    quarantine.add(tablo(200), ['a']);
    quarantine.add(tablo(201), ['b']);
    for (let nth = 0; nth < 2; nth += 1) {
      runs[nth]?.end('done');
      await settle();
    }
    expect(runs.map(({ queued }) => queued[0])).toEqual(['m', 'm', 'm', 'a', 'b']);
    quarantine.close();
  });

  it('[R11] leave one lane to what is small, however much is heavy', async () => {
    const { quarantine, runs } = start(3, byFirstLetter);
    for (let nth = 0; nth < 10; nth += 1) quarantine.add(tablo(nth), [`${nth}!`]);
    expect(runs).toHaveLength(2);
    quarantine.add(tablo(20), ['small']);
    expect(runs.map(({ queued }) => queued[0])).toEqual(['0!', '1!', 'small']);
    runs[0]?.end('done');
    await settle();
    expect(runs.at(-1)?.queued).toEqual(['2!']);
    quarantine.close();
  });

  it('[R11] keep apart what has held up the others and is slow by itself, and not what was only there', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { quarantine, running } = start();
      for (const nth of [1, 2]) quarantine.add(tablo(nth), ['x'], true);
      quarantine.add(tablo(3), ['x']);
      running(tablo(2))?.end('done');
      await settle();
      vi.advanceTimersByTime(200);
      for (const nth of [1, 3]) running(tablo(nth))?.end('done');
      await settle();
      expect([1, 2, 3].map((nth) => quarantine.has(tablo(nth)))).toEqual([true, false, false]);
      vi.advanceTimersByTime(11_000);
      expect(quarantine.has(tablo(1))).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

/** As long as a statement that never ends is let run. */
const SLOW_MS = 10_000;
const LANES = 3;

const nameOf = (nth: number) => `stuck ${nth}` as TabloId;
const honest = 'honest' as TabloId;

/** `stuck`: tablos whose every try takes as long as it may, and fails. */
function openStuck(stuck: ReadonlySet<TabloId>) {
  const runs: TabloId[] = [];
  const quarantine = new Quarantine<string>({
    ...{ lanes: LANES, slowMs: 80, ownerOf: (one: string) => one, isHeavy: () => false },
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

describe('tablos whose every try is slow', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([3, 12, 200])('[R11] %s tablos whose every try is slow do not hold up one that is well', async (count) => {
    const stuck = new Set(Array.from({ length: count }, (_, nth) => nameOf(nth)));
    const { quarantine, runs } = openStuck(stuck);
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
    const { quarantine, runs } = openStuck(stuck);
    for (const tablo of stuck) quarantine.add(tablo, ['x']);
    await vi.advanceTimersByTimeAsync(60 * SLOW_MS);
    for (const tablo of stuck) expect(runs.filter((one) => one === tablo).length).toBeGreaterThan(1);
    quarantine.close();
  });
});
