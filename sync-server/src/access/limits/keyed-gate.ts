/** Runs a bounded number of actions at once for each key; further ones wait in order. A thousand joins of one user run in turn, and never delay those of others. */

interface Place {
  inside: number;
  readonly waiting: (() => void)[];
}

export class KeyedGate {
  readonly #atOnce: number;
  readonly #places = new Map<string, Place>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Resolves when it is the caller's turn, with a function that releases the place; calling it twice is harmless. */
  async enter(key: string): Promise<() => void> {
    const place = this.#places.get(key) ?? { inside: 0, waiting: [] };
    this.#places.set(key, place);
    if (place.inside < this.#atOnce) place.inside += 1;
    else await new Promise<void>((resolve) => place.waiting.push(resolve));
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#leave(key, place);
    };
  }

  waiting(key: string): number {
    return this.#places.get(key)?.waiting.length ?? 0;
  }

  #leave(key: string, place: Place): void {
    const next = place.waiting.shift();
    if (next !== undefined) return next();
    place.inside -= 1;
    if (place.inside === 0) this.#places.delete(key);
  }
}
