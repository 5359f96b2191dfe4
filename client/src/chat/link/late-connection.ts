/**
 * The connection before its script is here. That script (`connection.ts`, with the provider) comes beside the first screen and not before it: what this device has
 * can be read, and written on, without it [R7].
 *
 * Invariants
 * 1. Whoever uses the connection sees no difference, but that everything is *connecting* for a moment.
 * 2. A script that does not come is asked for again, and meanwhile the state is *offline*.
 */
import { Backoff } from '@tablo/schema/backoff';
import { loadScript } from '../base/load-script.ts';
import { type Readable, Writable } from '../base/readable.ts';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { ConnectionState } from '../chat.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { LateLink } from './late-link.ts';
import type { Link, LinkOpener, LinkOptions } from './link.ts';

export type LoadConnection = () => Promise<{ readonly Connection: new (options: ConnectionOptions) => Connection }>;

/** Asked for when the chat begins to open, so that it comes while the local store is read. */
export const loadConnection: LoadConnection = () => loadScript(() => import('./connection.ts'));

/** So often, and it is no network that comes back: an update may have taken the file away. */
const FAILURES_MIN = 3;
const GONE = 'A part of this page could not be loaded. Load the page again if this stays.';

export class LateConnection implements LinkOpener {
  readonly #options: ConnectionOptions;
  readonly #load: LoadConnection;
  readonly #state = new Writable<ConnectionState>({ status: 'connecting' });
  readonly #waiting = new Set<LateLink>();
  readonly #backoff: Backoff;
  /** Set while a script that did not come is not asked for: not when it is on its way, nor when it has come. */
  readonly #retry = new Timer();
  #connection: Connection | null = null;
  #hasNoTablos = false;
  #isReconnectWished = false;
  #isClosed = false;
  #failures = 0;
  readonly #stops: (() => void)[];

  constructor(options: ConnectionOptions, load: LoadConnection = loadConnection) {
    this.#options = options;
    this.#load = load;
    this.#backoff = new Backoff(options.timing.retryMinMs, options.timing.retryMaxMs);
    const { environment } = options;
    this.#stops = (['online', 'visible', 'wake'] as const).map((event) => environment.on(event, () => this.#openNow()));
    inBackground(this.#open());
  }

  get state(): Readable<ConnectionState> {
    return this.#state;
  }

  openLink(options: LinkOptions): Link {
    if (this.#connection !== null) return this.#connection.openLink(options);
    const link = new LateLink(options, () => this.#waiting.delete(link));
    this.#waiting.add(link);
    return link;
  }

  expireToken(): void {
    this.#connection?.expireToken();
  }

  noteReason(reason: string): void {
    this.#connection?.noteReason(reason);
  }

  noteStorage(isAway: boolean): void {
    this.#connection?.noteStorage(isAway);
  }

  noteNoTablos(hasNoTablos: boolean): void {
    this.#hasNoTablos = hasNoTablos;
    this.#connection?.noteNoTablos(hasNoTablos);
  }

  reconnect(): void {
    if (this.#connection !== null) return this.#connection.reconnect();
    this.#isReconnectWished = true;
    this.#openNow();
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#retry.clear();
    this.#connection?.close();
  }

  #openNow(): void {
    if (this.#retry.isSet) inBackground(this.#open());
  }

  async #open(): Promise<void> {
    this.#retry.clear();
    const script = await this.#load().catch(() => null);
    if (this.#isClosed) return;
    if (script !== null) return this.#begin(new script.Connection(this.#options));
    this.#failures += 1;
    const isGone = this.#failures >= FAILURES_MIN && this.#options.environment.isOnline();
    this.#state.set({ status: 'offline', ...(isGone ? { obstacle: GONE } : {}) });
    this.#retry.set(() => inBackground(this.#open()), this.#backoff.nextMs());
  }

  #begin(connection: Connection): void {
    this.#connection = connection;
    connection.open();
    for (const stop of this.#stops) stop();
    connection.noteNoTablos(this.#hasNoTablos);
    for (const link of this.#waiting) link.open(connection);
    this.#waiting.clear();
    if (this.#isReconnectWished) connection.reconnect();
    const follow = () => this.#state.set(connection.state.get());
    connection.state.subscribe(follow);
    follow();
  }
}
