/**
 * How long to wait before the next socket. A person's own lost link comes back in a moment; the thousand clients of a server that restarted do not come
 * back in the same one; and whoever is cut again and again, for whatever reason, comes ever less often (TRAPS 1.4). Pure but for chance.
 */
import type { Timing } from '../base/timing.ts';

const FACTOR = 1.7;

export interface LostSocket {
  /** How long it was open; 0 when it never was. */
  readonly openMs: number;
  /** The server said that it restarts: everybody's socket went at the same time. */
  readonly isRestart: boolean;
}

export class Reconnection {
  readonly #timing: Timing;
  readonly #random: () => number;
  /** Sockets in a row that did not last. */
  #failures = 0;

  constructor(timing: Timing, random: () => number = Math.random) {
    this.#timing = timing;
    this.#random = random;
  }

  nextMs({ openMs, isRestart }: LostSocket): number {
    const { reconnectMinMs, restartSpreadMs, steadyAfterMs } = this.#timing;
    if (openMs >= steadyAfterMs) this.#failures = 0;
    const failures = this.#failures;
    this.#failures += 1;
    if (isRestart) return this.#random() * Math.max(restartSpreadMs, this.#backOff(failures));
    // The first within a moment; later ones not before half of it, or many would still meet.
    if (failures === 0) return this.#random() * reconnectMinMs;
    return (0.5 + this.#random() / 2) * this.#backOff(failures);
  }

  /** Somebody is waiting, or the network has changed: what was is no measure any more. */
  reset(): void {
    this.#failures = 0;
  }

  #backOff(failures: number): number {
    return Math.min(this.#timing.reconnectMaxMs, this.#timing.reconnectMinMs * FACTOR ** failures);
  }
}
