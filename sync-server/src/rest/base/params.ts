/** What addresses carry. */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { isCanonicalUuid, isEntryId, isTabloId, isUserId } from '@tablo/schema/ids';
import { z } from 'zod';

const MUST_BE_UUID = 'must be a lowercase UUID';

export const tabloParams = z.object({
  id: z.custom<TabloId>(isTabloId, MUST_BE_UUID).meta({ type: 'string', format: 'uuid' }),
});
export const memberParams = tabloParams.extend({
  userId: z.custom<UserId>(isUserId, MUST_BE_UUID).meta({ type: 'string', format: 'uuid' }),
});
export const messageParams = tabloParams.extend({
  messageId: z.custom<EntryId>(isEntryId, MUST_BE_UUID).meta({ type: 'string', format: 'uuid' }),
});
/** What an emoji may be is admission's to say, by whatever way it comes. */
export const reactionParams = messageParams.extend({
  emoji: z.string().meta({ description: '1 to 16 code points, percent-encoded.' }),
});
export const inviteParams = z.object({ code: z.string() });
export const listedInviteParams = tabloParams.extend({
  inviteId: z.custom<string>(isCanonicalUuid, MUST_BE_UUID).meta({ type: 'string', format: 'uuid' }),
});
export const invitationParams = z.object({
  id: z.custom<string>(isCanonicalUuid, MUST_BE_UUID).meta({ type: 'string', format: 'uuid' }),
});

/** The value was parsed with the schema's `uuid`: it only lacks the branded type. */
export const asUserId = (id: string): UserId => id as UserId;
export const asEntryId = (id: string): EntryId => id as EntryId;
