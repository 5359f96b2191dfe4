/** Read positions and unread counts. */
import { z } from 'zod';

export const readRequest = z.object({ seq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional() });
export const readAnswer = z.object({
  ok: z.literal(true),
  /** The position now: the largest ever reported, never beyond the end. */
  read_seq: z.number().int(),
  unread_count: z.number().int(),
});

/** Newest unread ids of a tablo listed by `?ids=true`, at the most. */
export const UNREAD_IDS_MAX = 1_000;
/** Of all tablos together: where there are many, each gets its share, but always `UNREAD_IDS_MIN`. */
export const UNREAD_IDS_TOTAL = 20_000;
export const UNREAD_IDS_MIN = 10;

export const unreadChannel = z.object({
  channel_id: z.string(),
  unread_count: z.number().int(),
  /** With `?ids=true`: the newest unread messages, oldest first. */
  messages: z.array(z.object({ id: z.string(), seq: z.number().int() })).optional(),
});
export const unreadAnswer = z.object({ unread: z.array(unreadChannel) });
