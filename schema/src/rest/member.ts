/** `/chat/channels/:id/members` and the invitations that make members. */
import { z } from 'zod';
import { role, uuid } from './common.ts';

export const member = z.object({
  user_id: z.string(),
  role,
  name: z.string().nullable(),
  email: z.string().nullable(),
  avatar_url: z.string().nullable(),
  created_at: z.string(),
});
export type RestMember = z.infer<typeof member>;

export const membersAnswer = z.object({ members: z.array(member) });
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
export const invite = z.object({ code: z.string(), url: z.string(), expires_at: z.string() });
export const inviteAnswer = z.object({ invite });
