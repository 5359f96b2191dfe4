/** The input of admission, and its answers. */
import type { Refusal } from '@tablo/schema/close-codes';
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { ItemId, Run } from './run.ts';

/** What the ledger knows of an entry that was admitted before, in whichever tablo and epoch. */
export interface KnownEntry {
  readonly tabloId: TabloId;
  readonly kind: MemberEntry['kind'];
  readonly author: UserId;
  readonly sentAt: number;
  /** ms since the Unix epoch; differs from `sentAt` for an entry that came late. */
  readonly shownAt: number;
  readonly digest: string;
}

/** Facts read in the transaction that will hold the decision. */
export interface Facts {
  /** Undefined: never seen. Includes what the same batch accepted before. */
  entry(id: EntryId): KnownEntry | undefined;
  /** The live epoch; null when there is no such tablo (any more). */
  epoch(tablo: TabloId): number | null;
  /** Null: not a member. */
  role(tablo: TabloId, user: UserId): Role | null;
  /** Every emoji that was ever used on the message. */
  emojiOn(message: EntryId): ReadonlySet<string>;
  /** Those of them that this member used. */
  ownEmojiOn(message: EntryId, user: UserId): ReadonlySet<string>;
  /** How often the message was edited. */
  editsOf(message: EntryId): number;
  /** [R3] The user who was first to show this clientID in the live epoch; null: nobody has. Known for clientIDs that have written nothing. */
  clientOwner(tablo: TabloId, client: number): UserId | null;
}

export interface Applicant {
  readonly tabloId: TabloId;
  readonly epoch: number;
  readonly userId: UserId;
}

export interface FreshEntry {
  readonly entry: MemberEntry;
  readonly digest: string;
}

/** Entries that were refused for one reason. */
export interface EntryRefusal {
  readonly refusal: Refusal;
  /** Where the entries name ids. */
  readonly ids: readonly EntryId[];
}

export type Admission =
  /** The server has all of it already. */
  | { readonly type: 'known' }
  | {
      readonly type: 'accepted';
      /**
       * Runs with what the server lacked, in an order in which each connects to what is before it, `VOID` where an entry was refused. Null: the server writes `fresh`
       * under a clientID of its own.
       */
      readonly runs: readonly Run[] | null;
      /** Entries whose ids are new, in that order. */
      readonly fresh: readonly FreshEntry[];
      /** Entries that were durable before under the same id: they enter the document again, but not the rows. */
      readonly repeated: readonly MemberEntry[];
      /** One for each reason; none where all of it entered. */
      readonly refusals: readonly EntryRefusal[];
      /** The clocks of the refused entries in a document that only their sender has: the sender has to drop them there. Otherwise `runs` tells everybody. */
      readonly dropped?: readonly ItemId[];
    }
  /** As a whole. */
  | (EntryRefusal & { readonly type: 'refused'; readonly isGap: boolean });
