/** Of two records of one tablo's draft, the one that stands. */
import { isLaterDraft } from '@tablo/schema/draft';
import type { DraftRecord } from './local-store.ts';

export function laterRecord(stored: DraftRecord, draft: DraftRecord): DraftRecord {
  if (isLaterDraft(stored, draft)) return stored;
  if (isLaterDraft(draft, stored)) return draft;
  return { ...draft, isReported: stored.isReported || draft.isReported };
}
