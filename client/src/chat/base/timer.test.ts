import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Timer } from './timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('A timer acts once, and is not set any more while it acts: what it calls may set it again', () => {
  const timer = new Timer();
  const seen: boolean[] = [];
  timer.set(() => {
    seen.push(timer.isSet);
    if (seen.length < 2) timer.setIfUnset(() => seen.push(timer.isSet), 10);
  }, 10);
  expect(timer.isSet).toBe(true);
  vi.advanceTimersByTime(100);
  expect([seen, timer.isSet]).toEqual([[false, false], false]);
});

it('A timer that is set is replaced by set, and left by setIfUnset', () => {
  const timer = new Timer();
  const acted: string[] = [];
  timer.set(() => acted.push('first'), 10);
  timer.set(() => acted.push('second'), 20);
  timer.setIfUnset(() => acted.push('third'), 5);
  vi.advanceTimersByTime(100);
  expect(acted).toEqual(['second']);
});

it('A timer that was cleared does not act, and can be set anew', () => {
  const timer = new Timer();
  const act = vi.fn();
  timer.set(act, 10);
  timer.clear();
  timer.clear();
  expect(timer.isSet).toBe(false);
  vi.advanceTimersByTime(100);
  expect(act).not.toHaveBeenCalled();
  timer.setIfUnset(act, 10);
  vi.advanceTimersByTime(100);
  expect(act).toHaveBeenCalledOnce();
});

it('A timer that is set for longer than a browser can count does not act at once', () => {
  const timer = new Timer();
  const act = vi.fn();
  timer.set(act, 60 * 24 * 3600_000);
  vi.advanceTimersByTime(24 * 3600_000);
  expect([act.mock.calls.length, timer.isSet]).toEqual([0, true]);
});
