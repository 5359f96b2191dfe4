/**
 * Where the ledger keeps its record. One transaction per call: the facts are read under the lock of the tablos concerned, `decide` turns them into
 * writes, and what it returned is durable when `transact` resolves. A rejection means that nothing was written, but for `UnansweredCommitError`.
 */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Facts } from '../admission/admit.ts';

/** What a transaction will ask for. */
export interface Scope {
  readonly tablos: ReadonlySet<TabloId>;
  readonly members: readonly { readonly tabloId: TabloId; readonly userId: UserId }[];
  readonly entries: ReadonlySet<EntryId>;
  /** ClientIDs that have written nothing in their document yet: whose are they? */
  readonly clients: readonly { readonly tabloId: TabloId; readonly epoch: number; readonly client: number }[];
}

export interface LockedFacts extends Facts {
  /** `seq` of the tablo's newest message. */
  lastSeq(tablo: TabloId): number;
  /** `seq` of a durable message that is not deleted; null for everything else. */
  seqOf(id: EntryId): number | null;
}

export interface EntryWrite {
  readonly tabloId: TabloId;
  readonly epoch: number;
  readonly entry: MemberEntry;
  readonly digest: string;
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
  readonly shownAt: number;
  /** Of a message: the next of its tablo. Null for other kinds. */
  readonly seq: number | null;
}

export interface UpdateWrite {
  readonly tabloId: TabloId;
  readonly epoch: number;
  /** Yjs update, encoding version 1. */
  readonly update: Uint8Array;
}

export interface Writes {
  /** In order of arrival. */
  readonly entries: readonly EntryWrite[];
  readonly updates: readonly UpdateWrite[];
  /** Tablos whose live document gives way to a fresh one. */
  readonly moves: readonly { readonly tabloId: TabloId; readonly from: number }[];
}

export interface Committed {
  /** Log ids of `updates`, in their order. */
  readonly updateIds: readonly bigint[];
}

export interface DurableEntry {
  readonly id: EntryId;
  /** ms since the Unix epoch; null when it is shown at its `sentAt` [R5]. */
  readonly shownAt: number | null;
}

/** For a row that somebody else holds, while every other tablo waits as well. `short`: it was waited for once already, in vain. */
export type Patience = 'usual' | 'short';

export interface LedgerStore {
  transact(scope: Scope, decide: (facts: LockedFacts) => Writes, patience?: Patience): Promise<Committed>;
  /** Commits a write that leaves nothing behind. Rejects while nothing can be stored. */
  probe(): Promise<void>;
  /** Which of `ids` are durable in this tablo, by this author. */
  findDurable(tablo: TabloId, author: UserId, ids: readonly EntryId[]): Promise<readonly DurableEntry[]>;
}

/** COMMIT was sent, and no answer came: what was decided may be durable. The one rejection after which something may have been written. */
export class UnansweredCommitError extends Error {
  /** What was committed after all; null when nothing was, and nothing will be. Rejects while nobody can say. */
  readonly learnFate: () => Promise<Committed | null>;

  constructor(cause: Error, learnFate: () => Promise<Committed | null>) {
    super(`A COMMIT was not answered: ${cause.message}`, { cause });
    this.learnFate = learnFate;
  }
}

/**
 * Something stands in the way of what was to be written, not of everything: a row that somebody else holds, a rule of the host application's. Others' writes
 * may succeed meanwhile, and so may this one later.
 */
export class BlockedError extends Error {}

/** The write failed because of what was written, not because of the database's state: repeating it changes nothing. */
export class UnstorableError extends Error {}
