/**
 * What of a tablo is not on the screen: what this device has of it, and what the server says when it is asked about one message. Costs nothing until somebody
 * searches, or follows a quote [R9].
 */

import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { MESSAGES_MAX_LIMIT } from '@tablo/schema/limits';

import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import { Timeline, type TimelineMessage, type TimelineRow } from '@tablo/schema/timeline';
import { ChatError, type KnownMessage } from '../chat.ts';
import type { Api } from '../session/api.ts';
import type { LocalStore } from '../store/local-store.ts';
import type { History, StoredPage } from './history.ts';
import type { RoomTimeline } from './room-timeline.ts';

/** What is on the screen. */
interface ShownScreen {
  /** What is in memory is as the server has it now. */
  readonly isCurrent: boolean;
  /** A message of the excerpt that is shown, far from the newest ones. */
  shownApart(id: EntryId): TimelineMessage | null;
  /** Makes these rows part of the timeline, and the view reach back to `id`. */
  showFrom(id: EntryId, rows: readonly TimelineRow[]): void;
  publish(): void;
}

export interface ArchiveOptions {
  readonly tabloId: TabloId;
  readonly store: LocalStore;
  readonly api: Api;
  readonly history: History;
  readonly timeline: RoomTimeline;
  readonly screen: ShownScreen;
  /** Messages of these are about to be shown: what they are called should be known. */
  readonly authors: { meet(authors: Iterable<UserId>): void };
}

/** What stands before a message gives it its sense. */
const ROWS_BEFORE = 50;

export class RoomArchive {
  readonly #options: ArchiveOptions;
  /** Messages that are deleted, as the server has said, and whose deletion no document here tells of. */
  readonly #gone = new Set<EntryId>();

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  noteGone(ids: readonly EntryId[]): void {
    for (const id of ids) this.#gone.add(id);
  }

  known(id: EntryId): KnownMessage {
    const { held } = this.#options.timeline;
    const message = held?.get(id) ?? this.#options.screen.shownApart(id);
    if (message !== null) return message;
    return held?.isDeleted(id) || this.#gone.has(id) || this.isWhole ? 'deleted' : null;
  }

  /** One request; without the server, what this device has must do. */
  async lookUp(id: EntryId): Promise<'here' | 'deleted'> {
    const { api, tabloId, store, screen } = this.#options;
    try {
      const message = await api.readMessage(tabloId, id);
      if (message !== null && message.deleted_at == null) return 'here';
      this.noteGone([id]);
      screen.publish();
      await store.writeRows(tabloId, { remove: [id] });
      return 'deleted';
    } catch (error) {
      if ((await this.#rows()).some((row) => row.id === id)) return 'here';
      if (error instanceof ChatError && error.code === 'offline')
        throw new ChatError('offline', 'This message is not on this device. It can be shown when you are online.');
      throw error;
    }
  }

  /**
   * Without the server, from what this device has, which may have gaps. With it, `Excursion.reach` leads there without any.
   * Is the message in the view then?
   */
  async reveal(id: EntryId): Promise<boolean> {
    const { timeline, screen } = this.#options;
    const isInMemory = () => timeline.held?.get(id) != null;
    if (screen.isCurrent) return false;
    if (isInMemory()) {
      screen.showFrom(id, []);
      return true;
    }
    const rows = await this.#rows();
    const at = rows.findIndex((row) => row.id === id);
    if (at < 0) return false;
    screen.showFrom(id, rows.slice(Math.max(0, at - ROWS_BEFORE)));
    return isInMemory();
  }

  /** All that this device has and that is not deleted, newest last. */
  async everything(): Promise<readonly TimelineMessage[]> {
    const all = new Timeline();
    for (const row of await this.#rows()) all.addRow(row);
    this.#options.timeline.fill(all);
    const found = all.messages().filter((message) => !message.isDeleted);
    this.#options.authors.meet(found.map(({ author }) => author));
    return found;
  }

  /** The whole tablo is in memory, as the server has it now. */
  get isWhole(): boolean {
    const { screen, history } = this.#options;
    return screen.isCurrent && history.isComplete;
  }

  /** From here up to the newest nothing is missing in memory; null: that is not known. */
  knownFrom(): TimelineKey | null {
    const { screen, history, timeline } = this.#options;
    if (!screen.isCurrent) return null;
    const { floor } = history;
    const start = timeline.firstOfDocument;
    return floor === null || (start !== null && compareKeys(start, floor) < 0) ? start : floor;
  }

  /** Onto this device; `before` null: the newest. Rejects with `ChatError`. */
  readPage(before: TimelineKey | null): Promise<StoredPage> {
    return this.#options.history.store(before, MESSAGES_MAX_LIMIT);
  }

  #rows(): Promise<TimelineRow[]> {
    const { store, tabloId } = this.#options;
    return store.readRows(tabloId, null, Number.POSITIVE_INFINITY);
  }
}
