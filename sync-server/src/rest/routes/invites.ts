/** Invitation links: made by owners and admins, used by whoever has one and has signed in. */
import { channelAnswer } from '@tablo/schema/rest/channel';
import { okAnswer } from '@tablo/schema/rest/common';
import { createInviteRequest, inviteAnswer, inviteGlance, invitesAnswer } from '@tablo/schema/rest/member';
import type { Membership } from '../../access/members/membership.ts';
import { unwrap } from '../answers/unwrap.ts';
import { inviteParams, listedInviteParams, tabloParams } from '../base/params.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { refuseInvite } from '../stores/member-rules.ts';
import type { PgChannels } from '../stores/pg-channels.ts';
import type { PgInvites } from '../stores/pg-invites.ts';
import { SERVICE } from '../stores/pg-standing.ts';
import { readChannel } from './channels.ts';
import { requireRole, requireTablo } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';

export interface LinkSettings {
  /** null: links carry the origin that the request came to. */
  readonly publicUrl: string | null;
  readonly trustProxy: boolean;
}

const PATH = '/chat/channels/{id}/invites';

export function addInviteRoutes(
  app: RestApp,
  { invites, channels }: { readonly invites: PgInvites; readonly channels: PgChannels },
  membership: Membership,
  settings: LinkSettings,
): void {
  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary: 'Open invitation links, newest first (owners and admins)',
      params: tabloParams,
      answer: invitesAnswer,
      statuses: [200],
      refusals: ['forbidden'],
    },
    async ({ claims, params }) => {
      await requireRole(membership, params.id, claims.userId, (role) => refuseInvite(role, 'guest'));
      return { status: 200, body: { invites: await invites.list(params.id) } };
    },
    async ({ params }) => {
      await requireTablo(channels, params.id);
      return { status: 200, body: { invites: await invites.list(params.id) } };
    },
  );

  addRoute(
    app,
    {
      method: 'post',
      path: PATH,
      summary: 'An invitation link (owners and admins)',
      params: tabloParams,
      body: createInviteRequest,
      answer: inviteAnswer,
      statuses: [201],
      refusals: ['forbidden', 'rate-limited'],
    },
    async ({ claims, params, body, context }) => {
      await requireRole(membership, params.id, claims.userId, (role) => refuseInvite(role, body.role));
      const terms = { role: body.role, expiresInS: body.expires_in_s, maxUses: body.max_uses ?? null };
      const { id, code, expiresAt } = unwrap(await invites.create(claims.userId, params.id, terms));
      const url = `${settings.publicUrl ?? requestOrigin(context.req.raw, settings.trustProxy)}/invite/${code}`;
      return { status: 201, body: { invite: { id, code, url, expires_at: expiresAt } } };
    },
  );

  addRoute(
    app,
    {
      method: 'delete',
      path: `${PATH}/{inviteId}`,
      summary: 'Revoke an invitation link (owners and admins, up to what they may grant)',
      params: listedInviteParams,
      answer: okAnswer,
      statuses: [200],
      refusals: ['forbidden', 'not-found'],
    },
    async ({ claims, params }) => {
      await requireRole(membership, params.id, claims.userId, (role) => refuseInvite(role, 'guest'));
      unwrap(await invites.revoke(claims.userId, params.id, params.inviteId));
      return { status: 200, body: { ok: true as const } };
    },
    async ({ params }) => {
      unwrap(await invites.revoke(SERVICE, params.id, params.inviteId));
      return { status: 200, body: { ok: true as const } };
    },
  );

  addRoute(
    app,
    {
      method: 'get',
      path: '/chat/invites/{code}',
      summary: 'What an invitation link leads to, before you take it',
      params: inviteParams,
      answer: inviteGlance,
      statuses: [200],
      refusals: ['not-found'],
    },
    async ({ claims, params }) => ({ status: 200, body: unwrap(await invites.look(claims.userId, params.code)) }),
  );

  addRoute(
    app,
    {
      method: 'post',
      path: '/chat/invites/{code}/accept',
      summary: 'Become a member by an invitation; harmless when you are one',
      params: inviteParams,
      answer: channelAnswer,
      statuses: [200],
      refusals: ['not-found', 'rate-limited'],
    },
    async ({ claims, params }) => {
      const tabloId = unwrap(await invites.accept(claims.userId, params.code));
      await membership.settle(tabloId, claims.userId);
      return { status: 200, body: { channel: await readChannel(channels, claims.userId, tabloId) } };
    },
  );
}
