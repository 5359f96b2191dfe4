/**
 * Tablos that are committed apart from all others: one whose row is held, whose statements are slow or are refused, whose submissions are large. Each has a
 * queue of its own, in order of arrival, and a transaction of its own; a few of these run at once. What happens to one costs the others nothing.
 *
 * Invariants
 * 1. Of one tablo one run at a time, and nothing of it is committed elsewhere while it is here.
 * 2. A tablo leaves when its queue is empty and nothing of it has failed for `CALM_MS`: a second slow entry is not met by the others again.
 * 3. Tablos that have failed never run on all lanes at once: one lane is left to those that are well, as every tablo is whose document is full. Whoever
 *    ran last is the last to run again.
 */
import type { TabloId } from '@tablo/schema/ids';

const RETRY_MIN_MS = 100;
/** Nobody waits for these tries, so they need not be rare. */
const RETRY_MAX_MS = 5_000;
const CALM_MS = 10_000;

/** `held`: it failed by what has nothing to do with what was queued. */
export type RunResult = 'done' | 'failed' | 'held';

interface Apart<T> {
  queued: T[];
  failures: number;
  isRunning: boolean;
  /** ms, of `performance.now()`. */
  failedAt: number;
  /** The last failure may have been one entry's. */
  isDivided: boolean;
  /** Set: it waits for its next try, or for its time here to end. */
  timer: NodeJS.Timeout | null;
}

export interface QuarantineOptions<T> {
  /** Runs at the same time. */
  readonly lanes: number;
  /** Tries it. What it puts back in front with `putBack` is tried again later. `failures`: in a row before this try. */
  readonly run: (tablo: TabloId, queued: T[], failures: number) => Promise<RunResult>;
}

export class Quarantine<T> {
  readonly #options: QuarantineOptions<T>;
  readonly #tablos = new Map<TabloId, Apart<T>>();
  #running = 0;
  /** Of `#running`: those that are suspect. */
  #retrying = 0;
  #isClosed = false;

  constructor(options: QuarantineOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#tablos.size;
  }

  has(tablo: TabloId): boolean {
    return this.#tablos.has(tablo);
  }

  /** It has failed here: nobody knows when it will go well. */
  isStuck(tablo: TabloId): boolean {
    return (this.#tablos.get(tablo)?.failures ?? 0) > 0;
  }

  /** Something of it has failed a short while ago: it is not known whose. */
  isDivided(tablo: TabloId): boolean {
    const apart = this.#tablos.get(tablo);
    return apart?.isDivided === true && isSuspect(apart);
  }

  /** Behind what the tablo has here already. */
  add(tablo: TabloId, queued: readonly T[]): void {
    const apart = this.#open(tablo);
    apart.queued.push(...queued);
    if (apart.failures === 0) this.#stopTimer(apart);
    this.#pump();
  }

  /** In front of it: what was taken out and has to be tried again. */
  putBack(tablo: TabloId, queued: readonly T[]): void {
    this.#open(tablo).queued.unshift(...queued);
  }

  /** Drops what `keep` says no to, also while it waits for its time. */
  filter(keep: (one: T) => boolean): void {
    for (const apart of this.#tablos.values()) apart.queued = apart.queued.filter(keep);
  }

  close(): void {
    this.#isClosed = true;
    for (const apart of this.#tablos.values()) this.#stopTimer(apart);
    this.#tablos.clear();
  }

  #open(tablo: TabloId): Apart<T> {
    const known = this.#tablos.get(tablo);
    if (known !== undefined) return known;
    const apart: Apart<T> = {
      queued: [],
      failures: 0,
      isRunning: false,
      failedAt: -Infinity,
      isDivided: false,
      timer: null,
    };
    this.#tablos.set(tablo, apart);
    return apart;
  }

  /** Starts what may start, in the order in which the tablos came here, or ran. */
  #pump(): void {
    if (this.#isClosed) return;
    for (const [tablo, apart] of this.#tablos) {
      if (this.#running >= this.#options.lanes) return;
      const isReady = !apart.isRunning && apart.timer === null && apart.queued.length > 0;
      if (isReady && (!isSuspect(apart) || this.#retrying < this.#options.lanes - 1)) void this.#run(tablo, apart);
    }
  }

  async #run(tablo: TabloId, apart: Apart<T>): Promise<void> {
    const isRetry = isSuspect(apart);
    this.#running += 1;
    if (isRetry) this.#retrying += 1;
    apart.isRunning = true;
    const result = await this.#options.run(tablo, apart.queued.splice(0), apart.failures);
    apart.isRunning = false;
    this.#running -= 1;
    if (isRetry) this.#retrying -= 1;
    if (this.#isClosed) return;
    // Whoever ran last is the last to run again.
    this.#tablos.delete(tablo);
    this.#tablos.set(tablo, apart);
    if (result !== 'done') {
      const delay = Math.min(RETRY_MIN_MS * 2 ** apart.failures, RETRY_MAX_MS) * (0.5 + Math.random() / 2);
      apart.failures += 1;
      apart.failedAt = performance.now();
      apart.isDivided = result === 'failed';
      this.#wait(apart, delay);
    } else {
      apart.failures = 0;
      if (apart.queued.length === 0) this.#leave(tablo, apart);
    }
    this.#pump();
  }

  #leave(tablo: TabloId, apart: Apart<T>): void {
    const left = apart.failedAt + CALM_MS - performance.now();
    if (left <= 0) this.#tablos.delete(tablo);
    else {
      apart.timer = setTimeout(() => {
        apart.timer = null;
        if (!apart.isRunning && apart.queued.length === 0) this.#tablos.delete(tablo);
        else this.#pump();
      }, left).unref();
    }
  }

  #wait(apart: Apart<T>, ms: number): void {
    this.#stopTimer(apart);
    apart.timer = setTimeout(() => {
      apart.timer = null;
      this.#pump();
    }, ms);
  }

  #stopTimer(apart: Apart<T>): void {
    if (apart.timer !== null) clearTimeout(apart.timer);
    apart.timer = null;
  }
}

const isSuspect = ({ failures, failedAt }: Apart<unknown>): boolean =>
  failures > 0 || performance.now() - failedAt < CALM_MS;
