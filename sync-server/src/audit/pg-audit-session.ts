/**
 * The one connection of an audit, and how it goes on when a tablo cannot be read. As long as the database answers, only that tablo is
 * reported, and the others get their turn. When it does not, or when table after table is locked, there is nothing to go on with.
 */
import type { Pool, PoolClient } from 'pg';
import { isDatabaseAway } from '../base/database-away.ts';
import { LOCK_NOT_AVAILABLE, QUERY_CANCELED } from '../base/sqlstates.ts';

/** Tablos in a row that cost a connection or waited for a lock in vain. One tablo's rows may end a backend; whole tables are another matter. */
const AWAY_IN_A_ROW_MAX = 3;
const REASON_MAX_UNITS = 160;

export class AuditSession {
  readonly #pool: Pool;
  #client: PoolClient | null;
  #awayInARow = 0;

  static async open(pool: Pool): Promise<AuditSession> {
    return new AuditSession(pool, await pool.connect());
  }

  private constructor(pool: Pool, client: PoolClient) {
    this.#pool = pool;
    this.#client = client;
  }

  get client(): PoolClient {
    if (this.#client === null) throw new Error('the audit has no connection any more');
    return this.#client;
  }

  noteLooked(): void {
    this.#awayInARow = 0;
  }

  /** After a tablo that could not be looked at: why, once the session can go on. Rejects where it cannot. */
  async recover(error: unknown): Promise<string> {
    const { code } = error as { code?: unknown };
    const isLost = isDatabaseAway(error) && code !== LOCK_NOT_AVAILABLE && code !== QUERY_CANCELED;
    this.#awayInARow = isLost || code === LOCK_NOT_AVAILABLE ? this.#awayInARow + 1 : 0;
    if (this.#awayInARow >= AWAY_IN_A_ROW_MAX) throw error;
    if (isLost || !(await this.#rollBack())) {
      // Broken, or still busy with what nobody waits for.
      this.close(error instanceof Error ? error : new Error(String(error)));
      this.#client = await this.#pool.connect();
    }
    return reasonOf(error);
  }

  /** With a failure the connection is ended, and what it was doing with it. */
  close(failure?: Error): void {
    this.#client?.release(failure);
    this.#client = null;
  }

  async #rollBack(): Promise<boolean> {
    try {
      await this.client.query('ROLLBACK');
      return true;
    } catch {
      return false; // The connection is ended, which rolls back as well.
    }
  }
}

/** Messages of PostgreSQL and JavaScript quote values, so they are not shown: they may contain messages of people. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const words = String(message ?? error)
    .replaceAll(/"[^"]*"?/g, '"…"')
    .slice(0, REASON_MAX_UNITS);
  return typeof code === 'string' ? `${code}: ${words}` : words;
}
