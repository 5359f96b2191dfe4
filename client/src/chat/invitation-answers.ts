/** What the server says of invitations: a link before it is taken, links that somebody made, and invitations of a person. From REST to what the page sees. */
import { cleanName } from '@tablo/schema/name';
import { parseRole } from '@tablo/schema/roles';
import { z } from 'zod';
import type { Invitation, InviteLink, InviteOffer } from './chat.ts';
import { tabloNameOf } from './names.ts';

const role = z.string().transform(parseRole);
const time = z.string().transform((value) => Date.parse(value));
const tablo = z.object({
  name: z.string().transform(tabloNameOf),
  members: z.number().int(),
});
const inviter = z
  .string()
  .nullish()
  .transform((name) => cleanName(name ?? '') || null);

export const offerAnswer = z.object({ tablo, role, invited_by: inviter, expires_at: time }).transform(
  (offer): InviteOffer => ({
    tabloName: offer.tablo.name,
    memberCount: offer.tablo.members,
    role: offer.role,
    invitedBy: offer.invited_by,
    expiresAt: offer.expires_at,
  }),
);

const invitation = z.object({ id: z.string(), tablo, role, invited_by: inviter, created_at: time }).transform(
  (given): Invitation => ({
    id: given.id,
    tabloName: given.tablo.name,
    memberCount: given.tablo.members,
    role: given.role,
    invitedBy: given.invited_by,
    createdAt: given.created_at,
  }),
);
export const invitationsAnswer = z.object({ invitations: z.array(invitation) });

const link = z
  .object({
    id: z.string(),
    role,
    created_by: z.string(),
    created_at: time,
    expires_at: time,
    max_uses: z.number().int().nullish(),
    uses: z.number().int(),
  })
  .transform(
    (given): InviteLink => ({
      id: given.id,
      role: given.role,
      createdBy: given.created_by as InviteLink['createdBy'],
      createdAt: given.created_at,
      expiresAt: given.expires_at,
      maxUses: given.max_uses ?? null,
      uses: given.uses,
    }),
  );
export const linksAnswer = z.object({ invites: z.array(link) });

/** 200 and 201 carry the member; 202 an invitation, which that person accepts or declines. */
export const memberPutAnswer = z
  .object({ invitation: z.unknown().optional() })
  .transform(({ invitation: sent }) =>
    sent === undefined || sent === null ? ('member' as const) : ('invited' as const),
  );
