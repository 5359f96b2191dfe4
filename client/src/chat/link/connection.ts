/**
 * The one socket that all documents share, and with `provider-socket.ts` the only file that knows the provider (a document's place on the socket is `document-link.ts`). The provider is sound when all goes well; what goes wrong is
 * handled here (TRAPS 1.2–1.5): it never asks again after a denial, queues frames for a socket that is gone, says *synced* on a dead link, and comes back in
 * the same half second as everybody else.
 *
 * Invariants
 * 1. A token function never resolves for a socket that has gone: the provider would otherwise join twice on the next one.
 * 2. The first frame of a document on a socket carries its token, and after a denial or a close the next one does: any other would occupy one of the
 *    server's places for documents that wait for a token. While there is no socket, nothing is queued for the next one.
 * 3. `#publish` alone decides the state that people see.
 */

import { HocuspocusProvider, WebSocketStatus } from '@hocuspocus/provider';
import { Backoff } from '@tablo/schema/backoff';
import { isReasonCode, REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import { type Readable, Writable } from '../base/readable.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { ConnectionState } from '../chat.ts';
import type { TokenSource } from '../session/session.ts';
import { TokenRenewal } from '../session/token-renewal.ts';
import { decideConnectionState, isSameState } from './connection-state.ts';
import { DocumentLink } from './document-link.ts';
import type { Environment } from './environment.ts';
import { Heartbeat } from './heartbeat.ts';
import { JoinGate } from './join-gate.ts';
import type { Link, LinkOpener, LinkOptions } from './link.ts';
import { ProviderSocket } from './provider-socket.ts';
import { Reconnection } from './reconnection.ts';
import type { Provider, ProviderOptions, SharedSocket } from './shared-socket.ts';
import { type FindObstacle, SocketObstacle } from './socket-obstacle.ts';

export interface ConnectionOptions {
  /** `ws://…/sync` or `wss://…/sync`. */
  readonly url: string;
  readonly tokens: TokenSource;
  readonly environment: Environment;
  readonly timing: Timing;
  /** Asked when no socket opens. */
  readonly findObstacle?: FindObstacle;
  /** For Node, where there is none of its own or another is wanted. */
  readonly WebSocketImpl?: unknown;
}

const NEVER = new Promise<never>(() => {});
/** An event within this many ms of the last attempt tells of the same wake. */
const SAME_WAKE_MS = 1_000;
/** A socket that ended sooner, with nothing joined on it, was of no use. */
const OF_USE_MS = 1_000;

export class Connection implements LinkOpener, SharedSocket {
  readonly #options: ConnectionOptions;
  readonly #state = new Writable<ConnectionState>({ status: 'connecting' });
  readonly #socket: ProviderSocket;
  readonly #gate: JoinGate;
  readonly #links = new Set<DocumentLink>();
  readonly #heartbeat: Heartbeat;
  readonly #reconnection: Reconnection;
  readonly #renewal: TokenRenewal;
  readonly #obstacle: SocketObstacle;
  readonly #stops: (() => void)[] = [];
  readonly #offlineTimer = new Timer();
  readonly #connectTimer = new Timer();
  readonly #reconnectTimer = new Timer();
  /** When the server was heard last, ms since the Unix epoch: of all clocks this one goes on while the device sleeps. */
  #heardAt = Date.now();
  // Other times are those of `performance.now`: the wall clock jumps.
  #lostAt = performance.now();
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #openedAt: number | null = null;
  /** Is a socket that is lost replaced? Not without a network, nor when nobody is signed in. */
  #wantsSocket = false;
  #failures = 0;
  #reason: ReasonCode | null = null;
  #mustRefresh = false;
  #isForced = false;
  #hasNoTablos = false;
  #isStoreAway = false;
  #isClosed = false;
  /** Which socket this is: counts openings. */
  #generation = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { timing, environment } = options;
    this.#gate = new JoinGate(timing.joinsAtOnce);
    this.#renewal = new TokenRenewal(options.tokens, () => this.#renewTokens());
    this.#reconnection = new Reconnection(timing);
    this.#obstacle = new SocketObstacle(options.findObstacle ?? (async () => null), () => this.#publish());
    this.#socket = new ProviderSocket({
      url: options.url,
      ...(options.WebSocketImpl === undefined ? {} : { WebSocketPolyfill: options.WebSocketImpl }),
      onStatus: ({ status }) => this.#watchConnecting(status === WebSocketStatus.Connecting),
      onOpen: () => this.#handleOpen(),
      onDisconnect: ({ event }) => this.#handleLost(event.code),
      onMaxAttemptsFailed: () => this.#handleNoSocket(),
    });
    this.#heartbeat = new Heartbeat({
      timing,
      ask: () => this.#socket.ask(),
      giveUp: () => this.#socket.drop(),
      readWaitingBytes: () => this.#socket.waitingBytes,
    });
    this.#socket.watch = {
      heard: () => {
        this.#heardAt = Date.now();
        this.#heartbeat.noteFrame();
      },
      answered: () => {
        this.#heardAt = Date.now();
        this.#heartbeat.noteAnswer();
      },
      sent: (bytes) => this.#heartbeat.noteSent(bytes),
    };
    this.#stops.push(
      environment.on('online', () => this.reconnect()),
      environment.on('visible', () => this.#wake()),
      environment.on('wake', () => this.#wake()),
      environment.on('offline', () => this.#handleOffline()),
    );
    this.#connect();
  }

  get state(): Readable<ConnectionState> {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#socket.status === WebSocketStatus.Connected;
  }

  get generation(): number {
    return this.#generation;
  }

  get gate(): JoinGate {
    return this.#gate;
  }

  createProvider(options: ProviderOptions): Provider {
    return new HocuspocusProvider({ ...options, websocketProvider: this.#socket, sessionAwareness: true });
  }

  get timing(): Timing {
    return this.#options.timing;
  }

  /** ms that a large frame under way may still take. */
  get comingMs(): number {
    return this.#heartbeat.comingMs;
  }

  noteComing(bytes: number): void {
    this.#heartbeat.noteComing(bytes);
  }

  openLink(options: LinkOptions): Link {
    const link: DocumentLink = new DocumentLink(this, options, () => this.#forget(link));
    this.#links.add(link);
    link.open();
    this.#publish();
    return link;
  }

  expireToken(): void {
    this.#mustRefresh = true;
  }

  /** Now, instead of after the back-off. Also against the device's word that there is no network: it can be wrong. */
  reconnect(): void {
    this.#isForced = true;
    this.#reason = null;
    if (this.isOpen) this.#heartbeat.wake();
    else this.#connect();
    for (const link of this.#links) link.retryNow();
    this.#publish();
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#heartbeat.stop();
    this.#renewal.close();
    this.#watchConnecting(false);
    this.#stopReconnecting();
    this.#offlineTimer.clear();
    for (const link of [...this.#links]) link.close();
    this.#socket.destroy();
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  /** A token for one document's join; stays pending for ever when that join has become pointless. */
  async takeToken(generation: number): Promise<string> {
    const backoff = new Backoff(this.timing.retryMinMs, this.timing.retryMaxMs);
    for (;;) {
      if (this.#isClosed || generation !== this.#generation) return NEVER;
      try {
        const fresh = this.#mustRefresh;
        const token = await this.#options.tokens.getToken({ fresh });
        if (generation !== this.#generation) return NEVER;
        if (fresh) this.#mustRefresh = false;
        if (token === null) return this.#endSession();
        this.#renewal.noteUsed(token);
        return token;
      } catch {
        // No network for the identity service, while the socket seems to live: again in a moment.
        await new Promise((resolve) => setTimeout(resolve, backoff.nextMs()));
      }
    }
  }

  noteReason(reason: string): void {
    this.#reason = isReasonCode(reason) ? reason : 'unavailable';
    this.#publish();
  }

  noteStorage(isAway: boolean): void {
    this.#isStoreAway = isAway;
    this.#publish();
  }

  noteReady(): void {
    this.#failures = 0;
    this.#obstacle.clear();
    this.#reason = null;
    this.#isForced = false;
    this.#publish();
  }

  /** The server's list is empty: there is nothing to join, so an open socket is all there can be. */
  noteNoTablos(hasNoTablos: boolean): void {
    this.#hasNoTablos = hasNoTablos;
    this.#publish();
  }

  noteChanged(): void {
    this.#publish();
  }

  #forget(link: DocumentLink): void {
    this.#links.delete(link);
    this.#publish();
  }

  #wake(): void {
    if (this.isOpen) this.#heartbeat.wake();
    else if (performance.now() - this.#attemptedAt >= SAME_WAKE_MS) this.#connect();
  }

  /** Now. An attempt under way is replaced: it may be one from before a sleep. */
  #connect(): void {
    if (this.#isClosed || this.isOpen) return;
    this.#reconnection.reset();
    if (this.#options.environment.isOnline() || this.#isForced) this.#attempt();
    this.#publish();
  }

  #attempt(): void {
    this.#stopReconnecting();
    this.#wantsSocket = true;
    this.#attemptedAt = performance.now();
    void this.#socket.connect();
  }

  #reconnectLater(isRestart: boolean): void {
    const openMs = this.#openedAt === null ? 0 : performance.now() - this.#openedAt;
    this.#openedAt = null;
    if (!this.#wantsSocket || this.#isClosed) return;
    this.#stopReconnecting();
    const ms = this.#reconnection.nextMs({ openMs, isRestart });
    this.#reconnectTimer.set(() => this.#attempt(), ms);
  }

  #stopReconnecting(): void {
    this.#reconnectTimer.clear();
  }

  #watchConnecting(isConnecting: boolean): void {
    this.#connectTimer.clear();
    if (isConnecting) this.#connectTimer.set(() => this.#socket.drop(), this.timing.connectTimeoutMs);
  }

  #handleOpen(): void {
    this.#generation += 1;
    this.#openedAt = performance.now();
    this.#heartbeat.start();
    if (this.#links.size === 0) this.#failures = 0;
    // The provider sets its status only after this event.
    queueMicrotask(() => this.#publish());
  }

  #handleLost(code: number): void {
    this.#noteUse();
    if (this.#openedAt !== null) this.#lostAt = performance.now();
    this.#heartbeat.stop();
    this.#generation += 1;
    this.#failures += 1;
    this.#socket.stay();
    this.#reconnectLater(code === REASONS['shutting-down'].close || this.#reason === 'shutting-down');
    this.#isStoreAway = false;
    for (const link of this.#links) link.noteLost();
    this.#publish();
  }

  #noteUse(): void {
    const openMs = this.#openedAt === null ? 0 : performance.now() - this.#openedAt;
    if (openMs >= OF_USE_MS) this.#obstacle.clear();
    // What the server said, it will say itself.
    else if (this.#wantsSocket && this.#reason === null) this.#obstacle.noteFailed();
  }

  /** An attempt that failed before there was a socket to be lost: a policy of the page, a bad address. */
  #handleNoSocket(): void {
    if (this.#socket.status === WebSocketStatus.Disconnected && !this.#reconnectTimer.isSet)
      this.#reconnectLater(false);
  }

  #handleOffline(): void {
    this.#isForced = false;
    // Emulated and real networks go without closing sockets: what is on them is not delivered, so it must not look so.
    this.#leaveSocket();
    this.#publish();
  }

  /** Nobody is signed in any more: no use in asking three hundred times. Coming back to the page asks again. */
  #endSession(): Promise<never> {
    this.#reason = 'unauthenticated';
    this.#leaveSocket();
    return NEVER;
  }

  #leaveSocket(): void {
    this.#wantsSocket = false;
    this.#stopReconnecting();
    this.#socket.disconnect();
    this.#socket.drop();
  }

  #renewTokens(): void {
    for (const link of this.#links) link.renewToken();
  }

  #publish(): void {
    if (this.#isClosed) return;
    const { environment, timing } = this.#options;
    const links = [...this.#links];
    const urgent = links.filter((link) => link.isUrgent);
    const isFocusReady =
      urgent.length > 0
        ? urgent.every((link) => link.isReady)
        : links.some((link) => link.isReady) || this.#hasNoTablos;
    const withoutSocketMs = this.isOpen ? 0 : performance.now() - this.#lostAt;
    const facts = {
      hasNetwork: environment.isOnline() || this.#isForced,
      isSocketOpen: this.isOpen,
      failures: this.#failures,
      withoutSocketMs,
      isFocusReady,
      reason: this.#reason,
      isStoreAway: this.#isStoreAway,
      obstacle: this.#obstacle.sentence,
    };
    const next = decideConnectionState(facts, timing.offlineAfterMs);
    if (!isSameState(next, this.#state.get())) this.#state.set(next);
    this.#watchOffline(withoutSocketMs);
  }

  #watchOffline(withoutSocketMs: number): void {
    this.#offlineTimer.clear();
    const left = this.timing.offlineAfterMs - withoutSocketMs;
    if (!this.isOpen && left > 0) this.#offlineTimer.set(() => this.#publish(), left + 1);
  }
}
