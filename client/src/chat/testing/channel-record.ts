import type { TabloId } from '@tablo/schema/ids';
import type { ChannelRecord } from '../store/local-store.ts';

/** A tablo in which nothing has been written yet. */
export const EMPTY_RECORD: ChannelRecord = {
  id: 'cccccccc-0000-4000-8000-000000000001' as TabloId,
  name: 'Kitchen',
  role: 'member',
  epoch: 1,
  createdAt: 0,
  lastSeq: 0,
  readSeq: 0,
  unread: {},
  unlistedUnread: 0,
  pendingRead: null,
  lastMessage: null,
};
