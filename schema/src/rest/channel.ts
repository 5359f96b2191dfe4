/** `/chat/channels`: REST calls a tablo a channel, as the paid service did that this one replaces. */
import { z } from 'zod';
import { MAX_TABLO_NAME_CODE_POINTS } from '../limits.ts';
import { parseName } from '../names/name.ts';
import { nextCursor, role, uuid } from './common.ts';

export const CHANNELS_MAX_LIMIT = 1_000;
/** Code points of `last_message.text`: a preview, whatever the message's length. */
export const PREVIEW_CODE_POINTS = 160;

/** Its text is cut after `PREVIEW_CODE_POINTS`. */
export const lastMessage = z.object({
  id: z.string(),
  user_id: z.string(),
  /** So that a list shows who wrote without asking for the members of each tablo. Null: not known. A server of an earlier release says nothing of it. */
  user_name: z.string().nullable().optional(),
  text: z.string(),
  created_at: z.string(),
});

export const channel = z.object({
  id: z.string(),
  name: z.string(),
  role,
  epoch: z.number().int(),
  /** `seq` of the newest message, deleted ones included; 0 when there is none. */
  last_seq: z.number().int(),
  /** The caller's read position. */
  read_seq: z.number().int(),
  unread_count: z.number().int(),
  last_message: lastMessage.nullable(),
  created_at: z.string(),
});
export type RestChannel = z.infer<typeof channel>;

export const channelsAnswer = z.object({ channels: z.array(channel), cursor: nextCursor });
export const channelAnswer = z.object({ channel });

const name = z.string().transform((value, context) => {
  const parsed = parseName(value, { max: MAX_TABLO_NAME_CODE_POINTS });
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.error });
  return z.NEVER;
});
/** `created_by`: the owner. For a service token that acts for nobody; everybody else creates tablos of their own. */
export const createChannelRequest = z.object({ name, created_by: uuid.optional() });
export const renameChannelRequest = z.object({ name });
