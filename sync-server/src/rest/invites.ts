/** Invitation links: made by owners and admins, used by whoever has one and has signed in. */
import { channelAnswer } from '@tablo/schema/rest/channel';
import { createInviteRequest, inviteAnswer } from '@tablo/schema/rest/member';
import { readChannel } from './channels.ts';
import { inviteParams, tabloParams } from './params.ts';
import type { PgChannels } from './pg-channels.ts';
import type { PgInvites } from './pg-invites.ts';
import { requestOrigin } from './request-origin.ts';
import { addRoute, type RestApp } from './route.ts';
import { unwrap } from './unwrap.ts';

export interface LinkSettings {
  /** null: links carry the origin that the request came to. */
  readonly publicUrl: string | null;
  readonly trustProxy: boolean;
}

export function addInviteRoutes(app: RestApp, invites: PgInvites, channels: PgChannels, settings: LinkSettings): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/chat/channels/{id}/invites',
      summary: 'An invitation link (owners and admins)',
      params: tabloParams,
      body: createInviteRequest,
      answer: inviteAnswer,
      statuses: [201],
      refusals: ['forbidden'],
    },
    async ({ claims, params, body, context }) => {
      const terms = { role: body.role, expiresInS: body.expires_in_s, maxUses: body.max_uses ?? null };
      const { code, expiresAt } = unwrap(await invites.create(claims.userId, params.id, terms));
      const url = `${settings.publicUrl ?? requestOrigin(context.req.raw, settings.trustProxy)}/invite/${code}`;
      return { status: 201, body: { invite: { code, url, expires_at: expiresAt } } };
    },
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
      refusals: ['not-found'],
    },
    async ({ claims, params }) => {
      const tabloId = unwrap(await invites.accept(claims.userId, params.code));
      return { status: 200, body: { channel: await readChannel(channels, claims.userId, tabloId) } };
    },
  );
}
