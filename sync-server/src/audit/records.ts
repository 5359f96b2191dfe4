/** The rows that the audit compares, as plain values. Times are ms since the Unix epoch. */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';

export interface EntryRecord {
  readonly id: EntryId;
  readonly kind: MemberEntry['kind'];
  readonly author: UserId;
  readonly target: EntryId | null;
  readonly emoji: string | null;
  readonly isOn: boolean | null;
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly shownAt: number;
  readonly digest: string;
  /** The epoch whose document it first entered; null where the table does not say. */
  readonly epoch: number | null;
}

export interface MessageRecord {
  readonly id: EntryId;
  readonly author: UserId;
  readonly text: string;
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly shownAt: number;
  readonly seq: number;
  readonly replyTo: EntryId | null;
  readonly editId: EntryId | null;
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
  /** Its text before its first edit; null for a message that was never edited, or was deleted. */
  readonly firstText: string | null;
  readonly editCount: number;
  /** Its earlier texts and its reactions are still being removed. */
  readonly isBeingErased: boolean;
}

export interface EditRecord {
  readonly id: EntryId;
  readonly author: UserId;
  readonly text: string;
  readonly shownAt: number;
}

export interface ReactionRecord {
  readonly entryId: EntryId;
  readonly author: UserId;
  readonly emoji: string;
  readonly shownAt: number;
}

/** All that the tables know of one message: its entry, and every entry that speaks of it. */
export interface Records {
  readonly about: EntryId;
  readonly entries: readonly EntryRecord[];
  readonly message: MessageRecord | null;
  readonly edits: readonly EditRecord[];
  readonly reactions: readonly ReactionRecord[];
}

/** A tablo apart from its messages. */
export interface TabloRecord {
  readonly id: string;
  readonly epoch: number;
  readonly lastSeq: number;
  /** Where `seq` does not follow the one before it. */
  readonly seqBreaks: readonly { readonly seq: number; readonly before: number }[];
  readonly maxSeq: number;
  /** Epochs, other than the live one, that the log has rows of. */
  readonly otherLogEpochs: readonly number[];
  /** Of the snapshot; null when there is none. */
  readonly snapshotEpoch: number | null;
}
