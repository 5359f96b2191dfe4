/** WebSockets: upgrade, origin, limits, and the pipe into Hocuspocus. `/sync` speaks Hocuspocus's protocol, `/yjs/<tabloId>` y-websocket's. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Hocuspocus } from '@hocuspocus/server';
import { REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import { isTabloId } from '@tablo/schema/ids';
import { MAX_FRAME_BYTES } from '@tablo/schema/limits';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Limits } from '../access/limits.ts';
import type { Membership } from '../access/membership.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Log } from '../log.ts';
import { CorkedSocket } from './corked-socket.ts';
import type { SocketState } from './live-connection.ts';
import { YjsBridge } from './yjs-bridge.ts';

/** How often sockets are looked at: for readers that do not read, and strangers that do not say who they are. */
const SWEEP_MS = 1_000;

interface Deps {
  readonly hocuspocus: Hocuspocus;
  readonly tokens: TokenVerifier;
  readonly membership: Membership;
  readonly isAllowedOrigin: (origin: string, host: string) => boolean;
  readonly limits: Limits;
  readonly log: Log;
}

export class Sockets {
  readonly #deps: Deps;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  readonly #open = new Map<WebSocket, { readonly state: SocketState; readonly openedAt: number }>();
  readonly #sweep: NodeJS.Timeout;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#sweep = setInterval(() => this.#sweepSockets(Date.now()), SWEEP_MS).unref();
  }

  get size(): number {
    return this.#server.clients.size;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy()); // A peer that is gone before the handshake ends: nobody to tell.
    const { origin, host } = request.headers;
    if (origin !== undefined && !this.#deps.isAllowedOrigin(origin, host ?? ''))
      return rejectUpgrade(socket, 403, 'This origin is not allowed.');
    const { limits } = this.#deps;
    if (!limits.allows('strangers', this.#countStrangers(), limits.settings.strangerSockets))
      return rejectUpgrade(socket, 503, 'Too many sockets are waiting. Try again.');
    const url = parseUrl(request);
    if (url?.pathname === '/sync')
      return this.#accept(request, socket, head, (ws, state) =>
        this.#openSync(ws, new CorkedSocket(ws, socket), state, request),
      );
    if (url?.pathname.startsWith('/yjs/'))
      return this.#accept(
        request,
        socket,
        head,
        (ws, state) => void this.#openYjs(ws, new CorkedSocket(ws, socket), state, request, url),
      );
    rejectUpgrade(socket, 404, 'There is no socket here.');
  }

  /** Tells every client that this server goes away; they come back by themselves. */
  close(): void {
    clearInterval(this.#sweep);
    for (const ws of this.#server.clients) end(ws, 'shutting-down');
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
    open: (ws: WebSocket, state: SocketState) => void,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.binaryType = 'nodebuffer';
      ws.on('error', (error) => this.#deps.log.debug({ err: error }, 'A socket failed.'));
      const state: SocketState = { userId: null, unhandledBytes: 0 };
      this.#open.set(ws, { state, openedAt: Date.now() });
      ws.on('close', () => this.#open.delete(ws));
      ws.on('message', (data: Buffer, isBinary) => this.#count(ws, state, data, isBinary));
      open(ws, state);
    });
  }

  #openSync(ws: WebSocket, corked: CorkedSocket, state: SocketState, request: IncomingMessage): void {
    const client = this.#deps.hocuspocus.handleConnection(corked, asWebRequest(request), { socket: state });
    ws.on('message', (data: Buffer, isBinary) => isBinary && client.handleMessage(data));
    ws.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
  }

  async #openYjs(
    ws: WebSocket,
    corked: CorkedSocket,
    state: SocketState,
    request: IncomingMessage,
    url: URL,
  ): Promise<void> {
    const early: Buffer[] = [];
    let earlyBytes = 0;
    let forward = (data: Buffer): void => {
      earlyBytes += data.byteLength;
      if (earlyBytes > MAX_FRAME_BYTES) return ws.terminate();
      early.push(data);
    };
    ws.on('message', (data: Buffer, isBinary) => isBinary && forward(data));
    const token = url.searchParams.get('token') ?? '';
    const name = await this.#nameLiveDocument(url.pathname.slice('/yjs/'.length), token);
    if (!name.ok) return end(ws, name.reason);
    if (ws.readyState !== ws.OPEN) return;
    const bridge = new YjsBridge(corked, name.value);
    const client = this.#deps.hocuspocus.handleConnection(bridge, asWebRequest(request), { socket: state });
    ws.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
    forward = (data) => {
      const frame = bridge.fromClient(data);
      if (frame !== null) client.handleMessage(frame);
    };
    client.handleMessage(bridge.authenticate(token));
    for (const data of early) forward(data);
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

  /** Text frames are in neither protocol; bytes are given back by `TrafficExtension` as frames get handled. */
  #count(ws: WebSocket, state: SocketState, data: Buffer, isBinary: boolean): void {
    if (!isBinary) return end(ws, 'invalid-update');
    state.unhandledBytes += data.byteLength;
    const { limits } = this.#deps;
    if (!limits.allows('unhandled', state.unhandledBytes, limits.settings.unhandledBytes)) end(ws, 'rate-limited');
  }

  #countStrangers(): number {
    let strangers = 0;
    for (const { state } of this.#open.values()) if (state.userId === null) strangers += 1;
    return strangers;
  }

  #sweepSockets(now: number): void {
    const { limits } = this.#deps;
    for (const [ws, { state, openedAt }] of this.#open) {
      // A reader that does not read would not read a farewell either.
      if (!limits.allows('unread', ws.bufferedAmount, limits.settings.unreadBytes)) ws.terminate();
      else if (state.userId === null && now - openedAt > limits.settings.strangerMs) end(ws, 'unauthenticated');
    }
  }
}

function end(ws: WebSocket, reason: ReasonCode): void {
  ws.close(REASONS[reason].close, reason);
}

function rejectUpgrade(socket: Duplex, status: number, sentence: string): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${sentence}\n`,
  );
}

function parseUrl(request: IncomingMessage): URL | null {
  return URL.parse(request.url ?? '', 'http://localhost');
}

/** Hooks want a web `Request`. Only headers that cannot carry a secret go along: the token of `/yjs` is in the URL. */
function asWebRequest(request: IncomingMessage): Request {
  const headers = new Headers();
  if (request.headers['user-agent'] !== undefined) headers.set('user-agent', request.headers['user-agent']);
  return new Request('http://localhost/', { headers });
}
