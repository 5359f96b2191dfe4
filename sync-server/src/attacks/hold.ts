/** A database that makes a commit wait, for as long as a test needs. */
import type { TabloId } from '@tablo/schema/ids';
import { expect } from 'vitest';
import type { TestServer } from '../sync/test-server.ts';
import { until } from '../testing/wait.ts';

/** Runs `act` while the tablo's row is locked by somebody else. What arrives after `untilCommitWaits` goes into the next batch. */
export async function holdTablo(
  server: TestServer,
  tablo: TabloId,
  act: (untilCommitWaits: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const client = await server.pool.connect();
  const untilCommitWaits = (): Promise<void> =>
    until(async () => {
      const { rows } = await server.pool.query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      expect(rows[0].n).toBeGreaterThan(0);
    }, 5_000);
  try {
    await client.query('BEGIN');
    await client.query('SELECT id FROM tablos WHERE id = $1 FOR UPDATE', [tablo]);
    await act(untilCommitWaits);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
  // Held for longer than a lock is waited for, the tablo was put aside, and comes back when its turn comes.
  await until(() => expect(server.sync.ledger.queued).toBe(0), 40_000);
}

/** Until every transaction has ended that may have read what was before. A commit under way counts as before. */
export async function untilEarlierCommitsEnd(server: TestServer): Promise<void> {
  const { rows } = await server.pool.query('SELECT clock_timestamp() AS now');
  await until(async () => {
    const earlier = await server.pool.query(
      'SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < $1',
      [rows[0].now],
    );
    expect(earlier.rows[0].n).toBe(0);
  }, 5_000);
}
