/** WebSockets: upgrade, origin, limits, and the pipe into Hocuspocus. `/sync` speaks Hocuspocus's protocol, `/yjs/<tabloId>` y-websocket's. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Hocuspocus } from '@hocuspocus/server';
import { REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import { isTabloId } from '@tablo/schema/ids';
import { MAX_FRAME_BYTES } from '@tablo/schema/limits';
import { isSign, PING, PONG } from '@tablo/schema/ping';
import * as encoding from 'lib0/encoding';
import { type WebSocket, WebSocketServer } from 'ws';
import { KeyedGate } from '../access/keyed-gate.ts';
import type { Limits } from '../access/limits.ts';
import type { Membership } from '../access/membership.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Log } from '../log.ts';
import { AnnouncingSocket } from './announcing-socket.ts';
import { cut } from './connections.ts';
import { CorkedSocket } from './corked-socket.ts';
import { judgeFrame } from './frame-gate.ts';
import { FrameProgress } from './frame-progress.ts';
import type { JoinAnswers } from './join-answers.ts';
import { LinkWatch } from './link-watch.ts';
import type { LiveConnection } from './live-connection.ts';
import { documentOf, FRAME, type FrameHead, isAddressed, readFrameHead, readToken } from './read-frame.ts';
import { ReaderWatch } from './reader-watch.ts';
import { type Backlog, createSocketState, type SocketOwners, type SocketState, weigh } from './socket-state.ts';
import { SweepClock } from './sweep-clock.ts';
import { YjsBridge } from './yjs-bridge.ts';

/** How often sockets are looked at: for links that are dead, readers that do not read, and strangers that do not say who they are. */
const SWEEP_MS = 200;
/** A socket's `PING`s that come faster than this are not answered: answers that nobody reads would pile up. */
const ANSWER_EVERY_MS = 400;
const ANSWER = Uint8Array.of(PING);
/** Frames of all sockets together, by what the ledger holds of them: it refuses, which costs nobody their connection, long before sockets are dropped. */
const BACKLOG_FACTOR = 2;
/** Frames of all sockets of one user, by what one socket may have. */
const USER_FACTOR = 2;
/** A header's worth of characters, and a name. */
const MAX_RENEWAL_BYTES = 32 * 1024;
/** `/yjs`: sockets of one user whose document is looked up at once. */
const NAMED_AT_ONCE = 4;
/** Of an authentication: the server's no. */
const AUTH_DENIED = 1;
/** How long a client may take to answer a close. */
const FAREWELL_MS = 1_000;

interface Deps {
  readonly hocuspocus: Hocuspocus;
  readonly tokens: TokenVerifier;
  readonly membership: Membership;
  readonly isAllowedOrigin: (origin: string, host: string) => boolean;
  readonly limits: Limits;
  readonly owners: SocketOwners;
  readonly backlog: Backlog;
  readonly answers: JoinAnswers;
  /** A member's new token. Never rejects. */
  readonly renew: (connection: LiveConnection, token: string) => Promise<void>;
  readonly trustProxy: boolean;
  readonly log: Log;
}

interface OpenSocket {
  readonly ws: WebSocket;
  readonly state: SocketState;
  readonly link: LinkWatch;
  readonly reader: ReaderWatch;
  readonly frames: FrameProgress;
  readonly address: string;
  /** ms of the sweep's clock. */
  readonly openedAt: number;
}

export class Sockets {
  readonly #deps: Deps;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  readonly #open = new Set<OpenSocket>();
  /** And some who have signed in since: looked through before it is counted. */
  readonly #strangers = new Set<OpenSocket>();
  readonly #gate = new KeyedGate(NAMED_AT_ONCE);
  readonly #clock = new SweepClock(2 * SWEEP_MS);
  readonly #sweep: NodeJS.Timeout;
  #unreadBytes = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    // Behind what has arrived by now, which may have waited while the process was busy.
    this.#sweep = setInterval(() => setImmediate(() => this.#sweepSockets()), SWEEP_MS).unref();
  }

  /** Bytes sent and not read, as of the last sweep. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  get size(): number {
    return this.#server.clients.size;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy()); // A peer that is gone before the handshake ends: nobody to tell.
    const { origin, host } = request.headers;
    if (origin !== undefined && !this.#deps.isAllowedOrigin(origin, host ?? ''))
      return rejectUpgrade(socket, 403, 'This origin is not allowed.');
    const url = parseUrl(request);
    if (url?.pathname === '/sync')
      return this.#accept(request, socket, head, false, (...opened) => this.#openSync(...opened));
    if (url?.pathname.startsWith('/yjs/'))
      return this.#accept(request, socket, head, true, (...opened) => void this.#openYjs(...opened, url));
    rejectUpgrade(socket, 404, 'There is no socket here.');
  }

  /** Tells every client that this server goes away; they come back by themselves. */
  close(): void {
    clearInterval(this.#sweep);
    for (const open of this.#open) end(open, 'shutting-down');
    this.#server.close();
  }

  /** Ends what did not go by itself. */
  terminate(): void {
    for (const ws of this.#server.clients) ws.terminate();
  }

  #accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    isBridged: boolean,
    start: (open: OpenSocket, corked: CorkedSocket) => void,
  ): void {
    const address = addressOf(request, this.#deps.trustProxy);
    this.#makeRoom(address);
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.binaryType = 'nodebuffer';
      ws.on('error', (error) => this.#deps.log.debug({ err: error }, 'A socket failed.'));
      const { now } = this.#clock;
      const state = createSocketState({
        isBridged,
        unread: () => ws.bufferedAmount,
        pause: () => ws.pause(),
        resume: () => ws.resume(),
      });
      // Node's HTTP server hands out the TCP socket itself.
      const tcp = socket as Socket;
      const link = new LinkWatch(ws, tcp, this.#clock);
      const frames = new FrameProgress(ws, tcp, this.#clock, (unfinished, total) => {
        const reason = this.#noteUnfinished(open, unfinished, total);
        if (reason !== null) end(open, reason);
      });
      const open: OpenSocket = {
        ws,
        state,
        link,
        reader: new ReaderWatch(ws, tcp, this.#clock),
        frames,
        address,
        openedAt: now,
      };
      this.#open.add(open);
      this.#strangers.add(open);
      ws.on('close', () => {
        state.isEnded = true;
        this.#open.delete(open);
        this.#strangers.delete(open);
        this.#deps.owners.forget(state);
        this.#deps.backlog.forget(state);
        state.places.clear();
      });
      start(open, new CorkedSocket(ws, socket, (bytes) => link.noteSent(bytes)));
    });
  }

  #openSync(open: OpenSocket, corked: CorkedSocket): void {
    const { places } = open.state;
    const socket = new AnnouncingSocket(corked, {
      unread: open.state.unread,
      maxUnread: this.#deps.limits.settings.unreadBytes,
      onLeft: (address) => places.leave(address),
      onOverflow: (address) => this.#endDocument(places.find(address)),
    });
    const client = this.#deps.hocuspocus.handleConnection(socket, createWebRequest(), { socket: open.state });
    this.#listen(
      open,
      (frame) => client.handleMessage(frame),
      (data) => {
        if (isSign(data, PING)) this.#answer(open.state, corked);
        return isSign(data, PING) || isSign(data, PONG) ? null : data;
      },
      (frame, head) => this.#place(open, corked, frame, head),
    );
    open.ws.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
  }

  async #openYjs(open: OpenSocket, corked: CorkedSocket, url: URL): Promise<void> {
    const { ws, state } = open;
    const early: Uint8Array[] = [];
    let forward = (frame: Uint8Array): void => void early.push(frame);
    const token = url.searchParams.get('token') ?? '';
    const name = this.#nameLiveDocument(url.pathname.slice('/yjs/'.length), token);
    // Named before its document is known: a frame's first look needs no name.
    const nameless = new YjsBridge(corked, '');
    this.#listen(
      open,
      (frame) => forward(frame),
      (data) => nameless.fromClient(data),
      () => true,
    );
    const named = await name;
    if (!named.ok) return end(open, named.reason);
    if (ws.readyState !== ws.OPEN) return;
    const bridge = new YjsBridge(corked, named.value);
    const client = this.#deps.hocuspocus.handleConnection(bridge, createWebRequest(), { socket: state });
    ws.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
    forward = (frame) => client.handleMessage(bridge.rename(frame));
    client.handleMessage(bridge.authenticate(token));
    for (const frame of early) forward(frame);
  }

  /** `translate`: into a Hocuspocus frame, or null for one that has no meaning here. `place`: whether it goes on to Hocuspocus. */
  #listen(
    open: OpenSocket,
    forward: (frame: Uint8Array) => void,
    translate: (data: Uint8Array) => Uint8Array | null,
    place: (frame: Uint8Array, head: FrameHead) => boolean,
  ): void {
    const { ws, state } = open;
    const handle = (data: Buffer, isBinary: boolean): void => {
      if (state.isEnded) return;
      if (!isBinary) return end(open, 'invalid-update'); // Text frames are in neither protocol.
      const frame = translate(data);
      if (frame === null) return this.#countDropped(open, data);
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
    ws.on('message', (data: Buffer, isBinary) => {
      try {
        handle(data, isBinary);
      } catch (error) {
        // No frame of a client may reach further than its own socket.
        this.#deps.log.warn({ err: error }, 'A frame could not be handled; its socket is closed.');
        end(open, 'invalid-update');
      }
    });
  }

  /** A stranger has so many bytes, whatever they say. */
  #countDropped(open: OpenSocket, data: Uint8Array): void {
    if (open.state.userId !== null) return;
    const overflow = this.#findOverflow(open, '', data.byteLength);
    if (overflow !== null) end(open, overflow);
  }

  /** On `/sync`: a place for the document that the frame speaks of. */
  #place(open: OpenSocket, corked: CorkedSocket, frame: Uint8Array, head: FrameHead): boolean {
    const { limits, renew } = this.#deps;
    const { places, userId } = open.state;
    const { address } = head;
    if (!isAddressed(head)) {
      if (head.type === FRAME.auth) corked.send(encodeDenial(address, 'forbidden'));
      return false;
    }
    const connection = places.find(address);
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
    if (userId === null && head.type === FRAME.auth) open.state.pause();
    if (places.hold(address, frame.byteLength)) return true;
    end(open, 'rate-limited');
    return false;
  }

  #endDocument(connection: LiveConnection | undefined): void {
    // In a turn of its own: this one is in the middle of telling everybody.
    if (connection !== undefined) setImmediate(() => cut(connection, 'rate-limited'));
  }

  /** Here and not in a document's queue, which may wait for the database: a byte for a byte, and not more often than an honest client asks. */
  #answer(state: SocketState, corked: CorkedSocket): void {
    const now = performance.now();
    if (now - state.answeredAt < ANSWER_EVERY_MS) return;
    state.answeredAt = now;
    corked.send(ANSWER);
  }

  /** Bytes are given back by `TrafficExtension` as frames get handled, and by `AccessExtension` when there is no connection to handle them. */
  #findOverflow(open: OpenSocket, document: string, bytes: number): ReasonCode | null {
    const { backlog } = this.#deps;
    backlog.add(open.state, document, bytes);
    return this.#findExcess(open);
  }

  /** An unfinished frame counts as what waits. */
  #noteUnfinished(open: OpenSocket, unfinished: number, total: number): ReasonCode | null {
    const { limits, backlog } = this.#deps;
    const { state } = open;
    if (state.isEnded) return null;
    backlog.setUnfinished(state, unfinished);
    if (state.userId === null && !limits.allows('unfinished', total, limits.settings.strangerBytes))
      return 'rate-limited';
    return unfinished === 0 ? null : this.#findExcess(open);
  }

  #findExcess(open: OpenSocket): ReasonCode | null {
    const { limits, backlog, owners } = this.#deps;
    const { state } = open;
    const { settings } = limits;
    const bound = state.userId === null ? settings.strangerBytes : settings.unhandledBytes;
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

  /**
   * Strangers have so many places, in all and of one address; who came first and has said nothing yet goes first, so that nobody can keep members out by taking
   * them all.
   */
  #makeRoom(address: string): void {
    const { limits } = this.#deps;
    for (const open of this.#strangers) if (open.state.userId !== null) this.#strangers.delete(open);
    const strangers = [...this.#strangers];
    const alike = strangers.filter((one) => one.address === address);
    if (!limits.allows('strangers', alike.length, limits.settings.strangerSocketsPerAddress)) alike[0]?.ws.terminate();
    else if (!limits.allows('strangers', strangers.length, limits.settings.strangerSockets))
      strangers[0]?.ws.terminate();
  }

  #sweepSockets(): void {
    const { limits, answers } = this.#deps;
    const { settings } = limits;
    this.#clock.advance();
    const { now } = this.#clock;
    this.#unreadBytes = 0;
    for (const open of this.#open) {
      const { ws, state, link, reader, frames, openedAt } = open;
      this.#unreadBytes += ws.bufferedAmount;
      // A reader that does not read would not read a farewell either.
      if (reader.isStuck(settings.unreadMs)) {
        limits.exceeded('unread');
        ws.terminate();
      } else if (frames.isStuck(settings.frameMs)) {
        limits.exceeded('unfinished');
        ws.terminate();
      } else if (state.userId === null && now - openedAt > settings.strangerMs) end(open, 'unauthenticated');
      else if (link.isDead()) ws.terminate();
      // On `/yjs` the one document is the socket.
      else if (state.isBridged && !limits.allows('unread', ws.bufferedAmount, settings.unreadBytes))
        end(open, 'rate-limited');
    }
    this.#endFullest();
    answers.pump();
  }

  /** Too much is unread in all: who leaves the most unread is sent nothing more, until it has been read. */
  #endFullest(): void {
    const { limits } = this.#deps;
    if (limits.allows('unread', this.#unreadBytes, limits.settings.unreadTotalBytes)) return;
    let excess = this.#unreadBytes - limits.settings.unreadTotalBytes;
    for (const open of [...this.#open].sort((a, b) => b.ws.bufferedAmount - a.ws.bufferedAmount)) {
      if (excess <= 0) return;
      excess -= open.ws.bufferedAmount;
      if (open.state.isBridged) end(open, 'rate-limited');
      for (const connection of open.state.places.connections()) cut(connection, 'rate-limited');
    }
  }

  async #nameLiveDocument(
    tablo: string,
    token: string,
  ): Promise<{ ok: true; value: string } | { ok: false; reason: ReasonCode }> {
    try {
      const verified = await this.#deps.tokens.verify(token);
      if (!verified.ok) return { ok: false, reason: verified.error };
      const { userId } = verified.value;
      if (!this.#deps.limits.take('joins', userId, 1)) return { ok: false, reason: 'rate-limited' };
      if (!isTabloId(tablo)) return { ok: false, reason: 'forbidden' };
      const leave = await this.#gate.enter(userId);
      const member = await this.#deps.membership.find(tablo, userId).finally(leave);
      if (member === null) return { ok: false, reason: 'forbidden' };
      return { ok: true, value: encodeDocumentName({ tabloId: tablo, epoch: member.epoch }) };
    } catch {
      return { ok: false, reason: 'unavailable' };
    }
  }
}

/** Says why, listens no more, and does not wait long for the answer. */
function end({ ws, state }: OpenSocket, reason: ReasonCode): void {
  if (state.isEnded) return;
  state.isEnded = true;
  ws.close(REASONS[reason].close, reason);
  setTimeout(() => ws.terminate(), FAREWELL_MS).unref();
}

function rejectUpgrade(socket: Duplex, status: number, sentence: string): void {
  // Node leaves an upgraded socket to us: half closed, it would stay for as long as the other end likes.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${sentence}\n`,
  );
}

function parseUrl(request: IncomingMessage): URL | null {
  return URL.parse(request.url ?? '', 'http://localhost');
}

/** Whose socket this is, for places: what the proxy in front says, where it is trusted. */
function addressOf({ headers, socket }: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy
    ? String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined;
  return forwarded !== undefined && isIP(forwarded) !== 0 ? forwarded : (socket.remoteAddress ?? '');
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

/** Hooks want a web `Request`. Nothing of the real one goes along: the token of `/yjs` is in its address. */
function createWebRequest(): Request {
  return new Request('http://localhost/');
}
