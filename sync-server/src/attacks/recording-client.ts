/** A client with no manners: sends any bytes to `/sync` or `/yjs`, and records all that comes back. */
import { parseServerStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import { RawClient } from '../testing/raw-client.ts';
import type { ServerFrame } from '../testing/server-frame.ts';

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

export class RecordingClient extends RawClient {
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

  constructor(url: string, headers: Record<string, string> = {}) {
    super(url, { headers });
    this.onFrame = (frame, document, bytes) => {
      this.#count(bytes);
      this.#hear(frame, document);
    };
    this.onPing = () => {
      this.#count(1);
      this.heard.pings += 1;
    };
    this.onClose = (code, reason) => void this.heard.ends.push({ code, reason });
  }

  static async open(url: string, headers?: Record<string, string>): Promise<RecordingClient> {
    const client = new RecordingClient(url, headers);
    await client.opened();
    return client;
  }

  get refusals(): readonly string[] {
    return this.heard.stateless.flatMap((message) => (message.type === 'refused' ? [message.code] : []));
  }

  #count(bytes: number): void {
    this.heard.frames += 1;
    this.heard.bytes += bytes;
  }

  #hear(frame: ServerFrame, document: string): void {
    const { heard, doc } = this;
    switch (frame.type) {
      case 'asked':
        heard.asked += 1;
        return;
      case 'state':
        heard.answers.push(frame.update);
        return Y.applyUpdate(doc, frame.update);
      case 'update':
        return Y.applyUpdate(doc, frame.update);
      case 'awareness':
        return this.#readPeers(frame.update);
      case 'denied':
        return void heard.denied.push(frame.reason);
      case 'authenticated':
        return void heard.authenticated.push(document);
      case 'closed':
        return void heard.closes.push({ name: document, reason: frame.reason });
      case 'status':
        return void heard.statuses.push(frame.isSaved);
      case 'stateless': {
        const message = parseServerStateless(frame.payload);
        if (message !== null) heard.stateless.push(message);
        return;
      }
      case 'other':
        return;
    }
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
