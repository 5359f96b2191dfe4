/**
 * A member as our client is one: a Y.Doc per epoch, messages that stay pending until they are acknowledged and go along to the next epoch or connection under
 * their own ids. Whatever an honest client would notice is told as trouble; only what happens at once by design, a move of the epoch, is not.
 */
import { createMessage, ENTRIES_ROOT, type Message } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import { SYNC_STEP_1, UPDATE } from '@tablo/sync-server/sync/socket/frames/frame-types';
import { authFrame, NOTHING, syncFrame } from '@tablo/sync-server/testing/frames';
import { RawClient } from '@tablo/sync-server/testing/raw-client';
import { refusalIn, type ServerFrame } from '@tablo/sync-server/testing/server-frame';
import * as Y from 'yjs';
import type { Seat } from '../../load/load-client.ts';

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
  #socket: RawClient | null = null;
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
    this.#socket?.close();
    this.#doc.destroy();
  }

  #connect(): void {
    const socket = new RawClient(this.#seat.url, { perMessageDeflate: false });
    this.#socket = socket;
    socket.onOpen = () => this.#join();
    socket.onFrame = (frame) => this.#handle(frame);
    socket.onClose = (code) => {
      if (this.#isClosing) return;
      this.#isJoined = false;
      this.#events.onTrouble(`cut (${code})`);
      setTimeout(() => this.#isClosing || this.#connect(), RETURN_MS);
    };
  }

  get #document(): string {
    return `${this.#seat.tabloId}/${this.#epoch}`;
  }

  #join(): void {
    const document = this.#document;
    this.#isJoined = false;
    this.#doc.destroy();
    this.#doc = new Y.Doc();
    this.#doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#socket?.send(syncFrame(document, UPDATE, update));
    });
    this.#doc.getArray(ENTRIES_ROOT).observe(({ changes, transaction }) => {
      if (transaction.origin !== this) return;
      for (const { content } of changes.added) for (const entry of content.getContent()) this.#see(entry);
    });
    this.#socket?.listenOnlyTo(document);
    this.#socket?.send(authFrame(document, this.#seat.token));
  }

  #append(message: Message): void {
    this.#doc.getArray(ENTRIES_ROOT).push([message]);
  }

  #see(entry: { readonly id?: unknown; readonly author?: unknown }): void {
    if (typeof entry.id !== 'string' || entry.author === this.#seat.userId || this.#seen.has(entry.id)) return;
    this.#seen.add(entry.id);
    this.#events.onSeen(entry.id);
  }

  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case 'authenticated':
        return this.#socket?.send(syncFrame(this.#document, SYNC_STEP_1, NOTHING));
      case 'state':
        Y.applyUpdate(this.#doc, frame.update, this);
        return this.#enter();
      case 'update':
        return Y.applyUpdate(this.#doc, frame.update, this);
      case 'status':
        return this.#handleStatus(frame.isSaved);
      case 'stateless':
        return this.#handleStateless(frame.payload);
      case 'denied':
      case 'closed':
        return this.#leave(frame.reason);
      default:
        return;
    }
  }

  #enter(): void {
    if (this.#isJoined) return;
    this.#isJoined = true;
    for (const message of this.#pending) this.#append(message);
    this.#joined.resolve();
  }

  #handleStatus(isAccepted: boolean): void {
    const message = isAccepted ? this.#pending.shift() : undefined;
    if (message !== undefined) this.#events.onAcknowledged(message.id);
  }

  #handleStateless(payload: string): void {
    const code = refusalIn(payload);
    if (code !== null && code !== 'epoch-moved') this.#events.onTrouble(`refused (${code})`);
  }

  #leave(reason: string): void {
    this.#isJoined = false;
    if (reason === 'epoch-moved') {
      this.#epoch += 1;
      return this.#join();
    }
    this.#events.onTrouble(`left (${reason})`);
    setTimeout(() => this.#isClosing || this.#socket?.isOpen !== true || this.#join(), RETURN_MS);
  }
}
