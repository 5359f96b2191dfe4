/** What a tablo has from its client: one object for all of them. */
import type { CausalClock } from '@tablo/schema/causal-clock';
import type { TabloId } from '@tablo/schema/ids';
import type { Timing } from '../base/timing.ts';
import type { Person } from '../chat.ts';
import type { DraftSync } from '../drafts/draft-sync.ts';
import type { LinkOpener } from '../link/link.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { People } from '../people/people.ts';
import type { Api } from '../session/api.ts';
import type { LocalStore } from '../store/local-store.ts';
import type { Tabs } from '../store/tabs.ts';
import type { ChannelRecords } from '../unread/channel-records.ts';

export interface RoomContext {
  readonly user: Person;
  readonly store: LocalStore;
  readonly outbox: Outbox;
  readonly book: ChannelRecords;
  readonly api: Api;
  readonly links: LinkOpener;
  readonly people: People;
  readonly tabs: Tabs;
  readonly clock: CausalClock;
  readonly now?: (() => number) | undefined;
  readonly drafts: DraftSync;
  readonly timing: Timing;
  /** The list should be read from the server again: an epoch has moved, members have changed. */
  readonly refreshChannels: () => void;
  /** A read position may be reported that could not be before. */
  readonly reportRead: () => void;
  /** Nothing waits for this tablo any more that did a moment ago: it may be forgotten if nobody holds it. */
  readonly onIdle: (id: TabloId) => void;
  /** Something that the list of tablos shows has changed. */
  readonly onActivity: (id: TabloId) => void;
}
