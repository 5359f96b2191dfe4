/**
 * Delivers what waits for one endpoint: several tablos at once, each tablo's events one after the other. One that fails waits longer each time, and holds up
 * nothing but its own tablo. What was delivered is removed after the answer: a crash in between delivers it again, never not at all.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TabloId } from '@tablo/schema/ids';
import { isDatabaseAway } from '../base/database-away.ts';
import type { Log } from '../base/log.ts';
import { makePayload, type ReadMessage } from './payload.ts';
import type { PgWebhooks, Turn, WaitingEvent } from './pg-webhooks.ts';
import type { Poster } from './post.ts';
import { sign } from './sign.ts';

export const AT_ONCE = 8;
/** Of these, for tablos that have failed: a receiver that hangs for some of them leaves places to the others. */
const RETRIES_AT_ONCE = AT_ONCE / 2;
/** Looked at in one question. */
const TABLOS_A_LOOK = 500;
/** Whatever nobody told this server of: other servers' commits, SQL, and what has waited for long enough. */
const LOOK_MS = 1_000;
/** Between two looks, however much there is to hear of: so long, and nine times as long as a look takes. */
const REST_MS = 25;
const REST_FACTOR = 9;
/** A busy tablo gives its place to others. */
const TURN_MS = 5_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_600_000;
/** Below every id. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export interface DelivererObserver {
  onDelivered(): void;
  onFailed(): void;
}

export interface DelivererDeps {
  readonly store: PgWebhooks;
  readonly poster: Pick<Poster, 'post'>;
  readonly readMessage: ReadMessage;
  readonly url: string;
  readonly secrets: readonly Buffer[];
  readonly observer: DelivererObserver;
  readonly log: Log;
}

/** Full jitter over the upper half, so that tablos which failed together do not come back together. */
export function waitAfter(failures: number, random = Math.random): number {
  const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 20));
  return most * (0.5 + 0.5 * random());
}

export class Deliverer {
  readonly #deps: DelivererDeps;
  readonly #running = new Map<TabloId, Promise<void>>();
  readonly #closing = new AbortController();
  #wake = Promise.withResolvers<void>();
  #position = NOBODY;
  #retries = 0;
  /** What the last look cost. */
  #askedMs = 0;
  #loop: Promise<void> | null = null;
  #endpointId = 0;

  constructor(deps: DelivererDeps) {
    this.#deps = deps;
  }

  get url(): string {
    return this.#deps.url;
  }

  /** What the database calls the endpoint: another number after it was forgotten there, which happens to who could not reach it for long. */
  serve(endpointId: number): void {
    this.#endpointId = endpointId;
  }

  open(): void {
    this.#loop = this.#run();
  }

  /** Something may have been noted. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Attempts under way are broken off: whoever delivers next begins with them. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.wake();
    await this.#loop;
    await Promise.all(this.#running.values());
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      const isMore = await this.#look().catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, 'Webhooks wait: the database could not be asked for them.');
        return false;
      });
      const restMs = Math.min(LOOK_MS, Math.max(REST_MS, REST_FACTOR * this.#askedMs));
      await delay(restMs, null, { signal }).catch(() => null); // Closing: the loop ends.
      if (isMore || signal.aborted) continue;
      const timer = setTimeout(this.#wake.resolve, LOOK_MS);
      await this.#wake.promise;
      clearTimeout(timer);
    }
  }

  /** Begins with what is due of the next tablos; true: there are more of them. */
  async #look(): Promise<boolean> {
    const { store } = this.#deps;
    const endpointId = this.#endpointId;
    const since = performance.now();
    const found = await store.waiting(endpointId, this.#position, TABLOS_A_LOOK);
    this.#askedMs = performance.now() - since;
    for (const { tabloId, isDue, failures } of found) {
      if (!isDue || this.#running.has(tabloId)) continue;
      const isRetry = failures > 0;
      if (isRetry && this.#retries >= RETRIES_AT_ONCE) continue;
      while (this.#running.size >= AT_ONCE) await Promise.race(this.#running.values());
      if (this.#closing.signal.aborted) return false;
      this.#begin({ endpointId, tabloId, holder: randomUUID() }, isRetry);
    }
    const isFull = found.length === TABLOS_A_LOOK;
    this.#position = isFull ? (found.at(-1)?.tabloId ?? NOBODY) : NOBODY;
    return isFull;
  }

  #begin(turn: Turn, isRetry: boolean): void {
    if (isRetry) this.#retries += 1;
    const running = this.#deliver(turn)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          this.#deps.log.warn({ err: error, tablo: turn.tabloId }, 'A webhook waits: it could not be read or noted.');
      })
      .finally(() => {
        this.#running.delete(turn.tabloId);
        if (isRetry) this.#retries -= 1;
        // Something may have come since nothing was left.
        this.wake();
      });
    this.#running.set(turn.tabloId, running);
  }

  async #deliver(turn: Turn): Promise<void> {
    const { store, observer } = this.#deps;
    if (!(await store.take(turn))) return;
    const until = performance.now() + TURN_MS;
    let done: string | null = null;
    for (;;) {
      const next = await store.advance(turn, done);
      // Whoever has it now sends the same again, and goes on.
      if (next === null) return;
      if (next.event === null) return await store.end(turn);
      if (this.#closing.signal.aborted || performance.now() > until) return await store.passOn(turn);
      const failure = await this.#send(turn.tabloId, next.event).catch(async (error: unknown) => {
        if (this.#closing.signal.aborted) await store.passOn(turn);
        if (this.#closing.signal.aborted || isDatabaseAway(error)) throw error;
        // Of this one alone nothing can be made: it waits longer each time, as what is not taken does.
        this.#deps.log.warn({ err: error, tablo: turn.tabloId }, 'A webhook could not be made.');
        return 'it could not be made';
      });
      if (failure !== null) return await this.#fail(turn, next.attempts, next.event, failure);
      observer.onDelivered();
      done = next.event.id;
    }
  }

  async #send(tabloId: TabloId, event: WaitingEvent): Promise<string | null> {
    const { poster, readMessage, url, secrets } = this.#deps;
    const body = JSON.stringify(await makePayload(tabloId, event, readMessage));
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': 'Tablo-Chat',
      ...sign(secrets, event.eventId, body, Date.now()),
    };
    return await poster.post({ url, headers, body, signal: this.#closing.signal });
  }

  async #fail(turn: Turn, failures: number, { eventId, type }: WaitingEvent, reason: string): Promise<void> {
    const { store, observer, log } = this.#deps;
    const waitMs = waitAfter(failures);
    observer.onFailed();
    log.warn(
      // The address itself may hold a secret.
      {
        endpoint: turn.endpointId,
        tablo: turn.tabloId,
        event: eventId,
        type,
        attempt: failures + 1,
        waitMs: Math.round(waitMs),
        reason,
      },
      'A webhook was not taken; it is tried again.',
    );
    await store.fail(turn, waitMs, reason);
  }
}
