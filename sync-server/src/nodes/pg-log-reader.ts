/**
 * What other servers have committed, read without a lock: all of one moment, for all documents that ask, in one statement. Where that fails by what is stored, a damaged page for
 * instance, each half is asked alone, down to the one document that it is about.
 */
import type { Pool } from '../db/pool.ts';
import { type DocumentHead, headsParameter, type MissedColumn, missedSql, readMissed } from '../ledger/store/missed.ts';
import { isAnsweredNo } from '../ledger/store/pg-failures.ts';
import type { Found, LogReader } from './log-reader.ts';

// Planned anew each time: tables are empty when a server begins.
const READ = `SELECT (SELECT coalesce(json_object_agg(t.id, t.epoch), '{}') FROM tablos t WHERE t.id = ANY($2::uuid[])) AS epochs,
  ${missedSql('$1')} AS missed`;

/** A connection that died without a word keeps all documents waiting, since one read is under way at a time. */
const ANSWER_MS = 2_000;

interface Row {
  readonly epochs: Readonly<Record<string, number>>;
  readonly missed: MissedColumn;
}

export class PgLogReader implements LogReader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  read: LogReader['read'] = async (documents) => {
    // How far they go now: they may have gone on when the answer comes.
    return await this.#read(documents.map(({ tabloId, epoch, head, lastSeq }) => ({ tabloId, epoch, head, lastSeq })));
  };

  async #read(heads: readonly DocumentHead[]): Promise<readonly Found[]> {
    try {
      return await this.#ask(heads);
    } catch (error) {
      if (!isAnsweredNo(error)) throw error;
      if (heads.length <= 1) return heads.map(() => ({ error }));
      const middle = Math.ceil(heads.length / 2);
      const first = await this.#read(heads.slice(0, middle));
      return [...first, ...(await this.#read(heads.slice(middle)))];
    }
  }

  async #ask(heads: readonly DocumentHead[]): Promise<readonly Found[]> {
    const ids = `{${[...new Set(heads.map(({ tabloId }) => tabloId))].join(',')}}`;
    const question = { text: READ, values: [headsParameter(heads), ids], query_timeout: ANSWER_MS };
    const { rows } = await this.#pool.query<Row>(question);
    const missed = readMissed(heads, rows[0]?.missed ?? []);
    return heads.map((head) => ({ epoch: rows[0]?.epochs[head.tabloId] ?? null, missed: missed.get(head) ?? null }));
  }
}
