/** What a tablo has from its client: one object for all of them. */
import type { CausalClock } from '@tablo/schema/causal-clock';
import type { TabloId } from '@tablo/schema/ids';
import type { Api } from './api.ts';
import type { ChannelBook } from './channel-book.ts';
import type { Person } from './chat.ts';
import type { DraftSync } from './draft-sync.ts';
import type { LinkOpener } from './link.ts';
import type { LocalStore } from './local-store.ts';
import type { Outbox } from './outbox.ts';
import type { People } from './people.ts';
import type { Tabs } from './tabs.ts';
import type { Timing } from './timing.ts';

export interface RoomContext {
  readonly user: Person;
  readonly store: LocalStore;
  readonly outbox: Outbox;
  readonly book: ChannelBook;
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
  /** Something that the list of tablos shows has changed. */
  readonly onActivity: (id: TabloId) => void;
}
