/**
 * The types of `step.ts`: what delivery remembers, what it looks at, what can happen, and what is to be done.
 *
 * The state of each entry is not remembered here a second time: the outbox and the document have it, and `World` is a look at both.
 */
import type { ReasonCode, Refusal } from '@tablo/schema/close-codes';
import type { Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import type { Home } from '../replica/room-home.ts';
import type { OutboxRecord } from '../store/local-store.ts';

/**
 * `answer`: for the answer to a check. `hold`: after a refusal that said "later". `ask`: until the server is asked about what is in flight. `grace`: for another
 * tab to push what it has written.
 */
export type Wait = 'answer' | 'hold' | 'ask' | 'grace';

export interface DeliveryState {
  /** Entries are pushed only while it is `open`. `checking`: the server has been asked which entries it holds. */
  readonly phase: 'away' | 'checking' | 'open';
  readonly isJoined: boolean;
  readonly asked: ReadonlySet<EntryId>;
  /** What had been replaced by another entry when the server was last asked. */
  readonly askedReplaced: ReadonlySet<EntryId>;
  readonly answersLeft: number;
  /** How often the server was asked in a row, without an answer in time. */
  readonly checks: number;
  /** Bytes of each entry in flight. */
  readonly sizes: ReadonlyMap<EntryId, number>;
  /** Groups of entries; an entry in them was refused, and it is not known which. One group is pushed at a time. */
  readonly suspects: readonly (readonly EntryId[])[];
  /** Since when each of these is left to another tab, by `World.now`. */
  readonly leftSince: ReadonlyMap<EntryId, number>;
  readonly waits: ReadonlySet<Wait>;
  /** How many refusals in a row said "later". */
  readonly failures: number;
  readonly authRefusals: number;
  /** The server was restored from a backup, and we have not joined since. */
  readonly isRestored: boolean;
}

export const INITIAL_STATE: DeliveryState = {
  ...{ phase: 'away', isJoined: false, answersLeft: 0, checks: 0, failures: 0, authRefusals: 0, isRestored: false },
  ...{ asked: new Set(), askedReplaced: new Set(), waits: new Set(), suspects: [] },
  ...{ sizes: new Map(), leftSince: new Map() },
};

/** Outbox, document and tabs, as they are at the moment of the event. */
export interface World {
  readonly user: UserId;
  /** All own entries that are not known to be durable, in the order of writing; withdrawn ones included. */
  readonly records: readonly OutboxRecord[];
  /** Of these, what may be pushed: pending, on the disk, and not about to be changed. */
  readonly ready: readonly OutboxRecord[];
  readonly document: DocumentView | null;
  /** Pushed by this tab, not known to be durable. None while the document is being replaced. */
  readonly held: readonly EntryId[];
  /** The server has deleted these from the document, because it refused them; the reason comes next. None while the document is being replaced. */
  readonly takenOut: readonly EntryId[];
  readonly tab: TabView;
  readonly ownerGraceMs: number;
  /** Monotonic, in ms: the clock that stamps entries may be set back. */
  readonly now: number;
  /** Why nothing can be sent in this tablo any more; null: it can. */
  readonly closed: Refusal | null;
}

export interface DocumentView {
  readonly entries: Iterable<Entry>;
  get(id: EntryId): Entry | null;
}

export interface TabView {
  readonly id: string;
  /** Of this browser's tabs, the one that pushes what closed tabs have left. */
  readonly isFirst: boolean;
  isAlive(tab: string): boolean;
}

/** Of entries that are not shown at their `sentAt`, ms since the Unix epoch. */
export type ShownAt = Readonly<Record<string, number>>;

export type DeliveryEvent =
  /** Another document is at hand, with what is stored of it. */
  | { readonly type: 'entered' }
  /** Joined and synced. */
  | { readonly type: 'joined' }
  | { readonly type: 'left' }
  /** The server says that these are durable; also its answer to a check. */
  | {
      readonly type: 'committed';
      readonly messages: readonly EntryId[];
      readonly others: readonly EntryId[];
      readonly shownAt?: ShownAt | undefined;
    }
  | { readonly type: 'refused'; readonly code: ReasonCode; readonly message: string; readonly ids: readonly EntryId[] }
  /** The document has received these from the server. */
  | { readonly type: 'received'; readonly entries: readonly Entry[] }
  /** The server has deleted these from the document; they were not in flight. */
  | { readonly type: 'taken-out'; readonly entries: readonly Entry[] }
  /** The document is left for one of another epoch. `entries`: what it holds that was durable. */
  | { readonly type: 'leaving'; readonly entries: readonly Entry[]; readonly isForEarlier: boolean }
  /** The server was restored from a backup: its numbers have gone back. */
  | { readonly type: 'renumbered' }
  /** The own messages of the cached history have been read. */
  | { readonly type: 'cached'; readonly entries: readonly MemberEntry[] }
  /** `sent`: durable, as another tab says. */
  | { readonly type: 'outbox-changed'; readonly sent: readonly EntryId[] }
  /** Another tab was closed: what was left to it may be ours now. */
  | { readonly type: 'tab-gone' }
  /** Nothing can be sent in this tablo any more. */
  | { readonly type: 'closed' }
  /** The user asks to try again now. */
  | { readonly type: 'retry' }
  /** A wait is over. */
  | { readonly type: 'waited'; readonly wait: Wait };

export type Effect =
  /** Append to the document, as one update. */
  | { readonly type: 'push'; readonly entries: readonly MemberEntry[] }
  /** Ask the server which of these it holds. */
  | { readonly type: 'check'; readonly ids: readonly EntryId[] }
  /** These are not in flight any more. */
  | { readonly type: 'release'; readonly ids: readonly EntryId[] }
  /** [R1] These are durable: remove their records. An `outbox-changed` follows at once. */
  | { readonly type: 'settle'; readonly ids: readonly EntryId[]; readonly shownAt: ShownAt }
  | { readonly type: 'refuse'; readonly ids: readonly EntryId[]; readonly refusal: Refusal }
  /** Make a refused entry pending again. */
  | { readonly type: 'retry'; readonly id: EntryId }
  /** [R8] Make these pending again: the server may have lost them. */
  | { readonly type: 'hold-again'; readonly entries: readonly MemberEntry[] }
  /** `again`: make these pending again while nothing is joined, so that the server is asked for them before they are pushed. */
  | { readonly type: 'replace-document'; readonly from: Home; readonly again: readonly MemberEntry[] }
  /** Read the own messages of the cached history. */
  | { readonly type: 'read-cached' }
  /** The numbers that the server gave may mean other messages now. */
  | { readonly type: 'doubt-numbers' }
  | { readonly type: 'expire-token' }
  | { readonly type: 'refresh-list' }
  /** Replaces a wait of the same name. `failures`: for `hold`, how many came before this one. */
  | { readonly type: 'wait'; readonly wait: Wait; readonly failures?: number }
  | { readonly type: 'stop-waiting'; readonly wait: Wait };
