/**
 * The port's connections as long as they speak HTTP: how many there are, and how long each may take. A stranger can hold a connection only for seconds, whatever they
 * do: no request, half a request, a body byte by byte, an answer that is not read.
 *
 * 1. A connection without a whole request ends after `firstRequestMs`; one that is idle after an answer, by Node's keep-alive.
 * 2. A body, and the reading of an answer, have some seconds and then a lowest rate. An exchange lasts until both have ended: a body may go on after its answer.
 * 3. `#judge` decides what takes too long: once a second, by a clock on which a pause of the process is one step. Node notices connections without any traffic.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from './address-key.ts';

export interface ConnectionBounds {
  readonly connections: number;
  /** null: all come from a proxy, which counts them itself. */
  readonly connectionsPerAddress: number | null;
  /** Whether an address may open one more connection now: opening one costs more than checking the rate. */
  readonly mayOpen: (address: string) => boolean;
}

export interface HttpTimeouts {
  readonly firstRequestMs: number;
  readonly bodyMs: number;
  readonly bodyBytesPerSecond: number;
  /** The longest time in which the other end takes no byte. */
  readonly stallMs: number;
  readonly answerBytesPerSecond: number;
  readonly sweepMs: number;
}

/** Slow enough for a mobile link that is barely alive; nobody else needs longer. */
export const HTTP_TIMEOUTS: HttpTimeouts = {
  firstRequestMs: 10_000,
  bodyMs: 5_000,
  bodyBytesPerSecond: 8 * 1_024,
  stallMs: 15_000,
  answerBytesPerSecond: 4 * 1_024,
  sweepMs: 1_000,
};

/** Nobody pipelines: browsers ask for one thing at a time on a connection. */
export const PIPELINED_MAX = 8;
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

export type ConnectionLimit = 'connections' | 'address-connections' | 'stalled';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The sweep's clock. */
  readonly startedAt: number;
  /** `socket.bytesRead` when it started. */
  readonly readAtStart: number;
  /** Since when an answer waits to be taken, and how much of it there was at the most. */
  answeringSince: number | null;
  answerBytes: number;
}

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  readonly openedAt: number;
  hasAsked: boolean;
  readonly exchanges: Set<Exchange>;
}

export class HttpConnections {
  readonly #bounds: ConnectionBounds;
  readonly #timeouts: HttpTimeouts;
  readonly #onExceeded: (limit: ConnectionLimit) => void;
  readonly #open = new Map<Socket, Connection>();
  readonly #byAddress = new Map<string, Set<Connection>>();
  readonly #sweep: NodeJS.Timeout;
  #now = 0;
  #sweptAt = performance.now();

  constructor(
    server: Server,
    bounds: ConnectionBounds,
    onExceeded: (limit: ConnectionLimit) => void,
    timeouts: HttpTimeouts = HTTP_TIMEOUTS,
  ) {
    this.#bounds = bounds;
    this.#timeouts = timeouts;
    this.#onExceeded = onExceeded;
    server.on('connection', (socket) => this.#add(socket));
    // A WebSocket has rules of its own.
    server.on('upgrade', ({ socket }) => this.#forget(socket));
    // Node emits this when no byte was sent or received, also during a large answer. Only a working handler may be silent.
    server.setTimeout(timeouts.stallMs, (socket) => {
      if (!this.#isAtWork(socket)) this.#end(socket);
    });
    this.#sweep = setInterval(() => this.#lookAtAll(), timeouts.sweepMs).unref();
    server.on('close', () => clearInterval(this.#sweep));
  }

  get size(): number {
    return this.#open.size;
  }

  /** The listener for the server's requests: requests of a connection that was ended at the same moment are ignored. */
  watch(listener: RequestListener): RequestListener {
    return (request, response) => {
      this.#note(request, response);
      if (!request.socket.destroyed) listener(request, response);
    };
  }

  #add(socket: Socket): void {
    const address = addressKey(socket.remoteAddress ?? '');
    if (!this.#bounds.mayOpen(address)) {
      this.#onExceeded('address-connections');
      return void socket.destroy();
    }
    const ofAddress = this.#byAddress.get(address) ?? new Set();
    const { connections, connectionsPerAddress } = this.#bounds;
    if (connectionsPerAddress !== null && ofAddress.size >= connectionsPerAddress)
      if (!this.#makeRoom(ofAddress, 'address-connections')) return void socket.destroy();
    if (this.#open.size >= connections)
      if (!this.#makeRoom(this.#open.values(), 'connections')) return void socket.destroy();
    const connection = { socket, address, openedAt: this.#now, hasAsked: false, exchanges: new Set<Exchange>() };
    this.#open.set(socket, connection);
    this.#byAddress.set(address, ofAddress.add(connection));
    socket.on('close', () => this.#forget(socket));
  }

  /** An idle connection loses nothing: browsers connect again. The oldest is ended. */
  #makeRoom(among: Iterable<Connection>, limit: ConnectionLimit): boolean {
    this.#onExceeded(limit);
    for (const connection of among) {
      const { exchanges, socket } = connection;
      dropEnded(connection);
      if (exchanges.size > 0) continue;
      this.#forget(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #note(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#open.get(request.socket);
    if (connection === undefined) return;
    connection.hasAsked = true;
    dropEnded(connection);
    const exchange: Exchange = {
      request,
      response,
      startedAt: this.#now,
      readAtStart: request.socket.bytesRead,
      answeringSince: null,
      answerBytes: 0,
    };
    connection.exchanges.add(exchange);
    for (const half of [request, response]) half.on('close', () => dropEnded(connection));
    if (connection.exchanges.size > PIPELINED_MAX) this.#end(request.socket);
  }

  #forget(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    this.#open.delete(socket);
    const ofAddress = this.#byAddress.get(connection.address);
    ofAddress?.delete(connection);
    if (ofAddress?.size === 0) this.#byAddress.delete(connection.address);
  }

  #lookAtAll(): void {
    const elapsed = performance.now() - this.#sweptAt;
    this.#sweptAt += elapsed;
    this.#now += Math.min(elapsed, 2 * this.#timeouts.sweepMs);
    for (const connection of this.#open.values()) this.#judge(connection);
  }

  #judge(connection: Connection): void {
    dropEnded(connection);
    const { socket, openedAt, hasAsked, exchanges } = connection;
    const timeouts = this.#timeouts;
    if (!hasAsked && this.#now - openedAt > timeouts.firstRequestMs) return this.#end(socket);
    for (const exchange of exchanges) {
      const { request, response, startedAt, readAtStart } = exchange;
      if (!request.complete) {
        const received = socket.bytesRead - readAtStart;
        const mayTake = timeouts.bodyMs + (received / timeouts.bodyBytesPerSecond) * 1_000;
        if (this.#now - startedAt > mayTake) return this.#endSlowBody(socket, response);
      }
      if (!response.headersSent || response.closed) continue;
      exchange.answeringSince ??= this.#now;
      exchange.answerBytes = Math.max(exchange.answerBytes, socket.writableLength);
      const mayTake = timeouts.stallMs + (exchange.answerBytes / timeouts.answerBytesPerSecond) * 1_000;
      if (this.#now - exchange.answeringSince > mayTake) return this.#end(socket);
    }
  }

  /** Every body has arrived and no answer has begun: the request waits for the database, which has timeouts of its own. */
  #isAtWork(socket: Socket): boolean {
    const exchanges = [...(this.#open.get(socket)?.exchanges ?? [])];
    return (
      exchanges.length > 0 && exchanges.every(({ request, response }) => request.complete && !response.headersSent)
    );
  }

  #endSlowBody(socket: Socket, response: ServerResponse): void {
    if (!response.headersSent && socket.writableLength === 0) socket.write(TIMED_OUT);
    this.#end(socket);
  }

  #end(socket: Socket): void {
    if (this.#open.has(socket)) {
      const { exchanges } = this.#open.get(socket) as Connection;
      if (exchanges.size > 0) this.#onExceeded('stalled');
    }
    socket.destroy();
  }
}

/** There is no reliable event for the end of a body that nobody reads, so it is checked before exchanges are counted. */
function dropEnded({ exchanges }: Connection): void {
  for (const exchange of exchanges)
    if (exchange.response.closed && (exchange.request.complete || exchange.request.socket.destroyed))
      exchanges.delete(exchange);
}
