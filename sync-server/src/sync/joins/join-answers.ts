/**
 * Sends whole documents to clients that join. An answer is sent when its receiver can take it and its user's rate allows it; until then only the request is kept. Frames that the
 * member sends meanwhile are handled: the server's own first sync step is sent at once.
 *
 * Invariants
 * 1. Nothing is encoded before it may be sent.
 * 2. For each document connection at most one answer is unread, and at most one request waits: the latest one, which has the client's present state.
 * 3. The bytes in flight are bounded for one socket, for one user and for all. A user with few bytes in flight does not wait for unread bytes of others.
 * 4. `#pump` alone decides; it considers one request of each socket at a time.
 */
import type { Document } from '@hocuspocus/server';
import { OutgoingMessage } from '@hocuspocus/server';
import type { UserId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import type { Limits } from '../../access/limits/limits.ts';
import { FRAME, SYNC_STEP_1, SYNC_STEP_2 } from '../socket/frames/frame-types.ts';
import type { LiveConnection } from '../socket/live-connection.ts';
import type { SharedSocket } from '../socket/shared-socket.ts';
import type { SocketOwners, SocketState } from '../socket/socket-state.ts';
import type { Encodings } from './encodings.ts';

/** Bytes in flight on one socket; further documents wait until these are read. More in flight would not make a slow link faster. */
const SOCKET_BYTES = 256 * 1024;
/** Bytes in flight of one user, over all sockets. */
const USER_BYTES = 4 * 1024 * 1024;
/** Bytes in flight of all users together; beyond it each user may still have a few. */
const TOTAL_BYTES = 64 * 1024 * 1024;
const FAIR_BYTES = 512 * 1024;

interface Question {
  readonly connection: LiveConnection;
  vector: Uint8Array;
  /** The request itself is above the user's rate: the server's own first sync step waits as well. */
  isEarly: boolean;
  isCounted: boolean;
}

export class JoinAnswers {
  readonly #encodings: Encodings;
  readonly #limits: Limits;
  readonly #owners: SocketOwners;
  readonly #waiting = new Map<UserId, Map<SocketState, Map<LiveConnection, Question>>>();
  readonly #unread = new WeakSet<LiveConnection>();
  #onTheWay = 0;
  #peak = 0;

  constructor(encodings: Encodings, limits: Limits, owners: SocketOwners) {
    this.#encodings = encodings;
    this.#limits = limits;
    this.#owners = owners;
  }

  /** Number of waiting requests. */
  get waiting(): number {
    let count = 0;
    for (const sockets of this.#waiting.values()) for (const questions of sockets.values()) count += questions.size;
    return count;
  }

  /** The largest number of bytes that were in flight. */
  get peak(): number {
    return this.#peak;
  }

  /** A first sync step: the client has what `vector` says. */
  ask(connection: LiveConnection, vector: Uint8Array): void {
    const { userId, socket } = connection.context;
    const sockets = this.#waiting.get(userId) ?? new Map<SocketState, Map<LiveConnection, Question>>();
    const questions = sockets.get(socket) ?? new Map<LiveConnection, Question>();
    const known = questions.get(connection);
    const isEarly = known?.isEarly === true || !this.#limits.take('joins', userId, 1);
    if (known === undefined) {
      questions.set(connection, { connection, vector, isEarly, isCounted: false });
      this.#waiting.set(userId, sockets.set(socket, questions));
    } else known.vector = vector;
    this.#pumpSocket(questions);
    if (!isEarly) this.#askBack(connection);
  }

  /** Drops the waiting request of this connection. */
  forget(connection: LiveConnection): void {
    const { userId, socket } = connection.context;
    const sockets = this.#waiting.get(userId);
    const questions = sockets?.get(socket);
    if (sockets === undefined || questions === undefined) return;
    questions.delete(connection);
    if (questions.size === 0) sockets.delete(socket);
    if (sockets.size === 0) this.#waiting.delete(userId);
  }

  /** Called at every sweep, for requests that wait for a user's rate. */
  pump(): void {
    for (const user of [...this.#waiting.keys()]) this.#pump(user);
  }

  #pump(user: UserId): void {
    for (const questions of this.#waiting.get(user)?.values() ?? []) this.#pumpSocket(questions);
  }

  /** Answered requests are removed from the map during the loop. */
  #pumpSocket(questions: ReadonlyMap<LiveConnection, Question>): void {
    for (const question of questions.values()) {
      // The earlier answer on this connection is unread: the answer of the next document may be sent.
      if (this.#unread.has(question.connection)) continue;
      if (!this.#answer(question)) return;
    }
  }

  /** False: the next request of this socket has to wait as well. */
  #answer(question: Question): boolean {
    const { connection, vector } = question;
    const { socket, userId } = connection.context;
    const { document } = connection;
    if (!document.hasConnection(connection)) {
      this.forget(connection);
      return true;
    }
    if (!this.#hasRoom(socket, userId)) return false;
    if (question.isEarly) {
      if (!this.#limits.tryTake('joins', userId, 1)) return false;
      question.isEarly = false;
      this.#askBack(connection);
    }
    const answer = this.#encodings.answer(document as Document, vector);
    if (!this.#limits.tryTake('joinBytes', userId, answer.cost)) {
      if (!question.isCounted) this.#limits.exceeded('joinBytes');
      question.isCounted = true;
      return false;
    }
    this.forget(connection);
    const body = answer.encode();
    // An estimate by numbers of entries may be far from the bytes.
    this.#limits.charge('joinBytes', userId, Math.max(0, body.byteLength - answer.cost));
    this.#deliver(connection, userId, body);
    return true;
  }

  #deliver(connection: LiveConnection, user: UserId, body: Uint8Array): void {
    this.#unread.add(connection);
    this.#onTheWay += body.byteLength;
    this.#peak = Math.max(this.#peak, this.#onTheWay);
    this.#send(connection, SYNC_STEP_2, body, () => {
      this.#unread.delete(connection);
      const wasFull = this.#onTheWay >= TOTAL_BYTES;
      this.#onTheWay -= body.byteLength;
      if (wasFull) this.pump();
      else this.#pump(user);
    });
  }

  #askBack(connection: LiveConnection): void {
    this.#send(connection, SYNC_STEP_1, this.#encodings.vectorOf(connection.document), () => {});
  }

  #hasRoom(socket: SocketState, user: UserId): boolean {
    if (socket.unread() >= SOCKET_BYTES) return false;
    const bound = this.#onTheWay < TOTAL_BYTES ? USER_BYTES : FAIR_BYTES;
    let unread = 0;
    for (const own of this.#owners.of(user)) unread += own.unread();
    return unread < bound;
  }

  #send(connection: LiveConnection, step: number, body: Uint8Array, onFlushed: () => void): void {
    const { encoder } = new OutgoingMessage(connection.messageAddress);
    encoding.writeVarUint(encoder, FRAME.sync);
    encoding.writeVarUint(encoder, step);
    encoding.writeVarUint(encoder, body.byteLength);
    (connection.webSocket as SharedSocket).sendShared(encoding.toUint8Array(encoder), body, onFlushed);
  }
}
