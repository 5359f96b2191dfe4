/**
 * Whole documents on their way to who joins. An answer goes out when its receiver can take it and its user may have it; until then only the question is kept. What a
 * member sends meanwhile is handled all the same: the server's own question goes out at once.
 *
 * Invariants
 * 1. Nothing is encoded before it may be sent.
 * 2. Of one document connection one answer at a time is unread, and one question waits: the latest one says what the client has by now.
 * 3. Of one socket, one user and all together so many bytes are on their way. A user who has little on the way does not wait for what others leave unread.
 * 4. `#pump` alone decides; it looks at one question a socket at a time.
 */
import type { Document } from '@hocuspocus/server';
import { OutgoingMessage } from '@hocuspocus/server';
import type { UserId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import type { Limits } from '../../access/limits/limits.ts';
import type { LiveConnection } from '../socket/live-connection.ts';
import { FRAME, SYNC_STEP_1, SYNC_STEP_2 } from '../socket/frames/read-frame.ts';
import type { SharedSocket } from '../socket/shared-socket.ts';
import type { SocketOwners, SocketState } from '../socket/socket-state.ts';
import type { Encodings } from './encodings.ts';

/** Of one socket: more than a document waits for what is before it to be read. A slow link would carry no more with more on it. */
const SOCKET_BYTES = 256 * 1024;
/** Of one user, over all sockets. */
const USER_BYTES = 4 * 1024 * 1024;
/** Of all users together; beyond it each user may still have a little. */
const TOTAL_BYTES = 64 * 1024 * 1024;
const FAIR_BYTES = 512 * 1024;

interface Question {
  readonly connection: LiveConnection;
  vector: Uint8Array;
  /** The question itself is beyond the user's rate: the server's own question waits as well. */
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

  /** Questions that wait. */
  get waiting(): number {
    let count = 0;
    for (const sockets of this.#waiting.values()) for (const questions of sockets.values()) count += questions.size;
    return count;
  }

  /** The most bytes that were ever on their way. */
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

  /** Of this connection nothing waits any more. */
  forget(connection: LiveConnection): void {
    const { userId, socket } = connection.context;
    const sockets = this.#waiting.get(userId);
    const questions = sockets?.get(socket);
    if (sockets === undefined || questions === undefined) return;
    questions.delete(connection);
    if (questions.size === 0) sockets.delete(socket);
    if (sockets.size === 0) this.#waiting.delete(userId);
  }

  /** At every sweep: what waited for a user's rate. */
  pump(): void {
    for (const user of [...this.#waiting.keys()]) this.#pump(user);
  }

  #pump(user: UserId): void {
    for (const questions of this.#waiting.get(user)?.values() ?? []) this.#pumpSocket(questions);
  }

  /** What is answered leaves the map that is walked over. */
  #pumpSocket(questions: ReadonlyMap<LiveConnection, Question>): void {
    for (const question of questions.values()) {
      // Its own earlier answer is unread: the next document's may be sent.
      if (this.#unread.has(question.connection)) continue;
      if (!this.#answer(question)) return;
    }
  }

  /** False: this socket's next has to wait as well. */
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
    // A guess by numbers of entries may be far off by bytes.
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
