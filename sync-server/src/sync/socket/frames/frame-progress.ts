/**
 * Counts the received bytes of a message that is not complete yet: `ws` holds it, and emits nothing before its end. Exact at each read of the TCP socket. Whole messages that wait in
 * `ws` for their turn of the event loop are not counted here: it reads no more while they are 64 KB, so they are less than 128 KB of a socket.
 */
import type { Socket } from 'node:net';
import { MIN_LINK_BYTES_PER_SECOND } from '@tablo/schema/limits';
import type { SweepClock } from '../sweep-clock.ts';
import { FrameBorders } from './frame-borders.ts';

export class FrameProgress {
  readonly #clock: Pick<SweepClock, 'now'>;
  readonly #borders = new FrameBorders();
  #since: number;

  /** `onBytes`: after each read, with what is unfinished and what has come in all. */
  constructor(
    socket: Pick<Socket, 'on'>,
    clock: Pick<SweepClock, 'now'>,
    onBytes: (unfinished: number, total: number) => void,
  ) {
    this.#clock = clock;
    this.#since = clock.now;
    let total = 0;
    socket.on('data', (chunk: Buffer) => {
      const { begun } = this.#borders;
      this.#borders.read(chunk);
      if (this.#borders.begun !== begun) this.#since = clock.now;
      total += chunk.byteLength;
      onBytes(this.#borders.unfinished, total);
    });
  }

  /** Slower than the slowest link that is served, for longer than `graceMs`. */
  isStuck(graceMs: number): boolean {
    const bytes = this.#borders.unfinished;
    if (bytes === 0) return false;
    const allowedMs = graceMs + (bytes * 1_000) / MIN_LINK_BYTES_PER_SECOND;
    return this.#clock.now - this.#since > allowedMs;
  }
}
