import type { TabloId } from '@tablo/schema/ids';
import { describe, expect, it, vi } from 'vitest';
import { Quarantine, type RunResult } from './quarantine.ts';

const tablo = (nth: number): TabloId => `0197a000-0000-7000-8000-${String(nth).padStart(12, '0')}` as TabloId;

/** A quarantine whose runs end when the test says so. */
function start(lanes = 3) {
  const runs: { tablo: TabloId; queued: string[]; failures: number; end: (result: RunResult) => void }[] = [];
  const quarantine = new Quarantine<string>({
    lanes,
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

  it('[R11] that have failed share one lane, however many they are: one that is only large does not wait for them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { quarantine, runs, running } = start();
      for (const nth of [1, 2, 3]) {
        quarantine.add(tablo(nth), [`slow ${nth}`]);
        quarantine.putBack(tablo(nth), [`slow ${nth}`]);
      }
      for (const nth of [1, 2, 3]) running(tablo(nth))?.end('failed');
      await settle();
      vi.advanceTimersByTime(200);
      expect(runs).toHaveLength(4);
      quarantine.add(tablo(4), ['large']);
      expect(runs.at(-1)?.queued).toEqual(['large']);
      runs[3]?.end('done');
      await settle();
      expect(runs).toHaveLength(6);
    } finally {
      vi.useRealTimers();
    }
  });
});
