/** `/chat/channels/:id/members` and the invitations that make members. */
import { z } from 'zod';
import { nextCursor, role, uuid } from './common.ts';

export const MEMBERS_MAX_LIMIT = 1_000;

export const member = z.object({
  user_id: z.string(),
  role,
  name: z.string().nullable(),
  email: z.string().nullable(),
  avatar_url: z.string().nullable(),
  created_at: z.string(),
});
export type RestMember = z.infer<typeof member>;

export const membersAnswer = z.object({ members: z.array(member), cursor: nextCursor });
export const memberAnswer = z.object({ member });
export const addMemberRequest = z.object({ user_id: uuid, role: role.default('member') });

export const INVITE_DEFAULT_EXPIRY_S = 7 * 24 * 3600;
export const INVITE_MAX_EXPIRY_S = 365 * 24 * 3600;

export const createInviteRequest = z.object({
  expires_in_s: z.number().int().min(1).max(INVITE_MAX_EXPIRY_S).default(INVITE_DEFAULT_EXPIRY_S),
  /** Absent: any number of people. */
  max_uses: z.number().int().min(1).max(1_000_000).optional(),
  role: role.default('member'),
});
/** `id` names it where links are listed and revoked. */
export const invite = z.object({
  id: z.string().optional(),
  code: z.string(),
  url: z.string(),
  expires_at: z.string(),
});
export const inviteAnswer = z.object({ invite });

/** What an invited person learns of a tablo: its name, and how many belong to it (counted up to `MEMBERS_COUNTED`). */
export const tabloGlance = z.object({ name: z.string(), members: z.number().int() });
export const MEMBERS_COUNTED = 10_000;

/** `GET /chat/invites/:code`: what a link leads to, before it is taken. */
export const inviteGlance = z.object({
  tablo: tabloGlance,
  role,
  /** The name of who made the link; null where nobody knows it. */
  invited_by: z.string().nullable(),
  expires_at: z.string(),
  /** Present only for members of the tablo to whom the link gives nothing more. */
  channel_id: z.string().optional(),
});

/** A link in the list of a tablo's links. Only its maker knows its code. */
export const listedInvite = z.object({
  id: z.string(),
  role,
  created_by: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  max_uses: z.number().int().nullable(),
  uses: z.number().int(),
});
export type RestListedInvite = z.infer<typeof listedInvite>;
export const invitesAnswer = z.object({ invites: z.array(listedInvite) });

/** An invitation of a person. The tablo's id is left out: a person who has not accepted does not know it [R6]. */
export const invitation = z.object({
  id: z.string(),
  tablo: tabloGlance,
  role,
  /** The name of who asks; null where nobody knows it. */
  invited_by: z.string().nullable(),
  created_at: z.string(),
});
export type RestInvitation = z.infer<typeof invitation>;
export const invitationsAnswer = z.object({ invitations: z.array(invitation) });

/** As its inviter sees it: the same whether there is such a user or not. */
export const sentInvitation = invitation.extend({ user_id: z.string() });
export type RestSentInvitation = z.infer<typeof sentInvitation>;

/** `member` with 200 and 201; `invitation` with 202, where the built-in service runs and the caller shares no tablo with that person. */
export const addMemberAnswer = z.object({ member: member.optional(), invitation: sentInvitation.optional() });
