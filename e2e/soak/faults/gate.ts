/** A door between the server and PostgreSQL that tests shut: at once, silently, or for the connections of the moment only. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly inside: Socket;
  readonly outside: Socket;
  /** Neither end hears of the other any more, not even of its end. */
  isFrozen: boolean;
}

export class Gate {
  readonly url: string;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #isShut = false;
  #isSilent = false;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(target: string): Promise<Gate> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(target);
    url.port = String((server.address() as AddressInfo).port);
    const gate = new Gate(server, url.href);
    server.on('connection', (inside) => gate.#pass(inside, hostname, Number(port)));
    return gate;
  }

  /** Every connection breaks, and no new one comes through. */
  shut(): void {
    this.#isShut = true;
    for (const pair of [...this.#pairs]) end(pair);
  }

  /** Nothing is refused and nothing answered: the cable is out. */
  silence(): void {
    this.#isSilent = true;
    this.freeze();
  }

  /** The connections of the moment die without a word; new ones work (a failover). */
  freeze(): void {
    for (const pair of this.#pairs) {
      const { inside, outside } = pair;
      pair.isFrozen = true;
      inside.unpipe(outside);
      outside.unpipe(inside);
      inside.resume(); // What comes is taken, as by a network that drops it.
      outside.resume();
    }
  }

  reopen(): void {
    this.#isShut = false;
    if (!this.#isSilent) return;
    this.#isSilent = false;
    // Bytes were dropped: whoever waits for them is told, as a network does when it is back.
    for (const pair of [...this.#pairs]) end(pair);
  }

  async close(): Promise<void> {
    for (const pair of [...this.#pairs]) end(pair);
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(inside: Socket, host: string, port: number): void {
    if (this.#isShut) return void inside.destroy();
    const outside = connect(port, host);
    const pair: Pair = { inside, outside, isFrozen: this.#isSilent };
    this.#pairs.add(pair);
    for (const socket of [inside, outside]) {
      socket.on('error', () => {}); // `close` follows.
      socket.on('close', () => {
        if (!pair.isFrozen) end(pair);
        if (inside.destroyed && outside.destroyed) this.#pairs.delete(pair);
      });
    }
    if (this.#isSilent) return;
    inside.pipe(outside);
    outside.pipe(inside);
  }
}

function end({ inside, outside }: Pair): void {
  inside.destroy();
  outside.destroy();
}
