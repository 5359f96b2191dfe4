/**
 * The short way into the store: what memory holds is taken for what is true, decided by it, and handed over with the assumptions. One statement locks, looks whether they
 * hold, writes and commits: one trip instead of four. Nothing rests on memory: of a tablo of which anything does not hold, nothing is written, and it is decided again by
 * `LedgerStore.transact`, after the facts.
 */
import type { UserId } from '@tablo/schema/ids';
import type { Writes } from './ledger-store.ts';
import type { DocumentHead } from './missed.ts';

/** What is to be written to one tablo, and what has to be true for it. */
export interface Assumed {
  /** The tablo is open, this is its live document, the log goes up to its head, and no message is newer than its `lastSeq`. */
  readonly document: DocumentHead;
  /** Each of them may write. */
  readonly authors: readonly UserId[];
  /** Messages whose ids nobody has used, numbered from `lastSeq` on, and what goes into the log: nothing else goes the short way. */
  readonly writes: Pick<Writes, 'entries' | 'updates'>;
}

/** What did not hold: somebody has the row (or there is none), the document, the log, the numbers, an author's right, an id. */
export type Wrong = 'row' | 'epoch' | 'head' | 'seq' | 'role' | 'id';

/** By what was written: the ids of its log rows, in their order. */
export type Written = ReadonlyMap<Assumed, readonly bigint[]>;

export interface AssumedResult {
  readonly written: Written;
  readonly wrong: ReadonlyMap<Assumed, Wrong>;
}

export interface AssumedStore {
  /**
   * One transaction. Rejects with `BlockedError` where it took too long and with `UnansweredStatementError` where nobody knows how it ended. Whatever else PostgreSQL
   * answers is not said here: nothing was written, and the other way finds out.
   */
  commit(all: readonly Assumed[]): Promise<AssumedResult>;
}

/** It was sent, and no answer came: all of it may be durable, now or in a moment. */
export class UnansweredStatementError extends Error {
  /**
   * Resolves when it is over, and can become durable no more if it has not, with what of it is in the log as it was sent. What is not may have been written all the same, and
   * gone into a snapshot: it is beyond the head of whoever sent it, like another server's. Rejects while nobody can say.
   */
  readonly settle: () => Promise<Written>;

  constructor(cause: Error, settle: () => Promise<Written>) {
    super(`A statement was not answered: ${cause.message}`, { cause });
    this.settle = settle;
  }
}
