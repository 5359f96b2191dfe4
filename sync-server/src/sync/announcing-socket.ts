/** Tells our clients, on the document's own connection, that a large frame comes next: a browser shows nothing of it before it is whole. */
import type { WebSocketLike } from '@hocuspocus/server';
import { ANNOUNCED_FRAME_BYTES } from '@tablo/schema/limits';
import { encodeStateless } from '@tablo/schema/stateless';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { FRAME } from './read-frame.ts';

/** For `/sync` only: y-websocket knows no such message, an unmodified provider skips it. */
export class AnnouncingSocket implements WebSocketLike {
  readonly #socket: WebSocketLike;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(frame: Uint8Array): void {
    if (frame.byteLength >= ANNOUNCED_FRAME_BYTES) this.#announce(frame);
    this.#socket.send(frame);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  #announce(frame: Uint8Array): void {
    const name = decoding.readVarUint8Array(decoding.createDecoder(frame));
    const encoder = encoding.createEncoder();
    encoding.writeVarUint8Array(encoder, name);
    encoding.writeVarUint(encoder, FRAME.stateless);
    encoding.writeVarString(encoder, encodeStateless({ type: 'coming', bytes: frame.byteLength }));
    this.#socket.send(encoding.toUint8Array(encoder));
  }
}
