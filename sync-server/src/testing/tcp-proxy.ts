/**
 * Something between two ends of TCP connections: the one place that takes them, connects onwards and keeps the pairs. What a link, a gate, a balancer or a
 * meter does to the bytes is their `join`; without one, what one end says the other hears.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Pair {
  /** Whose connection it is. */
  readonly near: Socket;
  /** The connection to the target. */
  readonly far: Socket;
  readonly target: Target;
  /** Neither end hears of the other any more, not even of its end; what comes is taken and dropped, as by a network that is gone. */
  isFrozen: boolean;
}

interface Options {
  /** Where a new connection goes: the first that takes it. None: it ends. */
  readonly targets: () => readonly Target[];
  readonly join?: (pair: Pair) => void;
  /** Ends are carried by `join` as well. */
  readonly allowHalfOpen?: boolean;
}

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #options: Options;
  readonly #pairs = new Set<Pair>();
  /** Taken, and not connected yet. */
  readonly #coming = new Set<Socket>();

  private constructor(server: Server, options: Options) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#options = options;
    server.on('connection', (near) => void this.#pass(near));
  }

  static async open(options: Options): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: options.allowHalfOpen ?? false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, options);
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The same address, by way of the proxy. */
  inPlaceOf(address: string): string {
    const url = new URL(address);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** The connections of the moment die without a word to either end; new ones work. */
  freeze(): void {
    for (const pair of this.#pairs) {
      pair.isFrozen = true;
      pair.near.resume();
      pair.far.resume();
    }
  }

  /** The connections of the moment end. */
  cut(): void {
    for (const socket of this.#coming) socket.destroy();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  async #pass(near: Socket): Promise<void> {
    near.on('error', () => {}); // `close` follows.
    this.#coming.add(near);
    for (const target of this.#options.targets()) {
      const far = await reach(target);
      if (far === null) continue;
      this.#coming.delete(near);
      if (near.destroyed) return void far.destroy();
      return this.#join({ near, far, target, isFrozen: false });
    }
    this.#coming.delete(near);
    near.destroy();
  }

  #join(pair: Pair): void {
    this.#pairs.add(pair);
    for (const socket of [pair.near, pair.far])
      socket.on('close', () => {
        if (pair.near.destroyed && pair.far.destroyed) this.#pairs.delete(pair);
      });
    (this.#options.join ?? joinEnds)(pair);
  }
}

export const targetOf = (url: string, usualPort = 80): Target => {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) || usualPort };
};

/** What one end says the other hears, and who ends ends the other. */
export function joinEnds(pair: Pair): void {
  carry(pair, pair.near, pair.far);
  carry(pair, pair.far, pair.near);
}

/** `alter`: what arrives of what was sent; null: nothing. */
export function carry(
  pair: Pair,
  from: Socket,
  to: Socket,
  alter: (bytes: Buffer) => Buffer | null = (bytes) => bytes,
): void {
  from.on('data', (bytes: Buffer) => {
    const carried = pair.isFrozen ? null : alter(bytes);
    if (carried === null || to.write(carried)) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
  endWith(pair, from, to);
}

/** Whoever is left hears that the other has ended. */
export function endWith(pair: Pair, from: Socket, to: Socket): void {
  from.on('close', () => {
    if (!pair.isFrozen) to.destroySoon();
  });
}

async function reach({ host, port }: Target): Promise<Socket | null> {
  const far = connect(port, host);
  try {
    await once(far, 'connect');
  } catch {
    return null; // It does not listen.
  }
  far.on('error', () => {}); // `close` follows.
  return far;
}
