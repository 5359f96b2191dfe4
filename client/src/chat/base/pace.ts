/** At most one request in so many ms: for frequent events (a `changed` at every rename) one request is sent at the end of the wait. */
export class Pace {
  readonly #gapMs: number;
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(gapMs: number) {
    this.#gapMs = gapMs;
  }

  /** How long the next question waits: at least `minMs`. By the clock of the timers, which does not jump. */
  waitMs(minMs = 0): number {
    return Math.max(minMs, this.#startedAt + this.#gapMs - performance.now());
  }

  noteStart(): void {
    this.#startedAt = performance.now();
  }
}
