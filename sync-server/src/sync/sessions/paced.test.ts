import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Paced } from './paced.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(work: (key: string) => Promise<void> | void = () => {}) {
  const done: string[] = [];
  const failures: unknown[] = [];
  const paced = new Paced({
    everyMs: 1_000,
    work: (key) => {
      done.push(key);
      return work(key);
    },
    onFailure: (error) => failures.push(error),
  });
  return { paced, done, failures };
}

describe('Paced', () => {
  it('[R11] Paced does at once what it was not asked for lately, and of a thousand questions in a second one more', async () => {
    const { paced, done } = open();
    paced.ask('a');
    expect(done).toEqual(['a']);
    for (let nth = 0; nth < 1_000; nth += 1) paced.ask('a');
    await vi.advanceTimersByTimeAsync(999);
    expect(done).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toEqual(['a', 'a']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(done).toEqual(['a', 'a']);
  });

  it('[R11] Paced holds no key up for another one', () => {
    const { paced, done } = open(() => new Promise(() => {}));
    for (const key of ['a', 'b', 'a', 'c']) paced.ask(key);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('Paced never does two things at once for one key, and follows what was asked meanwhile, however long it took', async () => {
    let finish = () => {};
    const { paced, done } = open(() => new Promise((resolve) => (finish = resolve)));
    paced.ask('a');
    paced.ask('a');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(done).toEqual(['a']);
    finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(done).toEqual(['a', 'a']);
  });

  it('Paced goes on after work that failed, and is quiet once it is closed', async () => {
    const { paced, done, failures } = open(() => Promise.reject(new Error('away')));
    paced.ask('a');
    paced.ask('a');
    await vi.advanceTimersByTimeAsync(1_000);
    expect({ done, failures: failures.length }).toEqual({ done: ['a', 'a'], failures: 2 });
    paced.ask('a');
    paced.close();
    paced.ask('b');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(done).toEqual(['a', 'a']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
