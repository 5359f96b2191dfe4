/**
 * Where the ledger keeps its record. One transaction per call: the facts are read under the lock of the tablos concerned, `decide` turns them into
 * writes, and what it returned is durable when `transact` resolves. A rejection means that nothing was written, but for `UnansweredCommitError`.
 *
 * What one call reads and writes is bounded by what it was given, never by history [R9].
 */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Facts } from '../../admission/admission.ts';
import type { AssumedStore } from './assumed.ts';
import type { DocumentHead, Missed } from './missed.ts';

/** What a transaction will ask for. */
export interface Scope {
  readonly tablos: ReadonlySet<TabloId>;
  readonly members: readonly { readonly tabloId: TabloId; readonly userId: UserId }[];
  readonly entries: ReadonlySet<EntryId>;
  /** Which emoji were used on these messages, and which of them by these members. */
  readonly reactions: readonly { readonly messageId: EntryId; readonly userId: UserId }[];
  /** ClientIDs of which their document has no entry: whose are they? */
  readonly clients: readonly { readonly tabloId: TabloId; readonly epoch: number; readonly client: number }[];
  /** [N1] Documents that are written to, and how far each of them goes. */
  readonly documents: readonly DocumentHead[];
}

export interface LockedFacts extends Facts {
  /** The number of the tablo's document, also of a tablo that is closed to everybody; null when there is none (any more). */
  documentEpoch(tablo: TabloId): number | null;
  /** `seq` of the tablo's newest message. */
  lastSeq(tablo: TabloId): number;
  /** `seq` of a durable message that is not deleted; null for everything else. */
  seqOf(id: EntryId): number | null;
  /** [N1] What a document of the scope lacks of its log: nobody adds to that before this transaction ends. Null: nothing. */
  missedBy(document: DocumentHead): Missed | null;
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

/** A deleted message whose text the document of `epoch` holds: it is to be removed from everywhere soon. */
export interface ErasureWrite {
  readonly tabloId: TabloId;
  readonly epoch: number;
  readonly messageId: EntryId;
}

/** Whose a clientID is of which the document holds void clocks alone [R3]. */
export interface ClientWrite {
  readonly tabloId: TabloId;
  readonly epoch: number;
  readonly client: number;
  readonly userId: UserId;
}

export interface Writes {
  /** In order of arrival. */
  readonly entries: readonly EntryWrite[];
  readonly updates: readonly UpdateWrite[];
  readonly erasures: readonly ErasureWrite[];
  readonly clients: readonly ClientWrite[];
  /** Tablos whose live document gives way to a fresh one, which begins with the newest messages, those of this transaction included. */
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

/** How long a transaction may take. */
export interface Patience {
  /** False: it takes the rows that are free, and says which are not. */
  readonly waitsForLocks: boolean;
  /** Shared: of the whole transaction, up to its COMMIT. Alone: of each statement. */
  readonly ms: number;
}

/** Other tablos wait for it as well: a tenth of a second, with what comes before and after. */
export const SHARED: Patience = { waitsForLocks: false, ms: 80 };
/** It is about one tablo, and keeps nobody else waiting. */
export const alone = (ms: number): Patience => ({ waitsForLocks: true, ms });

export interface LedgerStore {
  /** One trip instead of four, where what memory holds is true. Absent: there is only one way. */
  readonly assumed?: AssumedStore;
  transact(scope: Scope, decide: (facts: LockedFacts) => Writes, patience: Patience): Promise<Committed>;
  /** Commits a write that leaves nothing behind. Rejects while nothing can be stored. */
  probe(): Promise<void>;
  /** Which of `ids` are durable in this tablo, by this author. */
  findDurable(tablo: TabloId, author: UserId, ids: readonly EntryId[]): Promise<readonly DurableEntry[]>;
}

export type Fate = Committed | null | 'unknown';

/** COMMIT was sent, and no answer came: what was decided may be durable. The one rejection after which something may have been written. */
export class UnansweredCommitError extends Error {
  /**
   * What was committed after all; null when nothing was, and nothing will be. `unknown`: the database will never be able to say, as after a failover to an earlier state.
   * Rejects while nobody can say.
   */
  readonly learnFate: () => Promise<Fate>;

  constructor(cause: Error, learnFate: () => Promise<Fate>) {
    super(`A COMMIT was not answered: ${cause.message}`, { cause });
    this.learnFate = learnFate;
  }
}

/**
 * Something stands in the way of what was to be written, not of everything: a row that somebody else holds, a slow statement, a rule of the host application's.
 * Others' writes may succeed meanwhile, and so may this one later.
 */
export class BlockedError extends Error {
  /** The tablos that stand in the way, where that is known; null where it is not. */
  readonly tablos: ReadonlySet<TabloId> | null;

  constructor(message: string, options: ErrorOptions & { readonly tablos?: ReadonlySet<TabloId> } = {}) {
    super(message, options);
    this.tablos = options.tablos ?? null;
  }
}

/** The write failed because of what was written, not because of the database's state: repeating it changes nothing. */
export class UnstorableError extends Error {}
