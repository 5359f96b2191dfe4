/** `/chat/channels`: the caller's tablos. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import {
  CHANNELS_MAX_LIMIT,
  channelAnswer,
  channelsAnswer,
  createChannelRequest,
  type RestChannel,
  renameChannelRequest,
} from '@tablo/schema/rest/channel';
import { okAnswer } from '@tablo/schema/rest/common';
import type { Membership } from '../../access/members/membership.ts';
import { unwrap } from '../answers/unwrap.ts';
import { forbidden, invalidRequest } from '../base/app-error.ts';
import { pageQuery } from '../base/page-query.ts';
import { asUserId, tabloParams } from '../base/params.ts';
import { refuseDelete, refuseRename } from '../stores/member-rules.ts';
import type { PgChannels } from '../stores/pg-channels.ts';
import { requireRole } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';

const PATH = '/chat/channels';

const channelsQuery = pageQuery(CHANNELS_MAX_LIMIT);

export function addChannelRoutes(app: RestApp, channels: PgChannels, membership: Membership): void {
  const createFor = async (owner: UserId, name: string): Promise<RestChannel> =>
    readChannel(channels, owner, unwrap(await channels.create(owner, name)));

  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary: 'Your tablos, last spoken in first, page by page; a service token has all, in the order of their ids',
      query: channelsQuery,
      answer: channelsAnswer,
      statuses: [200],
    },
    async ({ claims, query }) => ({ status: 200, body: await channels.list(claims.userId, query) }),
    async ({ query }) => ({ status: 200, body: await channels.listAll(query) }),
  );

  addRoute(
    app,
    {
      method: 'post',
      path: PATH,
      summary: 'A new tablo; you are its owner, or whom a service token names in `created_by`',
      body: createChannelRequest,
      answer: channelAnswer,
      statuses: [201],
      refusals: ['rate-limited'],
    },
    async ({ claims, body }) => {
      return { status: 201, body: { channel: await createFor(claims.userId, body.name) } };
    },
    async ({ body }) => {
      if (body.created_by === undefined)
        throw invalidRequest('The body is not as expected: created_by: names the owner.');
      return { status: 201, body: { channel: await createFor(asUserId(body.created_by), body.name) } };
    },
  );

  addRoute(
    app,
    {
      method: 'patch',
      path: `${PATH}/{id}`,
      summary: 'Rename (owners and admins)',
      params: tabloParams,
      body: renameChannelRequest,
      answer: channelAnswer,
      statuses: [200],
      refusals: ['forbidden'],
    },
    async ({ claims, params, body }) => {
      await requireRole(membership, params.id, claims.userId, refuseRename);
      unwrap(await channels.rename(claims.userId, params.id, body.name));
      return { status: 200, body: { channel: await readChannel(channels, claims.userId, params.id) } };
    },
  );

  addRoute(
    app,
    {
      method: 'delete',
      path: `${PATH}/{id}`,
      summary: 'Delete (owners)',
      params: tabloParams,
      answer: okAnswer,
      statuses: [200],
      refusals: ['forbidden'],
    },
    async ({ claims, params }) => {
      await requireRole(membership, params.id, claims.userId, refuseDelete);
      unwrap(await channels.delete(claims.userId, params.id));
      return { status: 200, body: { ok: true as const } };
    },
  );
}

/** A tablo that was the caller's a moment ago; if it no longer is, that is the answer. */
export async function readChannel(channels: PgChannels, userId: UserId, tabloId: TabloId): Promise<RestChannel> {
  const channel = await channels.find(userId, tabloId);
  if (channel === null) throw forbidden();
  return channel;
}
