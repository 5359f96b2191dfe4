/** One timer of an object, which may be set, replaced and cleared, and which knows when it has fired. */

/** `setTimeout` overflows above it and would act at once. */
const MAX_MS = 2 ** 31 - 1;

export class Timer {
  #handle: ReturnType<typeof setTimeout> | null = null;

  get isSet(): boolean {
    return this.#handle !== null;
  }

  /** In place of one that is set. While `act` runs it is not set any more. Of more than 24 days it acts after 24. */
  set(act: () => void, ms: number): void {
    this.clear();
    this.#handle = setTimeout(
      () => {
        this.#handle = null;
        act();
      },
      Math.min(ms, MAX_MS),
    );
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
