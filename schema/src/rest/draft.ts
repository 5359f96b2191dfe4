/** Drafts: what a member has typed and not sent, on whichever device. */
import { z } from 'zod';
import { isDraftText } from '../draft.ts';
import { MAX_TEXT_CODE_POINTS } from '../limits.ts';
import { isoTime } from './common.ts';

export const draftRequest = z.object({
  /** Empty: nothing is left of it, because it was sent or deleted. */
  text: z
    .string()
    .refine(isDraftText, `must be at most ${MAX_TEXT_CODE_POINTS} characters, without NUL and half surrogate pairs`),
  /** When it was typed, by the device's clock: the later one stands. */
  updated_at: isoTime,
});

export const draft = z.object({
  channel_id: z.string(),
  text: z.string(),
  /** ISO 8601, UTC, in milliseconds. */
  updated_at: z.string(),
});
export type RestDraft = z.infer<typeof draft>;

export const draftsAnswer = z.object({ drafts: z.array(draft) });
/** What stands now: the one that was sent, or a later one. */
export const draftAnswer = z.object({ draft });
