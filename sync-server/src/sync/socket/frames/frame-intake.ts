/**
 * What comes in on the sockets, frame by frame: counted, looked at, given a place, and handed on. Bytes are given back by `TrafficExtension` as frames get handled, and by
 * `AccessExtension` when there is no connection to handle them.
 */
import type { ReasonCode } from '@tablo/schema/close-codes';
import { PING } from '@tablo/schema/wire/ping';
import * as encoding from 'lib0/encoding';
import type { Limits } from '../../../access/limits/limits.ts';
import type { Log } from '../../../base/log.ts';
import type { CorkedSocket } from '../corked-socket.ts';
import { judgeFrame } from './frame-gate.ts';
import type { FramePace } from './frame-pace.ts';
import type { LiveConnection } from '../live-connection.ts';
import { end, type OpenSocket } from '../open-socket.ts';
import { documentOf, FRAME, type FrameHead, isAddressed, readFrameHead, readToken } from './read-frame.ts';
import { type Backlog, type SocketOwners, type SocketState, weigh } from '../socket-state.ts';

/** A socket's `PING`s that come faster than this are not answered: answers that nobody reads would pile up. */
const ANSWER_EVERY_MS = 400;
const ANSWER = Uint8Array.of(PING);
/** Frames of all sockets together, by what the ledger holds of them: it refuses, which costs nobody their connection, long before sockets are dropped. */
const BACKLOG_FACTOR = 2;
/** Frames of all sockets of one user, by what one socket may have. */
const USER_FACTOR = 2;
/** A header's worth of characters, and a name. */
const MAX_RENEWAL_BYTES = 32 * 1024;
/** Of an authentication: the server's no. */
const AUTH_DENIED = 1;

/** Of the WebSocket itself: each takes a turn of the thread, a ping an answer as well. A close is the last. */
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
   * Returns the way to handle frames once more that were held back (`rejoins.ts`), when their time has come. `translate`: into a Hocuspocus frame, or null for one that has no
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
      // Strangers are not given back what was dropped: they have said nothing of use yet.
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

  /** A stranger has so many bytes, whatever they say. */
  #countDropped(open: OpenSocket, data: Uint8Array): void {
    if (open.state.userId !== null) return;
    const overflow = this.#findOverflow(open, '', data.byteLength);
    if (overflow !== null) end(open, overflow);
  }

  /** On `/sync`: a place for the document that the frame speaks of. */
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
      // A larger one than any header carries is no token, and would wait in memory for its check.
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

  /** Here and not in a document's queue, which may wait for the database: a byte for a byte, and not more often than an honest client asks. */
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

  /** An unfinished frame counts as what waits. */
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
    // What the ledger refuses still waits behind the frames before it, which Hocuspocus handles one after another.
    if (limits.allows('queued', backlog.total, BACKLOG_FACTOR * settings.queuedBytes)) return null;
    // Who has the most of it goes, not who happens to speak.
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
