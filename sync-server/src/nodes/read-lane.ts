/**
 * Reads for many that ask: one is under way at a time, and those that ask meanwhile go into the next, each of them once. So whoever asks hears of a read that began after
 * they asked.
 */

interface Deps<K, C> {
  /** Keys in one read. */
  readonly most: number;
  /** ms to rest after a read that found nothing. */
  readonly pauseMs: number;
  /** Returns how much was found. Never rejects. */
  readonly read: (asking: readonly (readonly [K, ReadonlySet<C>])[]) => Promise<number>;
}

interface Waiting<C> {
  readonly causes: Set<C>;
  readonly answered: Promise<void>;
  readonly resolve: () => void;
}

export class ReadLane<K, C> {
  readonly #deps: Deps<K, C>;
  readonly #waiting = new Map<K, Waiting<C>>();
  #isRunning = false;
  #isClosed = false;
  #endRest = (): void => {};

  constructor(deps: Deps<K, C>) {
    this.#deps = deps;
  }

  /** Resolves when a read that began after this has come in, or came to nothing. Never rejects. */
  ask(key: K, cause: C): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const waiting = this.#waiting.get(key) ?? { causes: new Set<C>(), ...withAnswer() };
    waiting.causes.add(cause);
    this.#waiting.set(key, waiting);
    void this.#run();
    return waiting.answered;
  }

  close(): void {
    this.#isClosed = true;
    this.#endRest();
    for (const { resolve } of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.size > 0) {
      // What came in one turn goes into one read.
      await new Promise((resolve) => setImmediate(resolve));
      const asking = this.#take();
      if (asking.length === 0) break;
      const found = await this.#deps.read(asking.map(([key, { causes }]) => [key, causes]));
      for (const [, { resolve }] of asking) resolve();
      if (found === 0) await this.#rest();
    }
    this.#isRunning = false;
  }

  #take(): readonly (readonly [K, Waiting<C>])[] {
    const taken: (readonly [K, Waiting<C>])[] = [];
    for (const one of this.#waiting) {
      if (taken.length === this.#deps.most) break;
      taken.push(one);
    }
    for (const [key] of taken) this.#waiting.delete(key);
    return taken;
  }

  async #rest(): Promise<void> {
    if (this.#deps.pauseMs === 0 || this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#deps.pauseMs).unref();
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function withAnswer(): Pick<Waiting<never>, 'answered' | 'resolve'> {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { answered: promise, resolve };
}
