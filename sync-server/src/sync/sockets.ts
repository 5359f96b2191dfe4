/** WebSockets: upgrade, origin, limits, and the pipe into Hocuspocus. `/sync` speaks Hocuspocus's protocol, `/yjs/<tabloId>` y-websocket's. */
import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hocuspocus } from '@hocuspocus/server';
import { MAX_FRAME_BYTES } from '@tablo/schema/limits';
import { isSign, PING, PONG } from '@tablo/schema/wire/ping';
import { WebSocketServer } from 'ws';
import type { Membership } from '../access/members/membership.ts';
import { addressKey, addressOf } from '../base/address-key.ts';
import type { LiveDocuments } from './extensions/documents-extension.ts';
import type { HeldDocuments } from './joins/held-documents.ts';
import type { JoinAnswers } from './joins/join-answers.ts';
import { cut } from './sessions/connections.ts';
import { AnnouncingSocket } from './socket/announcing-socket.ts';
import { CorkedSocket } from './socket/corked-socket.ts';
import { FrameIntake, type IntakeDeps } from './socket/frames/frame-intake.ts';
import { FramePace } from './socket/frames/frame-pace.ts';
import { FrameProgress } from './socket/frames/frame-progress.ts';
import { LinkWatch } from './socket/link-watch.ts';
import type { LiveConnection } from './socket/live-connection.ts';
import { LiveDocumentNames } from './socket/live-document-names.ts';
import { drop, end, type OpenSocket } from './socket/open-socket.ts';
import { ReaderWatch } from './socket/reader-watch.ts';
import { createSocketState } from './socket/socket-state.ts';
import { SweepClock } from './socket/sweep-clock.ts';
import type { TokenChecks } from './socket/token-checks.ts';
import { YjsBridge } from './socket/yjs-bridge.ts';

/** The interval of the sweep, which finds dead links, clients that do not read, and sockets without a sign-in. */
const SWEEP_MS = 200;
const LEAVE_STEP_MS = 50;

interface Deps extends IntakeDeps {
  readonly hocuspocus: Hocuspocus;
  readonly tokens: TokenChecks;
  readonly membership: Membership;
  /** Why a page may open no sockets here, as a sentence; null: it may. */
  readonly refusePage: (origin: string, headers: IncomingHttpHeaders) => string | null;
  readonly answers: JoinAnswers;
  readonly held: HeldDocuments;
  readonly documents: LiveDocuments;
  /** The last `X-Forwarded-For` entry is the client's address. */
  readonly trustProxy: boolean;
}

export class Sockets {
  readonly #deps: Deps;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    // One frame of a socket in one turn of the event loop: a buffer of them, a thousand small ones on each of fifty sockets, would be handled before anybody else's.
    allowSynchronousEvents: false,
    // Pings are answered by `ws`, which destroys a socket with more than 60 answers that are not read (`maxPendingAutoPongs`, which its types do not know).
  });
  readonly #open = new Set<OpenSocket>();
  /** And some who have signed in since: looked through before it is counted. */
  readonly #unauthenticated = new Set<OpenSocket>();
  readonly #intake: FrameIntake;
  readonly #pace: FramePace;
  readonly #names: LiveDocumentNames;
  readonly #clock = new SweepClock(2 * SWEEP_MS);
  readonly #sweep: NodeJS.Timeout;
  #unreadBytes = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#pace = new FramePace(deps.limits, deps.owners);
    this.#intake = new FrameIntake(deps, this.#open, this.#pace);
    this.#names = new LiveDocumentNames(deps);
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
    socket.on('error', () => socket.destroy()); // The peer has gone before the handshake ended: no answer is sent.
    // Each one is a handshake and a place to be made, whether it stays or not.
    const address = addressKey(addressOf(request, this.#deps.trustProxy) ?? '');
    if (!this.#deps.limits.take('upgrades', address, 1))
      return rejectUpgrade(socket, 429, 'Too many connections at once. Wait a moment.');
    const { origin } = request.headers;
    const refusal = origin === undefined ? null : this.#deps.refusePage(origin, request.headers);
    if (refusal !== null) return rejectUpgrade(socket, 403, refusal);
    const url = parseUrl(request);
    if (url?.pathname === '/sync')
      return this.#accept(request, socket, head, false, (...opened) => this.#openSync(...opened));
    if (url?.pathname.startsWith('/yjs/'))
      return this.#accept(request, socket, head, true, (...opened) => void this.#openYjs(...opened, url));
    rejectUpgrade(socket, 404, 'There is no socket here.');
  }

  /** Lets clients go to other servers, a few at a time, so that these have no rush. */
  async leave(withinMs: number): Promise<void> {
    const all = [...this.#open];
    const steps = Math.ceil(withinMs / LEAVE_STEP_MS);
    const portion = Math.ceil(all.length / steps);
    for (let at = 0; at < all.length; at += portion) {
      for (const open of all.slice(at, at + portion)) end(open, 'shutting-down');
      await delay(LEAVE_STEP_MS, undefined, { ref: false });
    }
  }

  /** Tells every client that this server goes away; they come back by themselves. */
  close(): void {
    clearInterval(this.#sweep);
    for (const open of this.#open) end(open, 'shutting-down');
    this.#server.close();
  }

  /** Ends the sockets that have not closed by themselves. */
  terminate(): void {
    for (const open of this.#open) drop(open);
  }

  #accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    isBridged: boolean,
    start: (open: OpenSocket, corked: CorkedSocket) => void,
  ): void {
    const address = addressKey(addressOf(request, this.#deps.trustProxy) ?? '');
    this.#makeRoom(address);
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.binaryType = 'nodebuffer';
      ws.on('error', (error) => this.#deps.log.debug({ err: error }, 'A socket failed.'));
      const { now } = this.#clock;
      const state = createSocketState({
        isBridged,
        address,
        unread: () => ws.bufferedAmount,
        end: (reason) => end(open, reason),
        stopReading: () => ws.pause(),
        goOnReading: () => ws.resume(),
      });
      // Node's HTTP server hands out the TCP socket itself.
      const tcp = socket as Socket;
      const link = new LinkWatch(ws, tcp, this.#clock);
      const frames = new FrameProgress(tcp, this.#clock, (unfinished, total) => {
        const reason = this.#intake.noteUnfinished(open, unfinished, total);
        if (reason !== null) end(open, reason);
      });
      const open: OpenSocket = {
        ws,
        state,
        link,
        reader: new ReaderWatch(ws, tcp, this.#clock),
        frames,
        openedAt: now,
      };
      this.#open.add(open);
      this.#unauthenticated.add(open);
      // `ws` emits frames that it has read before it emits the close, one frame in each turn. Frames of a connection that was reset, or that we destroyed, are not handled; a client that
      // ended it by themselves may have sent something before.
      tcp.on('close', (hasFailed) => {
        if (hasFailed || !tcp.readableEnded) this.#forget(open);
      });
      ws.on('close', () => this.#forget(open));
      start(open, new CorkedSocket(ws, socket, (bytes) => link.noteSent(bytes)));
    });
  }

  /** The socket has gone: its frames are not handled or counted any more. Calling this twice is harmless. */
  #forget(open: OpenSocket): void {
    const { state } = open;
    state.isEnded = true;
    this.#open.delete(open);
    this.#unauthenticated.delete(open);
    this.#deps.owners.forget(state);
    this.#deps.backlog.forget(state);
    state.places.clear();
  }

  #openSync(open: OpenSocket, corked: CorkedSocket): void {
    const { places } = open.state;
    const socket = new AnnouncingSocket(corked, {
      unread: open.state.unread,
      maxUnread: this.#deps.limits.settings.unreadBytes,
      hasLeft: (address) => places.rejoins.hasLeft(address),
      isRejoining: (address) => places.rejoins.isHeld(address),
      onLeft: (address) => {
        places.leave(address);
        // In another turn of the event loop: Hocuspocus has not dropped the ended join yet.
        setImmediate(() => handleAgain(places.rejoins.takeHeld(address)));
      },
      onOverflow: (address) => this.#endDocument(places.find(address)),
    });
    const client = this.#deps.hocuspocus.handleConnection(socket, createWebRequest(), { socket: open.state });
    const handleAgain = this.#intake.listen(
      open,
      (frame) => client.handleMessage(frame),
      (data) => {
        if (isSign(data, PING)) this.#intake.answer(open.state, corked);
        return isSign(data, PING) || isSign(data, PONG) ? null : data;
      },
      (frame, head) => this.#intake.place(open, corked, frame, head),
    );
    open.ws.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
  }

  async #openYjs(open: OpenSocket, corked: CorkedSocket, url: URL): Promise<void> {
    const { ws, state } = open;
    const early: Uint8Array[] = [];
    let forward = (frame: Uint8Array): void => void early.push(frame);
    const token = url.searchParams.get('token') ?? '';
    const name = this.#names.find(state, url.pathname.slice('/yjs/'.length), token);
    // Checked before its document is known: the first check of a frame needs no name.
    const nameless = new YjsBridge(corked, '');
    this.#intake.listen(
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

  #endDocument(connection: LiveConnection | undefined): void {
    // In another turn of the event loop: a broadcast is in progress in this one.
    if (connection !== undefined) setImmediate(() => cut(connection, 'rate-limited'));
  }

  /**
   * Sockets without a sign-in have a bounded number of places, in all and for one address. The oldest that has not signed in yet is ended first, so that nobody can keep members out by taking
   * them all.
   */
  #makeRoom(address: string): void {
    const { limits } = this.#deps;
    for (const open of this.#unauthenticated) if (open.state.userId !== null) this.#unauthenticated.delete(open);
    const unauthenticated = [...this.#unauthenticated];
    const alike = unauthenticated.filter((one) => one.state.address === address);
    const isFull = !limits.allows('unauthenticated', alike.length, limits.settings.unauthenticatedSocketsPerAddress);
    const areFull =
      !isFull && !limits.allows('unauthenticated', unauthenticated.length, limits.settings.unauthenticatedSockets);
    const oldest = isFull ? alike[0] : areFull ? unauthenticated[0] : undefined;
    if (oldest === undefined) return;
    this.#unauthenticated.delete(oldest);
    drop(oldest);
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
        drop(open);
      } else if (frames.isStuck(settings.frameMs)) {
        limits.exceeded('unfinished');
        drop(open);
      } else if (state.userId === null && now - openedAt > settings.unauthenticatedMs) end(open, 'unauthenticated');
      else if (link.isDead()) drop(open);
      // On `/yjs` the one document is the socket.
      else if (state.isBridged && !limits.allows('unread', ws.bufferedAmount, settings.unreadBytes))
        end(open, 'rate-limited');
    }
    this.#endFullest();
    this.#endLargest();
    answers.pump();
    this.#pace.resume();
  }

  /** Too much is unread in all: the client with the most unread bytes is sent nothing more until it has read them. */
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

  /** Documents grow after they were joined. Above the bound of a user, or of all together, the connections of the user who holds the most are ended. */
  #endLargest(): void {
    const { limits, held, documents, hocuspocus } = this.#deps;
    const { heldBytesPerUser, heldTotalBytes } = limits.settings;
    documents.trim(hocuspocus, heldTotalBytes);
    for (const connections of [held.beyond(heldBytesPerUser), held.beyondTotal(heldTotalBytes)])
      for (const connection of connections) {
        limits.exceeded('held');
        cut(connection, 'rate-limited');
      }
  }
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

/** Hooks want a web `Request`. Nothing of the real one goes along: the token of `/yjs` is in its address. */
function createWebRequest(): Request {
  return new Request('http://localhost/');
}
