/**
 * Runs work by key at a bounded rate: at once when it did not run lately, and once more after that for all requests that came meanwhile. So thousands of requests
 * cost two runs, and the last run always sees the last state.
 *
 * Invariants: for a key, one run is in progress at a time, and runs start at least `everyMs` apart. A request that comes after a run has started is
 * followed by another run. Memory is one entry for each key that was requested within `everyMs`: the caller bounds the number of keys.
 */
export interface Pace {
  readonly everyMs: number;
  readonly work: (key: string) => Promise<void> | void;
  /** Called with the error of a failed run. It is not retried by itself. */
  readonly onFailure: (error: unknown) => void;
}

interface Turn {
  isAskedAgain: boolean;
}

export class Paced {
  readonly #pace: Pace;
  readonly #turns = new Map<string, Turn>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  ask(key: string): void {
    if (!this.#isClosed && !this.askAgain(key)) void this.#run(key);
  }

  /** Whether it ran lately and will run once more. For callers that would first have to find out whether there is anything to do. */
  askAgain(key: string): boolean {
    const turn = this.#turns.get(key);
    if (turn !== undefined) turn.isAskedAgain = true;
    return turn !== undefined;
  }

  /** Waiting requests are dropped; a run in progress ends by itself. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#turns.clear();
  }

  async #run(key: string): Promise<void> {
    const turn: Turn = { isAskedAgain: false };
    this.#turns.set(key, turn);
    const beganAt = performance.now();
    try {
      await this.#pace.work(key);
    } catch (error) {
      this.#pace.onFailure(error);
    }
    if (this.#isClosed) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#turns.delete(key);
        if (turn.isAskedAgain) void this.#run(key);
      },
      Math.max(beganAt + this.#pace.everyMs - performance.now(), 0),
    ).unref();
    this.#timers.add(timer);
  }
}
