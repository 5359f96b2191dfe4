import type { DocumentHead, Missed } from '../ledger/store/missed.ts';

export type Found =
  | {
      /** Of the tablo's live document; null: there is no such tablo. */
      readonly epoch: number | null;
      /** Null: nothing. */
      readonly missed: Missed | null;
    }
  /** The database answers, but not about this one. */
  | { readonly error: unknown };

export interface LogReader {
  /** What each of these documents lacks, of one moment each. Rejects while the database cannot answer. */
  read(documents: readonly DocumentHead[]): Promise<readonly Found[]>;
}
