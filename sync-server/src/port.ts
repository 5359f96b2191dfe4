/** The one HTTP port. It listens from the first moment, so that an orchestrator can ask how the start goes; until then everything else is 503. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { REASONS } from '@tablo/schema/close-codes';
import type { Log } from './log.ts';

type Fetch = (request: Request, env?: unknown) => Response | Promise<Response>;
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Longer than a proxy's idle time, so that it is the proxy that closes (RFC 9112, section 9.5: a request may be under way). */
const KEEP_ALIVE_MS = 75_000;
/** A request that takes longer to arrive is not one. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface Port {
  readonly url: string;
  serve(fetch: Fetch, upgrade: Upgrade): void;
  /** Answers 503 from now on. */
  refuse(): void;
  /** Lets requests under way finish, at most `deadlineMs`. */
  close(deadlineMs?: number): Promise<void>;
}

export async function openPort(host: string, port: number, log: Log): Promise<Port> {
  let fetch: Fetch = answerNotReady('The server is starting.');
  let upgrade: Upgrade = rejectUpgrade;
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    getRequestListener((request, env) => fetch(request, env)),
  );
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head));
  server.on('clientError', (_error, socket) => socket.destroy()); // Not HTTP: nobody to tell.
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
    serve: (newFetch, newUpgrade) => {
      fetch = newFetch;
      upgrade = newUpgrade;
    },
    refuse: () => {
      fetch = answerNotReady('The server is stopping.');
      upgrade = rejectUpgrade;
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
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n\r\n');
}
