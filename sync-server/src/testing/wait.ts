/**
 * Waiting for what must come true, with a deadline: the one way of it for all tests that watch real time, and for programs that run without a test runner.
 * Tests with a clock of their own wait with `vi.waitFor`, which moves that clock.
 */
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;

/** Until `check` throws no more; what it answers then. After the deadline, what it threw last. */
export async function until<T>(check: () => T | Promise<T>, withinMs = 5_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** `until` for a file where everything has as long. */
export const untilWithin =
  (usualMs: number) =>
  <T>(check: () => T | Promise<T>, withinMs = usualMs): Promise<T> =>
    until(check, withinMs);

/** For a claim that can be asked about; `what` says it in words, for the failure. What asking throws is thrown at once. */
export async function untilTrue(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs / 1_000} s: ${what}.`);
    await delay(LOOK_EVERY_MS);
  }
}
