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
import { SYNC_STEP_1, UPDATE } from '@tablo/sync-server/sync/socket/frames/frame-types';
import { authFrame, NOTHING, syncFrame } from '@tablo/sync-server/testing/frames';
import { RawClient } from '@tablo/sync-server/testing/raw-client';
import { refusalIn, type ServerFrame } from '@tablo/sync-server/testing/server-frame';
import * as decoding from 'lib0/decoding';
import { readRuns } from './read-runs.ts';

export interface Seat {
  readonly url: string;
  readonly tabloId: string;
  readonly userId: string;
  readonly token: string;
  /** Of the tablo's document now; absent: the first. */
  readonly epoch?: number;
}

export interface LoadEvents {
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

export class LoadClient {
  readonly events: LoadEvents;
  /** Code of a refusal → how often. */
  readonly refusals: Record<string, number> = {};
  moves = 0;
  readonly #seat: Seat;
  readonly #socket: RawClient;
  readonly #heard = new Map<number, number>();
  readonly #joined = Promise.withResolvers<void>();
  /** Order of sending, which is the order of acknowledgements. */
  #pending: Pending[] = [];
  #epoch: number;
  #askedAt = 0;
  #client = 0;
  #clock = 0;
  #last: ItemId | null = null;
  #isJoined = false;
  #isClosing = false;

  constructor(seat: Seat, events: LoadEvents) {
    this.#seat = seat;
    this.#epoch = seat.epoch ?? 1;
    this.events = events;
    this.#socket = new RawClient(seat.url, { perMessageDeflate: false });
    this.#socket.onOpen = () => this.#join();
    this.#socket.onFrame = (frame, _document, bytes) => this.#handle(frame, bytes);
    this.#socket.onClose = (code, reason) => {
      if (this.#isClosing) return;
      const error = new Error(`The server closed a socket: ${code} ${reason}`);
      this.#joined.reject(error);
      throw error;
    };
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
    this.#socket.leave();
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

  get #document(): string {
    return `${this.#seat.tabloId}/${this.#epoch}`;
  }

  #join(): void {
    this.#isJoined = false;
    this.#askedAt = performance.now();
    this.#client = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    this.#clock = 0;
    this.#last = null;
    this.#heard.clear();
    this.#socket.listenOnlyTo(this.#document);
    this.#socket.send(authFrame(this.#document, this.#seat.token));
  }

  #append(entry: MemberEntry): void {
    const at = { client: this.#client, clock: this.#clock };
    const update = encodeAppend(at, this.#last, [entry]);
    this.#last = at;
    this.#clock += 1;
    this.#socket.send(syncFrame(this.#document, UPDATE, update));
  }

  #handle(frame: ServerFrame, bytes: number): void {
    switch (frame.type) {
      case 'authenticated':
        return this.#socket.send(syncFrame(this.#document, SYNC_STEP_1, NOTHING));
      case 'state':
        this.#read(frame.update);
        return this.#enter(bytes);
      case 'update':
        return this.#read(frame.update);
      case 'status':
        return this.#handleStatus(frame.isSaved);
      case 'stateless':
        return this.#handleStateless(frame.payload);
      case 'denied':
        throw new Error(`A join was denied: ${frame.reason}`);
      case 'closed':
        return this.#handleClose(frame.reason);
      default:
        return;
    }
  }

  #read(update: Uint8Array): void {
    readRuns(decoding.createDecoder(update), (client, clock, length) => this.#hear(client, clock, length));
  }

  #enter(bytes: number): void {
    if (this.#isJoined) return;
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
  #handleStateless(payload: string): void {
    const code = refusalIn(payload);
    if (code !== null && code !== 'epoch-moved') this.refusals[code] = (this.refusals[code] ?? 0) + 1;
  }

  #handleClose(reason: string): void {
    if (reason !== 'epoch-moved') throw new Error(`The server closed a document: ${reason}`);
    this.moves += 1;
    this.#epoch += 1;
    this.events.onMoved?.();
    this.#join();
  }
}
