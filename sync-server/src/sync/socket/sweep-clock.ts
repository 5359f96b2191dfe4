/**
 * Time as a regular sweep counts it, ms: a step counts for `maxStepMs` at the most. While the process stood still nobody was listened to either,
 * so nobody may be blamed for that silence.
 */
export class SweepClock {
  readonly #maxStepMs: number;
  readonly #read: () => number;
  #at: number;
  #now = 0;

  constructor(maxStepMs: number, read: () => number = () => performance.now()) {
    this.#maxStepMs = maxStepMs;
    this.#read = read;
    this.#at = read();
  }

  get now(): number {
    return this.#now;
  }

  /** At every sweep. */
  advance(): void {
    const at = this.#read();
    this.#now += Math.min(at - this.#at, this.#maxStepMs);
    this.#at = at;
  }
}
