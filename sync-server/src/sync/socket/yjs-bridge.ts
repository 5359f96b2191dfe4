/**
 * `/yjs/<tabloId>?token=`: the plain y-websocket protocol for any other Yjs client. A translator, not a second server: frames get the live document's name and
 * an authentication in front and go through the same Hocuspocus, hence the same admission and ledger; messages that y-websocket does not know are dropped from the answers.
 *
 * A refusal ends the socket with the reason's code of 4400 to 4499, on which an unmodified client stops; after any other code it reconnects.
 */
import { isReasonCode, REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import { parseServerStateless } from '@tablo/schema/wire/stateless';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { AUTH_DENIED, AUTH_TOKEN, FRAME, SYNC_STEP_1 } from './frames/frame-types.ts';
import type { SharedSocket } from './shared-socket.ts';

/** Hocuspocus takes the provider's version with the token; this is not one. */
const BRIDGE_VERSION = 'y-websocket';

export class YjsBridge implements SharedSocket {
  readonly #socket: SharedSocket;
  readonly #documentName: string;
  #refused: ReasonCode | null = null;
  #hasAskedAgain = false;

  constructor(socket: SharedSocket, documentName: string) {
    this.#socket = socket;
    this.#documentName = documentName;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  /** The first frame for Hocuspocus. */
  authenticate(token: string): Uint8Array {
    return this.#frame((encoder) => {
      encoding.writeVarUint(encoder, FRAME.auth);
      encoding.writeVarUint(encoder, AUTH_TOKEN);
      encoding.writeVarString(encoder, token);
      encoding.writeVarString(encoder, BRIDGE_VERSION);
    });
  }

  /** A y-websocket frame as one for Hocuspocus; null for what only the server may send. */
  fromClient(frame: Uint8Array): Uint8Array | null {
    const type = frame[0];
    if (type !== FRAME.sync && type !== FRAME.awareness) return null;
    return this.#frame((encoder) => encoding.writeUint8Array(encoder, frame));
  }

  /** A frame translated before the document was known. */
  rename(frame: Uint8Array): Uint8Array {
    const decoder = decoding.createDecoder(frame);
    decoding.readVarString(decoder);
    const rest = decoding.readTailAsUint8Array(decoder);
    return this.#frame((encoder) => encoding.writeUint8Array(encoder, rest));
  }

  /** Hocuspocus's frames, on their way to the client. */
  send(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame);
    decoding.readVarString(decoder);
    const type = decoding.readVarUint(decoder);
    switch (type) {
      case FRAME.sync:
      case FRAME.syncReply:
        return this.#sendSync(decoding.readTailAsUint8Array(decoder));
      case FRAME.awareness:
        return this.#pass(FRAME.awareness, decoding.readTailAsUint8Array(decoder));
      case FRAME.auth:
        if (decoding.readVarUint(decoder) === AUTH_DENIED) this.#end(decoding.readVarString(decoder));
        return;
      case FRAME.stateless:
        return this.#noteRefusal(decoding.readVarString(decoder));
      case FRAME.syncStatus:
        if (decoding.readVarUint(decoder) === 0) this.#endRefused();
        else this.#hasAskedAgain = false;
        return;
      case FRAME.close:
        return this.#end(decoding.readVarString(decoder));
      default:
        return;
    }
  }

  sendShared(head: Uint8Array, body: Uint8Array, onFlushed: () => void): void {
    const decoder = decoding.createDecoder(head);
    decoding.readVarString(decoder);
    this.#socket.sendShared(decoding.readTailAsUint8Array(decoder), body, onFlushed);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  #sendSync(message: Uint8Array): void {
    // A first step right after a refusal asks an honest client for what got lost (see AdmissionExtension). Ask once. A client that cannot answer is disconnected with the final refusal.
    if (this.#refused !== null && message[0] === SYNC_STEP_1 && !this.#hasAskedAgain) {
      this.#hasAskedAgain = true;
      this.#refused = null;
    }
    this.#pass(FRAME.sync, message);
  }

  #pass(type: number, message: Uint8Array): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, type);
    encoding.writeUint8Array(encoder, message);
    this.#socket.send(encoding.toUint8Array(encoder));
  }

  #noteRefusal(payload: string): void {
    const message = parseServerStateless(payload);
    if (message?.type === 'refused') this.#refused = message.code;
  }

  #endRefused(): void {
    if (this.#refused !== null) this.#end(this.#refused);
  }

  #end(reason: string): void {
    const code = isReasonCode(reason) ? reason : 'unavailable';
    this.#socket.close(REASONS[code].close, code);
  }

  #frame(write: (encoder: encoding.Encoder) => void): Uint8Array {
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, this.#documentName);
    write(encoder);
    return encoding.toUint8Array(encoder);
  }
}
