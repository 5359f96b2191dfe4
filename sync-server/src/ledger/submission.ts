/** What is handed to the ledger, and what becomes of it. */
import type { Refusal } from '@tablo/schema/close-codes';
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { idsToLookUp } from '../admission/admit.ts';
import type { Run } from '../admission/decode-update.ts';
import type { Scope } from './ledger-store.ts';
import type { LiveDocument } from './live-document.ts';

interface Signed {
  readonly document: LiveDocument;
  readonly userId: UserId;
  /** ms since the Unix epoch: when the server read it, not when it was committed. */
  readonly receivedAt: number;
}

export type Submission =
  /** A SyncStep2 or an Update, decoded. */
  | (Signed & {
      readonly type: 'update';
      readonly update: Uint8Array;
      readonly runs: readonly Run[];
      /** False once nobody waits for the answer any more. */
      readonly isAwaited?: () => boolean;
    })
  /** One entry by REST: the server writes it into the document on the author's behalf. */
  | (Signed & { readonly type: 'entry'; readonly entry: MemberEntry })
  /** The document is full: the tablo moves to a fresh one. */
  | { readonly type: 'move'; readonly document: LiveDocument };

export type Outcome =
  /** The server had all of it. */
  | { readonly type: 'known' }
  /** Durable and in the document. `repeated`: durable before under the same ids. */
  | { readonly type: 'committed'; readonly fresh: readonly EntryId[]; readonly repeated: readonly EntryId[] }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly ids: readonly EntryId[]; readonly isGap: boolean };

export function scopeOf(submissions: readonly Submission[]): Scope {
  const tablos = new Set<TabloId>();
  const members = new Map<string, { tabloId: TabloId; userId: UserId }>();
  const entries = new Set<EntryId>();
  for (const submission of submissions) {
    const { tabloId } = submission.document;
    tablos.add(tabloId);
    if (submission.type === 'move') continue;
    members.set(`${tabloId} ${submission.userId}`, { tabloId, userId: submission.userId });
    const values = submission.type === 'entry' ? [submission.entry] : submission.runs.flatMap((run) => run.entries);
    for (const id of idsToLookUp(values)) entries.add(id);
  }
  return { tablos, members: [...members.values()], entries };
}
