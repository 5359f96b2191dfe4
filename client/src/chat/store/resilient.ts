/**
 * IndexedDB fails in many ways: refused (private modes), blocked, closed behind our back (Safari in the background), full, or it just never answers.
 * None of them may stop a message from being written. This holds one database, and goes on in memory when it must [R7, R11].
 *
 * Invariants
 * 1. No call rejects because of the browser's storage.
 * 2. A failed call is tried once more, on a database opened anew (after making room, when it was full); only then do we turn to memory.
 * 3. Once in memory, always in memory: alternating between two stores would show old states.
 */
import type { Closable } from './local-store.ts';

export type StorageFault = 'refused' | 'full' | 'broken';

export type Durable<S> = S &
  Closable & {
    /** Deleted by another tab: not to be opened anew. */
    readonly isDeleted?: boolean;
    /** It differs after a reopening if the browser has deleted the database in between. */
    readonly instance?: string;
    /** `onLost`: it was closed from outside. */
    watch?(onLost: () => void): void;
  };

export interface ResilientOptions<S> {
  readonly timeoutMs: number;
  /** Opens the durable store, again after it broke. */
  readonly open: () => Promise<Durable<S>>;
  /** The store in memory to go on with. */
  readonly fallback: () => S & Closable;
  /** The disk is full: drop what can be dropped. */
  readonly makeRoom: () => Promise<void>;
  /** Whether the store still answers. It is probed when it was closed from outside, so that it is opened again, or given up and reported, before anything is written. */
  readonly probe: (store: S) => Promise<unknown>;
  /** Before the new one is used. */
  readonly reopened?: (before: Durable<S>, after: Durable<S>) => Promise<void>;
  readonly onFault: (fault: StorageFault) => void;
}

class Timeout extends Error {}

function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Timeout('The local database does not answer.')), ms);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

const isFull = (error: unknown): boolean => error instanceof Error && error.name === 'QuotaExceededError';

export class Resilient<S> {
  readonly #options: ResilientOptions<S>;
  #store: Durable<S>;
  #isDurable: boolean;
  #reopening: Promise<void> | null = null;

  private constructor(options: ResilientOptions<S>, store: Durable<S> | null) {
    this.#options = options;
    this.#isDurable = store !== null;
    this.#store = store ?? options.fallback();
    if (store === null) options.onFault('refused');
    else this.#watch(store);
  }

  static async open<S>(options: ResilientOptions<S>): Promise<Resilient<S>> {
    const opening = (async () => options.open())();
    const store = await withDeadline(opening, options.timeoutMs).catch(() => null);
    // Too late is as good as refused; but do not keep it open, or sign-out in another tab would be blocked.
    if (store === null) opening.then((late) => late.close()).catch(() => {});
    return new Resilient(options, store);
  }

  /** `lastWish`: an action that is still tried on a full disk before the store turns to memory. */
  async run<T>(action: (store: S) => Promise<T>, lastWish?: (store: S) => Promise<unknown>): Promise<T> {
    const store = this.#store;
    if (!this.#isDurable) return await action(store);
    try {
      return await this.#attempt(action, store);
    } catch (error) {
      try {
        if (isFull(error)) await this.#options.makeRoom();
        else await this.#reopen(store);
        return await this.#attempt(action, this.#store);
      } catch (again) {
        // Best effort: the disk is failing.
        if (isFull(again) && lastWish !== undefined) await this.#attempt(lastWish, this.#store).catch(() => {});
        this.#turnToMemory(isFull(again) ? 'full' : 'broken');
        return await action(this.#store);
      }
    }
  }

  /** Later calls go to a store in memory that nobody reads: they must not open the database again. */
  async close(): Promise<void> {
    await this.#letGo()?.close();
  }

  /** Also when IndexedDB failed meanwhile: what it held before must not stay on the device. Rejects when it does stay. */
  async destroy(): Promise<void> {
    try {
      const store = this.#letGo();
      if (store !== null) return await store.destroy();
    } catch {
      // The browser has closed it: try again on a new connection.
    }
    const durable = await withDeadline(this.#options.open(), this.#options.timeoutMs).catch(() => null);
    await durable?.destroy();
  }

  #attempt<T>(action: (store: S) => Promise<T>, store: S): Promise<T> {
    // In an async function, since `transaction()` on a closed connection throws instead of rejecting.
    return withDeadline((async () => action(store))(), this.#options.timeoutMs);
  }

  async #reopen(broken: Durable<S>): Promise<void> {
    if (this.#store !== broken) return; // Another call has opened it anew already.
    if (broken.isDeleted === true) throw new Error('The local data was deleted by another tab.');
    this.#reopening ??= (async () => {
      const { open, timeoutMs, reopened } = this.#options;
      await broken.close().catch(() => {}); // Closed already, most likely: that is why we are here.
      const store = await withDeadline(open(), timeoutMs);
      await reopened?.(broken, store);
      this.#store = store;
      this.#watch(store);
    })().finally(() => {
      this.#reopening = null;
    });
    await this.#reopening;
  }

  #watch(store: Durable<S>): void {
    store.watch?.(() => {
      if (this.#store === store) void this.run(this.#options.probe);
    });
  }

  #turnToMemory(fault: StorageFault): void {
    const broken = this.#letGo();
    if (broken === null) return;
    broken.close().catch(() => {}); // It is broken anyway: an error while closing it is expected.
    this.#options.onFault(fault);
  }

  /** The durable store, if it still is one. */
  #letGo(): (S & Closable) | null {
    if (!this.#isDurable) return null;
    const store = this.#store;
    this.#isDurable = false;
    this.#store = this.#options.fallback();
    return store;
  }
}
