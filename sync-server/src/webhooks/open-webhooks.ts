/** Webhooks while the server runs: one deliverer an endpoint, and once in a while what is too old is given up. Without an endpoint, former ones are forgotten. */

import type { Log } from '../base/log.ts';
import type { WebhookSettings } from '../config/config.ts';
import type { Pool } from '../db/pool.ts';
import { AT_ONCE, Deliverer, type DelivererObserver } from './deliverer.ts';
import type { ReadMessage } from './payload.ts';
import { KEPT_DAYS, KEPT_EVENTS, PgWebhooks } from './pg-webhooks.ts';
import { Poster } from './post.ts';

export interface WebhookObserver extends DelivererObserver {
  onGivenUp(events: number): void;
  onBacklog(backlog: { readonly waiting: number; readonly oldestS: number }): void;
}

interface Deps {
  readonly pool: Pool;
  /** null: nobody is told of anything. */
  readonly settings: WebhookSettings | null;
  readonly readMessage: ReadMessage;
  readonly observer: WebhookObserver;
  readonly log: Log;
}

export interface Webhooks {
  /** Something was committed. */
  wake(): void;
  close(): Promise<void>;
}

const UPKEEP_MS = 10_000;
/** Without an endpoint of its own, a server only helps to forget others'. */
const SELDOM_MS = 600_000;
/** A query that the database does not answer must not hold a server that stops. */
const CLOSE_WITHIN_MS = 1_000;

/** Resolves when what happens from now on is noted. */
export async function openWebhooks({ pool, settings, readMessage, observer, log }: Deps): Promise<Webhooks> {
  const store = new PgWebhooks(pool);
  const { urls = [], events = [], secrets = [] } = settings ?? {};
  // Node counts connections by host: several addresses of one host have places of their own, whichever of them hangs.
  const poster = new Poster(AT_ONCE * Math.max(1, urls.length));
  const deliverers = urls.map((url) => new Deliverer({ store, poster, readMessage, url, secrets, observer, log }));
  const register = async (): Promise<void> => {
    for (const deliverer of deliverers) deliverer.serve(await store.register(deliverer.url, events));
  };
  await register();
  for (const deliverer of deliverers) deliverer.open();

  const keep = async (): Promise<void> => {
    await register();
    const forgotten = await store.forget();
    if (forgotten > 0) log.info({ endpoints: forgotten }, 'Webhooks: endpoints that no server names are forgotten.');
    const givenUp = await store.giveUp();
    if (givenUp > 0) {
      observer.onGivenUp(givenUp);
      log.error(
        { events: givenUp },
        `Webhooks were given up: they were not taken for ${KEPT_DAYS} days, were more than ${KEPT_EVENTS}, or were for an address that no server names any more.`,
      );
    }
    observer.onBacklog(await store.readBacklog());
  };
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const upkeep = (): void => {
    running = keep()
      .catch((error: unknown) => {
        if (!isClosed) log.warn({ err: error }, 'Webhooks could not be looked after; it is tried again.');
      })
      .then(() => {
        if (!isClosed) timer = setTimeout(upkeep, deliverers.length > 0 ? UPKEEP_MS : SELDOM_MS).unref();
      });
  };
  upkeep();

  return {
    wake: () => {
      for (const deliverer of deliverers) deliverer.wake();
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      const ended = Promise.all([running, ...deliverers.map((deliverer) => deliverer.close())]);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS).unref())]);
      poster.close();
    },
  };
}
