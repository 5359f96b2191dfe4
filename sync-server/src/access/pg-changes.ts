/** `Changes` by LISTEN, on a connection of its own: no pooler in transaction mode may stand between. */
import pg from 'pg';
import type { Log } from '../log.ts';
import { type Change, type Changes, parseChange } from './changes.ts';

const CHANNEL = 'tablo_changes';
/**
 * [R6] A link that died without a word is noticed within KEEPALIVE_MS + ANSWER_MAX_MS, and replaced within CONNECT_MAX_MS more: less than the
 * 5 seconds in which a removed member must be cut.
 */
const KEEPALIVE_MS = 1_500;
const ANSWER_MAX_MS = 1_500;
const CONNECT_MAX_MS = 1_500;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

/** Waits until it listens, or until the first attempt has failed: from then on it keeps trying by itself [R11]. */
export async function openChanges(url: string, log: Log): Promise<Changes> {
  const changes = new PgChanges(url, log);
  await changes.open();
  return changes;
}

class PgChanges implements Changes {
  readonly #url: string;
  readonly #log: Log;
  readonly #listeners = new Set<(change: Change) => void>();
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MIN_MS;
  #isClosed = false;
  #hasWarned = false;

  constructor(url: string, log: Log) {
    this.#url = url;
    this.#log = log;
  }

  get isListening(): boolean {
    return this.#client !== null;
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'tablo-chat listen',
      connectionTimeoutMillis: CONNECT_MAX_MS,
      query_timeout: ANSWER_MAX_MS,
      keepAlive: true,
    });
    client.on('error', (error) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, new Error('the connection ended')));
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      drop(client);
      this.#retry(error);
      return;
    }
    if (this.#isClosed) return drop(client);
    this.#client = client;
    this.#retryMs = RETRY_MIN_MS;
    if (this.#hasWarned) this.#log.info('Listening for changes in the database again.');
    this.#hasWarned = false;
    this.#timer = setTimeout(() => void this.#keepAlive(client), KEEPALIVE_MS);
    this.#emit({ type: 'resync' });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    if (client !== null) drop(client);
  }

  async #keepAlive(client: pg.Client): Promise<void> {
    try {
      await client.query('SELECT 1');
    } catch (error) {
      return this.#lose(client, error);
    }
    if (this.#client === client) this.#timer = setTimeout(() => void this.#keepAlive(client), KEEPALIVE_MS);
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    drop(client);
    this.#retry(error);
  }

  #retry(error: unknown): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    if (!this.#hasWarned) this.#log.warn({ err: error }, 'Not listening for changes in the database; trying again.');
    this.#hasWarned = true;
    this.#timer = setTimeout(() => void this.open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#emit({ type: 'lost' });
  }

  #hear(payload: string): void {
    const change = parseChange(payload);
    if (change !== null) this.#emit(change);
  }

  #emit(change: Change): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        // One listener's bug must not keep the others from cutting who has to be cut.
        this.#log.error({ err: error }, 'A change could not be handled.');
      }
    }
  }
}

/** Ends a connection that may not answer any more: without waiting, and whatever it still says goes unheard. */
function drop(client: pg.Client): void {
  client.removeAllListeners('notification');
  client.end().catch(() => {}); // It is broken already, or its process ends with ours.
  // `end()` says goodbye and waits for the other side, which may be gone: the socket would hold the process.
  const { stream } = (client as unknown as { connection: { stream: { destroySoon?: () => void; unref?: () => void } } })
    .connection;
  stream.unref?.();
}
