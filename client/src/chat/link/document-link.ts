/**
 * One document's place on the shared socket: joins, notices that an answer fails to come, and tells its room.
 *
 * Invariants (with those of `connection.ts`)
 * 1. `ready` and `lost`/`ended` alternate; after `close` nobody is told anything.
 * 2. A new document, after a refusal say, gets a new link: a provider that was detached never works again (TRAPS 1.4).
 */
import { Backoff } from '@tablo/schema/backoff';
import { Awareness } from 'y-protocols/awareness';
import { Timer } from '../base/timer.ts';
import type { Link, LinkOptions } from './link.ts';
import { parseServerStateless } from './server-stateless.ts';
import type { Provider, SharedSocket } from './shared-socket.ts';

const NEVER = new Promise<never>(() => {});
/** `coming` is shorter, and long ones need not be read twice. */
const MAX_COMING_CHARS = 100;

export class DocumentLink implements Link {
  readonly #connection: SharedSocket;
  readonly #options: LinkOptions;
  readonly #forget: () => void;
  readonly #provider: Provider;
  readonly #ticket = { isUrgent: () => this.#isUrgent };
  readonly #backoff: Backoff;
  #isUrgent: boolean;
  #isClosed = false;
  #hasEnded = false;
  #wasReady = false;
  /** Has the server been given a token for this document, on this socket? */
  #isIntroduced = false;
  /** Counts joins: only the latest may go on. */
  #attempt = 0;
  readonly #watchdog = new Timer();

  /** `forget` is called once, when it is closed. */
  constructor(connection: SharedSocket, options: LinkOptions, forget: () => void) {
    this.#connection = connection;
    this.#options = options;
    this.#forget = forget;
    this.#isUrgent = options.isUrgent;
    this.#backoff = new Backoff(connection.timing.retryMinMs, connection.timing.retryMaxMs);
    const awareness = new Awareness(options.doc);
    awareness.setLocalState(null);
    const provider = connection.createProvider({
      name: options.name,
      document: options.doc,
      awareness,
      token: () => this.#token(),
      onAuthenticated: () => this.#check(),
      onAuthenticationFailed: ({ reason }) => this.#end(reason),
      onSynced: () => this.#check(),
      onClose: ({ event }) => {
        // The same callback for this document's end and for the socket's; the socket's own state tells which.
        if (connection.isOpen) this.#end(event.reason);
      },
      onStateless: ({ payload }) => this.#receiveStateless(payload),
      onUnsyncedChanges: ({ number }) => {
        if (number === 0 && this.isReady) options.dispatch({ type: 'acknowledged' });
      },
      onAwarenessChange: () => options.dispatch({ type: 'presence', states: [...awareness.getStates().values()] }),
    });
    const send = provider.send.bind(provider);
    provider.send = (message, args) => {
      if (this.#isIntroduced && connection.isOpen) send(message, args);
    };
    this.#provider = provider;
  }

  get isReady(): boolean {
    return this.#isIntroduced && this.#connection.isOpen && this.#provider.isAuthenticated && this.#provider.isSynced;
  }

  get isReceiving(): boolean {
    return this.#connection.comingMs > 0;
  }

  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  set isUrgent(value: boolean) {
    if (value === this.#isUrgent) return;
    this.#isUrgent = value;
    this.#connection.noteChanged();
  }

  open(): void {
    this.#provider.attach();
  }

  sendStateless(payload: string): void {
    if (this.isReady) this.#provider.sendStateless(payload);
  }

  setPresence(state: object | null): void {
    if (!this.#isClosed) this.#provider.awareness?.setLocalState(state as Record<string, unknown> | null);
  }

  rejoin(): void {
    if (this.#isClosed || this.isReady) return;
    this.#hasEnded = false;
    this.#join();
  }

  /** The user wants it now: do not wait for the watchdog. */
  retryNow(): void {
    this.#backoff.reset();
    if (!this.#hasEnded) this.rejoin();
  }

  renewToken(): void {
    if (this.isReady) void this.#provider.sendToken();
  }

  noteLost(): void {
    const wasReady = this.#wasReady;
    this.#reset();
    this.#hasEnded = false;
    if (wasReady) this.#options.dispatch({ type: 'lost', heardAt: this.#connection.heardAt });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWatching();
    this.#connection.gate.leave(this.#ticket);
    this.#provider.destroy();
    this.#forget();
  }

  async #token(): Promise<string> {
    const { generation, gate } = this.#connection;
    this.#attempt += 1;
    const attempt = this.#attempt;
    // One that asks again after a silence still has its place: the server may be at it.
    if (!this.#provider.isAuthenticated && !gate.isInside(this.#ticket)) await gate.enter(this.#ticket);
    this.#watch();
    const token = await this.#connection.takeToken(generation);
    if (this.#isClosed || attempt !== this.#attempt) return NEVER;
    this.#isIntroduced = true;
    return token;
  }

  #join(): void {
    if (this.#connection.isOpen) void this.#provider.sendToken().then(() => this.#provider.startSync());
  }

  #check(): void {
    if (this.#provider.isAuthenticated) this.#connection.gate.leave(this.#ticket);
    if (!this.isReady || this.#wasReady) return;
    this.#wasReady = true;
    this.#hasEnded = false;
    this.#stopWatching();
    this.#backoff.reset();
    this.#connection.noteReady();
    this.#options.dispatch({ type: 'ready' });
    // The count may have reached zero before: what was asked and answered first.
    if (this.isReady && this.#provider.unsyncedChanges === 0) this.#options.dispatch({ type: 'acknowledged' });
  }

  #end(reason: string): void {
    if (this.#isClosed) return;
    this.#reset();
    this.#hasEnded = true;
    this.#options.dispatch({ type: 'ended', reason });
    this.#connection.noteChanged();
  }

  #reset(): void {
    this.#stopWatching();
    this.#connection.gate.leave(this.#ticket);
    this.#attempt += 1;
    this.#isIntroduced = false;
    this.#wasReady = false;
  }

  #receiveStateless(payload: string): void {
    const message = payload.length > MAX_COMING_CHARS ? null : parseServerStateless(payload);
    if (message?.type === 'coming') return this.#connection.noteComing(message.bytes);
    this.#options.dispatch({ type: 'stateless', payload });
  }

  /** Nothing in the provider asks again when an answer fails to come (TRAPS 1.4). */
  #watch(): void {
    this.#stopWatching();
    this.#watchdog.set(() => {
      // The answer may be the large frame under way, or wait behind it: asked again, a slow link would have to carry it twice.
      if (this.#connection.comingMs > 0) return this.#watch();
      if (!this.#hasEnded) this.rejoin();
    }, this.#connection.timing.joinTimeoutMs + this.#backoff.nextMs());
  }

  #stopWatching(): void {
    this.#watchdog.clear();
  }
}
