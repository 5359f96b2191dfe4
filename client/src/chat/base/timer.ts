/** One timer of an object, which may be set, replaced and cleared, and which knows when it has fired. */

export class Timer {
  #handle: ReturnType<typeof setTimeout> | null = null;

  get isSet(): boolean {
    return this.#handle !== null;
  }

  /** Replaces a timer that is set. While `act` runs, the timer is not set any more. */
  set(act: () => void, ms: number): void {
    this.clear();
    this.#handle = setTimeout(() => {
      this.#handle = null;
      act();
    }, ms);
  }

  /** A timer that is set already stays as it is. */
  setIfUnset(act: () => void, ms: number): void {
    if (!this.isSet) this.set(act, ms);
  }

  clear(): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#handle = null;
  }
}
