/**
 * A member as our client is one: a Y.Doc per epoch, messages that stay pending until they are acknowledged and go along to the next epoch or connection under
 * their own ids. Whatever an honest client would notice is told as trouble; only what happens at once by design, a move of the epoch, is not.
 */
import { createMessage, ENTRIES_ROOT, type Message } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import * as decoding from 'lib0/decoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import * as frames from '../frames.ts';
import type { Seat } from '../raw-client.ts';

const RETURN_MS = 500;
const TEXT = 'I am on the train, so this may take a moment to reach you; see you at noon?';

export interface HonestEvents {
  onSeen(id: string): void;
  onAcknowledged(id: string): void;
  onTrouble(what: string): void;
}

export class HonestPerson {
  readonly #seat: Seat;
  readonly #events: HonestEvents;
  readonly #joined = Promise.withResolvers<void>();
  readonly #seen = new Set<string>();
  #doc = new Y.Doc();
  #socket: WebSocket | null = null;
  #address: Uint8Array = new Uint8Array();
  #epoch = 1;
  #pending: Message[] = [];
  #isJoined = false;
  #isClosing = false;

  constructor(seat: Seat, events: HonestEvents) {
    this.#seat = seat;
    this.#events = events;
    this.#connect();
  }

  joined(): Promise<void> {
    return this.#joined.promise;
  }

  say(): string {
    const message = createMessage({ author: this.#seat.userId as UserId, sentAt: Date.now() }, TEXT);
    this.#pending.push(message);
    if (this.#isJoined) this.#append(message);
    return message.id;
  }

  close(): void {
    this.#isClosing = true;
    this.#socket?.terminate();
    this.#doc.destroy();
  }

  #connect(): void {
    const socket = new WebSocket(this.#seat.url, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('open', () => this.#join());
    socket.on('message', (frame: Buffer) => this.#handle(frame));
    socket.on('error', () => {}); // 'close' follows.
    socket.on('close', (code) => {
      if (this.#isClosing) return;
      this.#isJoined = false;
      this.#events.onTrouble(`cut (${code})`);
      setTimeout(() => this.#isClosing || this.#connect(), RETURN_MS);
    });
  }

  #join(): void {
    this.#isJoined = false;
    this.#doc.destroy();
    this.#doc = new Y.Doc();
    this.#doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#socket?.send(frames.encodeUpdate(this.#address, update));
    });
    this.#doc.getArray(ENTRIES_ROOT).observe(({ changes, transaction }) => {
      if (transaction.origin !== this) return;
      for (const { content } of changes.added) for (const entry of content.getContent()) this.#see(entry);
    });
    this.#address = frames.encodeAddress(`${this.#seat.tabloId}/${this.#epoch}`);
    this.#socket?.send(frames.encodeAuth(this.#address, this.#seat.token));
  }

  #append(message: Message): void {
    this.#doc.getArray(ENTRIES_ROOT).push([message]);
  }

  #see(entry: { readonly id?: unknown; readonly author?: unknown }): void {
    if (typeof entry.id !== 'string' || entry.author === this.#seat.userId || this.#seen.has(entry.id)) return;
    this.#seen.add(entry.id);
    this.#events.onSeen(entry.id);
  }

  #handle(frame: Buffer): void {
    // Of the epoch that is over: the entries it speaks of are pending still and go to the next one.
    if (frame.compare(this.#address, 0, this.#address.length, 0, this.#address.length) !== 0) return;
    const decoder = decoding.createDecoder(frame);
    decoder.pos = this.#address.length;
    switch (decoding.readVarUint(decoder)) {
      case frames.AUTH:
        return this.#handleAuth(decoder);
      case frames.SYNC:
      case frames.SYNC_REPLY:
        return this.#handleSync(decoder);
      case frames.SYNC_STATUS:
        return this.#handleStatus(decoding.readVarUint(decoder) === 1);
      case frames.STATELESS:
        return this.#handleStateless(decoding.readVarString(decoder));
      case frames.CLOSE:
        return this.#leave(decoding.readVarString(decoder));
      default:
        return;
    }
  }

  #handleAuth(decoder: decoding.Decoder): void {
    if (decoding.readVarUint(decoder) === frames.DENIED) return this.#leave(decoding.readVarString(decoder));
    this.#socket?.send(frames.encodeSyncStep1(this.#address));
  }

  #handleSync(decoder: decoding.Decoder): void {
    const type = decoding.readVarUint(decoder);
    if (type === frames.SYNC_STEP_1) return;
    Y.applyUpdate(this.#doc, decoding.readVarUint8Array(decoder), this);
    if (type !== frames.SYNC_STEP_2 || this.#isJoined) return;
    this.#isJoined = true;
    for (const message of this.#pending) this.#append(message);
    this.#joined.resolve();
  }

  #handleStatus(isAccepted: boolean): void {
    const message = isAccepted ? this.#pending.shift() : undefined;
    if (message !== undefined) this.#events.onAcknowledged(message.id);
  }

  #handleStateless(payload: string): void {
    if (!payload.startsWith('{"type":"refused"')) return;
    const { code } = JSON.parse(payload) as { code: string };
    if (code !== 'epoch-moved') this.#events.onTrouble(`refused (${code})`);
  }

  #leave(reason: string): void {
    this.#isJoined = false;
    if (reason === 'epoch-moved') {
      this.#epoch += 1;
      return this.#join();
    }
    this.#events.onTrouble(`left (${reason})`);
    setTimeout(() => this.#isClosing || this.#socket?.readyState !== WebSocket.OPEN || this.#join(), RETURN_MS);
  }
}
