/**
 * The one client that is made of frames: it sends any bytes to `/sync` or `/yjs`, and hands out what comes back, frame by frame. Attacks, kill runs and load
 * generators stand on it, for a provider would mend or hide what they are about. What they make of the frames is theirs.
 */
import { once } from 'node:events';
import { isSign, PING } from '@tablo/schema/wire/ping';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { type ClientOptions, WebSocket } from 'ws';
import { SYNC_STEP_1 } from '../sync/socket/frames/frame-types.ts';
import { authFrame, NOTHING, syncFrame } from './frames.ts';
import { readServerFrame, type ServerFrame } from './server-frame.ts';

const OPEN_DEADLINE_MS = 5_000;
/** More than any document that a test or a bench makes. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

type Options = Pick<ClientOptions, 'headers' | 'localAddress' | 'perMessageDeflate'>;

export class RawClient {
  readonly socket: WebSocket;
  /** The HTTP status of the upgrade; 101: it is a WebSocket. */
  readonly upgraded: Promise<number>;
  onOpen: () => void = () => {};
  /** `document` is empty on `/yjs`, where frames carry no name; `bytes`: of the frame. */
  onFrame: (frame: ServerFrame, document: string, bytes: number) => void = () => {};
  onPing: () => void = () => {};
  onClose: (code: number, reason: string) => void = () => {};
  readonly #isBare: boolean;
  #only: { readonly document: string; readonly address: Uint8Array } | null = null;

  constructor(url: string, options: Options = {}) {
    this.#isBare = new URL(url).pathname.startsWith('/yjs');
    this.socket = new WebSocket(url, { ...options, maxPayload: MAX_FRAME_BYTES });
    this.upgraded = new Promise((resolve) => {
      this.socket.once('upgrade', () => resolve(101));
      // ws says it in words; a listener for the response itself would keep the socket from closing.
      this.socket.once('error', ({ message }) => resolve(Number(/response: (\d{3})/.exec(message)?.[1] ?? 0)));
    });
    this.socket.on('open', () => this.onOpen());
    this.socket.on('message', (data: Buffer) => this.#read(data));
    this.socket.on('close', (code, reason) => this.onClose(code, reason.toString()));
    this.socket.on('error', () => {}); // Rejected upgrades and reset sockets: `close` follows.
  }

  /** Rejects when the server does not let it in. */
  async opened(): Promise<void> {
    if (!this.isOpen) await once(this.socket, 'open', { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) });
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** From now on only this document's frames are read: those of an epoch that is over speak of what is pending still. */
  listenOnlyTo(document: string): void {
    this.#only = { document, address: encoding.encode((encoder) => encoding.writeVarString(encoder, document)) };
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const bytes of frames) if (this.isOpen) this.socket.send(bytes);
  }

  /** Shows a token for the document, and asks for all of it. */
  join(document: string, token: string): void {
    this.send(authFrame(document, token), syncFrame(document, SYNC_STEP_1, NOTHING));
  }

  /** Says that it goes, and waits for the server's word; `onClose` follows. */
  leave(): void {
    this.socket.close();
  }

  /** Is gone at once. */
  close(): void {
    this.socket.terminate();
  }

  #read(bytes: Buffer): void {
    if (isSign(bytes, PING)) return this.onPing();
    const only = this.#only;
    if (only !== null && bytes.compare(only.address, 0, only.address.length, 0, only.address.length) !== 0) return;
    const decoder = decoding.createDecoder(bytes);
    if (only !== null) decoder.pos = only.address.length;
    const document = only?.document ?? (this.#isBare ? '' : decoding.readVarString(decoder));
    this.onFrame(readServerFrame(decoder), document, bytes.byteLength);
  }
}
