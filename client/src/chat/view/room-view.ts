/** What people see of a tablo, as one value of what is known of it. Pure. */
import type { Refusal } from '@tablo/schema/close-codes';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { RoomView } from '../chat.ts';
import type { FirstNew } from '../unread/new-messages.ts';
import type { Excerpt } from './excerpt.ts';

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

/** Where the reader is: at the newest messages, or far from them. */
export type Place =
  | {
      readonly type: 'tail';
      readonly messages: readonly TimelineMessage[];
      /** Older ones are here, or may be had. */
      readonly hasMore: boolean;
      readonly isAtBeginning: boolean;
      readonly isUpToDate: boolean;
      /** Is what is here all that there is to show for now? */
      readonly isKnown: boolean;
    }
  | { readonly type: 'excerpt'; readonly excerpt: Pick<Excerpt, 'messages' | 'hasOlder'> };

export interface Surroundings {
  readonly isLoadingMore: boolean;
  /** The first new message. */
  readonly first: FirstNew | null;
  readonly hasUnseen: boolean;
  readonly closed: Refusal | null;
}

export function viewOf(place: Place, { isLoadingMore, first, hasUnseen, closed }: Surroundings): RoomView {
  const shared = {
    ...{ isLoadingMore, hasUnseen, closed },
    firstUnreadId: first?.id ?? null,
    firstUnreadAt: first?.shownAt ?? null,
  };
  if (place.type === 'excerpt') {
    const { messages, hasOlder } = place.excerpt;
    const far = { hasMore: hasOlder, isAtBeginning: !hasOlder, isUpToDate: false, hasNewer: true };
    return { status: 'ready', messages, ...far, ...shared };
  }
  const { messages, hasMore, isAtBeginning, isUpToDate, isKnown } = place;
  const near = { hasMore, isAtBeginning, isUpToDate, hasNewer: false };
  return { status: isKnown ? 'ready' : 'loading', messages, ...near, ...shared };
}
