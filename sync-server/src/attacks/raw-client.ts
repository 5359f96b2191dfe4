/** A client with no manners: sends any bytes to `/sync` or `/yjs`, and records all that comes back. */
import { once } from 'node:events';
import { isSign, PING } from '@tablo/schema/wire/ping';
import { parseServerStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import * as decoding from 'lib0/decoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { authFrame, STEP_1, STEP_2, syncFrame, TYPE, UPDATE } from './frames.ts';

interface Answers {
  /** Permission denied: the reason. */
  readonly denied: string[];
  /** Documents joined. */
  readonly authenticated: string[];
  /** Closed by the server: a document's connection. */
  readonly closes: { readonly name: string; readonly reason: string }[];
  /** SyncStatus. */
  readonly statuses: boolean[];
  readonly stateless: ServerStateless[];
  /** First sync steps, with which the server asks for what it lacks. */
  asked: number;
  /** SyncStep2 answers, whole documents for instance. */
  readonly answers: Uint8Array[];
  /** The socket's end. */
  readonly ends: { readonly code: number; readonly reason: string }[];
  /** Answers to a `PING`. */
  pings: number;
  frames: number;
  bytes: number;
}

export class RawClient {
  readonly socket: WebSocket;
  readonly doc = new Y.Doc();
  readonly peers = new Map<number, unknown>();
  readonly heard: Answers = {
    denied: [],
    authenticated: [],
    closes: [],
    statuses: [],
    stateless: [],
    asked: 0,
    answers: [],
    ends: [],
    pings: 0,
    frames: 0,
    bytes: 0,
  };
  /** Set on `/yjs`, where frames carry no name. */
  readonly #isBare: boolean;

  /** The HTTP status of the upgrade; 101: it is a WebSocket. */
  readonly upgraded: Promise<number>;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#isBare = new URL(url).pathname.startsWith('/yjs');
    this.socket = new WebSocket(url, { headers, maxPayload: 64 * 1024 * 1024 });
    this.socket.binaryType = 'nodebuffer';
    this.upgraded = new Promise((resolve) => {
      this.socket.once('upgrade', () => resolve(101));
      // ws says it in words; a listener for the response itself would keep the socket from closing.
      this.socket.once('error', ({ message }) => resolve(Number(/response: (\d{3})/.exec(message)?.[1] ?? 0)));
    });
    this.socket.on('message', (data: Buffer) => this.#read(new Uint8Array(data)));
    this.socket.on('close', (code, reason) => this.heard.ends.push({ code, reason: reason.toString() }));
    this.socket.on('error', () => {}); // Rejected upgrades and reset sockets: `ends` tells.
  }

  static async open(url: string, headers?: Record<string, string>): Promise<RawClient> {
    const client = new RawClient(url, headers);
    await once(client.socket, 'open', { signal: AbortSignal.timeout(5_000) });
    return client;
  }

  get refusals(): readonly string[] {
    return this.heard.stateless.flatMap((message) => (message.type === 'refused' ? [message.code] : []));
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const bytes of frames) if (this.isOpen) this.socket.send(bytes);
  }

  authenticate(name: string, token: string): void {
    this.send(authFrame(name, token), syncFrame(name, STEP_1, Uint8Array.of(0)));
  }

  close(): void {
    this.socket.terminate();
  }

  #read(bytes: Uint8Array): void {
    this.heard.frames += 1;
    this.heard.bytes += bytes.byteLength;
    if (isSign(bytes, PING)) {
      this.heard.pings += 1;
      return;
    }
    const decoder = decoding.createDecoder(bytes);
    const name = this.#isBare ? '' : decoding.readVarString(decoder);
    const type = decoding.readVarUint(decoder);
    if (type === TYPE.sync || type === TYPE.syncReply) return this.#readSync(decoder);
    if (type === TYPE.awareness) return this.#readPeers(decoding.readVarUint8Array(decoder));
    if (type === TYPE.auth) return this.#readAuth(decoder, name);
    if (type === TYPE.close) this.heard.closes.push({ name, reason: decoding.readVarString(decoder) });
    if (type === TYPE.syncStatus) this.heard.statuses.push(decoding.readVarUint(decoder) === 1);
    if (type !== TYPE.stateless) return;
    const message = parseServerStateless(decoding.readVarString(decoder));
    if (message !== null) this.heard.stateless.push(message);
  }

  #readAuth(decoder: decoding.Decoder, name: string): void {
    const kind = decoding.readVarUint(decoder);
    if (kind === 1) this.heard.denied.push(decoding.readVarString(decoder));
    if (kind === 2) this.heard.authenticated.push(name);
  }

  #readSync(decoder: decoding.Decoder): void {
    const step = decoding.readVarUint(decoder);
    const payload = decoding.readVarUint8Array(decoder);
    if (step === STEP_1) this.heard.asked += 1;
    if (step === STEP_2) this.heard.answers.push(payload);
    if (step === STEP_2 || step === UPDATE) Y.applyUpdate(this.doc, payload);
  }

  #readPeers(bytes: Uint8Array): void {
    const decoder = decoding.createDecoder(bytes);
    for (let left = decoding.readVarUint(decoder); left > 0; left -= 1) {
      const client = decoding.readVarUint(decoder);
      decoding.readVarUint(decoder);
      const state: unknown = JSON.parse(decoding.readVarString(decoder));
      if (state === null) this.peers.delete(client);
      else this.peers.set(client, state);
    }
  }
}
