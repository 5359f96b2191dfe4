/** `Changes` by LISTEN, on a connection of its own: no pooler in transaction mode may stand between. */
import { Backoff } from '@tablo/schema/backoff';
import type pg from 'pg';
import type { Log } from '../../base/log.ts';
import { DatabaseClient } from '../../db/database-client.ts';
import { dropClient } from '../../db/drop-client.ts';
import { asPoolerError, assertOwnConnection, POOLED, PoolerError, readPid } from '../../db/pooler.ts';
import { type Change, type Changes, parseChange } from './changes.ts';

const CHANNEL = 'tablo_changes';
/** Hints between servers arrive on the same connection: if one kind of notification is lost, so is the other. */
const HINTS = 'tablo_nodes';
/** As its connection is called in `pg_stat_activity`: one a server. */
export const LISTENER = 'tablo-chat listen';
/**
 * [R6] A link that died silently is noticed within KEEPALIVE_MS + ANSWER_MAX_MS, and replaced within CONNECT_MAX_MS more: less than the
 * 5 seconds in which a removed member must be cut.
 */
const KEEPALIVE_MS = 1_500;
const ANSWER_MAX_MS = 1_500;
const CONNECT_MAX_MS = 1_500;
/** What is under way at the end. */
const END_MS = 500;
const RETRY_MIN_MS = 50;
const STATEMENT_TIMEOUT_MS = 10_000;
const RETRY_MAX_MS = 1_000;
/** A connection that is lost for less is not reported: the new one emits `resync`. */
const DEAF_MS = 3_000;
const DEAF = 'Changes in the database are not heard right now (LISTEN): a removed member would not be cut off at once.';

/** For `/readyz`. */
export interface WatchedChanges extends Changes {
  /** Why changes are not received, as a sentence; null: they are received. */
  readonly trouble: string | null;
  /** Hints between servers, as they come: anybody may have sent them. */
  hear(listener: (payload: string) => void): () => void;
}

/** Waits until it listens, or until the first attempt has failed: from then on it keeps trying by itself [R11]. */
export async function openChanges(url: string, log: Log): Promise<WatchedChanges> {
  const changes = new PgChanges(url, log);
  await changes.open();
  return changes;
}

class PgChanges implements WatchedChanges {
  readonly #url: string;
  readonly #log: Log;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #hearers = new Set<(payload: string) => void>();
  #client: pg.Client | null = null;
  /** One that is being made. */
  #dialing: pg.Client | null = null;
  /** Ends when what was begun last listens and was found to hear, or has failed. */
  #opened: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #isClosed = false;
  #hasWarned = false;
  /** By `performance.now()`; null: it listens, and was proved to receive notifications. */
  #deafSince: number | null = performance.now();
  /** Another address is needed. */
  #pooler: string | null = null;

  constructor(url: string, log: Log) {
    this.#url = url;
    this.#log = log;
  }

  get isListening(): boolean {
    return this.#deafSince === null;
  }

  get trouble(): string | null {
    if (this.#pooler !== null) return this.#pooler;
    return this.#deafSince !== null && performance.now() - this.#deafSince > DEAF_MS ? DEAF : null;
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hear(listener: (payload: string) => void): () => void {
    this.#hearers.add(listener);
    return () => this.#hearers.delete(listener);
  }

  open(): Promise<void> {
    this.#opened = this.#open();
    return this.#opened;
  }

  async #open(): Promise<void> {
    const client = new DatabaseClient({
      connectionString: this.#url,
      application_name: LISTENER,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      connectionTimeoutMillis: CONNECT_MAX_MS,
      query_timeout: ANSWER_MAX_MS,
      keepAlive: true,
    });
    client.on('error', (error) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, new Error('the connection ended')));
    client.on('notification', ({ channel, payload }) => this.#hear(channel, payload ?? ''));
    let pid = 0;
    this.#dialing = client;
    try {
      await client.connect();
      pid = await readPid(client);
      await client.query(`LISTEN ${CHANNEL}; LISTEN ${HINTS}`);
    } catch (error) {
      dropClient(client);
      this.#retry(error);
      return;
    } finally {
      this.#dialing = null;
    }
    if (this.#isClosed) return dropClient(client);
    this.#client = client;
    // From now on: it may go silent while it is proved.
    this.#watch(client, pid);
    if (!(await this.#prove(client, pid))) return;
    this.#deafSince = null;
    this.#backoff.reset();
    if (this.#hasWarned) this.#log.info('Listening for changes in the database again.');
    this.#hasWarned = false;
    this.#emit({ type: 'resync' });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const clients = [this.#client, this.#dialing];
    this.#client = null;
    for (const client of clients) if (client !== null) dropClient(client);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, END_MS);
    await Promise.race([this.#opened, late.promise]);
    clearTimeout(timer);
  }

  #watch(client: pg.Client, pid: number): void {
    this.#timer = setTimeout(async () => {
      if (await this.#answers(client, pid)) this.#watch(client, pid);
    }, KEEPALIVE_MS);
  }

  /** `pid`: of the process that listens. Another one that answers does not. */
  async #answers(client: pg.Client, pid: number): Promise<boolean> {
    try {
      if ((await readPid(client)) !== pid) throw new PoolerError(POOLED);
    } catch (error) {
      this.#lose(client, error);
    }
    return this.#client === client;
  }

  /** Whether notifications arrive, as far as that can be known. A pooler may have come between since the start, by a failover for instance. */
  async #prove(client: pg.Client, pid: number): Promise<boolean> {
    try {
      await assertOwnConnection(client, this.#url, { connectMs: CONNECT_MAX_MS, answerMs: ANSWER_MAX_MS });
    } catch (error) {
      // That a second connection is not to be had says nothing of this one.
      if (asPoolerError(error) === null) return this.#answers(client, pid);
      if (this.#client !== client) return false;
      this.#lose(client, error);
      // [R6] The database still answers, so a change that was not received can be read.
      this.#emit({ type: 'all' });
      return false;
    }
    if (this.#client !== client) return false;
    this.#pooler = null;
    return true;
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    dropClient(client);
    this.#retry(error);
  }

  #retry(error: unknown): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#deafSince ??= performance.now();
    const pooler = asPoolerError(error)?.message ?? this.#pooler;
    // A final error is logged too, whatever was logged before.
    if (!this.#hasWarned || pooler !== this.#pooler)
      this.#log.warn({ err: error }, 'Not listening for changes in the database; trying again.');
    this.#hasWarned = true;
    this.#pooler = pooler;
    this.#timer = setTimeout(() => void this.open(), this.#backoff.nextMs());
    this.#emit({ type: 'lost' });
  }

  #hear(channel: string, payload: string): void {
    if (channel === HINTS) return this.#tell(this.#hearers, payload);
    const change = channel === CHANNEL ? parseChange(payload) : null;
    if (change !== null) this.#emit(change);
  }

  #emit(change: Change): void {
    this.#tell(this.#listeners, change);
  }

  #tell<T>(listeners: Iterable<(news: T) => void>, news: T): void {
    for (const listener of listeners) {
      try {
        listener(news);
      } catch (error) {
        // One listener's bug must not keep the others from cutting who has to be cut.
        this.#log.error({ err: error }, 'A change could not be handled.');
      }
    }
  }
}
