/** Which of several servers audits, and when: an advisory lock for the time it takes, and a note of when it was last done. */
import type { Pool } from 'pg';

/** Ours among advisory locks; the migrations' is another one. */
const AUDIT_LOCK = 7_461_626_012_448;
const NOTE = 'audited_at';

/** Runs `act` if nobody audits now and nobody did within `everyMs`. Null when there was nothing to do. */
export async function takeAuditSlot<T>(pool: Pool, everyMs: number, act: () => Promise<T>): Promise<T | null> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [AUDIT_LOCK]);
    if (rows[0]?.locked !== true) return null;
    const recent = await client.query(
      `SELECT FROM tablo_private.settings WHERE name = $1 AND value::timestamptz > now() - $2 * interval '1 ms'`,
      [NOTE, everyMs],
    );
    const result = recent.rowCount === 0 ? await act() : null;
    if (result !== null) {
      await client.query(
        `INSERT INTO tablo_private.settings (name, value) VALUES ($1, now()::text)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [NOTE],
      );
    }
    await client.query('SELECT pg_advisory_unlock($1)', [AUDIT_LOCK]);
    return result;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    client.release(failure); // A lock whose query failed ends with its connection.
  }
}
