/**
 * Work by key at a bounded pace: at once when it was not done lately, and however often it is asked for meanwhile, once more after that. So what comes in thousands
 * costs two pieces of work, and the last one always sees the last state.
 *
 * Invariants: of a key, one piece of work is under way at a time, and its beginnings are at least `everyMs` apart. A question asked after a piece of work has begun is
 * followed by another one. Memory is one entry a key that was asked within `everyMs`: who asks sees to it that keys are few.
 */
export interface Pace {
  readonly everyMs: number;
  readonly work: (key: string) => Promise<void> | void;
  /** Work that failed: it is not repeated by itself. */
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

  /** Whether it was done lately, and is done once more: for who would have to find out first whether there is anything to do. */
  askAgain(key: string): boolean {
    const turn = this.#turns.get(key);
    if (turn !== undefined) turn.isAskedAgain = true;
    return turn !== undefined;
  }

  /** What rests is given up, what is under way ends by itself. */
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
