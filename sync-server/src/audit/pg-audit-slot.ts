/** Which of several servers audits, and when: an advisory lock for the time it takes, and a note of when it was last done and what it found. */
import type { Pool, PoolClient } from 'pg';

/** Ours among advisory locks; the migrations' is another one. */
const AUDIT_LOCK = 7_461_626_012_448;
const NOTE = 'last_audit';

export interface LastAudit {
  /** ms since the Unix epoch, by the database's clock. */
  readonly finishedAt: number;
  readonly drifts: number;
}

/** Runs `act` if nobody audits now and nobody did within `everyMs`. Returns the last complete audit, whoever did it; null while there was none. */
export async function takeAuditSlot(
  pool: Pool,
  everyMs: number,
  act: () => Promise<{ readonly drifts: number }>,
): Promise<LastAudit | null> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [AUDIT_LOCK]);
    if (rows[0]?.locked !== true) return (await readNote(client)).last;
    const { last, ageMs } = await readNote(client);
    if (ageMs >= everyMs) await writeNote(client, await act());
    const newest = ageMs >= everyMs ? (await readNote(client)).last : last;
    await client.query('SELECT pg_advisory_unlock($1)', [AUDIT_LOCK]);
    return newest;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    client.release(failure); // A lock whose query failed ends with its connection.
  }
}

async function readNote(client: PoolClient): Promise<{ last: LastAudit | null; ageMs: number }> {
  const { rows } = await client.query<{ value: string; now: string }>(
    'SELECT value, tablo_private.to_ms(clock_timestamp()) AS now FROM tablo_private.settings WHERE name = $1',
    [NOTE],
  );
  if (rows[0] === undefined) return { last: null, ageMs: Number.POSITIVE_INFINITY };
  const last = parseNote(rows[0].value);
  if (last === null) return { last: null, ageMs: Number.POSITIVE_INFINITY };
  return { last, ageMs: Number(rows[0].now) - last.finishedAt };
}

async function writeNote(client: PoolClient, { drifts }: { readonly drifts: number }): Promise<void> {
  await client.query(
    `INSERT INTO tablo_private.settings (name, value)
     VALUES ($1, json_build_object('finishedAt', tablo_private.to_ms(clock_timestamp()), 'drifts', $2::int)::text)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [NOTE, drifts],
  );
}

/** `null` for what is none: a note that cannot be read is written anew, and must not keep us from ever looking again. */
function parseNote(value: string): LastAudit | null {
  try {
    const { finishedAt, drifts } = JSON.parse(value) as Partial<LastAudit>;
    return Number.isFinite(finishedAt) && Number.isFinite(drifts) ? ({ finishedAt, drifts } as LastAudit) : null;
  } catch {
    return null; // Not JSON: from another hand, or another release.
  }
}
