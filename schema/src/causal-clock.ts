/**
 * [R5] A client never stamps a `sentAt` before anything it had seen: a reply sorts after what it answers, even on a device whose clock is behind.
 * A clock far behind therefore counts on from the newest thing seen, one millisecond at a time.
 */
import { MAX_TIME_MS } from './limits.ts';

export class CausalClock {
  readonly #now: () => number;
  #latest = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** `time`: the `shownAt` of something on the timeline, ms since the Unix epoch. */
  observe(time: number): void {
    if (time > this.#latest) this.#latest = time;
  }

  /** A time to stamp, after everything observed and stamped before. */
  next(): number {
    this.#latest = Math.min(Math.max(Math.floor(this.#now()), this.#latest + 1), MAX_TIME_MS);
    return this.#latest;
  }
}
