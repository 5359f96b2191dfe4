import { MessageType } from '@hocuspocus/server';
import { expect, it } from 'vitest';
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from 'y-protocols/sync';
import { FRAME, SYNC_STEP_1, SYNC_STEP_2, UPDATE } from './frame-types.ts';

it('The table of frame types has the numbers of Hocuspocus', () => {
  const { sync, awareness, auth, queryAwareness, syncReply, stateless, broadcastStateless, close, syncStatus } = FRAME;
  expect(MessageType).toMatchObject({
    ...{ Sync: sync, Awareness: awareness, Auth: auth, QueryAwareness: queryAwareness, SyncReply: syncReply },
    ...{ Stateless: stateless, BroadcastStateless: broadcastStateless, CLOSE: close, SyncStatus: syncStatus },
  });
});

it('The table of sync steps has the numbers of y-protocols', () => {
  expect([SYNC_STEP_1, SYNC_STEP_2, UPDATE]).toEqual([messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate]);
});
