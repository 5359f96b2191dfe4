/** What other servers have committed, read without a lock: all of one moment, for all documents that ask, in one statement. */
import type { Pool } from '../db/pool.ts';
import { headsParameter, type MissedColumn, missedSql, readMissed } from '../ledger/store/missed.ts';
import type { LogReader } from './log-reader.ts';

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
    const heads = documents.map(({ tabloId, epoch, head, lastSeq }) => ({ tabloId, epoch, head, lastSeq }));
    const ids = `{${[...new Set(heads.map(({ tabloId }) => tabloId))].join(',')}}`;
    const question = { text: READ, values: [headsParameter(heads), ids], query_timeout: ANSWER_MS };
    const { rows } = await this.#pool.query<Row>(question);
    const missed = readMissed(heads, rows[0]?.missed ?? []);
    return heads.map((head) => ({ epoch: rows[0]?.epochs[head.tabloId] ?? null, missed: missed.get(head) ?? null }));
  };
}
