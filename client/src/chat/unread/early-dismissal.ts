/**
 * [R10] "All of it is read", said before anything is known of a tablo, as a host's page does when it opens. It is kept until the list has told what is unread and the
 * join has brought it, and means that.
 *
 * Invariants
 * 1. It is kept for a while only, also where the tablo never comes: whoever said it long ago has not seen what the first answer tells.
 * 2. `isKept` is true for as long as it may still be carried out, and no longer: meanwhile nobody forgets the tablo, and whoever waits for the end of that is told (`onIdle`).
 */
import { Timer } from '../base/timer.ts';

export interface EarlyDismissalHost {
  readonly keptMs: number;
  /** The list has told what is unread, and the join has brought it. */
  isKnown(): boolean;
  /** The tablo can't be used: nothing will be known of it. */
  isShut(): boolean;
  /** Carries it out. */
  dismiss(): void;
  /** It is not kept any more, and nobody knew more than before. */
  onIdle(): void;
}

export class EarlyDismissal {
  readonly #host: EarlyDismissalHost;
  readonly #timer = new Timer();
  /** From then on it is told what it means at once. */
  #hasBeenKnown = false;
  /** By the clock on the wall: timers may stand still while the device sleeps. */
  #saidAt = 0;

  constructor(host: EarlyDismissalHost) {
    this.#host = host;
  }

  get isKept(): boolean {
    return this.#timer.isSet;
  }

  /** Said once more, it counts from now. */
  said(): void {
    if (this.#hasBeenKnown || this.#host.isShut()) return;
    this.#saidAt = Date.now();
    this.#timer.set(() => this.#host.onIdle(), this.#host.keptMs);
  }

  /** Something more is known. */
  look(): void {
    if (this.#hasBeenKnown || !this.#host.isKnown()) return;
    this.#hasBeenKnown = true;
    const counts = this.isKept && Math.abs(Date.now() - this.#saidAt) < this.#host.keptMs;
    this.drop();
    if (counts) this.#host.dismiss();
  }

  drop(): void {
    this.#timer.clear();
  }
}
