/** `/chat/invitations`: what the caller is asked to join, by people with whom they share no tablo yet. */
import { channelAnswer } from '@tablo/schema/rest/channel';
import { okAnswer } from '@tablo/schema/rest/common';
import { invitationsAnswer } from '@tablo/schema/rest/member';
import type { Membership } from '../../access/members/membership.ts';
import { unwrap } from '../answers/unwrap.ts';
import { invitationParams } from '../base/params.ts';
import type { PgChannels } from '../stores/pg-channels.ts';
import type { PgInvitations } from '../stores/pg-invitations.ts';
import { readChannel } from './channels.ts';
import { addRoute, type RestApp } from './route.ts';

const PATH = '/chat/invitations';

export function addInvitationRoutes(
  app: RestApp,
  { invitations, channels }: { readonly invitations: PgInvitations; readonly channels: PgChannels },
  membership: Membership,
): void {
  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary: 'What you are asked to join, newest first',
      answer: invitationsAnswer,
      statuses: [200],
    },
    async ({ claims }) => ({ status: 200, body: { invitations: await invitations.list(claims.userId) } }),
  );

  addRoute(
    app,
    {
      method: 'post',
      path: `${PATH}/{id}/accept`,
      summary: 'Join; the members see your name and address from then on',
      params: invitationParams,
      answer: channelAnswer,
      statuses: [200],
      refusals: ['not-found', 'rate-limited'],
    },
    async ({ claims, params }) => {
      const tabloId = unwrap(await invitations.accept(claims.userId, params.id));
      await membership.settle(tabloId, claims.userId);
      return { status: 200, body: { channel: await readChannel(channels, claims.userId, tabloId) } };
    },
  );

  addRoute(
    app,
    {
      method: 'post',
      path: `${PATH}/{id}/decline`,
      summary: 'Stay away; the tablo does not ask you again for a month',
      params: invitationParams,
      answer: okAnswer,
      statuses: [200],
      refusals: ['not-found'],
    },
    async ({ claims, params }) => {
      unwrap(await invitations.decline(claims.userId, params.id));
      return { status: 200, body: { ok: true as const } };
    },
  );
}
