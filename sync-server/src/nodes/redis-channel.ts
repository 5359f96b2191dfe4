/**
 * Hints by Redis or Valkey (`REDIS_URL`): PUBLISH and SUBSCRIBE, nothing is kept there. While it is away, or slow, publishing fails at once, and nothing queues for it.
 * The client is node-redis, which Redis itself keeps up (MIT).
 */
import { createClient } from '@redis/client';
import { Backoff } from '@tablo/schema/backoff';
import type { Log } from '../base/log.ts';
import type { HintChannel } from './hint-channel.ts';

const CONNECT_MS = 2_000;
/** A connection that died without a word is found by these pings, and is closed. */
const PING_MS = 1_000;
const SILENT_MS = 3_000;
/** Longer than this nobody waits for a hint: there are other ways. */
const PUBLISH_MS = 250;
/** After that it is not tried for a while, so that hints do not wait one after another. */
const REST_MS = 1_000;
const MAX_UNDER_WAY = 1_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

interface Options {
  readonly url: string;
  /** Servers of other databases may use the same Redis: each database has a channel of its own. */
  readonly channel: string;
  readonly log: Log;
}

type Client = ReturnType<typeof createClient>;

/** Connects by itself, and again whenever it has to: a server starts without it. */
export function openRedisChannel(options: Options): HintChannel {
  return new RedisChannel(options);
}

class RedisChannel implements HintChannel {
  readonly #channel: string;
  readonly #log: Log;
  readonly #publisher: Client;
  readonly #subscriber: Client;
  readonly #listeners = new Set<(text: string) => void>();
  #restsUntil = -Infinity;
  #hasWarned = false;

  constructor({ url, channel, log }: Options) {
    this.#channel = channel;
    this.#log = log;
    this.#publisher = this.#createClient(url);
    this.#subscriber = this.#createClient(url);
    connect(this.#publisher);
    connect(this.#subscriber);
    // Said once: after each new connection the library says it again.
    this.#subscriber.subscribe(channel, (text) => this.#hear(text)).catch(() => {});
  }

  async publish(texts: readonly string[]): Promise<number | null> {
    if (!this.#publisher.isReady || performance.now() < this.#restsUntil)
      throw new Error('Redis is not there right now');
    const heard = Promise.all(texts.map((text) => this.#publisher.publish(this.#channel, text)));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#restsUntil = performance.now() + REST_MS;
        reject(new Error(`Redis has not answered within ${PUBLISH_MS} ms`));
      }, PUBLISH_MS);
    });
    heard.catch(() => {}); // After it was late nobody waits for it.
    try {
      return Math.min(...(await Promise.race([heard, late])));
    } finally {
      clearTimeout(timer);
    }
  }

  subscribe(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    for (const client of [this.#publisher, this.#subscriber]) client.destroy();
  }

  #hear(text: string): void {
    for (const listener of this.#listeners) listener(text);
  }

  #createClient(url: string): Client {
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    const client: Client = createClient({
      url,
      name: 'tablo-chat',
      // What is said while it is away is lost, as it is meant to be; what the library does for itself (SUBSCRIBE) is not part of this.
      commandsQueueMaxLength: MAX_UNDER_WAY,
      pingInterval: PING_MS,
      maintNotifications: 'disabled',
      socket: { connectTimeout: CONNECT_MS, socketTimeout: SILENT_MS, reconnectStrategy: () => backoff.nextMs() },
    });
    client.on('error', (error: unknown) => this.#warn(error));
    client.on('ready', () => {
      backoff.reset();
      this.#tellBack();
    });
    return client;
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#log.warn({ err: error }, 'Redis is away; hints to other servers go by PostgreSQL meanwhile.');
  }

  #tellBack(): void {
    if (!this.#hasWarned || !this.#publisher.isReady || !this.#subscriber.isReady) return;
    this.#hasWarned = false;
    this.#log.info('Redis is back.');
  }
}

function connect(client: Client): void {
  // Whatever goes wrong is told by its event, and tried again.
  client.connect().catch(() => {});
}
