import type { DocumentHead, Missed } from '../ledger/store/missed.ts';

export interface Found {
  /** Of the tablo's live document; null: there is no such tablo. */
  readonly epoch: number | null;
  /** Null: nothing. */
  readonly missed: Missed | null;
}

export interface LogReader {
  /** What each of these documents lacks, all of one moment. */
  read(documents: readonly DocumentHead[]): Promise<readonly Found[]>;
}
