/**
 * Tablos that are committed apart from all others: one whose row is held, whose statements are slow or are refused, whose submissions are large. Each has a
 * queue of its own, in order of arrival, and a transaction of its own; a few of these run at once. What happens to one costs the others nothing.
 *
 * Invariants
 * 1. Of one tablo one run at a time, and nothing of it is committed elsewhere while it is here.
 * 2. A tablo leaves when its queue is empty and nothing of it has failed, or was slow after it had held up the others, for `CALM_MS`: a second slow entry is not met by
 *    the others again.
 * 3. Tablos that have failed, and heavy runs, never have all lanes at once: one lane is left to what is small and well.
 * 4. Whose turn is next goes by owner: who has had none for the longest time, whatever the number of their tablos.
 */
import { backoffMs } from '@tablo/schema/backoff';
import type { TabloId } from '@tablo/schema/ids';

const RETRY_MIN_MS = 100;
/** Nobody waits for these tries, so they need not be rare. */
const RETRY_MAX_MS = 5_000;
const CALM_MS = 10_000;
/** Owners whose last turn is remembered. */
const MAX_TURNS = 10_000;

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
  /** The shared transaction was blocked, and this was in it: slow by itself, it is why. */
  cameBlocked: boolean;
  /** Set: it waits for its next try, or for its time here to end. */
  timer: NodeJS.Timeout | null;
}

export interface QuarantineOptions<T> {
  /** Runs at the same time. */
  readonly lanes: number;
  /** ms; a run that takes longer would hold up the shared transaction. */
  readonly slowMs: number;
  /** Whose it is, for turns. */
  readonly ownerOf: (queued: T) => string;
  /** Takes long, though nothing is wrong with it. */
  readonly isHeavy: (queued: T) => boolean;
  /** Tries it. What it puts back in front with `putBack` is tried again later. `failures`: in a row before this try. */
  readonly run: (tablo: TabloId, queued: T[], failures: number) => Promise<RunResult>;
}

export class Quarantine<T> {
  readonly #options: QuarantineOptions<T>;
  readonly #tablos = new Map<TabloId, Apart<T>>();
  #running = 0;
  /** Of `#running`: those that are suspect, and those that are heavy. */
  #burdens = 0;
  /** When each owner had their last turn, counted in turns. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
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
  add(tablo: TabloId, queued: readonly T[], cameBlocked = false): void {
    const apart = this.#open(tablo);
    apart.cameBlocked ||= cameBlocked;
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
      cameBlocked: false,
      timer: null,
    };
    this.#tablos.set(tablo, apart);
    return apart;
  }

  /** Starts what may start. */
  #pump(): void {
    while (!this.#isClosed && this.#running < this.#options.lanes) {
      const next = this.#next();
      if (next === null) return;
      void this.#run(...next);
    }
  }

  /** Of those that are ready the one whose owner has waited longest; of one owner's the one that came here, or ran, first. */
  #next(): [TabloId, Apart<T>] | null {
    const hasRoom = this.#burdens < this.#options.lanes - 1;
    let next: [TabloId, Apart<T>] | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [tablo, apart] of this.#tablos) {
      const [first] = apart.queued;
      if (apart.isRunning || apart.timer !== null || first === undefined) continue;
      const turn = this.#turns.get(this.#options.ownerOf(first)) ?? -1;
      if (turn >= least || (!hasRoom && this.#isBurden(apart))) continue;
      least = turn;
      next = [tablo, apart];
    }
    return next;
  }

  #isBurden(apart: Apart<T>): boolean {
    const [first] = apart.queued;
    return isSuspect(apart) || (first !== undefined && this.#options.isHeavy(first));
  }

  #noteTurn(first: T): void {
    this.#turn += 1;
    // Forgotten are all at once, now and then: a turn too early costs nobody much.
    if (this.#turns.size > MAX_TURNS) this.#turns.clear();
    this.#turns.set(this.#options.ownerOf(first), this.#turn);
  }

  async #run(tablo: TabloId, apart: Apart<T>): Promise<void> {
    const isBurden = this.#isBurden(apart);
    this.#running += 1;
    if (isBurden) this.#burdens += 1;
    apart.isRunning = true;
    this.#noteTurn(apart.queued[0] as T);
    const startedAt = performance.now();
    const result = await this.#options.run(tablo, apart.queued.splice(0), apart.failures);
    apart.isRunning = false;
    this.#running -= 1;
    if (isBurden) this.#burdens -= 1;
    if (this.#isClosed) return;
    // Whoever ran last is the last to run again.
    this.#tablos.delete(tablo);
    this.#tablos.set(tablo, apart);
    if (result !== 'done') {
      const delay = backoffMs(apart.failures, { minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS });
      apart.failures += 1;
      apart.failedAt = performance.now();
      apart.isDivided = result === 'failed';
      this.#wait(apart, delay);
    } else {
      const isSlow = performance.now() - startedAt > this.#options.slowMs;
      if (isSlow && (apart.cameBlocked || isSuspect(apart))) {
        apart.failedAt = performance.now();
        apart.isDivided = false;
      }
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
