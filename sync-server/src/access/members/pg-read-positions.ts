/** Read positions from PostgreSQL. Look-ups of one event-loop turn are one query: everybody who sees a message reads it at about the same time. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import type { ReadPositionReader } from './read-position-reader.ts';

const FIND = `SELECT w.nth::integer AS nth, r.last_read_seq AS seq
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(tablo, member, nth)
  JOIN channel_read_state r ON r.channel_id = w.tablo AND r.user_id = w.member`;

const QUERY_MAX = 1_000;

interface LookUp {
  readonly userId: UserId;
  readonly tabloId: TabloId;
  readonly resolve: (seq: number | null) => void;
  readonly reject: (error: unknown) => void;
}

export class PgReadPositions implements ReadPositionReader {
  readonly #pool: Pool;
  #waiting: LookUp[] = [];
  #isAsking = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  find(userId: UserId, tabloId: TabloId): Promise<number | null> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0 && !this.#isAsking) setImmediate(() => void this.#run());
      this.#waiting.push({ userId, tabloId, resolve, reject });
    });
  }

  /** One query at a time: news of read positions must not take the connections that requests wait for. */
  async #run(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#waiting.length > 0) await this.#answer(this.#waiting.splice(0, QUERY_MAX));
    this.#isAsking = false;
  }

  async #answer(lookUps: readonly LookUp[]): Promise<void> {
    try {
      const { rows } = await this.#pool.query<{ nth: number; seq: string }>({
        name: 'read-positions-find',
        text: FIND,
        values: [lookUps.map(({ tabloId }) => tabloId), lookUps.map(({ userId }) => userId)],
      });
      const found = new Map(rows.map(({ nth, seq }) => [nth, Number(seq)]));
      for (const [index, { resolve }] of lookUps.entries()) resolve(found.get(index + 1) ?? null);
    } catch (error) {
      for (const { reject } of lookUps) reject(error);
    }
  }
}
