/** What is handed to the ledger, and what becomes of it. */
import { type MemberEntry, readClaimedId } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { unreachable } from '@tablo/schema/result';
import type { EntryRefusal } from '../../admission/admission.ts';
import { idsToLookUp, reactedTo } from '../../admission/admit.ts';
import type { ItemId, Update } from '../../admission/run.ts';
import type { Scope } from '../store/ledger-store.ts';
import type { LiveDocument } from '../store/live-document.ts';

interface Signed {
  readonly document: LiveDocument;
  readonly userId: UserId;
  /** ms since the Unix epoch: when the server read it, not when it was committed. */
  readonly receivedAt: number;
  /** False once nobody waits for the answer any more. */
  readonly isAwaited?: () => boolean;
}

/** What a clientID that wrote into an earlier document sends cannot connect to the live one. */
export type Continuity =
  /** It is refused as a gap: the client begins anew, with another clientID. */
  | 'strict'
  /** A client that does not know of documents' ends brings its old one along: what of it is durable is acknowledged, what is new the server writes for it. */
  | 'carried-over';

export type Submission =
  /** A SyncStep2 or an Update, decoded. */
  | (Signed & {
      readonly type: 'update';
      readonly update: Uint8Array;
      readonly decoded: Update;
      readonly continuity?: Continuity;
    })
  /** One entry by REST: the server writes it into the document on the author's behalf. */
  | (Signed & { readonly type: 'entry'; readonly entry: MemberEntry })
  /** The document is full: the tablo moves to a fresh one. */
  | { readonly type: 'move'; readonly document: LiveDocument };

export type Outcome =
  /** The server had all of it. */
  | { readonly type: 'known' }
  /**
   * Durable and in the document. `repeated`: durable before under the same ids. `refusals`: of the other entries of the same update, whose clocks are void now. May be
   * all of them.
   */
  | {
      readonly type: 'committed';
      readonly fresh: readonly EntryId[];
      readonly repeated: readonly EntryId[];
      readonly refusals: readonly EntryRefusal[];
      /** Places of refused entries in a document that only the sender has. */
      readonly dropped: readonly ItemId[];
    }
  /** As a whole: nothing of it is written. */
  | (EntryRefusal & { readonly type: 'refused'; readonly isGap: boolean });

/** What a waiting submission costs beside its bytes: decoded entries, promises, a place in a queue. */
const OVERHEAD_BYTES = 1_024;

/** What it holds in memory, roughly. */
export function sizeOf(submission: Submission): number {
  switch (submission.type) {
    case 'update':
      return OVERHEAD_BYTES + submission.update.byteLength;
    case 'entry':
      return OVERHEAD_BYTES + ('text' in submission.entry ? 2 * submission.entry.text.length : 0);
    case 'move':
      return 0;
    default:
      return unreachable(submission);
  }
}

/** Entries that it brings, the ones that are known already included. */
export function countEntries(submission: Submission): number {
  if (submission.type !== 'update') return 1;
  return submission.decoded.runs.reduce((sum, { entries }) => sum + entries.length, 0);
}

/** Ids of the entries that it brings, as far as they are ids. */
export function idsOf(submission: Submission): readonly EntryId[] {
  if (submission.type === 'move') return [];
  if (submission.type === 'entry') return [submission.entry.id];
  return submission.decoded.runs.flatMap(({ entries }) => entries.flatMap((value) => readClaimedId(value) ?? []));
}

export function scopeOf(submissions: readonly Submission[]): Scope {
  const tablos = new Set<TabloId>();
  const members = new Map<string, { tabloId: TabloId; userId: UserId }>();
  const entries = new Set<EntryId>();
  const reactions = new Map<string, { messageId: EntryId; userId: UserId }>();
  const clients = new Map<string, Scope['clients'][number]>();
  const documents = new Set(submissions.map(({ document }) => document));
  for (const submission of submissions) {
    const { tabloId, epoch, frontier } = submission.document;
    tablos.add(tabloId);
    if (submission.type === 'move') continue;
    members.set(`${tabloId} ${submission.userId}`, { tabloId, userId: submission.userId });
    const { userId } = submission;
    // Also of those that are claimed in memory: the claim may be gone from there before the decision.
    for (const { client } of submission.type === 'entry' ? [] : submission.decoded.runs) {
      if (frontier.nextClock(client) === 0 || frontier.ownerOf(client) === null)
        clients.set(`${tabloId} ${epoch} ${client}`, { tabloId, epoch, client });
    }
    const values =
      submission.type === 'entry' ? [submission.entry] : submission.decoded.runs.flatMap((run) => run.entries);
    for (const id of idsToLookUp(values)) entries.add(id);
    for (const messageId of reactedTo(values)) reactions.set(`${messageId} ${userId}`, { messageId, userId });
  }
  return {
    tablos,
    members: [...members.values()],
    entries,
    reactions: [...reactions.values()],
    clients: [...clients.values()],
    documents: [...documents],
  };
}
