/** The texts and rows of deleted messages and tablos that are still to be removed. The ledger notes them with each deletion. */
import type { DocumentName } from '@tablo/schema/document-name';

export interface ErasureStore {
  /** Empties earlier texts and removes reactions of deleted messages: a bounded number of rows. False: there is nothing left to do. */
  removeRows(): Promise<boolean>;
  /** Live documents that hold texts of messages that were deleted more than `ageMs` ago; those of the oldest deletions first, a bounded number. */
  findDocuments(ageMs: number): Promise<readonly DocumentName[]>;
  /** Ends memberships of tablos that were deleted a month ago: a bounded number. False: there is nothing left to do. */
  endMemberships(): Promise<boolean>;
  /** Deletes the notes of finished erasures: the rows are removed, and the tablo has moved to a later document. A bounded number; true where there may be more. */
  forgetDone(): Promise<boolean>;
}
