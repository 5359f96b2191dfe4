/** `/chat/channels/:id/messages`: a tablo's history, page by page, and the way in for bots and back ends. */
import { z } from 'zod';
import { uuid } from './common.ts';

export const MESSAGES_DEFAULT_LIMIT = 50;

/** Reactions of one message that a page carries at the most, and as many that were taken back: the newest ones. */
export const MESSAGE_REACTIONS_MAX = 1_000;

export const messageReaction = z.object({
  entry_id: z.string(),
  user_id: z.string(),
  emoji: z.string(),
  created_at: z.string(),
});

export const message = z.object({
  id: z.string(),
  channel_id: z.string(),
  user_id: z.string(),
  /** From `chat_profiles`; null for a user who has never signed in. */
  user_name: z.string().nullable(),
  text: z.string(),
  /** ISO 8601, UTC: `shownAt`. */
  created_at: z.string(),
  sent_at: z.string(),
  received_at: z.string(),
  updated_at: z.string().nullable(),
  /** The edit that won, if any. */
  edit_id: z.string().nullable(),
  reply_to: z.string().nullable(),
  seq: z.number().int(),
  /** Of a deleted message, whose text is empty. Pages of the history leave those out; `after` has them. */
  deleted_at: z.string().nullish(),
  reactions: z.array(messageReaction),
  /** The latest reaction of each member who has taken an emoji back [R5]: an older reaction that arrives late in a newer document must not win over it. */
  withdrawn_reactions: z.array(messageReaction).optional(),
});
export type RestMessage = z.infer<typeof message>;

export const messagesPage = z.object({
  messages: z.array(message),
  hasMore: z.boolean(),
  /** Of `around`: there are newer ones than the page has. */
  hasNewer: z.boolean().optional(),
});

export const postMessageRequest = z.object({
  id: uuid.optional(),
  /** 1 to 8,000 characters after trimming, no NUL, no half surrogate pair: else `invalid-update`, as admission says by whatever way an entry comes. */
  text: z.string(),
  reply_to: uuid.nullish(),
});
/** `id` is the edit's: sent again with the same text it is one edit. Its text is bounded like a message's. */
export const editMessageRequest = z.object({ id: uuid.optional(), text: z.string() });
export const messageAnswer = z.object({ message });
