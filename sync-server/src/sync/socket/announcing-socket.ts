/**
 * Sends the frames of a document's connection on `/sync`. Large frames are announced to our clients: a browser shows nothing of a frame before it is complete. For a client that does
 * not read, presence is dropped first; then the document's connection ends, and the client joins again when it has read the rest.
 */
import { ANNOUNCED_FRAME_BYTES } from '@tablo/schema/limits';
import { encodeStateless } from '@tablo/schema/wire/stateless';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { FRAME } from './frames/frame-types.ts';
import type { SharedSocket } from './shared-socket.ts';

/** With so much unread, presence would be outdated when it arrives. */
const MAX_STALE_BYTES = 1024 * 1024;
/** Type of an authentication message: permission denied. */
const AUTH_DENIED = 1;

interface Watch {
  readonly unread: () => number;
  readonly maxUnread: number;
  /** The document was denied, or its connection has ended. */
  readonly onLeft: (address: string) => void;
  /** The client has left by itself. A provider that it has made anew would take an answer to the one before for its own, and believe that it is synced, or that its entries are stored [R1]. */
  readonly hasLeft: (address: string) => boolean;
  /** The client has left by itself and has asked for the document anew: the next provider of that name would take the end for its own. */
  readonly isRejoining: (address: string) => boolean;
  /** More than `maxUnread` bytes wait: nothing of this document is sent any more. */
  readonly onOverflow: (address: string) => void;
}

/** For `/sync` only: y-websocket knows no such message, an unmodified provider skips it. */
export class AnnouncingSocket implements SharedSocket {
  readonly #socket: SharedSocket;
  readonly #watch: Watch;

  constructor(socket: SharedSocket, watch: Watch) {
    this.#socket = socket;
    this.#watch = watch;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame);
    const addressBytes = decoding.readVarUint8Array(decoder);
    const type = frame[decoder.pos];
    const isEnd = type === FRAME.close || (type === FRAME.auth && frame[decoder.pos + 1] === AUTH_DENIED);
    if (isEnd || type === FRAME.auth) {
      if (!isEnd) return this.#socket.send(frame);
      const address = readAddress(frame);
      if (!this.#watch.isRejoining(address)) this.#socket.send(frame);
      return this.#watch.onLeft(address);
    }
    if (this.#watch.hasLeft(readAddress(frame))) return;
    const unread = this.#watch.unread();
    if (unread > this.#watch.maxUnread) return this.#watch.onOverflow(readAddress(frame));
    if (type === FRAME.awareness && unread > MAX_STALE_BYTES) return;
    if (frame.byteLength >= ANNOUNCED_FRAME_BYTES) this.#announce(addressBytes, frame.byteLength);
    this.#socket.send(frame);
  }

  sendShared(head: Uint8Array, body: Uint8Array, onFlushed: () => void): void {
    if (this.#watch.hasLeft(readAddress(head))) return onFlushed();
    const bytes = head.byteLength + body.byteLength;
    if (bytes >= ANNOUNCED_FRAME_BYTES) this.#announce(decoding.readVarUint8Array(decoding.createDecoder(head)), bytes);
    this.#socket.sendShared(head, body, onFlushed);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  #announce(address: Uint8Array, bytes: number): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint8Array(encoder, address);
    encoding.writeVarUint(encoder, FRAME.stateless);
    encoding.writeVarString(encoder, encodeStateless({ type: 'coming', bytes }));
    this.#socket.send(encoding.toUint8Array(encoder));
  }
}

const readAddress = (frame: Uint8Array): string => decoding.readVarString(decoding.createDecoder(frame));
