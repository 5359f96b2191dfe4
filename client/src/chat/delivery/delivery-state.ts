/**
 * The words of `step.ts`: what delivery remembers, what it looks at, what happens to it, and what it wants done. Ids and plain values only.
 *
 * Where an entry is, is not remembered here a second time: the outbox and the document say so, and `World` is a look at both.
 */
import type { ReasonCode, Refusal } from '@tablo/schema/close-codes';
import type { Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import type { Home } from '../replica/room-home.ts';
import type { OutboxRecord } from '../store/local-store.ts';

/** `answer`: to a check. `hold`: after a refusal that said "later". `ask`: until what is in flight is asked for. `grace`: for another tab to push its own. */
export type Wait = 'answer' | 'hold' | 'ask' | 'grace';

export interface DeliveryState {
  /** Pushed is in `open` alone. In `checking` the server has been asked which entries it holds. */
  readonly phase: 'away' | 'checking' | 'open';
  readonly isJoined: boolean;
  readonly asked: ReadonlySet<EntryId>;
  /** What had been replaced by another entry when the server was last asked. */
  readonly askedReplaced: ReadonlySet<EntryId>;
  readonly answersLeft: number;
  /** How often it was asked without an answer. */
  readonly checks: number;
  /** Bytes of each entry in flight. */
  readonly sizes: ReadonlyMap<EntryId, number>;
  /** Entries among which a refused one hides: pushed group by group, each alone. */
  readonly suspects: readonly (readonly EntryId[])[];
  /** Since when entries are left to another tab, by `World.now`. */
  readonly leftSince: ReadonlyMap<EntryId, number>;
  readonly waits: ReadonlySet<Wait>;
  /** Refusals that said "later", in a row. */
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

/** Does not change while it is looked at. */
export interface World {
  readonly user: UserId;
  /** All own entries that are not known to be durable, in the order of writing; withdrawn ones included. */
  readonly records: readonly OutboxRecord[];
  /** Of these, what may be pushed: pending, on the disk, and not about to be changed. */
  readonly ready: readonly OutboxRecord[];
  readonly document: DocumentView | null;
  /** Pushed by this tab, not known to be durable. None while the document is being replaced. */
  readonly held: readonly EntryId[];
  /** The server has taken these out of the document: refused, for a reason that it tells next. None while the document is being replaced. */
  readonly takenOut: readonly EntryId[];
  readonly tab: TabView;
  readonly ownerGraceMs: number;
  /** Monotonic, in ms: the clock that stamps entries may be set back. */
  readonly now: number;
  /** Why nothing can be sent in this tablo any more. */
  readonly closed: Refusal | null;
}

export interface DocumentView {
  readonly entries: Iterable<Entry>;
  get(id: EntryId): Entry | null;
}

export interface TabView {
  readonly id: string;
  /** Of this browser's tabs, the one that sees to what dead tabs have left. */
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
  /** The server's word. */
  | {
      readonly type: 'committed';
      readonly messages: readonly EntryId[];
      readonly others: readonly EntryId[];
      readonly shownAt?: ShownAt | undefined;
    }
  | { readonly type: 'refused'; readonly code: ReasonCode; readonly message: string; readonly ids: readonly EntryId[] }
  /** Durable entries that the document has brought. */
  | { readonly type: 'received'; readonly entries: readonly Entry[] }
  /** The server has taken these out of the document, and they were not in flight. */
  | { readonly type: 'taken-out'; readonly entries: readonly Entry[] }
  /** A document is left for one of another epoch; these of it are durable, by what is known. */
  | { readonly type: 'leaving'; readonly entries: readonly Entry[]; readonly isForEarlier: boolean }
  /** The server's numbers have gone back: it was restored from a backup. */
  | { readonly type: 'renumbered' }
  /** Own messages that the cached history has. */
  | { readonly type: 'cached'; readonly entries: readonly MemberEntry[] }
  /** `sent`: what another tab knows to be durable. */
  | { readonly type: 'outbox-changed'; readonly sent: readonly EntryId[] }
  /** What was left to another tab may be ours now. */
  | { readonly type: 'tab-gone' }
  | { readonly type: 'closed' }
  /** The user asked: no waiting. */
  | { readonly type: 'retry' }
  | { readonly type: 'waited'; readonly wait: Wait };

export type Effect =
  /** Onto the document, as one update. */
  | { readonly type: 'push'; readonly entries: readonly MemberEntry[] }
  /** Asks the server which of these it holds. */
  | { readonly type: 'check'; readonly ids: readonly EntryId[] }
  /** Not in flight any more. */
  | { readonly type: 'release'; readonly ids: readonly EntryId[] }
  /** [R1] Durable: their records go. The outbox tells of that at once. */
  | { readonly type: 'settle'; readonly ids: readonly EntryId[]; readonly shownAt: ShownAt }
  | { readonly type: 'refuse'; readonly ids: readonly EntryId[]; readonly refusal: Refusal }
  /** A refused entry once more. */
  | { readonly type: 'retry'; readonly id: EntryId }
  /** [R8] Unsent again: the server may have lost them. */
  | { readonly type: 'hold-again'; readonly entries: readonly MemberEntry[] }
  /** `again`: unsent again as well, while nothing is joined, so that they are asked for before they are pushed. */
  | { readonly type: 'replace-document'; readonly from: Home; readonly again: readonly MemberEntry[] }
  | { readonly type: 'read-cached' }
  /** What is known of the server's numbers may mean other messages now. */
  | { readonly type: 'doubt-numbers' }
  | { readonly type: 'expire-token' }
  | { readonly type: 'refresh-list' }
  /** In place of one of the same name. `failures`: before this one. */
  | { readonly type: 'wait'; readonly wait: Wait; readonly failures?: number }
  | { readonly type: 'stop-waiting'; readonly wait: Wait };
