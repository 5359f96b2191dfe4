// One device's way to the server: real sockets and real requests on the loopback, which can be cut, stalled, delayed, and whose frames can come twice.
// What is repeated is only what a sound peer must take twice (updates, questions, notices): tokens and acknowledgements come once, since TCP does not
// repeat them either.
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '@tablo/schema/testing/random';
import { FRAME, SYNC_STEP_1 } from '@tablo/sync-server/sync/socket/frames/frame-types';
import * as decoding from 'lib0/decoding';

type SocketEvent = 'open' | 'message' | 'close' | 'error';
type Listener = (event: unknown) => void;

export class LossyNetwork {
  readonly #random: Random;
  readonly #sockets = new Set<LossySocket>();
  state: 'up' | 'down' | 'mute' | 'captive' = 'up';

  constructor(random: Random) {
    this.#random = random;
  }

  /** One tab's share: it ends when the tab is killed. */
  openPort(): NetworkPort {
    return new NetworkPort(this);
  }

  get sockets(): Set<LossySocket> {
    return this.#sockets;
  }

  /** Sockets end; what is on its way is lost. New ones can be opened at once. */
  cut(): void {
    for (const socket of [...this.#sockets]) socket.cut();
  }

  /** Half open: nothing comes through any more, and nobody is told. */
  stall(): void {
    for (const socket of this.#sockets) socket.stall();
  }

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** Everything is swallowed; new sockets open (`captive`) or hang (`mute`). */
  swallow(opensSockets: boolean): void {
    this.state = opensSockets ? 'captive' : 'mute';
    this.cut();
  }

  goDown(isNoticed: boolean): void {
    this.state = 'down';
    if (isNoticed) this.cut();
    else this.stall();
  }

  goUp(): void {
    this.state = 'up';
  }

  async request(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const lag = this.pickLag();
    if (lag() > 0) await delay(lag());
    this.#assertUp();
    const answer = await fetch(input, init);
    const body = await answer.arrayBuffer();
    // The server has done it, and the answer is lost.
    if (this.#random.chance(0.02)) throw new TypeError('fetch failed');
    this.#assertUp();
    return new Response(answer.status === 204 ? null : body, { status: answer.status, headers: answer.headers });
  }

  /** Most links are quick, some are slow, some very. */
  pickLag(): () => number {
    const kind = this.#random.next();
    if (kind < 0.6) return () => 0;
    const max = kind < 0.9 ? 6 : 40;
    return () => this.#random.below(max);
  }

  repeats(): boolean {
    return this.#random.chance(0.08);
  }

  #assertUp(): void {
    if (!this.isUp) throw new TypeError('fetch failed');
  }
}

export class NetworkPort {
  readonly #network: LossyNetwork;
  readonly fetch: typeof fetch;
  readonly WebSocketImpl: unknown;
  readonly #own = new Set<LossySocket>();
  #isDead = false;

  constructor(network: LossyNetwork) {
    this.#network = network;
    this.fetch = async (...args) => {
      if (this.#isDead) throw new TypeError('fetch failed');
      return network.request(...args);
    };
    const open = (url: string): LossySocket => {
      const socket = new LossySocket(network, url, this.#isDead ? 'down' : network.state);
      this.#own.add(socket);
      return socket;
    };
    this.WebSocketImpl = function Socket(url: string) {
      return open(url);
    };
  }

  cut(): void {
    for (const socket of this.#own) socket.cut();
  }

  deafen(): void {
    for (const socket of this.#own) socket.deafen();
  }

  /** For the log of a failure. */
  describe(): string {
    return [...this.#own]
      .filter((socket) => socket.readyState !== WebSocket.CLOSED)
      .map((socket) => socket.describe())
      .join('; ');
  }

  kill(): void {
    this.#isDead = true;
    this.cut();
    for (const socket of this.#own) this.#network.sockets.delete(socket);
  }
}

class LossySocket {
  binaryType = 'arraybuffer';
  readyState: number = WebSocket.CONNECTING;
  identifier: unknown;
  readonly #network: LossyNetwork;
  readonly #real: WebSocket | null;
  readonly #listeners = new Map<SocketEvent, Set<Listener>>();
  readonly #up: Line;
  readonly #down: Line;
  /** Acknowledgements of repeated updates, by document: the client has counted each update once. */
  readonly #surplus = new Map<string, number>();
  #isStalled = false;
  #framesUp = 0;
  #framesDown = 0;

  constructor(network: LossyNetwork, url: string, state: LossyNetwork['state']) {
    this.#network = network;
    const lag = network.pickLag();
    this.#up = new Line(lag);
    this.#down = new Line(lag);
    if (state !== 'up') {
      this.#real = null;
      if (state === 'down') setTimeout(() => this.#fail(), 1);
      else this.stall();
      if (state === 'captive') setTimeout(() => this.#open(), 1);
      return;
    }
    network.sockets.add(this);
    const real = new WebSocket(url);
    real.binaryType = 'arraybuffer';
    this.#real = real;
    real.onopen = () => {
      if (!this.#isStalled) this.#open();
    };
    real.onmessage = ({ data }) => this.#receive(data as ArrayBuffer);
    real.onerror = () => {
      if (!this.#isStalled && this.readyState === WebSocket.CONNECTING)
        this.#emit('error', new Error('connection failed'));
    };
    real.onclose = ({ code, reason }) => {
      if (!this.#isStalled) this.#down.carry(() => this.#end(code, reason));
    };
  }

  addEventListener(event: SocketEvent, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  removeEventListener(event: SocketEvent, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== WebSocket.OPEN || this.#isStalled) return;
    const frame = data.slice();
    const head = readHead(frame);
    let times = 1;
    if (head !== null) {
      if (head.type === FRAME.auth) this.#surplus.delete(head.name);
      const isUpdate = head.type === FRAME.sync && head.subtype !== SYNC_STEP_1;
      if ((isUpdate || head.type === FRAME.stateless) && this.#network.repeats()) {
        times = 2;
        if (isUpdate) this.#surplus.set(head.name, (this.#surplus.get(head.name) ?? 0) + 1);
      }
    }
    this.#framesUp += 1;
    for (; times > 0; times -= 1) this.#up.carry(() => this.#real?.send(frame));
  }

  close(): void {
    if (this.readyState >= WebSocket.CLOSING) return;
    this.readyState = WebSocket.CLOSING;
    this.#up.carry(() => this.#real?.close());
    this.#down.carry(() => this.#end(1000, ''));
  }

  cut(): void {
    if (this.readyState === WebSocket.CLOSED) return;
    const wasConnecting = this.readyState === WebSocket.CONNECTING;
    this.#up.drop();
    this.#down.drop();
    if (wasConnecting) this.#emit('error', new Error('connection failed'));
    this.#end(1006, '');
  }

  describe(): string {
    return `socket ${this.readyState}${this.#isStalled ? ' stalled' : ''}, ${this.#framesUp} frames up, ${this.#framesDown} down`;
  }

  stall(): void {
    this.#isStalled = true;
    this.#up.drop();
    this.#down.drop();
  }

  deafen(): void {
    this.#down.drop();
  }

  #receive(data: ArrayBuffer): void {
    if (this.#isStalled) return;
    const head = readHead(new Uint8Array(data));
    if (head?.type === FRAME.syncStatus && head.subtype === 1) {
      const surplus = this.#surplus.get(head.name) ?? 0;
      if (surplus > 0) {
        this.#surplus.set(head.name, surplus - 1);
        return;
      }
    }
    const mayRepeat = head !== null && (head.type === FRAME.sync || head.type === FRAME.stateless);
    const times = mayRepeat && this.#network.repeats() ? 2 : 1;
    for (let time = 0; time < times; time += 1)
      this.#down.carry(() => {
        if (this.readyState !== WebSocket.OPEN) return;
        this.#framesDown += 1;
        this.#emit('message', { data: data.slice(0) });
      });
  }

  #open(): void {
    if (this.readyState !== WebSocket.CONNECTING) return;
    this.readyState = WebSocket.OPEN;
    this.#emit('open', { type: 'open' });
  }

  #fail(): void {
    if (this.readyState !== WebSocket.CONNECTING) return;
    this.#emit('error', new Error('connection failed'));
    this.#end(1006, '');
  }

  #end(code: number, reason: string): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.#network.sockets.delete(this);
    this.#real?.close();
    this.#emit('close', { code, reason, wasClean: code === 1000 });
  }

  #emit(event: SocketEvent, value: unknown): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(value);
  }
}

/** One direction: everything arrives in order, each thing after its own delay. */
class Line {
  readonly #lag: () => number;
  readonly #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isDropped = false;

  constructor(lag: () => number) {
    this.#lag = lag;
  }

  carry(deliver: () => void): void {
    if (this.#isDropped) return;
    const ms = this.#lag();
    if (ms === 0 && this.#waiting.length === 0) return deliver();
    this.#waiting.push(deliver);
    this.#timer ??= setTimeout(() => this.#deliver(), ms);
  }

  drop(): void {
    this.#isDropped = true;
    this.#waiting.length = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #deliver(): void {
    this.#timer = null;
    while (this.#waiting.length > 0) {
      const deliver = this.#waiting[0];
      deliver?.();
      this.#waiting.shift();
    }
  }
}

interface FrameHead {
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
}

/** `null`: a frame without a document, as a sign of life is. */
function readHead(frame: Uint8Array): FrameHead | null {
  if (frame.byteLength === 1) return null;
  const decoder = decoding.createDecoder(frame);
  const name = decoding.readVarString(decoder);
  return { name, type: decoding.readVarUint(decoder), subtype: decoder.arr[decoder.pos] ?? 0 };
}
