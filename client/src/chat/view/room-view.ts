/** What a tablo's screen is made of, and its view while nothing is here. */
import type { CausalClock } from '@tablo/schema/causal-clock';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { UnsentEntry } from '@tablo/schema/timeline';
import type { RoomView } from '../chat.ts';
import type { People } from '../people/people.ts';
import type { RoomDocument } from '../replica/room-document.ts';
import type { Api } from '../session/api.ts';
import type { LocalStore } from '../store/local-store.ts';

export interface ScreenHost {
  readonly user: UserId;
  document(): RoomDocument | null;
  unsent(): readonly UnsentEntry[];
  lastSeq(): number | null;
  unreadCount(): number;
  /** Where the reader stands, on whatever device. */
  readSeq(): number;
  isReady(): boolean;
  onActivity(): void;
}

export interface ScreenOptions {
  readonly tabloId: TabloId;
  readonly store: LocalStore;
  readonly api: Api;
  readonly people: People;
  readonly clock: CausalClock;
  readonly host: ScreenHost;
}

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
