/**
 * What a socket is sent within one turn of the event loop leaves it as one write: an entry, the news of its commit and the acknowledgement are three
 * frames, and a system call costs more than all three together.
 */
import type { Duplex } from 'node:stream';
import type { WebSocketLike } from '@hocuspocus/server';
import type { WebSocket } from 'ws';

const corked = new Set<Duplex>();

function uncorkAll(): void {
  for (const stream of corked) stream.uncork();
  corked.clear();
}

export class CorkedSocket implements WebSocketLike {
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
  send(frame: Uint8Array): void {
    if (!corked.has(this.#stream)) {
      if (corked.size === 0) setImmediate(uncorkAll);
      corked.add(this.#stream);
      this.#stream.cork();
    }
    this.#noteSent(frame.byteLength);
    this.#socket.send(frame);
  }
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }
}
