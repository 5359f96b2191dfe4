/**
 * Hints by NOTIFY. A transaction that notifies commits one after another with all others of the database that do, so it is never one that stores something, waits for no disk,
 * and has a connection of its own, which is open only while there are other servers.
 */
import type { WatchedChanges } from '../access/members/pg-changes.ts';
import type { Log } from '../base/log.ts';
import { createPool, endPool } from '../db/pool.ts';
import type { HintChannel } from './hint-channel.ts';
import { MAX_HINT_BYTES } from './hints.ts';
import { sealedBytes } from './seal.ts';

/** NOTIFY takes less than 8,000 bytes. */
const PAYLOAD_MAX_BYTES = sealedBytes(MAX_HINT_BYTES);
const SEND_MS = 2_000;
const END_MS = 300;

// One statement, so its transaction has the setting when it commits.
const NOTIFY = `SELECT set_config('synchronous_commit', 'off', true), pg_notify('tablo_nodes', hint) FROM unnest($1::text[]) AS hint`;

interface Deps {
  readonly url: string;
  readonly changes: Pick<WatchedChanges, 'hear'>;
  readonly log: Log;
}

export function openNotifyChannel({ url, changes, log }: Deps): HintChannel {
  const sender = createPool(url, {
    max: 1,
    statementTimeoutMs: SEND_MS,
    connectionTimeoutMs: SEND_MS,
    applicationName: 'tablo-chat hints',
    log,
  });
  return {
    publish: async (texts) => {
      const short = texts.filter((text) => Buffer.byteLength(text) <= PAYLOAD_MAX_BYTES);
      if (short.length > 0) await sender.query(NOTIFY, [short]);
      return null;
    },
    subscribe: (listener) => changes.hear(listener),
    close: () => endPool(sender, END_MS),
  };
}
