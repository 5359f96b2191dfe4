/**
 * One device of a member, made of frames: joins, writes, hears, is cut off and comes back by itself, and sends again what was not acknowledged, under the same
 * ids. Two kinds, as there are two kinds of clients: one takes a fresh Y.Doc (a fresh clientID) for every connection, the other keeps its own and
 * answers the server's question with all it has, as an unmodified provider does.
 */
import {
  createDeletion,
  createEdit,
  createMessage,
  createReaction,
  ENTRIES_ROOT,
  type Entry,
  type MemberEntry,
  type Message,
} from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import type { Random } from '@tablo/schema/testing/random';
import { parseServerStateless } from '@tablo/schema/wire/stateless';
import { SYNC_STEP_1, SYNC_STEP_2, UPDATE } from '@tablo/sync-server/sync/socket/frames/frame-types';
import { authFrame, NOTHING, syncFrame } from '@tablo/sync-server/testing/frames';
import { RawClient } from '@tablo/sync-server/testing/raw-client';
import type { ServerFrame } from '@tablo/sync-server/testing/server-frame';
import * as Y from 'yjs';
import type { Book } from './history/book.ts';

export interface Seat {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly tabloId: string;
  readonly userId: UserId;
  readonly token: string;
}

const RETRY_MS = 40;
const LATE_MS = 600_000;
const EMOJI = ['👍', '🎉', '❤️'] as const;
let devices = 0;

export class Member {
  readonly seat: Seat;
  readonly device: number;
  /** Why documents and sockets were closed. */
  readonly farewells: string[] = [];
  readonly denials: string[] = [];
  doc = new Y.Doc();
  epoch = 1;
  isJoined = false;
  /** Why it was joined no more, the last time. */
  leftFor: string | null = null;
  /** What the server has said last, on this socket, about whether it can store. */
  isStoreAway = false;
  /** How often it was given the whole of a document that it had asked for. */
  answers = 0;
  readonly #book: Book;
  readonly #keepsDoc: boolean;
  readonly #unacknowledged = new Map<EntryId, MemberEntry>();
  /** Own messages that are durable: what edits and deletions may name. */
  readonly #own: Message[] = [];
  #written = 0;
  /** Ids of each frame that awaits its `SyncStatus`, in the order of sending. */
  #inFlight: (readonly EntryId[])[] = [];
  #socket: RawClient | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #mustRehome = false;

  constructor(seat: Seat, book: Book, keepsDoc = false) {
    this.seat = seat;
    this.device = devices++;
    this.#book = book;
    this.#keepsDoc = keepsDoc;
    this.#observe();
  }

  get unacknowledged(): number {
    return this.#unacknowledged.size;
  }

  get entries(): readonly Entry[] {
    return this.doc.getArray<Entry>(ENTRIES_ROOT).toArray();
  }

  connect(): void {
    if (this.#isClosed) return;
    this.isJoined = false;
    this.isStoreAway = false;
    this.#inFlight = [];
    if (!this.#keepsDoc || this.#mustRehome) this.#replaceDoc();
    const socket = new RawClient(`${this.seat.url.replace('http', 'ws')}/sync`, { perMessageDeflate: false });
    this.#socket = socket;
    socket.onOpen = () => socket.send(authFrame(this.#name, this.seat.token));
    socket.onFrame = (frame) => {
      if (socket === this.#socket) this.#handle(frame);
    };
    socket.onClose = (_code, reason) => {
      if (reason.length > 0) this.farewells.push(reason);
      if (this.isJoined) this.leftFor = `socket closed ${reason}`;
      if (socket === this.#socket) this.#reconnect();
    };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.doc.destroy();
  }

  /** A new entry of whatever kind, or several in one update; kept until acknowledged. */
  write(random: Random): readonly MemberEntry[] {
    const entries = Array.from({ length: random.chance(0.1) ? 5 : 1 }, () => this.#create(random));
    this.send(entries);
    return entries;
  }

  send(entries: readonly MemberEntry[]): void {
    for (const entry of entries) {
      this.#unacknowledged.set(entry.id, entry);
      this.#book.written.set(entry.id, { entry, tabloId: this.seat.tabloId, device: this.device });
    }
    if (this.isJoined) this.#push(entries);
  }

  /** Asks for the whole document, as somebody who has nothing. */
  ask(): void {
    this.#socket?.send(syncFrame(this.#name, SYNC_STEP_1, NOTHING));
  }

  /** Takes over another one's document: a device whose store was ahead of what the server has now. */
  adopt(doc: Y.Doc): void {
    this.doc.destroy();
    this.doc = doc;
    this.#observe();
  }

  get #name(): string {
    return `${this.seat.tabloId}/${this.epoch}`;
  }

  #create(random: Random): MemberEntry {
    const now = Date.now();
    const by = { author: this.seat.userId, sentAt: random.chance(0.05) ? now - LATE_MS : now };
    const choice = random.next();
    const text = `device ${this.device}, entry ${this.#written++}`;
    if (this.#own.length === 0 || choice < 0.7) return createMessage(by, text);
    const target = random.pick(this.#own).id;
    if (choice < 0.83) return createEdit(by, target, text);
    if (choice < 0.88) return createDeletion(by, target);
    return createReaction(by, target, random.pick(EMOJI), random.chance(0.6));
  }

  #push(entries: readonly MemberEntry[]): void {
    const before = Y.encodeStateVector(this.doc);
    this.doc.getArray(ENTRIES_ROOT).push([...entries]);
    this.#inFlight.push(entries.map(({ id }) => id));
    this.#socket?.send(syncFrame(this.#name, UPDATE, Y.encodeStateAsUpdate(this.doc, before)));
  }

  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case 'authenticated':
        return this.#socket?.send(syncFrame(this.#name, SYNC_STEP_1, Y.encodeStateVector(this.doc)));
      case 'asked':
        return this.#answer(frame.stateVector);
      case 'state':
        this.answers += 1;
        Y.applyUpdate(this.doc, frame.update);
        return this.#join();
      case 'update':
        return Y.applyUpdate(this.doc, frame.update);
      case 'status':
        return this.#settle(this.#inFlight.shift() ?? [], frame.isSaved);
      case 'stateless':
        return this.#hear(frame.payload);
      case 'denied':
        this.denials.push(frame.reason);
        return void this.#leave(frame.reason);
      case 'closed':
        this.farewells.push(frame.reason);
        return void this.#leave(frame.reason);
      case 'awareness':
      case 'other':
        return;
    }
  }

  /** Only who keeps a document has something to answer with: whatever it holds unacknowledged. */
  #answer(stateVector: Uint8Array): void {
    if (!this.#keepsDoc || this.#mustRehome) return;
    const held = new Set(this.entries.map(({ id }) => id));
    this.#inFlight.push([...this.#unacknowledged.keys()].filter((id) => held.has(id)));
    this.#socket?.send(syncFrame(this.#name, SYNC_STEP_2, Y.encodeStateAsUpdate(this.doc, stateVector)));
  }

  #join(): void {
    if (this.isJoined) return;
    this.isJoined = true;
    this.#mustRehome = false;
    // A fresh document has from the server alone what it has: durable, and never acknowledged.
    if (!this.#keepsDoc)
      this.#book.repeated += this.entries.filter(
        ({ id, kind }) => kind === 'message' && this.#unacknowledged.has(id),
      ).length;
    const held = new Set(this.#keepsDoc ? this.entries.map(({ id }) => id) : []);
    const lacking = [...this.#unacknowledged.values()].filter(({ id }) => !held.has(id));
    if (lacking.length > 0) this.#push(lacking);
  }

  #settle(ids: readonly EntryId[], isSaved: boolean): void {
    if (isSaved) return this.#acknowledge(ids);
    this.#mustRehome = true; // A refused update leaves a gap under its clientID.
    this.#socket?.leave();
  }

  #acknowledge(ids: readonly EntryId[]): void {
    this.#book.acknowledge(ids);
    for (const id of ids) {
      const entry = this.#unacknowledged.get(id);
      this.#unacknowledged.delete(id);
      if (entry?.kind === 'message') this.#own.push(entry);
    }
  }

  #hear(payload: string): void {
    const message = parseServerStateless(payload);
    if (message?.type === 'storage') this.isStoreAway = message.isAway;
    if (message?.type === 'refused') {
      this.#book.refuse(message.code);
      // Whose entry comes while the server ends hears of it so, and leaves before the server closes the document.
      if (message.code === 'shutting-down') this.farewells.push(message.code);
    }
    if (message?.type !== 'committed') return;
    this.#acknowledge([...message.messages, ...message.others] as EntryId[]);
  }

  async #leave(reason: string): Promise<void> {
    if (this.isJoined) this.leftFor = reason;
    this.isJoined = false;
    if (reason === 'epoch-moved') await this.#findEpoch();
    this.#socket?.leave();
  }

  async #findEpoch(): Promise<void> {
    const headers = { authorization: `Bearer ${this.seat.token}` };
    const answer = await fetch(`${this.seat.url}/chat/channels`, { headers }).catch(() => null);
    if (answer?.status !== 200) return;
    const { channels } = (await answer.json().catch(() => ({ channels: [] }))) as {
      channels: { id: string; epoch: number }[];
    };
    const epoch = channels.find(({ id }) => id === this.seat.tabloId)?.epoch ?? this.epoch;
    if (epoch !== this.epoch) this.#mustRehome = true;
    this.epoch = epoch;
  }

  #reconnect(): void {
    this.isJoined = false;
    this.#socket = null;
    if (!this.#isClosed) this.#timer = setTimeout(() => this.connect(), RETRY_MS * (0.5 + Math.random()));
  }

  #replaceDoc(): void {
    this.doc.destroy();
    this.doc = new Y.Doc();
    this.#observe();
  }

  #observe(): void {
    this.doc.getArray<Entry>(ENTRIES_ROOT).observe((event, transaction) => {
      if (transaction.local) return;
      for (const { insert } of event.changes.delta)
        for (const entry of (insert ?? []) as Entry[]) this.#book.see(entry, this.epoch);
    });
  }
}
