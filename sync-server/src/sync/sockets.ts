/** WebSockets: upgrade, origin, limits, and the pipe into Hocuspocus. `/sync` speaks Hocuspocus's protocol, `/yjs/<tabloId>` y-websocket's. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Hocuspocus } from '@hocuspocus/server';
import { REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import { isTabloId } from '@tablo/schema/ids';
import { MAX_FRAME_BYTES } from '@tablo/schema/limits';
import { isSign, PING, PONG } from '@tablo/schema/ping';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Limits } from '../access/limits.ts';
import type { Membership } from '../access/membership.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Log } from '../log.ts';
import { AnnouncingSocket } from './announcing-socket.ts';
import { CorkedSocket } from './corked-socket.ts';
import { judgeFrame } from './frame-gate.ts';
import { LinkWatch } from './link-watch.ts';
import { isAddressed, isToken, readDocumentName, readFrameHead } from './read-frame.ts';
import type { Backlog, SocketOwners, SocketState } from './socket-state.ts';
import { SweepClock } from './sweep-clock.ts';
import { YjsBridge } from './yjs-bridge.ts';

/** How often sockets are looked at: for links that are dead, readers that do not read, and strangers that do not say who they are. */
const SWEEP_MS = 200;
/** A socket's `PING`s that come faster than this are not answered: answers that nobody reads would pile up. */
const ANSWER_EVERY_MS = 400;
const ANSWER = Uint8Array.of(PING);
/** Frames of all sockets together, by what the ledger holds of them: it refuses, which costs nobody their connection, long before sockets are dropped. */
const BACKLOG_FACTOR = 2;
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
  readonly log: Log;
}

interface OpenSocket {
  readonly ws: WebSocket;
  readonly state: SocketState;
  readonly link: LinkWatch;
  /** ms of the sweep's clock. */
  readonly openedAt: number;
}

export class Sockets {
  readonly #deps: Deps;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  readonly #open = new Set<OpenSocket>();
  readonly #clock = new SweepClock(2 * SWEEP_MS);
  readonly #sweep: NodeJS.Timeout;

  constructor(deps: Deps) {
    this.#deps = deps;
    // Behind what has arrived by now, which may have waited while the process was busy.
    this.#sweep = setInterval(() => setImmediate(() => this.#sweepSockets()), SWEEP_MS).unref();
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
    this.#makeRoom();
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.binaryType = 'nodebuffer';
      ws.on('error', (error) => this.#deps.log.debug({ err: error }, 'A socket failed.'));
      const { now } = this.#clock;
      const state: SocketState = {
        userId: null,
        unhandledBytes: 0,
        unhandled: new Map(),
        isBridged,
        isEnded: false,
        answeredAt: Number.NEGATIVE_INFINITY,
      };
      // Node's HTTP server hands out the TCP socket itself.
      const link = new LinkWatch(ws, socket as Socket, this.#clock);
      const open = { ws, state, link, openedAt: now };
      this.#open.add(open);
      ws.on('close', () => {
        state.isEnded = true;
        this.#open.delete(open);
        this.#deps.owners.forget(state);
        this.#deps.backlog.forget(state);
      });
      start(open, new CorkedSocket(ws, socket, (bytes) => link.noteSent(bytes)));
    });
  }

  #openSync(open: OpenSocket, corked: CorkedSocket): void {
    const socket = new AnnouncingSocket(corked);
    const client = this.#deps.hocuspocus.handleConnection(socket, createWebRequest(), { socket: open.state });
    this.#listen(
      open,
      (frame) => client.handleMessage(frame),
      (data, name) => {
        if (isSign(data, PING)) this.#answer(open.state, corked);
        return isSign(data, PING) || isSign(data, PONG) || !isAddressed(data, name) ? null : data;
      },
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

  /** `translate`: into a Hocuspocus frame, or null for one that has no meaning here. */
  #listen(
    open: OpenSocket,
    forward: (frame: Uint8Array) => void,
    translate: (data: Uint8Array, name: string | null) => Uint8Array | null,
  ): void {
    const { ws, state } = open;
    const handle = (data: Buffer, isBinary: boolean): void => {
      if (state.isEnded) return;
      if (!isBinary) return end(open, 'invalid-update'); // Text frames are in neither protocol.
      const name = state.isBridged ? null : readDocumentName(data);
      const document = name ?? '';
      const overflow = this.#findOverflow(open, document, data);
      if (overflow !== null) return end(open, overflow);
      const frame = translate(data, name);
      const verdict = frame === null ? 'drop' : judgeFrame(frame, state, this.#deps.limits);
      if (frame !== null && verdict === 'pass') return forward(frame);
      if (verdict !== 'drop' && verdict !== 'pass') return end(open, verdict);
      // Strangers are not given back what was dropped: they have said nothing of use yet.
      if (state.userId !== null) this.#deps.backlog.remove(state, document, data);
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

  /** Here and not in a document's queue, which may wait for the database: a byte for a byte, and not more often than an honest client asks. */
  #answer(state: SocketState, corked: CorkedSocket): void {
    const now = performance.now();
    if (now - state.answeredAt < ANSWER_EVERY_MS) return;
    state.answeredAt = now;
    corked.send(ANSWER);
  }

  /** Bytes are given back by `TrafficExtension` as frames get handled, and by `AccessExtension` when there is no connection to handle them. */
  #findOverflow(open: OpenSocket, document: string, frame: Uint8Array): ReasonCode | null {
    const { limits, backlog } = this.#deps;
    const { state } = open;
    // A member's token is small, and kept by nobody.
    if (state.userId !== null && !state.isBridged && isToken(frame, readFrameHead(frame))) return null;
    backlog.add(state, document, frame);
    const bound = state.userId === null ? limits.settings.strangerBytes : limits.settings.unhandledBytes;
    if (!limits.allows('unhandled', state.unhandledBytes, bound)) return 'rate-limited';
    // What the ledger refuses still waits behind the frames before it, which Hocuspocus handles one after another.
    if (limits.allows('queued', backlog.total, BACKLOG_FACTOR * limits.settings.queuedBytes)) return null;
    // Who has the most of it goes, not who happens to speak.
    const fullest = [...this.#open].reduce((most, one) =>
      one.state.unhandledBytes > most.state.unhandledBytes ? one : most,
    );
    if (fullest === open) return 'unavailable';
    end(fullest, 'unavailable');
    backlog.forget(fullest.state);
    return null;
  }

  /** Strangers have so many places; who came first and has said nothing yet goes first, so that nobody can keep members out by taking them all. */
  #makeRoom(): void {
    const { limits } = this.#deps;
    const strangers = [...this.#open].filter(({ state }) => state.userId === null);
    if (limits.allows('strangers', strangers.length, limits.settings.strangerSockets)) return;
    strangers[0]?.ws.terminate();
  }

  #sweepSockets(): void {
    const { limits } = this.#deps;
    this.#clock.advance();
    const { now } = this.#clock;
    for (const open of this.#open) {
      const { ws, state, link, openedAt } = open;
      // A reader that does not read would not read a farewell either.
      if (!limits.allows('unread', ws.bufferedAmount, limits.settings.unreadBytes)) ws.terminate();
      else if (state.userId === null && now - openedAt > limits.settings.strangerMs) end(open, 'unauthenticated');
      else if (link.isDead()) ws.terminate();
    }
  }

  async #nameLiveDocument(
    tablo: string,
    token: string,
  ): Promise<{ ok: true; value: string } | { ok: false; reason: ReasonCode }> {
    try {
      const verified = await this.#deps.tokens.verify(token);
      if (!verified.ok) return { ok: false, reason: verified.error };
      const member = isTabloId(tablo) ? await this.#deps.membership.find(tablo, verified.value.userId) : null;
      if (member === null || !isTabloId(tablo)) return { ok: false, reason: 'forbidden' };
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

/** Hooks want a web `Request`. Nothing of the real one goes along: the token of `/yjs` is in its address. */
function createWebRequest(): Request {
  return new Request('http://localhost/');
}
