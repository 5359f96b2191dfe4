/** The one HTTP port. It listens from the first moment, so that an orchestrator can ask how the start goes; until then everything else is 503. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { REASONS } from '@tablo/schema/close-codes';
import { type ConnectionBounds, type ConnectionLimit, HttpConnections, type HttpTimeouts } from './http-connections.ts';
import type { Log } from './log.ts';
import { createPathStripper } from './public-path.ts';

type Fetch = (request: Request, env?: unknown) => Response | Promise<Response>;
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
/** Answers requests that need no body, and returns whether it did. */
type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Longer than a proxy's idle time, so that it is the proxy that closes (RFC 9112, section 9.5: a request may be under way). */
const PROXY_KEEP_ALIVE_MS = 75_000;
/** A browser connects again in no time. */
const KEEP_ALIVE_MS = 15_000;
/** `HttpConnections` is stricter; this is Node's own limit for heads of requests, and the final limit for bodies. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const CHECK_EVERY_MS = 2_000;
/** HTTP/1.0 names no host: some health checks. */
const UNNAMED_HOST = 'localhost';
/** Node's default, written explicitly: a token of usual size and a browser's cookies. */
const MAX_HEADER_BYTES = 16 * 1_024;

export interface Port {
  readonly url: string;
  /** Connections that are no WebSockets. */
  countConnections(): number;
  /** Answers 503 with this sentence until it serves. */
  wait(reason: string): void;
  serve(fetch: Fetch, upgrade: Upgrade, first: Answer): void;
  /** `/readyz` is 503 from now on, and no connection is kept for another request; all else is served. */
  leave(): void;
  /** Answers 503 from now on. */
  refuse(): void;
  /** Lets requests in progress finish, for at most `deadlineMs`. */
  close(deadlineMs?: number): Promise<void>;
}

interface PortSettings {
  readonly host: string;
  readonly port: number;
  readonly trustProxy: boolean;
  /** Below which path people reach it: `/chat`, or nothing. */
  readonly publicPath: string;
  readonly bounds: ConnectionBounds;
  readonly onExceeded: (limit: ConnectionLimit) => void;
  readonly log: Log;
  readonly timeouts?: HttpTimeouts;
}

export async function openPort(settings: PortSettings): Promise<Port> {
  const { host, port, trustProxy, publicPath, bounds, onExceeded, log, timeouts } = settings;
  let fetch: Fetch = answerNotReady('The server is starting.');
  let first: Answer = () => false;
  let upgrade: Upgrade = rejectUpgrade;
  let isLeaving = false;
  const answerStopping = answerNotReady('The server is stopping.');
  const strip = createPathStripper(publicPath);
  const listen = getRequestListener(
    (request, env) => (isLeaving && isReadiness(request) ? answerStopping(request) : fetch(request, env)),
    { hostname: UNNAMED_HOST },
  );
  const server = createServer({
    keepAliveTimeout: trustProxy ? PROXY_KEEP_ALIVE_MS : KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const connections = new HttpConnections(server, bounds, onExceeded, timeouts);
  server.on(
    'request',
    connections.watch((request, response) => {
      request.url = strip(request.url ?? '');
      // A proxy that kept the connection would send on it what nobody reads any more.
      if (isLeaving) response.shouldKeepAlive = false;
      if (!first(request, response)) void listen(request, response);
    }),
  );
  server.on('upgrade', (request, socket, head) => {
    request.url = strip(request.url ?? '');
    upgrade(request, socket, head);
  });
  server.on('clientError', (_error, socket) => socket.destroy()); // The peer does not speak HTTP: no answer is sent.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error({ err: error }, 'The HTTP server failed.'));
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.address.includes(':') ? `[${address.address}]` : address.address}:${address.port}`,
    countConnections: () => connections.size,
    wait: (reason) => {
      fetch = answerNotReady(reason);
    },
    serve: (newFetch, newUpgrade, newFirst) => {
      fetch = newFetch;
      upgrade = newUpgrade;
      first = newFirst;
    },
    leave: () => {
      isLeaving = true;
    },
    refuse: () => {
      fetch = answerStopping;
      upgrade = rejectUpgrade;
      first = () => false;
    },
    close: (deadlineMs = 0) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

const isReadiness = (request: Request): boolean => new URL(request.url).pathname === '/readyz';

function answerNotReady(reason: string): Fetch {
  return (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/healthz') return Response.json({ status: 'ok' });
    if (pathname === '/readyz') return Response.json({ status: 'unavailable', reason }, { status: 503 });
    return Response.json(
      { error: reason, code: 'unavailable' },
      { status: REASONS.unavailable.status, headers: { 'Retry-After': '1' } },
    );
  };
}

function rejectUpgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  // Node leaves an upgraded socket to us: half closed, it would stay for as long as the other end likes.
  socket.once('finish', () => socket.destroy());
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n\r\n');
}
