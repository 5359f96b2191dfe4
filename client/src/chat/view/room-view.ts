/** What people see of a tablo. */
import type { RoomView } from '../chat.ts';

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

/** What the place where the reader is makes of the view: the newest messages, or some that are far from them. */
export type PlaceView = Pick<RoomView, 'status' | 'messages' | 'hasMore' | 'isAtBeginning' | 'isUpToDate' | 'hasNewer'>;
