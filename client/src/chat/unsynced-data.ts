/** [R8] What of this user's exists on this device alone: what is lost with it, and how it is carried away. */
import { plainLabel } from '@tablo/schema/names/telling-apart';
import type { Person, UnsyncedCounts } from './chat.ts';
import type { DraftSync } from './drafts/draft-sync.ts';
import { exportUnsent, isUnsynced, isWritten } from './outbox/export-unsent.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { People } from './people/people.ts';
import type { Rooms } from './room/rooms.ts';
import type { DraftRecord, LocalStore } from './store/local-store.ts';
import type { ChannelRecords } from './unread/channel-records.ts';

export interface UnsyncedDataOptions {
  readonly user: Person & { readonly email: string | null };
  readonly store: LocalStore;
  readonly outbox: Outbox;
  readonly book: ChannelRecords;
  readonly rooms: Rooms;
  readonly people: People;
  readonly drafts: DraftSync;
  readonly lastReportMs: number;
  readonly now: () => number;
}

export class UnsyncedData {
  readonly #options: UnsyncedDataOptions;

  constructor(options: UnsyncedDataOptions) {
    this.#options = options;
  }

  countUnsent(): number {
    return this.#options.outbox.countUnsent();
  }

  async countDrafts(): Promise<number> {
    return (await this.#readDrafts()).filter(isWritten).length;
  }

  /** Reports drafts first, for as long as people wait. */
  async countUnsynced(): Promise<UnsyncedCounts> {
    const { drafts, lastReportMs } = this.#options;
    const patience = new Promise<void>((resolve) => setTimeout(resolve, lastReportMs));
    await Promise.race([drafts.flush(), patience]);
    const lost = (await this.#readDrafts()).filter(isUnsynced);
    return { entries: this.countUnsent(), drafts: lost.length };
  }

  async export(): Promise<string> {
    const { user, outbox, book, rooms, people, now } = this.#options;
    const drafts = new Map((await this.#readDrafts()).map((draft) => [draft.tabloId, draft]));
    const ids = new Set([...outbox.tablosWithEntries(), ...drafts.keys()]);
    return exportUnsent({
      author: user,
      at: now(),
      tablos: [...ids].map((id) => ({
        id,
        name: book.get(id)?.name ?? null,
        records: outbox.list(id),
        draft: drafts.get(id) ?? null,
      })),
      nameOf: (tablo, person) => plainLabel(people.labelOf(tablo, person)),
      message: (tablo, id) => rooms.get(tablo)?.screen.message(id) ?? null,
    });
  }

  async #readDrafts(): Promise<readonly DraftRecord[]> {
    const { rooms, store } = this.#options;
    await Promise.all(rooms.list().map((room) => room.draft.save()));
    return store.readDrafts();
  }
}
