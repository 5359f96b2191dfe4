import type { TabloId, UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import { addConnection } from '../test-connections.ts';
import { Connections } from './connections.ts';

const [alice, eve] = ['alice', 'eve'] as unknown as [UserId, UserId];
const [tablo, other] = ['tablo', 'other'] as unknown as [TabloId, TabloId];

it('[R11] somebody’s many connections to a tablo are one person there, for whom the others pay once', () => {
  const connections = new Connections();
  const own = addConnection(connections, { tablo, user: alice });
  const many = Array.from({ length: 300 }, () => addConnection(connections, { tablo, user: eve }));
  addConnection(connections, { tablo: other, user: eve });
  expect([connections.countUsers(tablo), connections.countSessions(tablo, eve), connections.size]).toEqual([
    2, 300, 302,
  ]);
  expect(connections.ofMember(tablo, eve)).toHaveLength(300);
  expect(connections.ofTablo(tablo)).toHaveLength(301);
  for (const one of many) one.leave();
  expect([connections.countUsers(tablo), connections.countSessions(tablo, eve)]).toEqual([1, 0]);
  own.leave();
  expect([connections.countUsers(tablo), connections.ofTablo(tablo), connections.size]).toEqual([0, [], 1]);
});
