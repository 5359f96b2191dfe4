/**
 * Hints by NOTIFY. A transaction that notifies commits one after another with all others of the database that do, so it is never one that stores something, waits for no disk,
 * and has a connection of its own, which is open only while there are other servers.
 */
import { LISTENER, type WatchedChanges } from '../access/members/pg-changes.ts';
import type { Log } from '../base/log.ts';
import { readSecret } from '../db/pg-secret.ts';
import { createPool, endPool, type Pool } from '../db/pool.ts';
import { type Hints, MAX_HINT_BYTES } from './hints.ts';
import { createSeal, type Seal, sealedBytes } from './seal.ts';

/** NOTIFY takes less than 8,000 bytes. */
const PAYLOAD_MAX_BYTES = sealedBytes(MAX_HINT_BYTES);
const SEND_MS = 2_000;
const END_MS = 300;

// One statement, so its transaction has the setting when it commits.
const NOTIFY = `SELECT set_config('synchronous_commit', 'off', true), pg_notify('tablo_nodes', hint) FROM unnest($1::text[]) AS hint`;
const HEARING = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1`;

interface Deps {
  readonly url: string;
  /** For questions. */
  readonly pool: Pool;
  readonly changes: Pick<WatchedChanges, 'hear'>;
  readonly log: Log;
}

export async function openHints({ url, pool, changes, log }: Deps): Promise<Hints> {
  let seal: Seal | null = null;
  /** A database that has gone in this very moment is asked again when there is something to say. */
  const findSeal = async (): Promise<Seal> => {
    seal ??= createSeal(await readSecret(pool, 'hints_key'));
    return seal;
  };
  await findSeal().catch((error: unknown) =>
    log.warn({ err: error }, 'The key of hints between servers could not be read; it is tried again.'),
  );
  const sender = createPool(url, {
    max: 1,
    statementTimeoutMs: SEND_MS,
    connectionTimeoutMs: SEND_MS,
    applicationName: 'tablo-chat hints',
    log,
  });
  return {
    send: async (hints) => {
      const sealed = hints.map((await findSeal()).close).filter((hint) => Buffer.byteLength(hint) <= PAYLOAD_MAX_BYTES);
      if (sealed.length > 0) await sender.query(NOTIFY, [sealed]);
    },
    subscribe: (listener) =>
      changes.hear((payload) => {
        const text = seal?.open(payload) ?? null;
        if (text !== null) listener(text);
      }),
    countHearing: async () => (await pool.query<{ n: number }>(HEARING, [LISTENER])).rows[0]?.n ?? 0,
    close: () => endPool(sender, END_MS),
  };
}
