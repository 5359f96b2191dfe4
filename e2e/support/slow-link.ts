/**
 * A bad link between the browser and the server: every byte, of HTTP and of WebSockets alike, takes its time and its turn.
 *
 * Invariants
 * 1. Bytes come out in order, no sooner than `delayMs` after they went in, and no more than `bytesPerSecond` of them each way: the connections share it.
 * 2. While the link is down nothing moves and nothing is dropped, as TCP makes it look over a tunnel; neither end is told.
 * 3. A direction that has too much waiting takes no more in, so that the senders see a slow network, not an endless buffer.
 */
import type { Socket } from 'node:net';
import { type Pair, TcpProxy, targetOf } from '@tablo/sync-server/testing/tcp-proxy';

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
  readonly #proxy: TcpProxy;
  readonly #state: { isUp: boolean; socketsOpened: number };
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(proxy: TcpProxy, ways: readonly Way[], state: { isUp: boolean; socketsOpened: number }) {
    this.#proxy = proxy;
    this.#state = state;
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (state.isUp) for (const way of ways) way.move(now);
    }, TICK_MS);
  }

  static async open(options: SlowLinkOptions): Promise<SlowLink> {
    const [up, down] = [new Way(options), new Way(options)];
    const state = { isUp: true, socketsOpened: 0 };
    const proxy = await TcpProxy.open({
      targets: () => [targetOf(options.target)],
      allowHalfOpen: true,
      join: (pair) => {
        pair.near.on('data', (bytes: Buffer) => {
          if (/^GET [^\r]*\r\n(?:[^\r]+\r\n)*upgrade: *websocket/iu.test(bytes.toString('latin1')))
            state.socketsOpened += 1;
        });
        joinWays(pair, up, down);
      },
    });
    return new SlowLink(proxy, [up, down], state);
  }

  get url(): string {
    return this.#proxy.url;
  }

  /** Connections that asked to become WebSockets. */
  get socketsOpened(): number {
    return this.#state.socketsOpened;
  }

  goDown(): void {
    this.#state.isUp = false;
  }

  comeUp(): void {
    this.#state.isUp = true;
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.#proxy.close();
  }
}

function joinWays({ near, far }: Pair, up: Way, down: Way): void {
  near.on('data', (bytes: Buffer) => up.put(near, far, bytes));
  near.on('end', () => up.put(near, far, null));
  far.on('data', (bytes: Buffer) => down.put(far, near, bytes));
  far.on('end', () => down.put(far, near, null));
  for (const socket of [near, far]) socket.setNoDelay(true);
  // An end that breaks off is gone; what it had sent before is still on its way to the other.
  near.on('close', () => {
    down.forget(near);
    up.put(near, far, null);
  });
  far.on('close', () => {
    up.forget(far);
    down.put(far, near, null);
  });
}
