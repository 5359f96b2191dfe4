/** Whether the other end of a socket reads what waits for it. A slow reader makes progress; one that takes nothing for a long time only holds memory. */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { SweepClock } from './sweep-clock.ts';

/** Node's handle of a TCP socket: only it knows how far a single large write has come. */
interface Handle {
  readonly writeQueueSize?: number;
}

export class ReaderWatch {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #clock: SweepClock;
  #movedAt: number;
  #flushed = 0;
  #queued = 0;

  constructor(ws: WebSocket, socket: Socket, clock: SweepClock) {
    this.#ws = ws;
    this.#socket = socket;
    this.#clock = clock;
    this.#movedAt = clock.now;
  }

  /** At every sweep. */
  isStuck(maxMs: number): boolean {
    const { bytesWritten, writableLength } = this.#socket;
    const { _handle: handle } = this.#socket as unknown as { readonly _handle?: Handle | null };
    const flushed = bytesWritten - writableLength;
    const queued = handle?.writeQueueSize ?? 0;
    const hasMoved = flushed !== this.#flushed || queued !== this.#queued;
    this.#flushed = flushed;
    this.#queued = queued;
    if (hasMoved || this.#ws.bufferedAmount === 0) this.#movedAt = this.#clock.now;
    return this.#clock.now - this.#movedAt > maxMs;
  }
}
