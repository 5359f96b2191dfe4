/**
 * Applies the server's list to the tablos on this device: which of them are ours, and what is known of each.
 *
 * Invariant: a tablo that the list does not name is not ours; its room is shut, and forgotten once no view holds it [R6] and nothing of ours waits
 * there [R8]. `apply` decides it.
 */
import type { TabloId } from '@tablo/schema/ids';
import type { RestChannel } from '@tablo/schema/rest/channel';
import type { Outbox } from '../outbox/outbox.ts';
import type { Rooms } from '../room/rooms.ts';
import type { ChannelRecord } from '../store/local-store.ts';
import type { ChannelRecords } from '../unread/channel-records.ts';
import { forgetUnread } from '../unread/unread.ts';
import type { ListAnswer } from './channel-list-sync.ts';
import { formerChannel, hasGoneBack, mergeChannel } from './channel-merge.ts';

export interface ChannelListApplierParts {
  readonly book: ChannelRecords;
  readonly outbox: Outbox;
  readonly rooms: Rooms;
  /** Tablos that had a draft when the chat was opened: rooms read their drafts one after the other. */
  readonly hadDrafts: ReadonlySet<TabloId>;
  /** Called when the answer is older than a change that only its numbers reveal. */
  readonly askAgain: () => void;
}

export class ChannelListApplier {
  readonly #book: ChannelRecords;
  readonly #outbox: Outbox;
  readonly #rooms: Rooms;
  readonly #hadDrafts: ReadonlySet<TabloId>;
  readonly #askAgain: () => void;
  /** Tablos that were created here since the list was last asked for: the answer may not contain them. */
  readonly #created = new Set<TabloId>();
  /** Tablos with unsent entries of ours when the list was asked for. */
  #writtenIn: ReadonlySet<TabloId> = new Set();

  constructor({ book, outbox, rooms, hadDrafts, askAgain }: ChannelListApplierParts) {
    this.#book = book;
    this.#outbox = outbox;
    this.#rooms = rooms;
    this.#hadDrafts = hadDrafts;
    this.#askAgain = askAgain;
  }

  noteAsking(): void {
    this.#created.clear();
    this.#writtenIn = new Set(this.#outbox.tablosWithEntries());
  }

  noteCreated(rest: RestChannel): void {
    const id = rest.id as TabloId;
    this.#created.add(id);
    this.#book.put(mergeChannel(this.#book.get(id), rest));
    this.#rooms.noteListed(id, rest.epoch);
  }

  /** One page of the list. */
  apply({ channels, all, unread, asked, askedAt }: ListAnswer): void {
    for (const rest of channels) this.#merge(rest, asked.get(rest.id as TabloId) ?? null);
    if (all !== null) this.#end(all);
    for (const rest of channels) this.#rooms.noteListed(rest.id as TabloId, rest.epoch);
    for (const rest of channels) this.#rooms.get(rest.id as TabloId)?.reading.stream.listed(rest.last_seq, askedAt);
    const answers = new Map(unread.map((answer) => [answer.channelId, answer]));
    for (const rest of channels) {
      const id = rest.id as TabloId;
      const answer = answers.get(id) ?? { count: 0, messages: [] };
      this.#rooms.get(id)?.reading.answered(answer, asked.get(id)?.lastSeq ?? 0);
    }
  }

  /** All pages have been read. */
  #end(all: ReadonlySet<string>): void {
    for (const { id } of this.#book.list()) if (!all.has(id) && !this.#created.has(id)) this.leave(id);
    for (const id of this.#writtenIn) if (!all.has(id) && this.#book.get(id) === null) this.#keepUnsent(id);
    for (const room of this.#rooms.list()) if (this.#book.get(room.id) === null) this.#rooms.shut(room.id);
  }

  /**
   * The tablo is ours no more. Undelivered entries are shown to their author, in a tablo that stays in the list for as long [R8], and so is a
   * draft. Its unread messages do not count any more.
   */
  leave(id: TabloId): void {
    if (this.#outbox.unsent(id).length === 0 && !this.#hasDraft(id)) return this.#book.remove(id);
    this.#book.update(id, forgetUnread);
    this.#rooms.add(id);
    this.#rooms.shut(id);
  }

  #hasDraft(id: TabloId): boolean {
    const draft = this.#rooms.get(id)?.draft;
    return draft?.hasLoaded === true ? draft.isWritten : this.#hadDrafts.has(id);
  }

  #merge(rest: RestChannel, asked: ChannelRecord | null): void {
    const id = rest.id as TabloId;
    const known = this.#book.get(id);
    this.#book.put(mergeChannel(known, rest, asked));
    if (known === null || !hasGoneBack(known, asked, rest)) return;
    this.#rooms.get(id)?.noteRenumbered();
    // Messages that came since the request were taken for read, by their old numbers: the list is asked for again.
    this.#askAgain();
  }

  /** The tablo is not ours and not known here any more. Entries that were written there are still shown, so that their author can copy or discard them. */
  #keepUnsent(id: TabloId): void {
    if (this.#outbox.unsent(id).length === 0) return;
    this.#book.put(formerChannel(id));
    this.leave(id);
  }
}
