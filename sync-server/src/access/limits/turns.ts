/**
 * Bounds how many expensive actions run at once, in all and for one key (a user, an address), with a short queue. Keys take turns: a user with
 * a hundred requests waits behind their own requests, and never delays the one request of somebody else.
 */

export interface TurnSettings {
  readonly atOnce: number;
  readonly atOncePerKey: number;
  readonly waiting: number;
  readonly waitingPerKey: number;
  /**
   * How long a key's place stays empty after it was given back: so many times what it was used for, at the most so long. Without it, who asks again and again has a processor
   * to themselves, one request at a time.
   */
  readonly rest?: { readonly factor: number; readonly maxMs: number };
}

/** Gives the place back. Calling it again does nothing. */
export type Release = () => void;

export class Turns {
  readonly #settings: TurnSettings;
  /** Waiting requests by key; the keys are in the order of their turns. */
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #running = new Map<string, number>();
  #runningCount = 0;
  #waitingCount = 0;

  constructor(settings: TurnSettings) {
    this.#settings = settings;
  }

  get running(): number {
    return this.#runningCount;
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  /** Resolves when it is the key's turn; null at once where too many wait already. */
  async enter(key: string): Promise<Release | null> {
    if (this.#mayRun(key)) return this.#run(key);
    const queue = this.#queues.get(key) ?? [];
    const { waiting, waitingPerKey } = this.#settings;
    if (queue.length >= waitingPerKey || this.#waitingCount >= waiting) return null;
    return await new Promise((resolve) => {
      queue.push(() => resolve(this.#run(key)));
      this.#queues.set(key, queue);
      this.#waitingCount += 1;
    });
  }

  /** [R11] A new request never overtakes waiting ones of the same key. */
  #mayRun(key: string): boolean {
    return !this.#queues.has(key) && this.#hasPlace(key);
  }

  #hasPlace(key: string): boolean {
    const { atOnce, atOncePerKey } = this.#settings;
    return this.#runningCount < atOnce && (this.#running.get(key) ?? 0) < atOncePerKey;
  }

  #run(key: string): Release {
    this.#runningCount += 1;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    const startedAt = performance.now();
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#runningCount -= 1;
      const { rest } = this.#settings;
      const restMs = rest === undefined ? 0 : Math.min((performance.now() - startedAt) * rest.factor, rest.maxMs);
      if (restMs < 1) return this.#free(key);
      setTimeout(() => this.#free(key), restMs).unref();
      this.#next();
    };
  }

  #free(key: string): void {
    const left = (this.#running.get(key) ?? 1) - 1;
    if (left > 0) this.#running.set(key, left);
    else this.#running.delete(key);
    this.#next();
  }

  /** The first key in turn that has a place; it goes to the end of the line when further requests of it wait. */
  #next(): void {
    for (const [key, queue] of this.#queues) {
      if (!this.#hasPlace(key)) continue;
      const start = queue.shift();
      this.#queues.delete(key);
      if (queue.length > 0) this.#queues.set(key, queue);
      this.#waitingCount -= 1;
      start?.();
      return;
    }
  }
}
