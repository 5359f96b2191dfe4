/** The server's answers, as `@tablo/schema/rest` has them. */
import { REASON_CODES } from '@tablo/schema/close-codes';
import type { RestChannel } from '@tablo/schema/rest/channel';
import type { ErrorBody } from '@tablo/schema/rest/common';
import type { RestDraft } from '@tablo/schema/rest/draft';
import type { RestMember } from '@tablo/schema/rest/member';
import type { RestMessage } from '@tablo/schema/rest/message';
import type { RestNamedPerson } from '@tablo/schema/rest/people';
import { ROLES } from '@tablo/schema/roles';
import { boolean, integer, list, nullable, object, oneOf, optional, type Shape, string } from '../base/shape.ts';

const role = oneOf(...ROLES);
/** Absent or null on the last page. */
const cursor = optional(nullable(string));

export const errorBody: Shape<ErrorBody> = object<ErrorBody>({
  error: string,
  code: oneOf(...REASON_CODES, 'invalid-request', 'not-found', 'last-owner', 'internal'),
});

const channel = object<RestChannel>({
  id: string,
  name: string,
  role,
  epoch: integer,
  last_seq: integer,
  read_seq: integer,
  unread_count: integer,
  last_message: nullable(
    object<NonNullable<RestChannel['last_message']>>({
      id: string,
      user_id: string,
      user_name: optional(nullable(string)),
      text: string,
      created_at: string,
    }),
  ),
  created_at: string,
});
export const channelAnswer = object({ channel });
export const channelsPage = object({ channels: list(channel), cursor });

const member = object<RestMember>({
  user_id: string,
  role,
  name: nullable(string),
  email: nullable(string),
  avatar_url: nullable(string),
  created_at: string,
});
export const membersPage = object({ members: list(member), cursor });

const reaction = object<RestMessage['reactions'][number]>({
  entry_id: string,
  user_id: string,
  emoji: string,
  created_at: string,
});
const message = object<RestMessage>({
  id: string,
  channel_id: string,
  user_id: string,
  user_name: nullable(string),
  text: string,
  created_at: string,
  sent_at: string,
  received_at: string,
  updated_at: nullable(string),
  edit_id: nullable(string),
  reply_to: nullable(string),
  seq: integer,
  deleted_at: optional(nullable(string)),
  reactions: list(reaction),
  withdrawn_reactions: optional(list(reaction)),
});
export const messagesPage = object({ messages: list(message), hasMore: boolean, hasNewer: optional(boolean) });
export const messageAnswer = object({ message });
export const peopleAnswer = object({ people: list(object<RestNamedPerson>({ user_id: string, name: string })) });

const draft = object<RestDraft>({ channel_id: string, text: string, updated_at: string });
export const draftAnswer = object({ draft });
export const draftsAnswer = object({ drafts: list(draft) });

export const readAnswer = object({ ok: oneOf(true), read_seq: integer, unread_count: integer });
export const unreadAnswer = object({
  unread: list(
    object({
      channel_id: string,
      unread_count: integer,
      messages: optional(list(object({ id: string, seq: integer }))),
    }),
  ),
});
export const inviteAnswer = object({
  invite: object({ id: optional(string), code: string, url: string, expires_at: string }),
});
