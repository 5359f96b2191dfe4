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

  get isEmpty(): boolean {
    return this.#tablos.size === 0;
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

  /** Takes of `queued` what has to wait behind what is here already, and returns the others. */
  takeIn(queued: readonly T[], tabloOf: (one: T) => TabloId): T[] {
    return queued.filter((one) => {
      const waiting = this.#tablos.get(tabloOf(one));
      waiting?.queued.push(one);
      return waiting === undefined;
    });
  }

  /** All of one tablo whose time has come, to be tried: followed by `letIn`. */
  takeDue(): { readonly tablo: TabloId; readonly queued: T[] } | null {
    for (const [tablo, waiting] of this.#tablos) {
      if (!waiting.isDue) continue;
      waiting.isDue = false;
      return { tablo, queued: waiting.queued.splice(0) };
    }
    return null;
  }

  /** After a try. `rest`: what was not part of it. Returns what need not wait any more: nothing, if what was tried has been put here again. */
  letIn(tablo: TabloId, rest: readonly T[]): readonly T[] {
    const waiting = this.#tablos.get(tablo);
    waiting?.queued.push(...rest);
    if (waiting === undefined) return rest;
    if (waiting.timer !== null) return [];
    this.#tablos.delete(tablo);
    return waiting.queued;
  }

  close(): void {
    for (const { timer } of this.#tablos.values()) if (timer !== null) clearTimeout(timer);
    this.#tablos.clear();
  }
}
