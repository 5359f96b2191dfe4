/** One WebSocket, as long as it lives: whose it is, and how much of it waits in memory. Shared by all its document connections. */
import type { UserId } from '@tablo/schema/ids';

/** What a waiting frame costs beside its bytes: a buffer, a place in a queue. */
const FRAME_OVERHEAD_BYTES = 1_024;

export interface SocketState {
  /** The first user that authenticated here; nobody else's token is taken on this socket [R3]. */
  userId: UserId | null;
  /** Received, but not handled yet: the database may be slow or away. */
  unhandledBytes: number;
  /** Ended by us: nothing of it is listened to any more. */
  isEnded: boolean;
  /** When a `PING` was answered last, by `performance.now()`. */
  answeredAt: number;
}

/** Bytes received and not handled yet, of each socket and of all together. Every change of `unhandledBytes` goes through here. */
export class Backlog {
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(socket: SocketState, frame: Uint8Array): void {
    this.#change(socket, frame.byteLength + FRAME_OVERHEAD_BYTES);
  }

  remove(socket: SocketState, frame: Uint8Array): void {
    this.#change(socket, -Math.min(socket.unhandledBytes, frame.byteLength + FRAME_OVERHEAD_BYTES));
  }

  /** The socket has gone, and its frames are not handled any more. */
  forget(socket: SocketState): void {
    this.#change(socket, -socket.unhandledBytes);
  }

  #change(socket: SocketState, bytes: number): void {
    socket.unhandledBytes += bytes;
    this.#total += bytes;
  }
}

/** Which sockets are whose, from the moment of the first good token until they close. */
export class SocketOwners {
  readonly #byUser = new Map<UserId, Set<SocketState>>();

  count(user: UserId): number {
    return this.#byUser.get(user)?.size ?? 0;
  }

  bind(socket: SocketState, user: UserId): void {
    socket.userId = user;
    const sockets = this.#byUser.get(user) ?? new Set();
    this.#byUser.set(user, sockets.add(socket));
  }

  forget(socket: SocketState): void {
    if (socket.userId === null) return;
    const sockets = this.#byUser.get(socket.userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byUser.delete(socket.userId);
  }
}
