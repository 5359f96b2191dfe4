/** The hints of this server, sealed: by Redis where there is one and all others hear it there, else by NOTIFY. */
import { createHash } from 'node:crypto';
import { LISTENER, type WatchedChanges } from '../access/members/pg-changes.ts';
import type { Log } from '../base/log.ts';
import { readSecret } from '../db/pg-secret.ts';
import type { Pool } from '../db/pool.ts';
import type { HintChannel } from './hint-channel.ts';
import type { Hints } from './hints.ts';
import { openNotifyChannel } from './pg-channel.ts';
import { openRedisChannel } from './redis-channel.ts';
import { createSeal, type Seal } from './seal.ts';

const HEARING = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1`;

interface Deps {
  readonly url: string;
  /** null: NOTIFY alone. */
  readonly redisUrl: string | null;
  /** For questions. */
  readonly pool: Pool;
  readonly changes: Pick<WatchedChanges, 'hear'>;
  readonly log: Log;
}

interface Opened {
  readonly seal: Seal;
  readonly redis: HintChannel | null;
}

export async function openHints({ url, redisUrl, pool, changes, log }: Deps): Promise<Hints> {
  const notify = openNotifyChannel({ url, changes, log });
  const listeners = new Set<(text: string) => void>();
  let opened: Opened | null = null;
  let isClosed = false;
  /** How many servers heard changes when it was last looked; this one alone at first. */
  let hearing = 1;

  const hear = (sealed: string): void => {
    const text = opened?.seal.open(sealed) ?? null;
    if (text !== null) for (const listener of listeners) listener(text);
  };
  let opening: Promise<Opened> | null = null;
  const open = async (): Promise<Opened> => {
    const secret = await readSecret(pool, 'hints_key');
    const redis =
      redisUrl === null || isClosed ? null : openRedisChannel({ url: redisUrl, channel: channelOf(secret), log });
    redis?.subscribe(hear);
    opened = { seal: createSeal(secret), redis };
    return opened;
  };
  /** A database that has gone in this very moment is asked again when there is something to say; once, however much there is. */
  const findOpened = async (): Promise<Opened> => {
    if (opened !== null) return opened;
    opening ??= open().finally(() => {
      opening = null;
    });
    return await opening;
  };
  await findOpened().catch((error: unknown) =>
    log.warn({ err: error }, 'The key of hints between servers could not be read; it is tried again.'),
  );
  notify.subscribe(hear);

  return {
    send: async (hints) => {
      const { seal, redis } = await findOpened();
      const sealed = hints.map(seal.close);
      if (redis !== null && (await reachesAll(redis, sealed, hearing))) return;
      await notify.publish(sealed);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    countHearing: async () => {
      hearing = (await pool.query<{ n: number }>(HEARING, [LISTENER])).rows[0]?.n ?? 0;
      return hearing;
    },
    close: async () => {
      isClosed = true;
      await Promise.all([notify.close(), opened?.redis?.close()]);
    },
  };
}

/**
 * False: somebody may have missed them. A server that cannot reach Redis, or was started without REDIS_URL, hears NOTIFY; whoever hears a hint twice is none the worse.
 */
async function reachesAll(redis: HintChannel, sealed: readonly string[], hearing: number): Promise<boolean> {
  try {
    return ((await redis.publish(sealed)) ?? 0) >= hearing;
  } catch {
    return false; // Told by the channel.
  }
}

/** Of this database alone, and nobody can tell the key from it. */
const channelOf = (secret: string): string =>
  `tablo-chat:${createHash('sha256').update(`channel ${secret}`).digest('hex').slice(0, 24)}`;
