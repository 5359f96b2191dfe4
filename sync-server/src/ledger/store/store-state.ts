/**
 * Whether the store can store, told by what is tried on it: the one answer for `/readyz` and for clients [R11].
 *
 * Invariants
 * 1. Away: two tries in a row have failed (one alone may be a connection that broke, or a collision), or one has been unanswered for `HANGING_MS`.
 * 2. Back: a try has succeeded. Nothing else counts: a database that can be read may still be unable to write.
 */
import { BlockedError, UnstorableError } from './ledger-store.ts';

const FAILURES_UNTIL_AWAY = 2;
/** A commit takes milliseconds. Well below what a pool waits for an answer: the cable may be out. */
const HANGING_MS = 3_000;

export class StoreState {
  readonly #onChange: (isAway: boolean) => void;
  #awaySince: number | null = null;
  #failures = 0;
  #isSuspect = false;

  constructor(onChange: (isAway: boolean) => void) {
    this.#onChange = onChange;
  }

  /** ms since the Unix epoch; null while all is well. */
  get awaySince(): number | null {
    return this.#awaySince;
  }

  /** Somebody should try it, even if there is nothing to store. */
  get isInDoubt(): boolean {
    return this.#isSuspect || this.#failures > 0;
  }

  suspect(): void {
    this.#isSuspect = true;
  }

  /** One try, watched. `isAlone`: it is about one tablo and may take long without saying anything about the store. */
  async watch<T>(act: () => Promise<T>, isAlone = false): Promise<T> {
    const timer = isAlone ? undefined : setTimeout(() => this.#set(true), HANGING_MS);
    try {
      const value = await act();
      this.#succeed();
      return value;
    } catch (error) {
      // It has answered about what was written, so it works.
      if (error instanceof UnstorableError || error instanceof BlockedError) this.#succeed();
      else this.#fail();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #succeed(): void {
    this.#failures = 0;
    this.#isSuspect = false;
    this.#set(false);
  }

  #fail(): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES_UNTIL_AWAY) this.#set(true);
  }

  #set(isAway: boolean): void {
    if (isAway === (this.#awaySince !== null)) return;
    this.#awaySince = isAway ? Date.now() : null;
    this.#onChange(isAway);
  }
}
