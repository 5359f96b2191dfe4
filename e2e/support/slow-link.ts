/**
 * A bad link between the browser and the server: every byte, of HTTP and of WebSockets alike, takes its time and its turn.
 *
 * Invariants
 * 1. Bytes come out in order, no sooner than `delayMs` after they went in, and no more than `bytesPerSecond` of them each way: the connections share it.
 * 2. While the link is down nothing moves and nothing is dropped, as TCP makes it look over a tunnel; neither end is told.
 * 3. A direction that has too much waiting takes no more in, so that the senders see a slow network, not an endless buffer.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface SlowLinkOptions {
  /** Where to: `http://127.0.0.1:3000`. */
  readonly target: string;
  /** Each way, so a round trip takes twice as long. */
  readonly delayMs: number;
  /** Each way. */
  readonly bytesPerSecond: number;
}

interface Parcel {
  readonly from: Socket;
  readonly to: Socket;
  /** `null`: the end of what `from` has to say. */
  readonly bytes: Buffer | null;
  readonly dueAt: number;
}

const TICK_MS = 10;
const LONGEST_PARCEL = 1_400;
const WAITING_MAX = 64 * 1024;

/** One way of the link. */
class Way {
  readonly #delayMs: number;
  readonly #bytesPerMs: number;
  #parcels: Parcel[] = [];
  #waiting = 0;
  #paused = new Set<Socket>();
  /** The last byte that was let through has left the link at this time. */
  #freeAt = 0;

  constructor({ delayMs, bytesPerSecond }: SlowLinkOptions) {
    this.#delayMs = delayMs;
    this.#bytesPerMs = bytesPerSecond / 1_000;
  }

  put(from: Socket, to: Socket, bytes: Buffer | null): void {
    const dueAt = performance.now() + this.#delayMs;
    if (bytes === null) return void this.#parcels.push({ from, to, bytes, dueAt });
    for (let start = 0; start < bytes.length; start += LONGEST_PARCEL) {
      this.#parcels.push({ from, to, bytes: bytes.subarray(start, start + LONGEST_PARCEL), dueAt });
    }
    this.#waiting += bytes.length;
    if (this.#waiting < WAITING_MAX) return;
    from.pause();
    this.#paused.add(from);
  }

  move(now: number): void {
    let moved = 0;
    for (const parcel of this.#parcels) {
      if (parcel.dueAt > now || this.#freeAt > now) break;
      moved += 1;
      const { to, bytes } = parcel;
      if (bytes === null) to.end();
      else {
        this.#freeAt = Math.max(this.#freeAt, now - TICK_MS) + bytes.length / this.#bytesPerMs;
        this.#waiting -= bytes.length;
        if (!to.destroyed) to.write(bytes);
      }
    }
    this.#parcels = this.#parcels.slice(moved);
    if (this.#waiting >= WAITING_MAX / 2) return;
    for (const socket of this.#paused) socket.resume();
    this.#paused.clear();
  }

  forget(socket: Socket): void {
    this.#paused.delete(socket);
    this.#parcels = this.#parcels.filter(({ to }) => to !== socket);
    this.#waiting = this.#parcels.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  }
}

export class SlowLink {
  readonly url: string;
  readonly #server: Server;
  readonly #up: Way;
  readonly #down: Way;
  readonly #pairs = new Map<Socket, Socket>();
  readonly #timer: ReturnType<typeof setInterval>;
  #isUp = true;
  #socketsOpened = 0;

  private constructor(server: Server, options: SlowLinkOptions) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#up = new Way(options);
    this.#down = new Way(options);
    const { hostname, port } = new URL(options.target);
    server.on('connection', (inside) => this.#pass(inside, connect(Number(port), hostname)));
    this.#timer = setInterval(() => this.#move(), TICK_MS);
  }

  static async open(options: SlowLinkOptions): Promise<SlowLink> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SlowLink(server, options);
  }

  /** Connections that asked to become WebSockets. */
  get socketsOpened(): number {
    return this.#socketsOpened;
  }

  goDown(): void {
    this.#isUp = false;
  }

  comeUp(): void {
    this.#isUp = true;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const [inside, outside] of this.#pairs) {
      inside.destroy();
      outside.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #move(): void {
    if (!this.#isUp) return;
    const now = performance.now();
    this.#up.move(now);
    this.#down.move(now);
  }

  #pass(inside: Socket, outside: Socket): void {
    this.#pairs.set(inside, outside);
    inside.on('data', (bytes: Buffer) => {
      if (/^GET [^\r]*\r\n(?:[^\r]+\r\n)*upgrade: *websocket/iu.test(bytes.toString('latin1')))
        this.#socketsOpened += 1;
      this.#up.put(inside, outside, bytes);
    });
    inside.on('end', () => this.#up.put(inside, outside, null));
    outside.on('data', (bytes: Buffer) => this.#down.put(outside, inside, bytes));
    outside.on('end', () => this.#down.put(outside, inside, null));
    for (const socket of [inside, outside]) {
      socket.setNoDelay(true);
      socket.on('error', () => {}); // `close` follows.
    }
    // An end that breaks off is gone; what it had sent before is still on its way to the other.
    inside.on('close', () => {
      this.#down.forget(inside);
      this.#up.put(inside, outside, null);
      this.#pairs.delete(inside);
    });
    outside.on('close', () => {
      this.#up.forget(outside);
      this.#down.put(outside, inside, null);
    });
  }
}
