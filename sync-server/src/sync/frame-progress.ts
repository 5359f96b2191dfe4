/**
 * What has come of a frame that is not whole yet: `ws` holds it, and tells nothing before its end. Counted by what arrives on the TCP socket, so up to one read of it
 * (64 KB) goes unseen after a frame that was.
 */
import type { Socket } from 'node:net';
import { MIN_LINK_BYTES_PER_SECOND } from '@tablo/schema/limits';
import type { WebSocket } from 'ws';
import type { SweepClock } from './sweep-clock.ts';

export class FrameProgress {
  readonly #clock: SweepClock;
  #bytes = 0;
  #since: number;
  #hasEnded = false;

  /** `onBytes`: after each read, with what is unfinished and what has come in all. */
  constructor(ws: WebSocket, socket: Socket, clock: SweepClock, onBytes: (unfinished: number, total: number) => void) {
    this.#clock = clock;
    this.#since = clock.now;
    let total = 0;
    const end = (): void => {
      this.#hasEnded = true;
      // It is whole now, and counted as what it is.
      if (this.#bytes > 0) onBytes(0, total);
      this.#bytes = 0;
    };
    ws.on('message', end);
    ws.on('ping', end);
    ws.on('pong', end);
    // Behind the listener of `ws`: what this read has completed is known by now.
    socket.on('data', (chunk: Buffer) => {
      total += chunk.byteLength;
      if (!this.#hasEnded) {
        if (this.#bytes === 0) this.#since = clock.now;
        this.#bytes += chunk.byteLength;
      }
      this.#hasEnded = false;
      onBytes(this.#bytes, total);
    });
  }

  /** Slower than the slowest link that is served, for longer than `graceMs`. */
  isStuck(graceMs: number): boolean {
    if (this.#bytes === 0) return false;
    const allowedMs = graceMs + (this.#bytes * 1_000) / MIN_LINK_BYTES_PER_SECOND;
    return this.#clock.now - this.#since > allowedMs;
  }
}
