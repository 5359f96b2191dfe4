/**
 * What a socket is sent within one turn of the event loop leaves it as one write: an entry, the news of its commit and the acknowledgement are three
 * frames, and a system call costs more than all three together.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { SharedSocket } from './shared-socket.ts';

/** A part this small is not worth a frame of its own. */
const SMALL_BYTES = 4 * 1024;

const corked = new Set<Duplex>();

function uncorkAll(): void {
  for (const stream of corked) stream.uncork();
  corked.clear();
}

export class CorkedSocket implements SharedSocket {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #noteSent: (bytes: number) => void;
  constructor(socket: WebSocket, stream: Duplex, noteSent: (bytes: number) => void) {
    this.#socket = socket;
    this.#stream = stream;
    this.#noteSent = noteSent;
  }
  get readyState(): number {
    return this.#socket.readyState;
  }
  get unread(): number {
    return this.#socket.bufferedAmount;
  }
  send(frame: Uint8Array): void {
    this.#cork();
    this.#noteSent(frame.byteLength);
    this.#socket.send(frame);
  }
  /** In two fragments of one WebSocket message: `ws` writes the buffers that it is given. */
  sendShared(head: Uint8Array, body: Uint8Array, onFlushed: () => void): void {
    this.#cork();
    this.#noteSent(head.byteLength + body.byteLength);
    if (body.byteLength <= SMALL_BYTES) return this.#socket.send(Buffer.concat([head, body]), onFlushed);
    this.#socket.send(head, { fin: false });
    this.#socket.send(body, { fin: true }, onFlushed);
  }
  #cork(): void {
    if (!corked.has(this.#stream)) {
      if (corked.size === 0) setImmediate(uncorkAll);
      corked.add(this.#stream);
      this.#stream.cork();
    }
  }
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }
}
