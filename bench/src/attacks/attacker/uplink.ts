/** What an attacker's link carries: 100 Mbit a second, of all connections together. More than that is an attack by bandwidth, which is the network's to limit. */
import { setTimeout as delay } from 'node:timers/promises';

const BYTES_PER_MS = 12_500;
/** What may be ahead of the link: as much as leaves between two turns of the event loop. */
const AHEAD_MS = 20;

export class Uplink {
  /** When everything so far will have left. */
  #freeAt = 0;

  send(bytes: number): void {
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + bytes / BYTES_PER_MS;
  }

  async ready(): Promise<void> {
    for (;;) {
      const ms = this.#freeAt - performance.now() - AHEAD_MS;
      if (ms <= 0) return;
      await delay(ms);
    }
  }
}
