/** What the server says of invitations: a link before it is taken, links that somebody made, and invitations of a person. From REST to what the page sees. */
import { isTabloId, type UserId } from '@tablo/schema/ids';
import { cleanName } from '@tablo/schema/names/name';
import { parseRole } from '@tablo/schema/roles';
import { tabloNameOf } from '../base/names.ts';
import { anything, integer, list, map, nullable, object, optional, type Shape, string } from '../base/shape.ts';
import type { Invitation, InviteLink, InviteOffer } from '../chat.ts';

const role = map(string, parseRole);
const time = map(string, (value) => Date.parse(value));
const tablo = object({ name: map(string, tabloNameOf), members: integer });
const inviter = map(optional(nullable(string)), (name) => cleanName(name ?? '') || null);

const glance = object({ tablo, role, invited_by: inviter, expires_at: time, channel_id: optional(nullable(string)) });
export const offerAnswer = map(
  glance,
  (offer): InviteOffer => ({
    tabloName: offer.tablo.name,
    memberCount: offer.tablo.members,
    role: offer.role,
    invitedBy: offer.invited_by,
    expiresAt: offer.expires_at,
    joined: isTabloId(offer.channel_id) ? offer.channel_id : null,
  }),
);

const invitation = map(
  object({ id: string, tablo, role, invited_by: inviter, created_at: time }),
  (given): Invitation => ({
    id: given.id,
    tabloName: given.tablo.name,
    memberCount: given.tablo.members,
    role: given.role,
    invitedBy: given.invited_by,
    createdAt: given.created_at,
  }),
);
export const invitationsAnswer = object({ invitations: list(invitation) });

const link = map(
  object({
    id: string,
    role,
    created_by: string,
    created_at: time,
    expires_at: time,
    max_uses: optional(nullable(integer)),
    uses: integer,
  }),
  (given): InviteLink => ({
    id: given.id,
    role: given.role,
    createdBy: given.created_by as UserId,
    createdAt: given.created_at,
    expiresAt: given.expires_at,
    maxUses: given.max_uses ?? null,
    uses: given.uses,
  }),
);
export const linksAnswer = object({ invites: list(link) });

/** 200 and 201 carry the member; 202 an invitation, which that person accepts or declines. */
export const memberPutAnswer = map(object({ invitation: optional(anything) }), ({ invitation: sent }) =>
  sent === undefined || sent === null ? ('member' as const) : ('invited' as const),
);

/** Accepting answers with the tablo's id, under whichever of the two names. */
export const acceptAnswer: Shape<string> = map(
  object({ channel: optional(object({ id: string })), channel_id: optional(string) }),
  ({ channel, channel_id }) => string(channel?.id ?? channel_id),
);
