import type { RoomView } from './chat.ts';

/** Of a tablo of which nothing is here yet. */
export const LOADING: RoomView = {
  status: 'loading',
  messages: [],
  hasMore: false,
  isAtBeginning: false,
  isLoadingMore: false,
  isUpToDate: false,
  hasNewer: false,
  firstUnreadId: null,
  firstUnreadAt: null,
  hasUnseen: false,
  closed: null,
};
