import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GapDetector } from './gap-detector.ts';
import { SeqKnowledge } from './seq-knowledge.ts';

const PATIENCE_MS = 1_000;

describe('what is missed', () => {
  let isReceiving: boolean;
  let missed: number;
  let watch: GapDetector;

  beforeEach(() => {
    vi.useFakeTimers();
    isReceiving = false;
    missed = 0;
    const stream = {
      get isReceiving() {
        return isReceiving;
      },
      rehome: () => {
        missed += 1;
      },
    };
    watch = new GapDetector(new SeqKnowledge(), stream, PATIENCE_MS);
    watch.joined(5);
  });
  afterEach(() => vi.useRealTimers());

  const countMissed = (): number => {
    vi.advanceTimersByTime(PATIENCE_MS);
    return missed;
  };
  const listed = (seq: number) => watch.listed(seq, performance.now());

  it('what is missed is what the list tells of and `committed` does not', () => {
    listed(5);
    watch.heard(6, 2);
    listed(7);
    expect(countMissed()).toBe(0);
    listed(8);
    expect(countMissed()).toBe(1);
  });

  it('what is missed is what is jumped over', () => {
    listed(5);
    watch.heard(6, 1);
    watch.heard(8, 1);
    expect(countMissed()).toBe(1);
  });

  it('what is missed is nothing that comes a little later, again, or before the list has said where this join began', () => {
    watch.heard(6, 1);
    listed(5);
    watch.heard(7, 2);
    watch.heard(7, 2);
    listed(9);
    vi.advanceTimersByTime(PATIENCE_MS / 2);
    watch.heard(9, 1);
    expect(countMissed()).toBe(0);
  });

  it('what is missed is nothing that an answer to an older question says, and nothing once the link is lost', () => {
    const before = performance.now() - 1;
    watch.listed(3, before);
    listed(5);
    expect(countMissed()).toBe(0);
    listed(6);
    watch.left();
    expect(countMissed()).toBe(0);
  });

  it('what is missed may be behind a large frame: that is waited for', () => {
    listed(5);
    listed(6);
    isReceiving = true;
    expect(countMissed()).toBe(0);
    isReceiving = false;
    expect(countMissed()).toBe(1);
  });
});
