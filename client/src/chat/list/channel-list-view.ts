/** The list of tablos as people see it: from the records and from what open rooms show. Many changes of one turn are one new list. */
import type { TabloId } from '@tablo/schema/ids';
import { type Readable, Writable } from '../base/readable.ts';
import { Timer } from '../base/timer.ts';
import type { ChannelList } from '../chat.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { People } from '../people/people.ts';
import type { Room } from '../room/room.ts';
import type { ChannelRecord } from '../store/local-store.ts';
import type { ChannelRecords } from '../unread/channel-records.ts';
import { newestOf } from '../unread/newest-message.ts';
import { byActivity, summaryOf } from './channel-merge.ts';

/** Presence costs every member of a tablo four frames a minute (TRAPS 1.6): only this many of the most active ones show us while not open. */
const RECENT_TABLOS = 20;

export interface ChannelListViewOptions {
  readonly book: ChannelRecords;
  readonly people: People;
  readonly outbox: Outbox;
  readonly room: (id: TabloId) => Room | null;
  /** The server's list was received, now or at an earlier start: an empty list is really empty. */
  readonly hasListed: boolean;
}

export class ChannelListView {
  readonly #options: ChannelListViewOptions;
  readonly #list: Writable<ChannelList>;
  #hasListed: boolean;
  readonly #timer = new Timer();
  #isClosed = false;

  constructor(options: ChannelListViewOptions) {
    this.#options = options;
    this.#hasListed = options.hasListed;
    this.#list = new Writable<ChannelList>(this.#build());
  }

  get list(): Readable<ChannelList> {
    return this.#list;
  }

  get hasListed(): boolean {
    return this.#hasListed;
  }

  noteListed(): void {
    this.#hasListed = true;
    this.publish();
  }

  publish(): void {
    if (!this.#isClosed) this.#timer.setIfUnset(() => this.publishNow(), 0);
  }

  publishNow(): void {
    this.#timer.clear();
    if (this.#isClosed) return;
    this.#rememberNewest();
    const next = this.#build();
    if (isSameList(next, this.#list.get())) return;
    this.#list.set(next);
    this.showRecent();
    this.lookUpAuthors();
  }

  showRecent(): void {
    this.#list.get().channels.forEach(({ id }, index) => {
      this.#options.room(id)?.presence.setRecent(index < RECENT_TABLOS);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.clear();
  }

  #build(): ChannelList {
    const { book, people, outbox, room } = this.#options;
    const channels = book
      .list()
      .map((record) => {
        const last = newestOf(this.#listedMessage(record), room(record.id)?.screen.timeline.newest() ?? null);
        const here = { unsent: outbox.countOf(record.id), hasDraft: room(record.id)?.draft.isWritten ?? false };
        return summaryOf(record, last, (id) => people.labelOf(record.id, id), here);
      })
      .sort(byActivity);
    return { status: this.#hasListed || channels.length > 0 ? 'ready' : 'loading', channels };
  }

  #listedMessage({ id, lastMessage }: ChannelRecord): ChannelRecord['lastMessage'] {
    return lastMessage !== null && this.#options.room(id)?.screen.timeline.isDeleted(lastMessage.id)
      ? null
      : lastMessage;
  }

  /**
   * Stores the newest message of open tablos; tablos at rest store it themselves. So the list shows it at the next start, before any document is read. Own changes that wait are shown, but
   * not noted: should they be discarded or refused, nothing has to be put back [R8].
   */
  #rememberNewest(): void {
    const { book, room } = this.#options;
    for (const record of book.list()) {
      const newest = room(record.id)?.screen.timeline.newestDurable() ?? null;
      if (newest === null) continue;
      const lastMessage = newestOf(this.#listedMessage(record), newest);
      if (JSON.stringify(lastMessage) !== JSON.stringify(record.lastMessage)) book.put({ ...record, lastMessage });
    }
  }

  /** [R6] Members are not asked for: somebody may have been added to a tablo without being asked, and no page uses it in its person's place. */
  lookUpAuthors(): void {
    for (const { id, lastMessage } of this.#list.get().channels)
      if (lastMessage !== null) this.#options.people.lookUp(id, lastMessage.author);
  }
}

function isSameList(left: ChannelList, right: ChannelList): boolean {
  if (left.status !== right.status || left.channels.length !== right.channels.length) return false;
  return left.channels.every((channel, index) => JSON.stringify(channel) === JSON.stringify(right.channels[index]));
}
