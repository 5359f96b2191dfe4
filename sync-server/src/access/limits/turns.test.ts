import { describe, expect, it, vi } from 'vitest';
import { type Release, Turns } from './turns.ts';

const SETTINGS = { atOnce: 2, atOncePerKey: 2, waiting: 10, waitingPerKey: 3 };

/** Enters, and notes when it may. */
function ask(turns: Turns, key: string, order: string[], releases: Release[] = []) {
  return turns.enter(key).then((release) => {
    order.push(release === null ? `no ${key}` : key);
    if (release !== null) releases.push(release);
  });
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Turns', () => {
  it('[R11] Turns never lets more run at once than it may, and turns away who would wait behind too many of their own', async () => {
    const turns = new Turns(SETTINGS);
    const order: string[] = [];
    for (let nth = 0; nth < 8; nth += 1) void ask(turns, 'a', order);
    await settled();
    expect([turns.running, turns.waiting]).toEqual([2, 3]);
    expect(order).toEqual(['a', 'a', 'no a', 'no a', 'no a']);
  });

  it('[R11] Turns gives the next place to another key, however many of the first wait', async () => {
    const turns = new Turns({ ...SETTINGS, atOnce: 1 });
    const order: string[] = [];
    const releases: Release[] = [];
    for (const key of ['a', 'a', 'a', 'b', 'a']) void ask(turns, key, order, releases);
    await settled();
    while (releases.length > 0) {
      releases.shift()?.();
      await settled();
    }
    expect(order).toEqual(['a', 'a', 'b', 'a', 'a']);
    expect([turns.running, turns.waiting]).toEqual([0, 0]);
  });

  it('[R11] Turns keeps one key to its own places while others have room', async () => {
    const turns = new Turns({ ...SETTINGS, atOnce: 4, atOncePerKey: 1 });
    const order: string[] = [];
    for (const key of ['a', 'a', 'b', 'c']) void ask(turns, key, order);
    await settled();
    expect(order).toEqual(['a', 'b', 'c']);
    expect(turns.waiting).toBe(1);
  });

  it('[R11] a key rests for as long as is set after each turn; others and the places of all do not wait for that', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    const turns = new Turns({ ...SETTINGS, atOnce: 1, atOncePerKey: 1, rest: { factor: 3, maxMs: 100 } });
    const order: string[] = [];
    const releases: Release[] = [];
    for (const key of ['a', 'a', 'a', 'b']) void ask(turns, key, order, releases);
    await settled();
    vi.advanceTimersByTime(10);
    releases.shift()?.();
    await settled();
    expect(order).toEqual(['a', 'b']);
    releases.shift()?.();
    vi.advanceTimersByTime(29);
    await settled();
    expect(order).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    await settled();
    expect(order).toEqual(['a', 'b', 'a']);
    vi.advanceTimersByTime(1_000);
    releases.shift()?.();
    vi.advanceTimersByTime(100);
    await settled();
    expect(order).toEqual(['a', 'b', 'a', 'a']);
    vi.useRealTimers();
  });

  it('[R11] a place that is given back twice counts once', async () => {
    const turns = new Turns(SETTINGS);
    const release = await turns.enter('a');
    release?.();
    release?.();
    expect(turns.running).toBe(0);
  });
});
