// A TCP link between clients and the server: as slow as a test wants it, frozen when it says so, or in the hands of a portal that opens every socket and
// answers every request with a page of its own.
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';

const PACE_MS = 20;

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isFrozen: boolean;
}

export class TestLink {
  readonly url: string;
  /** WebSockets asked for. */
  sockets = 0;
  /** When the server ended a connection that was frozen: `performance.now()`. */
  readonly serverEnds: number[] = [];
  readonly #server: Server;
  readonly #target: number;
  readonly #bytesPerSecond: number;
  readonly #pairs = new Set<Pair>();
  #portal: number | null = null;
  #closePortal: () => void = () => {};

  private constructor(server: Server, target: number, bytesPerSecond: number) {
    this.#server = server;
    this.#target = target;
    this.#bytesPerSecond = bytesPerSecond;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(target: string, bytesPerSecond = Number.POSITIVE_INFINITY): Promise<TestLink> {
    const server = createServer();
    await listen(server);
    const link = new TestLink(server, Number(new URL(target).port), bytesPerSecond);
    server.on('connection', (near) => link.#pass(near));
    return link;
  }

  /** The connections of the moment die without a word to either end; new ones work. */
  freeze(): void {
    for (const pair of this.#pairs) pair.isFrozen = true;
  }

  /** From now on everything ends at the portal. What was open dies without a word. */
  async enterPortal(): Promise<void> {
    const portal = createHttpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Welcome on board</title>');
    });
    const swallowing = new WebSocketServer({ server: portal });
    await listen(portal);
    this.#portal = (portal.address() as AddressInfo).port;
    this.#closePortal = () => {
      for (const client of swallowing.clients) client.terminate();
      portal.closeAllConnections();
      portal.close();
    };
    this.freeze();
  }

  leavePortal(): void {
    this.#portal = null;
    this.#closePortal();
    this.#closePortal = () => {};
  }

  async close(): Promise<void> {
    this.leavePortal();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(near: Socket): void {
    const far = connect(this.#portal ?? this.#target, '127.0.0.1');
    const pair: Pair = { near, far, isFrozen: false };
    this.#pairs.add(pair);
    near.once('data', (head: Buffer) => {
      if (/^upgrade: websocket/im.test(head.toString('latin1'))) this.sockets += 1;
    });
    this.#carry(pair, near, far);
    this.#carry(pair, far, near);
    far.on('close', () => {
      if (pair.isFrozen) this.serverEnds.push(performance.now());
    });
  }

  #carry(pair: Pair, from: Socket, to: Socket): void {
    from.on('error', () => {}); // `close` follows.
    from.on('data', (chunk: Buffer) => {
      // Taken and dropped, as by a network that is gone.
      if (pair.isFrozen) return;
      if (!Number.isFinite(this.#bytesPerSecond)) return void to.write(chunk);
      from.pause();
      this.#carrySlowly(pair, chunk, to, () => from.resume());
    });
    from.on('close', () => {
      if (!pair.isFrozen) to.destroySoon();
      if (pair.near.destroyed && pair.far.destroyed) this.#pairs.delete(pair);
    });
  }

  #carrySlowly(pair: Pair, bytes: Buffer, to: Socket, onDone: () => void): void {
    const slice = bytes.subarray(0, Math.ceil((this.#bytesPerSecond * PACE_MS) / 1_000));
    const rest = bytes.subarray(slice.byteLength);
    setTimeout(
      () => {
        if (!pair.isFrozen) to.write(slice);
        if (rest.byteLength > 0) this.#carrySlowly(pair, rest, to, onDone);
        else onDone();
      },
      (slice.byteLength / this.#bytesPerSecond) * 1_000,
    );
  }
}

const listen = (server: Server): Promise<void> => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
