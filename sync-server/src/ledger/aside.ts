/**
 * What waits for tablos that cannot be written to for the time being, while all others go on: by tablo, in order of arrival, each with a back-off of its own.
 */
import type { TabloId } from '@tablo/schema/ids';

/** Longer than a lock is waited for, while which all others wait as well. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

interface Waiting<T> {
  readonly queued: T[];
  failures: number;
  /** Null: due, or being tried. */
  timer: NodeJS.Timeout | null;
  isDue: boolean;
}

export class Aside<T> {
  readonly #onDue: () => void;
  readonly #tablos = new Map<TabloId, Waiting<T>>();

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  has(tablo: TabloId): boolean {
    return this.#tablos.has(tablo);
  }

  get hasDue(): boolean {
    return [...this.#tablos.values()].some(({ isDue }) => isDue);
  }

  /** These have just failed, and came before all that waits. */
  put(tablo: TabloId, queued: readonly T[]): void {
    const waiting = this.#tablos.get(tablo) ?? { queued: [], failures: 0, timer: null, isDue: false };
    waiting.queued.unshift(...queued);
    const delay = Math.min(RETRY_MIN_MS * 2 ** waiting.failures, RETRY_MAX_MS) * (0.5 + Math.random() / 2);
    waiting.failures += 1;
    waiting.isDue = false;
    waiting.timer = setTimeout(() => {
      waiting.timer = null;
      waiting.isDue = true;
      this.#onDue();
    }, delay);
    this.#tablos.set(tablo, waiting);
  }

  /** Whether `one` has to wait behind what is here of its tablo; then it does. */
  takes(tablo: TabloId, one: T): boolean {
    const waiting = this.#tablos.get(tablo);
    waiting?.queued.push(one);
    return waiting !== undefined;
  }

  /** All of one tablo, to be tried: followed by `isPutAsideAgain`, and `append` or `release`. */
  takeDue(): { readonly tablo: TabloId; readonly queued: readonly T[] } | null {
    for (const [tablo, waiting] of this.#tablos) {
      if (!waiting.isDue) continue;
      waiting.isDue = false;
      return { tablo, queued: waiting.queued.splice(0) };
    }
    return null;
  }

  isPutAsideAgain(tablo: TabloId): boolean {
    return this.#tablos.get(tablo)?.timer != null;
  }

  append(tablo: TabloId, queued: readonly T[]): void {
    this.#tablos.get(tablo)?.queued.push(...queued);
  }

  /** The way is free. Returns what came since. */
  release(tablo: TabloId): readonly T[] {
    const waiting = this.#tablos.get(tablo);
    this.#tablos.delete(tablo);
    return waiting?.queued ?? [];
  }

  close(): void {
    for (const { timer } of this.#tablos.values()) if (timer !== null) clearTimeout(timer);
    this.#tablos.clear();
  }
}
