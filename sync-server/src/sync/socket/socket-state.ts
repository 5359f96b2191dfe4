/** One WebSocket, as long as it lives: whose it is, and how much of it waits in memory. Shared by all its document connections. */
import type { ReasonCode } from '@tablo/schema/close-codes';
import type { UserId } from '@tablo/schema/ids';
import { DocumentPlaces } from './document-places.ts';
import { FRAME } from './frames/frame-types.ts';
import { type FrameHead, readToken } from './frames/read-frame.ts';

/** What a waiting frame costs beside its bytes: a buffer, a place in a queue. */
const FRAME_OVERHEAD_BYTES = 1_024;

/** Reasons to pause a socket: its token is being checked, or its user is above the frame rate. */
export type PauseReason = 'token' | 'pace';

/** The socket is paused while there is any reason. Each reason is removed by the code that has set it. */
class Reading {
  readonly #reasons = new Set<PauseReason>();
  readonly #stop: () => void;
  readonly #goOn: () => void;

  constructor(stop: () => void, goOn: () => void) {
    this.#stop = stop;
    this.#goOn = goOn;
  }

  pause(reason: PauseReason): void {
    if (this.#reasons.size === 0) this.#stop();
    this.#reasons.add(reason);
  }

  resume(reason: PauseReason): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#goOn();
  }
}

export interface SocketState {
  /** The first user that authenticated here; nobody else's token is taken on this socket [R3]. */
  userId: UserId | null;
  /** Received, but not handled yet: the database may be slow or away. */
  unhandledBytes: number;
  /** The same by document. */
  readonly unhandled: Map<string, number>;
  /** The address to which the socket is charged before a sign-in. */
  readonly address: string;
  /** `/yjs`: the socket belongs to one document, which its frames do not name. */
  readonly isBridged: boolean;
  /** Ended by us: its frames are ignored from now on. */
  isEnded: boolean;
  /** When a `PING` was answered last, by `performance.now()`. */
  answeredAt: number;
  readonly places: DocumentPlaces;
  /** Ends the socket with the reason. */
  readonly end: (reason: ReasonCode) => void;
  /** Bytes sent that have not left the process. */
  readonly unread: () => number;
  /** Pauses the socket until no reason is left; frames that were read already are still handled. */
  readonly pause: (reason: PauseReason) => void;
  readonly resume: (reason: PauseReason) => void;
}

interface SocketOptions extends Pick<SocketState, 'isBridged' | 'address' | 'unread' | 'end'> {
  readonly stopReading: () => void;
  readonly goOnReading: () => void;
}

export function createSocketState({ stopReading, goOnReading, ...options }: SocketOptions): SocketState {
  const reading = new Reading(stopReading, goOnReading);
  return {
    userId: null,
    unhandledBytes: 0,
    unhandled: new Map(),
    isEnded: false,
    answeredAt: Number.NEGATIVE_INFINITY,
    places: new DocumentPlaces(),
    pause: (reason) => reading.pause(reason),
    resume: (reason) => reading.resume(reason),
    ...options,
  };
}

/** A token is counted by itself, since its check does not know the frame. */
export function weigh(frame: Uint8Array, head: FrameHead): number {
  return head.type === FRAME.auth ? weighToken(readToken(frame, head)) : frame.byteLength;
}

export const weighToken = (token: string): number => Buffer.byteLength(token);

/** What an unfinished frame counts under. */
const UNFINISHED = '\0unfinished';

/** What a document's frames are counted under. */
export function nameOnSocket({ isBridged }: SocketState, document: string): string {
  return isBridged ? '' : document;
}

/** Bytes received and not handled yet, of each socket and of all together. Every change of `unhandledBytes` goes through here. */
export class Backlog {
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(socket: SocketState, document: string, bytes: number): void {
    this.#change(socket, document, bytes + FRAME_OVERHEAD_BYTES);
  }

  /** Handled, or dropped. */
  remove(socket: SocketState, document: string, bytes: number): void {
    const waiting = socket.unhandled.get(document) ?? 0;
    this.#change(socket, document, -Math.min(waiting, bytes + FRAME_OVERHEAD_BYTES));
  }

  /** Received bytes of an incomplete frame. */
  setUnfinished(socket: SocketState, bytes: number): void {
    this.#change(socket, UNFINISHED, bytes - (socket.unhandled.get(UNFINISHED) ?? 0));
  }

  /** The document was denied, or its connection has ended: what waited for it is dropped. */
  release(socket: SocketState, document: string): void {
    this.#change(socket, document, -(socket.unhandled.get(document) ?? 0));
  }

  /** The socket has gone, and its frames are not handled any more. */
  forget(socket: SocketState): void {
    for (const document of [...socket.unhandled.keys()]) this.release(socket, document);
  }

  #change(socket: SocketState, document: string, bytes: number): void {
    const left = (socket.unhandled.get(document) ?? 0) + bytes;
    if (left > 0) socket.unhandled.set(document, left);
    else socket.unhandled.delete(document);
    socket.unhandledBytes += bytes;
    this.#total += bytes;
  }
}

/** The sockets of each user, from the first good token until they close. */
export class SocketOwners {
  readonly #byUser = new Map<UserId, Set<SocketState>>();
  readonly #byAddress = new Map<string, number>();
  #size = 0;

  /** Number of sockets with a sign-in. */
  get size(): number {
    return this.#size;
  }

  /** The same of one address. */
  countOf(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  of(user: UserId): Iterable<SocketState> {
    return this.#byUser.get(user) ?? [];
  }

  count(user: UserId): number {
    return this.#byUser.get(user)?.size ?? 0;
  }

  bind(socket: SocketState, user: UserId): void {
    socket.userId = user;
    const sockets = this.#byUser.get(user) ?? new Set();
    this.#byUser.set(user, sockets.add(socket));
    this.#size += 1;
    this.#byAddress.set(socket.address, this.countOf(socket.address) + 1);
  }

  forget(socket: SocketState): void {
    if (socket.userId === null) return;
    const sockets = this.#byUser.get(socket.userId);
    if (sockets?.delete(socket) !== true) return;
    if (sockets.size === 0) this.#byUser.delete(socket.userId);
    this.#size -= 1;
    const left = this.countOf(socket.address) - 1;
    if (left > 0) this.#byAddress.set(socket.address, left);
    else this.#byAddress.delete(socket.address);
  }
}
