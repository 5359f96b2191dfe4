// A TCP link between clients and the server: as slow as a test wants it, frozen when it says so, or in the hands of a portal that opens every socket and
// answers every request with a page of its own.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { endWith, joinEnds, type Pair, TcpProxy, targetOf } from '@tablo/sync-server/testing/tcp-proxy';
import { WebSocketServer } from 'ws';

const PACE_MS = 20;

interface Traffic {
  sockets: number;
  readonly serverEnds: number[];
  portal: number | null;
}

export class TestLink {
  readonly #proxy: TcpProxy;
  readonly #traffic: Traffic;
  #closePortal: () => void = () => {};

  private constructor(proxy: TcpProxy, traffic: Traffic) {
    this.#proxy = proxy;
    this.#traffic = traffic;
  }

  static async open(url: string, bytesPerSecond = Number.POSITIVE_INFINITY): Promise<TestLink> {
    const server = targetOf(url);
    const traffic: Traffic = { sockets: 0, serverEnds: [], portal: null };
    const proxy = await TcpProxy.open({
      targets: () => [traffic.portal === null ? server : { host: '127.0.0.1', port: traffic.portal }],
      join: (pair) => {
        watch(pair, traffic);
        if (Number.isFinite(bytesPerSecond)) joinSlowly(pair, bytesPerSecond);
        else joinEnds(pair);
      },
    });
    return new TestLink(proxy, traffic);
  }

  get url(): string {
    return this.#proxy.url;
  }

  /** WebSockets asked for. */
  get sockets(): number {
    return this.#traffic.sockets;
  }

  /** When the server ended a connection that was frozen: `performance.now()`. */
  get serverEnds(): readonly number[] {
    return this.#traffic.serverEnds;
  }

  /** The connections of the moment die without a word to either end; new ones work. */
  freeze(): void {
    this.#proxy.freeze();
  }

  /** From now on everything ends at the portal. What was open dies without a word. */
  async enterPortal(): Promise<void> {
    const portal = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Welcome on board</title>');
    });
    const swallowing = new WebSocketServer({ server: portal });
    portal.listen(0, '127.0.0.1');
    await once(portal, 'listening');
    this.#traffic.portal = (portal.address() as AddressInfo).port;
    this.#closePortal = () => {
      for (const client of swallowing.clients) client.terminate();
      portal.closeAllConnections();
      portal.close();
    };
    this.freeze();
  }

  leavePortal(): void {
    this.#traffic.portal = null;
    this.#closePortal();
    this.#closePortal = () => {};
  }

  async close(): Promise<void> {
    this.leavePortal();
    await this.#proxy.close();
  }
}

function watch(pair: Pair, traffic: Traffic): void {
  pair.near.once('data', (head: Buffer) => {
    if (/^upgrade: websocket/im.test(head.toString('latin1'))) traffic.sockets += 1;
  });
  pair.far.on('close', () => {
    if (pair.isFrozen) traffic.serverEnds.push(performance.now());
  });
}

function joinSlowly(pair: Pair, bytesPerSecond: number): void {
  const carrySlowly = (from: Socket, to: Socket): void => {
    from.on('data', (bytes: Buffer) => {
      if (pair.isFrozen) return;
      from.pause();
      pass(bytes, to, () => from.resume());
    });
    endWith(pair, from, to);
  };
  const pass = (bytes: Buffer, to: Socket, onDone: () => void): void => {
    const slice = bytes.subarray(0, Math.ceil((bytesPerSecond * PACE_MS) / 1_000));
    const rest = bytes.subarray(slice.byteLength);
    setTimeout(
      () => {
        if (!pair.isFrozen) to.write(slice);
        if (rest.byteLength > 0) pass(rest, to, onDone);
        else onDone();
      },
      (slice.byteLength / bytesPerSecond) * 1_000,
    );
  };
  carrySlowly(pair.near, pair.far);
  carrySlowly(pair.far, pair.near);
}
