/** WebSockets: upgrade, origin, limits, and the pipe into Hocuspocus. `/sync` speaks Hocuspocus's protocol, `/yjs/<tabloId>` y-websocket's. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Hocuspocus } from '@hocuspocus/server';
import { REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import { isTabloId } from '@tablo/schema/ids';
import { MAX_FRAME_BYTES } from '@tablo/schema/limits';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Membership } from '../access/membership.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Log } from '../log.ts';
import type { SocketState } from './live-connection.ts';
import { YjsBridge } from './yjs-bridge.ts';

/** Bytes that a reader may leave unread before its socket is dropped: memory is everybody's. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
const UNREAD_SWEEP_MS = 1_000;

interface Deps {
  readonly hocuspocus: Hocuspocus;
  readonly tokens: TokenVerifier;
  readonly membership: Membership;
  readonly isAllowedOrigin: (origin: string, host: string) => boolean;
  readonly log: Log;
}

export class Sockets {
  readonly #deps: Deps;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  readonly #sweep: NodeJS.Timeout;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#sweep = setInterval(() => this.#dropSlowReaders(), UNREAD_SWEEP_MS).unref();
  }

  get size(): number {
    return this.#server.clients.size;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy()); // A peer that is gone before the handshake ends: nobody to tell.
    const { origin, host } = request.headers;
    if (origin !== undefined && !this.#deps.isAllowedOrigin(origin, host ?? '')) return rejectUpgrade(socket, 403, 'This origin is not allowed.');
    const url = parseUrl(request);
    if (url?.pathname === '/sync') return this.#accept(request, socket, head, (ws) => this.#openSync(ws, request));
    if (url?.pathname.startsWith('/yjs/')) return this.#accept(request, socket, head, (ws) => void this.#openYjs(ws, request, url));
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

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, open: (ws: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.binaryType = 'nodebuffer';
      ws.on('error', (error) => this.#deps.log.debug({ err: error }, 'A socket failed.'));
      open(ws);
    });
  }

  #openSync(ws: WebSocket, request: IncomingMessage): void {
    const client = this.#deps.hocuspocus.handleConnection(ws, asWebRequest(request), { socket: createState(request) });
    ws.on('message', (data: Buffer, isBinary) => (isBinary ? client.handleMessage(data) : end(ws, 'invalid-update')));
    ws.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
  }

  async #openYjs(ws: WebSocket, request: IncomingMessage, url: URL): Promise<void> {
    const early: Buffer[] = [];
    let earlyBytes = 0;
    let forward = (data: Buffer): void => {
      earlyBytes += data.byteLength;
      if (earlyBytes > MAX_FRAME_BYTES) return ws.terminate();
      early.push(data);
    };
    ws.on('message', (data: Buffer, isBinary) => (isBinary ? forward(data) : end(ws, 'invalid-update')));
    const token = url.searchParams.get('token') ?? '';
    const name = await this.#nameLiveDocument(url.pathname.slice('/yjs/'.length), token);
    if (!name.ok) return end(ws, name.reason);
    if (ws.readyState !== ws.OPEN) return;
    const bridge = new YjsBridge(ws, name.value);
    const client = this.#deps.hocuspocus.handleConnection(bridge, asWebRequest(request), { socket: createState(request) });
    ws.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
    forward = (data) => {
      const frame = bridge.fromClient(data);
      if (frame !== null) client.handleMessage(frame);
    };
    client.handleMessage(bridge.authenticate(token));
    for (const data of early) forward(data);
  }

  async #nameLiveDocument(tablo: string, token: string): Promise<{ ok: true; value: string } | { ok: false; reason: ReasonCode }> {
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

  #dropSlowReaders(): void {
    for (const ws of this.#server.clients) if (ws.bufferedAmount > MAX_UNREAD_BYTES) ws.terminate();
  }
}

function end(ws: WebSocket, reason: ReasonCode): void {
  ws.close(REASONS[reason].close, reason);
}

function createState(request: IncomingMessage): SocketState {
  return { userId: null, remoteAddress: request.socket.remoteAddress ?? '' };
}

function rejectUpgrade(socket: Duplex, status: number, sentence: string): void {
  socket.end(`HTTP/1.1 ${status} ${status === 403 ? 'Forbidden' : 'Not Found'}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${sentence}\n`);
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
