/** One stretch of time in an honest conversation: what was sent in it, and what became of that, also when it arrived later. */
import { computeQuantiles, type Quantiles } from '../../support/quantiles.ts';

export interface PhaseResult {
  /** ms, of each other member of each message. */
  readonly seen: Quantiles;
  /** ms. */
  readonly acknowledged: Quantiles;
  /** ms, of posts and lists. */
  readonly rest: Quantiles;
  /** What an honest client noticed → how often. */
  readonly failures: Readonly<Record<string, number>>;
}

interface Sent {
  readonly at: number;
  seenBy: number;
  isAcknowledged: boolean;
}

export class Phase {
  readonly #readers: number;
  readonly #sent = new Map<string, Sent>();
  readonly #seen: number[] = [];
  readonly #acknowledged: number[] = [];
  readonly #rest: number[] = [];
  readonly #failures: Record<string, number> = {};

  constructor(readers: number) {
    this.#readers = readers;
  }

  get isSettled(): boolean {
    return [...this.#sent.values()].every(({ seenBy, isAcknowledged }) => isAcknowledged && seenBy === this.#readers);
  }

  noteSent(id: string): void {
    this.#sent.set(id, { at: performance.now(), seenBy: 0, isAcknowledged: false });
  }

  noteSeen(id: string): void {
    const sent = this.#sent.get(id);
    if (sent === undefined) return;
    sent.seenBy += 1;
    this.#seen.push(performance.now() - sent.at);
  }

  noteAcknowledged(id: string): void {
    const sent = this.#sent.get(id);
    if (sent === undefined || sent.isAcknowledged) return;
    sent.isAcknowledged = true;
    this.#acknowledged.push(performance.now() - sent.at);
  }

  noteRest(ms: number): void {
    this.#rest.push(ms);
  }

  noteFailure(what: string): void {
    this.#failures[what] = (this.#failures[what] ?? 0) + 1;
  }

  /** What has not come by now is a failure, and counts with the time that it has taken so far: leaving it out would make the worst look best. */
  finish(): PhaseResult {
    for (const { at, seenBy, isAcknowledged } of this.#sent.values()) {
      const ms = performance.now() - at;
      if (!isAcknowledged) this.#acknowledged.push(ms);
      if (!isAcknowledged) this.noteFailure('never acknowledged');
      for (let missing = this.#readers - seenBy; missing > 0; missing -= 1) {
        this.#seen.push(ms);
        this.noteFailure('never seen');
      }
    }
    return {
      seen: computeQuantiles(this.#seen),
      acknowledged: computeQuantiles(this.#acknowledged),
      rest: computeQuantiles(this.#rest),
      failures: { ...this.#failures },
    };
  }
}
