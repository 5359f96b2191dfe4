/**
 * Takes what arrives on the sockets, frame by frame: counts it, checks it, assigns it to a document, and passes it on. The count of bytes is reduced by `TrafficExtension` as frames get handled, and by
 * `AccessExtension` when there is no connection to handle them.
 */
import type { ReasonCode } from '@tablo/schema/close-codes';
import { PING } from '@tablo/schema/wire/ping';
import * as encoding from 'lib0/encoding';
import type { Limits } from '../../../access/limits/limits.ts';
import type { Log } from '../../../base/log.ts';
import type { CorkedSocket } from '../corked-socket.ts';
import type { LiveConnection } from '../live-connection.ts';
import { end, type OpenSocket } from '../open-socket.ts';
import { type Backlog, type SocketOwners, type SocketState, weigh } from '../socket-state.ts';
import { judgeFrame } from './frame-gate.ts';
import type { FramePace } from './frame-pace.ts';
import { FRAME } from './frame-types.ts';
import { documentOf, type FrameHead, isAddressed, readFrameHead, readToken } from './read-frame.ts';

/** A socket's `PING`s that come faster than this are not answered: answers that nobody reads would pile up. */
const ANSWER_EVERY_MS = 400;
const ANSWER = Uint8Array.of(PING);
/** Bound for the frames of all sockets together, as a multiple of the ledger's own bound: the ledger refuses updates, which ends no connection, long before sockets are ended here. */
const BACKLOG_FACTOR = 2;
/** Bound for the frames of all sockets of one user, as a multiple of the bound of one socket. */
const USER_FACTOR = 2;
/** As many characters as fit into an HTTP header, and a document name. */
const MAX_RENEWAL_BYTES = 32 * 1024;
/** Type of an authentication message: permission denied. */
const AUTH_DENIED = 1;

/** Control frames of the WebSocket: each costs processor time, and a ping costs an answer as well. A close is the last frame. */
export const CONTROL_FRAMES = ['ping', 'pong'] as const;

export interface IntakeDeps {
  readonly limits: Limits;
  readonly owners: SocketOwners;
  readonly backlog: Backlog;
  /** A member's new token. Never rejects. */
  readonly renew: (connection: LiveConnection, token: string) => Promise<void>;
  readonly log: Log;
}

export class FrameIntake {
  readonly #deps: IntakeDeps;
  readonly #open: ReadonlySet<OpenSocket>;
  readonly #pace: FramePace;

  /** `open`: all sockets there are. */
  constructor(deps: IntakeDeps, open: ReadonlySet<OpenSocket>, pace: FramePace) {
    this.#deps = deps;
    this.#pace = pace;
    this.#open = open;
  }

  /**
   * Returns a function that handles frames again that were held back (`rejoins.ts`). `translate`: into a Hocuspocus frame, or null for one that has no
   * meaning here. `place`: whether it goes on to Hocuspocus.
   */
  listen(
    open: OpenSocket,
    forward: (frame: Uint8Array) => void,
    translate: (data: Uint8Array) => Uint8Array | null,
    place: (frame: Uint8Array, head: FrameHead) => boolean,
  ): (frames: readonly Uint8Array[]) => void {
    const { ws, state } = open;
    const pass = (frame: Uint8Array): void => {
      const head = readFrameHead(frame);
      if (head === null) return end(open, 'invalid-update');
      const document = documentOf(head);
      const bytes = weigh(frame, head);
      const overflow = this.#findOverflow(open, document, bytes);
      if (overflow !== null) return end(open, overflow);
      const verdict = judgeFrame(frame, head, state, this.#deps.limits);
      if (verdict !== 'drop' && verdict !== 'pass') return end(open, verdict);
      if (verdict === 'pass' && place(frame, head)) return forward(frame);
      // Sockets without a sign-in get no credit back for what was dropped: they have sent nothing useful yet.
      if (state.userId !== null) this.#deps.backlog.remove(state, document, bytes);
    };
    /** No frame of a client may reach further than its own socket. */
    const guarded = (handle: () => void): void => {
      if (state.isEnded) return;
      try {
        handle();
      } catch (error) {
        this.#deps.log.warn({ err: error }, 'A frame could not be handled; its socket is closed.');
        end(open, 'invalid-update');
      }
    };
    for (const kind of CONTROL_FRAMES) ws.on(kind, () => this.#pace.note(state));
    ws.on('message', (data: Buffer, isBinary) => {
      this.#pace.note(state);
      guarded(() => {
        if (!isBinary) return end(open, 'invalid-update'); // Text frames are in neither protocol.
        const frame = translate(data);
        if (frame === null) this.#countDropped(open, data);
        else pass(frame);
      });
    });
    return (frames) => {
      for (const frame of frames) guarded(() => pass(frame));
    };
  }

  /** A socket without a sign-in may send a bounded number of bytes in all. */
  #countDropped(open: OpenSocket, data: Uint8Array): void {
    if (open.state.userId !== null) return;
    const overflow = this.#findOverflow(open, '', data.byteLength);
    if (overflow !== null) end(open, overflow);
  }

  /** On `/sync`: assigns the frame to the document that it names. */
  place(open: OpenSocket, corked: CorkedSocket, frame: Uint8Array, head: FrameHead): boolean {
    const { limits, renew } = this.#deps;
    const { places, userId } = open.state;
    const { address } = head;
    if (!isAddressed(head)) {
      if (head.type === FRAME.auth) corked.send(encodeDenial(address, 'forbidden'));
      return false;
    }
    const connection = places.find(address);
    const state = connection !== undefined ? 'joined' : places.has(address) ? 'joining' : 'none';
    const sorted = places.rejoins.sort(connection?.messageAddress ?? address, head.type, frame, state);
    if (sorted === 'keep' && !places.hold(connection?.messageAddress ?? address, frame.byteLength))
      end(open, 'rate-limited');
    if (sorted !== 'pass') return false;
    if (connection !== undefined && head.type === FRAME.auth) {
      // A value that is larger than any HTTP header is no token, and would wait in memory for its check.
      if (frame.byteLength <= MAX_RENEWAL_BYTES) void renew(connection, readToken(frame, head));
      return false;
    }
    if (connection !== undefined) return true;
    if (!places.has(address) && !limits.allows('documents', places.count, limits.settings.documentsPerSocket)) {
      if (head.type === FRAME.auth) corked.send(encodeDenial(address, 'rate-limited'));
      else if (userId === null) end(open, 'rate-limited');
      return false;
    }
    places.ask(address);
    if (userId === null && head.type === FRAME.auth) open.state.pause('token'); // People with hundreds of tablos send as many tokens at once.
    if (places.hold(address, frame.byteLength)) return true;
    end(open, 'rate-limited');
    return false;
  }

  /** A `PING` is answered here and not in a document's queue, which may wait for the database: one byte for one byte, and not more often than an honest client asks. */
  answer(state: SocketState, corked: CorkedSocket): void {
    const now = performance.now();
    if (now - state.answeredAt < ANSWER_EVERY_MS) return;
    state.answeredAt = now;
    corked.send(ANSWER);
  }

  #findOverflow(open: OpenSocket, document: string, bytes: number): ReasonCode | null {
    const { backlog } = this.#deps;
    backlog.add(open.state, document, bytes);
    return this.#findExcess(open);
  }

  /** An unfinished frame counts like a waiting one. */
  noteUnfinished(open: OpenSocket, unfinished: number, total: number): ReasonCode | null {
    const { limits, backlog } = this.#deps;
    const { state } = open;
    if (state.isEnded) return null;
    backlog.setUnfinished(state, unfinished);
    if (state.userId === null && !limits.allows('unfinished', total, limits.settings.unauthenticatedBytes))
      return 'rate-limited';
    return unfinished === 0 ? null : this.#findExcess(open);
  }

  #findExcess(open: OpenSocket): ReasonCode | null {
    const { limits, backlog, owners } = this.#deps;
    const { state } = open;
    const { settings } = limits;
    const bound = state.userId === null ? settings.unauthenticatedBytes : settings.unhandledBytes;
    if (!limits.allows('unhandled', state.unhandledBytes, bound)) return 'rate-limited';
    let own = 0;
    for (const one of state.userId === null ? [] : owners.of(state.userId)) own += one.unhandledBytes;
    if (!limits.allows('unhandled', own, USER_FACTOR * settings.unhandledBytes)) return 'rate-limited';
    // Frames that the ledger refuses still wait behind earlier frames, which Hocuspocus handles one after another.
    if (limits.allows('queued', backlog.total, BACKLOG_FACTOR * settings.queuedBytes)) return null;
    // The socket with the most waiting bytes is ended, not the one that happens to send.
    const fullest = [...this.#open].reduce((most, one) =>
      one.state.unhandledBytes > most.state.unhandledBytes ? one : most,
    );
    if (fullest === open) return 'unavailable';
    end(fullest, 'unavailable');
    backlog.forget(fullest.state);
    return null;
  }
}

/** As Hocuspocus denies a document. */
function encodeDenial(address: string, reason: ReasonCode): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, FRAME.auth);
  encoding.writeVarUint(encoder, AUTH_DENIED);
  encoding.writeVarString(encoder, reason);
  return encoding.toUint8Array(encoder);
}
