import type { beforeHandleMessagePayload } from '@hocuspocus/server';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import type { Limits } from '../../access/limits/limits.ts';
import { silentLog } from '../../base/log.ts';
import type { ClientClaims } from '../../presence/client-claims.ts';
import { awarenessFrame } from '../../testing/frames.ts';
import { Connections } from '../sessions/connections.ts';
import { addConnection } from '../test-connections.ts';
import type { LiveDocuments } from './documents-extension.ts';
import { PresenceExtension } from './presence-extension.ts';

const [alice, eve] = ['alice', 'eve'] as unknown as [UserId, UserId];
const tablo = 'tablo' as unknown as TabloId;

it('[R11] presence costs by the people who are here: what one of them opens beside is not paid for by the others', async () => {
  const connections = new Connections();
  const { live } = addConnection(connections, { tablo, user: alice });
  for (let nth = 0; nth < 10_000; nth += 1) addConnection(connections, { tablo, user: eve });
  const costs: number[] = [];
  const limits = {
    take: (_rate: string, _user: string, cost: number) => {
      costs.push(cost);
      return false;
    },
  } as unknown as Limits;
  const presence = new PresenceExtension({} as LiveDocuments, connections, {} as ClientClaims, limits, silentLog);
  await presence.beforeHandleMessage({
    update: awarenessFrame('tablo/1', [{ client: 7, json: '{}' }]),
    connection: live,
    document: { getConnectionsCount: () => connections.size },
  } as unknown as beforeHandleMessagePayload);
  expect(costs).toEqual([2 / 100]);
});
