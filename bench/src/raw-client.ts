/**
 * A member with one tablo on one socket, made of frames alone. It keeps no document: it knows its own clock, the newest element it has seen (the origin of
 * its next append) and how far it has heard each clientID. When the tablo moves to its next epoch it follows and sends what was not acknowledged again,
 * under the same ids, as our client does.
 *
 * Left out, since it costs the same on both servers: awareness, answering the server's first sync step (there is nothing to say).
 */
import type { MemberEntry, Message } from '@tablo/schema/entry';
import { createEntryId, type UserId } from '@tablo/schema/ids';
import { encodeAppend } from '@tablo/sync-server/admission/encode-append';
import type { ItemId } from '@tablo/sync-server/admission/run';
import * as decoding from 'lib0/decoding';
import { WebSocket } from 'ws';
import * as frames from './frames.ts';
import { readRuns } from './read-runs.ts';

export interface Seat {
  readonly url: string;
  readonly tabloId: string;
  readonly userId: string;
  readonly token: string;
  /** Of the tablo's document now; absent: the first. */
  readonly epoch?: number;
}

export interface RawClientEvents {
  /** `ms`: since it was first sent. */
  onAcknowledged(ms: number): void;
  /** Entries of somebody else's clientID that this client had not heard of. */
  onReceived(client: number, clock: number, count: number): void;
  /** `ms` from asking to the whole document, whose frame has so many bytes. */
  onJoined?(ms: number, bytes: number): void;
  /** The tablo's document has given way to the next. */
  onMoved?(): void;
}

interface Pending {
  readonly entry: MemberEntry;
  readonly sentAt: number;
}

const TEXT = 'I am on the train, so this may take a moment to reach you; see you at noon?';

export class RawClient {
  readonly events: RawClientEvents;
  /** Code of a refusal → how often. */
  readonly refusals: Record<string, number> = {};
  moves = 0;
  readonly #seat: Seat;
  readonly #socket: WebSocket;
  readonly #heard = new Map<number, number>();
  readonly #joined = Promise.withResolvers<void>();
  /** Order of sending, which is the order of acknowledgements. */
  #pending: Pending[] = [];
  #epoch: number;
  #askedAt = 0;
  #address: Uint8Array = new Uint8Array();
  #client = 0;
  #clock = 0;
  #last: ItemId | null = null;
  #isJoined = false;
  #isClosing = false;

  constructor(seat: Seat, events: RawClientEvents) {
    this.#seat = seat;
    this.#epoch = seat.epoch ?? 1;
    this.events = events;
    this.#socket = new WebSocket(seat.url, { perMessageDeflate: false });
    this.#socket.on('open', () => this.#join());
    this.#socket.on('message', (frame: Buffer) => this.#handle(frame));
    this.#socket.on('error', (error) => this.#joined.reject(error));
    this.#socket.on('close', (code, reason) => {
      if (!this.#isClosing) throw new Error(`The server closed a socket: ${code} ${reason.toString()}`);
    });
  }

  get pending(): number {
    return this.#pending.length;
  }

  get clientId(): number {
    return this.#client;
  }

  joined(): Promise<void> {
    return this.#joined.promise;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Sends an entry, by default a message; its clock. */
  send(entry: MemberEntry = this.#createMessage()): number {
    this.#pending.push({ entry, sentAt: performance.now() });
    if (this.#isJoined) this.#append(entry);
    return this.#clock - 1;
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.close();
  }

  #createMessage(): Message {
    const now = Date.now();
    return {
      kind: 'message',
      id: createEntryId(now),
      author: this.#seat.userId as UserId,
      sentAt: now,
      text: TEXT,
    };
  }

  #join(): void {
    this.#isJoined = false;
    this.#askedAt = performance.now();
    this.#address = frames.encodeAddress(`${this.#seat.tabloId}/${this.#epoch}`);
    this.#client = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    this.#clock = 0;
    this.#last = null;
    this.#heard.clear();
    this.#socket.send(frames.encodeAuth(this.#address, this.#seat.token));
  }

  #append(entry: MemberEntry): void {
    const at = { client: this.#client, clock: this.#clock };
    const update = encodeAppend(at, this.#last, [entry]);
    this.#last = at;
    this.#clock += 1;
    this.#socket.send(frames.encodeUpdate(this.#address, update));
  }

  #handle(frame: Buffer): void {
    // Of the epoch that is over: the entries it speaks of are pending still and go to the next one.
    if (frame.compare(this.#address, 0, this.#address.length, 0, this.#address.length) !== 0) return;
    const decoder = decoding.createDecoder(frame);
    decoder.pos = this.#address.length;
    const type = decoding.readVarUint(decoder);
    switch (type) {
      case frames.SYNC:
      case frames.SYNC_REPLY:
        return this.#handleSync(decoder, frame.byteLength);
      case frames.SYNC_STATUS:
        return this.#handleStatus(decoding.readVarUint(decoder) === 1);
      case frames.AUTH:
        return this.#handleAuth(decoder);
      case frames.STATELESS:
        return this.#handleStateless(decoder);
      case frames.CLOSE:
        return this.#handleClose(decoding.readVarString(decoder));
      default:
        return;
    }
  }

  #handleAuth(decoder: decoding.Decoder): void {
    const type = decoding.readVarUint(decoder);
    if (type === frames.DENIED) throw new Error(`A join was denied: ${decoding.readVarString(decoder)}`);
    if (type === frames.AUTHENTICATED) this.#socket.send(frames.encodeSyncStep1(this.#address));
  }

  #handleSync(decoder: decoding.Decoder, bytes: number): void {
    const type = decoding.readVarUint(decoder);
    if (type === frames.SYNC_STEP_1) return;
    decoding.readVarUint(decoder); // The update's length.
    readRuns(decoder, (client, clock, length) => this.#hear(client, clock, length));
    if (type !== frames.SYNC_STEP_2 || this.#isJoined) return;
    this.#isJoined = true;
    this.events.onJoined?.(performance.now() - this.#askedAt, bytes);
    for (const { entry } of this.#pending) this.#append(entry);
    this.#joined.resolve();
  }

  #hear(client: number, clock: number, length: number): void {
    if (client === this.#client) return;
    const end = clock + length;
    const count = end - Math.max(clock, this.#heard.get(client) ?? 0);
    if (count <= 0) return;
    this.#heard.set(client, end);
    this.#last = { client, clock: end - 1 };
    this.events.onReceived(client, end - count, count);
  }

  #handleStatus(isAccepted: boolean): void {
    const [first] = this.#pending;
    if (!isAccepted || first === undefined) return;
    this.#pending.shift();
    this.events.onAcknowledged(performance.now() - first.sentAt);
  }

  /** Only refusals matter here. They end this client's sending: the measurement says so instead of hiding it. */
  #handleStateless(decoder: decoding.Decoder): void {
    const payload = decoding.readVarString(decoder);
    if (!payload.startsWith('{"type":"refused"')) return;
    const { code } = JSON.parse(payload) as { code: string };
    if (code !== 'epoch-moved') this.refusals[code] = (this.refusals[code] ?? 0) + 1;
  }

  #handleClose(reason: string): void {
    if (reason !== 'epoch-moved') throw new Error(`The server closed a document: ${reason}`);
    this.moves += 1;
    this.#epoch += 1;
    this.events.onMoved?.();
    this.#join();
  }
}
