/**
 * The one socket that all documents share, and with `provider-socket.ts` the only file that knows the provider (a document's place on the socket is `document-link.ts`). The provider is sound when all goes well; what goes wrong is
 * handled here (TRAPS 1.2–1.5): it never asks again after a denial, queues frames for a socket that is gone, says *synced* on a dead link, and comes back in
 * the same half second as everybody else.
 *
 * Invariants
 * 1. A token function never resolves for a socket that has gone: the provider would otherwise join twice on the next one.
 * 2. The first frame of a document on a socket carries its token, and after a denial or a close the next one does: any other would occupy one of the
 *    server's places for documents that wait for a token. While there is no socket, nothing is queued for the next one.
 * 3. The socket's state changes in `#dispatch` alone, by `step` (`socket-state.ts`); `#publish` alone decides the state that people see.
 */

import { HocuspocusProvider } from '@hocuspocus/provider';
import { type Readable, Writable } from '../base/readable.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { ConnectionState } from '../chat.ts';
import type { TokenSource } from '../session/session.ts';
import { decideConnectionState, isSameState } from './connection-state.ts';
import { DocumentLink } from './document-link.ts';
import type { Environment } from './environment.ts';
import { Heartbeat } from './heartbeat.ts';
import { JoinGate } from './join-gate.ts';
import { JoinTokens, type TokenUser } from './join-tokens.ts';
import type { Link, LinkOpener, LinkOptions } from './link.ts';
import { ProviderSocket } from './provider-socket.ts';
import { Reconnection } from './reconnection.ts';
import type { Provider, ProviderOptions, SharedSocket } from './shared-socket.ts';
import { type FindObstacle, SocketObstacle } from './socket-obstacle.ts';
import { factsOf, type Socket, type SocketEffect, type SocketEvent, startSocket, step } from './socket-state.ts';

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

export class Connection implements LinkOpener, SharedSocket, TokenUser {
  readonly timing: Timing;
  readonly gate: JoinGate;
  readonly #environment: Environment;
  readonly #state = new Writable<ConnectionState>({ status: 'connecting' });
  readonly #provider: ProviderSocket;
  readonly #links = new Set<DocumentLink>();
  readonly #tokens: JoinTokens;
  readonly #heartbeat: Heartbeat;
  readonly #reconnection: Reconnection;
  readonly #obstacle: SocketObstacle;
  /** While one opens: until it is given up. Between two: until the next. */
  readonly #timer = new Timer();
  readonly #offlineTimer = new Timer();
  #stops: readonly (() => void)[] = [];
  #socket: Socket = startSocket(performance.now());
  #hasNoTablos = false;

  constructor(options: ConnectionOptions) {
    const { timing, environment, tokens, findObstacle } = options;
    this.timing = timing;
    this.gate = new JoinGate(timing.joinsAtOnce);
    this.#environment = environment;
    this.#tokens = new JoinTokens(tokens, timing, this);
    this.#reconnection = new Reconnection(timing);
    this.#obstacle = new SocketObstacle(findObstacle, this);
    this.#provider = new ProviderSocket(options, (event) => this.#dispatch(event));
    this.#heartbeat = new Heartbeat(timing, this.#provider);
    this.#provider.watch = this.#heartbeat;
  }

  /** Once. */
  open(): void {
    const environment = this.#environment;
    const wake = () => this.#dispatch({ type: 'woken' });
    this.#stops = [
      environment.on('online', () => this.reconnect()),
      environment.on('visible', wake),
      environment.on('wake', wake),
      environment.on('offline', () => this.#dispatch({ type: 'offline' })),
    ];
    wake();
  }

  get state(): Readable<ConnectionState> {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#socket.state === 'open';
  }

  get generation(): number {
    return this.#socket.state === 'open' ? this.#socket.generation : 0;
  }

  isCurrent(generation: number): boolean {
    return this.isOpen && generation === this.generation;
  }

  createProvider(options: ProviderOptions): Provider {
    return new HocuspocusProvider({ ...options, websocketProvider: this.#provider, sessionAwareness: true });
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
    this.#tokens.expire();
  }

  /** Now, instead of after the back-off. */
  reconnect(): void {
    this.#dispatch({ type: 'called' });
  }

  close(): void {
    for (const stop of this.#stops) stop();
    const links = [...this.#links];
    // Nobody is told of anything any more.
    this.#links.clear();
    for (const link of links) link.close();
    this.#dispatch({ type: 'close' });
  }

  get heardAt(): number {
    return this.#heartbeat.heardAt;
  }

  takeToken(generation: number): Promise<string> {
    return this.#tokens.take(generation);
  }

  noteReason(reason: string): void {
    this.#dispatch({ type: 'refused', reason });
  }

  noteStorage(isAway: boolean): void {
    this.#dispatch({ type: 'storage', isAway });
  }

  noteReady(): void {
    this.#dispatch({ type: 'joined' });
  }

  /** The server's list is empty: there is nothing to join, so an open socket is all there can be. */
  noteNoTablos(hasNoTablos: boolean): void {
    this.#hasNoTablos = hasNoTablos;
    this.#publish();
  }

  noteChanged(): void {
    this.#publish();
  }

  /** No use in asking three hundred times. Coming back to the page asks again. */
  noteSignedOut(): void {
    this.#dispatch({ type: 'signed-out' });
  }

  renewTokens(): void {
    for (const link of this.#links) link.renewToken();
  }

  #forget(link: DocumentLink): void {
    if (this.#links.delete(link)) this.#publish();
  }

  #dispatch(event: SocketEvent): void {
    const [hasNetwork, isIdle] = [this.#environment.isOnline(), this.#links.size === 0];
    const [socket, ...effects] = step(this.#socket, event, { now: performance.now(), hasNetwork, isIdle });
    if (socket.state !== this.#socket.state) this.#timer.clear();
    this.#socket = socket;
    for (const effect of effects) this.#run(effect, socket);
    this.#publish();
  }

  #run(effect: SocketEffect, socket: Socket): void {
    switch (effect) {
      case 'connect':
        this.#timer.set(() => this.#provider.drop(), this.timing.connectTimeoutMs);
        void this.#provider.connect();
        return;
      case 'hurry':
        return this.#reconnection.reset();
      case 'wait':
        if (socket.state === 'waiting')
          this.#timer.set(() => this.#dispatch({ type: 'due' }), this.#reconnection.nextMs(socket.lost));
        return;
      case 'leave':
        return this.#provider.leave();
      case 'watch':
        return this.#heartbeat.start();
      case 'probe':
        return this.#heartbeat.wake();
      case 'tell-lost':
        this.#heartbeat.stop();
        for (const link of this.#links) link.noteLost();
        return;
      case 'retry':
        for (const link of this.#links) link.retryNow();
        return;
      case 'useful':
        return this.#obstacle.clear();
      case 'useless':
        return this.#obstacle.noteFailed();
      case 'end':
        this.#heartbeat.stop();
        this.#tokens.close();
        this.#offlineTimer.clear();
        this.#provider.destroy();
        return;
      default:
        effect satisfies never;
    }
  }

  #publish(): void {
    const socket = this.#socket;
    if (socket.state === 'closed') return;
    const links = [...this.#links];
    const urgent = links.filter((link) => link.isUrgent);
    const isFocusReady =
      urgent.length > 0
        ? urgent.every((link) => link.isReady)
        : links.some((link) => link.isReady) || this.#hasNoTablos;
    const facts = {
      ...factsOf(socket, performance.now()),
      hasNetwork: this.#environment.isOnline() || socket.isForced,
      isFocusReady,
      obstacle: this.#obstacle.sentence,
    };
    const { offlineAfterMs } = this.timing;
    const next = decideConnectionState(facts, offlineAfterMs);
    if (!isSameState(next, this.#state.get())) this.#state.set(next);
    this.#watchOffline(facts.isSocketOpen, offlineAfterMs - facts.withoutSocketMs);
  }

  #watchOffline(isOpen: boolean, leftMs: number): void {
    this.#offlineTimer.clear();
    if (!isOpen && leftMs > 0) this.#offlineTimer.set(() => this.#publish(), leftMs + 1);
  }
}
