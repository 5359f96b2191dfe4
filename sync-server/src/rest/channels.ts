/** `/chat/channels`: the caller's tablos. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import {
  channelAnswer,
  channelsAnswer,
  createChannelRequest,
  type RestChannel,
  renameChannelRequest,
} from '@tablo/schema/rest/channel';
import { okAnswer } from '@tablo/schema/rest/common';
import { forbidden } from './app-error.ts';
import { tabloParams } from './params.ts';
import type { PgChannels } from './pg-channels.ts';
import { addRoute, type RestApp } from './route.ts';
import { unwrap } from './unwrap.ts';

const PATH = '/chat/channels';

export function addChannelRoutes(app: RestApp, channels: PgChannels): void {
  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary: 'Your tablos, last spoken in first',
      answer: channelsAnswer,
      statuses: [200],
    },
    async ({ claims }) => ({ status: 200, body: { channels: await channels.list(claims.userId) } }),
  );

  addRoute(
    app,
    {
      method: 'post',
      path: PATH,
      summary: 'A new tablo; you are its owner',
      body: createChannelRequest,
      answer: channelAnswer,
      statuses: [201],
    },
    async ({ claims, body }) => {
      const id = await channels.create(claims.userId, body.name);
      return { status: 201, body: { channel: await readChannel(channels, claims.userId, id) } };
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
