/**
 * What this device keeps for one user: own unsent entries (`UnsentStore`), and what the server could give again: documents, lists, history; and drafts.
 * `idb-unsent-store.ts` and `idb-store.ts` keep them in IndexedDB, `memory-store.ts` until the tab closes; one contract suite runs on all.
 */
import type { DraftText } from '@tablo/schema/draft';
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineRow, UnsentEntry } from '@tablo/schema/timeline';
import type { Member } from '../chat.ts';
import type { StampedAim } from '../draft-aim.ts';

export type OutboxDelivery =
  | UnsentEntry['delivery']
  /**
   * Changed or cancelled by its author after it may have been sent. Kept for a while: should it turn out durable after all, the change is
   * made good with an edit or a deletion. `replacedBy`: the entry that stands in its place. `isSettled`: that has happened, and the record only leads on.
   */
  | {
      readonly status: 'withdrawn';
      readonly replacedBy: EntryId | null;
      readonly at: number;
      readonly isSettled?: true;
    };

export interface OutboxRecord {
  readonly id: EntryId;
  readonly tabloId: TabloId;
  readonly entry: MemberEntry;
  readonly delivery: OutboxDelivery;
  /** ms since the Unix epoch, by this device's clock. */
  readonly createdAt: number;
  /** The tab that pushes it; any other may when that one is gone. */
  readonly owner: string;
}

export interface LastMessage {
  readonly id: EntryId;
  readonly author: UserId;
  readonly text: string;
  readonly shownAt: number;
}

export interface ChannelRecord {
  readonly id: TabloId;
  readonly name: string;
  readonly role: Role;
  readonly epoch: number;
  readonly createdAt: number;
  /** `seq` of the newest message that we know of. */
  readonly lastSeq: number;
  readonly readSeq: number;
  /** Unread messages: id → `seq`. A list, not a counter, so that every event may come twice. */
  readonly unread: Readonly<Record<EntryId, number>>;
  /** Unread messages older than those in `unread`, which the server counted but did not list. */
  readonly unlistedUnread: number;
  /** A read position that the server has not confirmed. */
  readonly pendingRead: number | null;
  /**
   * The position that the server itself named last; absent in records of an older version. Only a restored backup makes it name an earlier one. `doubtful`: the server has
   * lost what it had stored, so whichever it names next counts.
   */
  readonly confirmedRead?: number | 'doubtful';
  readonly lastMessage: LastMessage | null;
}

export interface DraftRecord extends DraftText {
  readonly tabloId: TabloId;
  /** The server has it, or a later one. */
  readonly isReported: boolean;
  /** Of this device alone, with a time of its own. Absent: never aimed at anything, or kept by an earlier release. */
  readonly aim?: StampedAim;
}

/** What this device knows of people: their names, and who has left which tablo according to the server. Each user appears once. */
export interface PeopleRecords {
  readonly names: readonly (readonly [UserId, string])[];
  readonly former: readonly (readonly [TabloId, UserId])[];
}

export interface PeopleChange extends PeopleRecords {
  /** Known as former, and not so any more. */
  readonly returned: readonly (readonly [TabloId, UserId])[];
}

/** The input for a change of the outbox: the records as they stand while nobody else can change them. */
export interface OutboxView {
  get(id: EntryId): OutboxRecord | null;
  /** Edits, deletions and reactions of `target` that are not withdrawn. */
  changesOf(target: EntryId): readonly OutboxRecord[];
}

export interface OutboxWrites {
  readonly put?: readonly OutboxRecord[];
  readonly remove?: readonly EntryId[];
}

/** Own entries that are not durable: the one thing on this device that exists nowhere else [R8]. */
export interface UnsentStore {
  readOutbox(): Promise<OutboxRecord[]>;
  readOutboxRecords(ids: readonly EntryId[]): Promise<readonly (OutboxRecord | null)[]>;
  /**
   * In one transaction, which this browser's tabs take in turns: `decide` sees the records of `ids`, of what replaced them one after another, and the changes
   * of all these; what it returns is written. On the disk before it resolves (strict durability).
   */
  changeOutbox(ids: readonly EntryId[], decide: (view: OutboxView) => OutboxWrites): Promise<OutboxWrites>;
}

/** What the server has as well, but for drafts. */
export interface CacheStore {
  /** All updates of one document, in order of writing. */
  readUpdates(document: string): Promise<Uint8Array[]>;
  /** Resolves with the number of rows that the document has now. */
  appendUpdate(document: string, update: Uint8Array): Promise<number>;
  /** In one transaction: reads all rows of the document and puts what `merge` makes of them in their place. */
  replaceUpdates(document: string, merge: (updates: Uint8Array[]) => Uint8Array | null): Promise<void>;

  readChannels(): Promise<ChannelRecord[]>;
  writeChannels(change: {
    readonly put?: readonly ChannelRecord[];
    readonly remove?: readonly TabloId[];
  }): Promise<void>;

  /** Up to `limit` (infinity: all) cached rows that stand before `before` (`null`: the newest), oldest first. */
  readRows(tabloId: TabloId, before: TimelineKey | null, limit: number): Promise<TimelineRow[]>;
  /** A row with a known id replaces the known one. */
  writeRows(
    tabloId: TabloId,
    change: { readonly put?: readonly TimelineRow[]; readonly remove?: readonly EntryId[] },
  ): Promise<void>;
  /** Drops all cached history, to make room. */
  clearRows(): Promise<void>;

  readMembers(tabloId: TabloId): Promise<readonly Member[]>;
  writeMembers(tabloId: TabloId, members: readonly Member[]): Promise<void>;

  readPeople(): Promise<PeopleRecords>;
  /** Of a person or a tablo that is not named, everything stays: another tab may have written it. */
  writePeople(change: PeopleChange): Promise<void>;

  /** One without a time (from an earlier release) has `at` 0. */
  readDraft(tabloId: TabloId): Promise<DraftRecord | null>;
  readDrafts(): Promise<DraftRecord[]>;
  /** In one transaction: a later one that is stored already stays, since another tab may have typed it. */
  writeDraft(draft: DraftRecord): Promise<void>;

  readMeta(key: string): Promise<unknown>;
  writeMeta(key: string, value: unknown): Promise<void>;

  /** Forgets documents, history and members of a tablo, former ones included; names of people, outbox and draft stay: nothing typed is lost silently [R8]. */
  forgetTablo(tabloId: TabloId): Promise<void>;
}

export interface Closable {
  close(): Promise<void>;
  /** Closes and deletes everything, although another tab may still hold it open. */
  destroy(): Promise<void>;
}

export interface LocalStore extends UnsentStore, CacheStore, Closable {}
