/** Merges two records of one tablo's draft: the later text, and the later aim, each by its own time. */
import { isLaterDraft } from '@tablo/schema/draft';
import { laterAim } from '../draft-aim.ts';
import type { DraftRecord } from './local-store.ts';

export function laterRecord(stored: DraftRecord, draft: DraftRecord): DraftRecord {
  const aim = laterAim(stored.aim, draft.aim);
  return { ...laterText(stored, draft), ...(aim === undefined ? {} : { aim }) };
}

function laterText(stored: DraftRecord, draft: DraftRecord): DraftRecord {
  if (isLaterDraft(stored, draft)) return stored;
  if (isLaterDraft(draft, stored)) return draft;
  return { ...draft, isReported: stored.isReported || draft.isReported };
}
