/**
 * [R10] Ties messages to their `seq` as they come, and turns "everything that is here has been read" into a position. A message and the notice of its
 * `seq` are two frames, in any order: so some wait here for the other half.
 */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { ChannelRecords } from './channel-records.ts';
import {
  applyUnreadAnswer,
  forgetDeleted,
  markReadUpTo,
  noteArrival,
  type SequencedMessage,
  type UnreadAnswer,
} from './unread.ts';

/** What came in one big sync is numbered by the server's answer alone; the rest of it need not be remembered. */
const MAX_UNNUMBERED = 500;

export interface ReadMarkerHost {
  readonly tabloId: TabloId;
  readonly reader: UserId;
  /** `null`: not here (yet). */
  authorOf(id: EntryId): UserId | null;
  /** All messages up to this `seq` are here, announced ones that have not come excepted; 0: nobody knows. */
  completeUpTo(): number;
  /** Messages of others that are on the screen. */
  others(): Iterable<EntryId>;
  /** One of others has come, and is unread. */
  onUnread?(message: SequencedMessage): void;
}

export class ReadMarker {
  readonly #host: ReadMarkerHost;
  readonly #book: ChannelRecords;
  /** `seq` is known, the message has not come. */
  readonly #unseen = new Map<EntryId, number>();
  /** The message is here, its `seq` is not known. */
  readonly #unnumbered = new Set<EntryId>();
  /** Of those, the ones that have been read. */
  readonly #readUnnumbered = new Set<EntryId>();
  /** Since this tab was opened. */
  readonly #deleted = new Set<EntryId>();

  constructor(host: ReadMarkerHost, book: ChannelRecords) {
    this.#host = host;
    this.#book = book;
  }

  /** `committed` named these, in order of arrival. */
  numbered(messages: readonly SequencedMessage[]): void {
    for (const message of messages) {
      const author = this.#host.authorOf(message.id);
      if (author === null) this.#unseen.set(message.id, message.seq);
      else this.#place(message, author);
    }
  }

  /** A message came in the document. */
  arrived(id: EntryId, author: UserId): void {
    const seq = this.#unseen.get(id);
    this.#unseen.delete(id);
    if (seq !== undefined) this.#place({ id, seq }, author);
    else if (author !== this.#host.reader) this.#unnumbered.add(id);
  }

  /** An answer that is on its way, or a `committed` after it, may still name it. */
  deleted(id: EntryId): void {
    this.#deleted.add(id);
    this.#forget(id);
    this.#book.update(this.#host.tabloId, (record) => forgetDeleted(record, id));
  }

  answered(given: UnreadAnswer, askedAtSeq: number): void {
    const messages = given.messages.filter(({ id }) => !this.#deleted.has(id));
    const answer = { count: given.count - (given.messages.length - messages.length), messages };
    const read = answer.messages.filter(({ id }) => this.#readUnnumbered.has(id));
    for (const { id } of answer.messages) this.#forget(id);
    if (this.#unnumbered.size > MAX_UNNUMBERED) {
      this.#unnumbered.clear();
      this.#readUnnumbered.clear();
    }
    this.#book.update(this.#host.tabloId, (record) => {
      const answered = applyUnreadAnswer(record, answer, askedAtSeq);
      return read.reduce((marked, { seq }) => markReadUpTo(marked, seq), answered);
    });
  }

  /** Everything that is here now has been read. */
  markRead(): void {
    const record = this.#book.get(this.#host.tabloId);
    // On the screen is read, also while the document behind it is being replaced and names nobody as an author.
    const shown = new Set(this.#host.others());
    // Here from the disk, and numbered only by the next answer of the server.
    for (const id of shown) if (record === null || !(id in record.unread)) this.#readUnnumbered.add(id);
    if (record === null) return;
    for (const id of this.#unnumbered) this.#readUnnumbered.add(id);
    const isHere = (id: EntryId) => shown.has(id) || this.#host.authorOf(id) !== null;
    const here = Object.entries(record.unread).flatMap(([id, seq]) => (isHere(id as EntryId) ? [seq] : []));
    const complete = Math.min(record.lastSeq, this.#host.completeUpTo(), Math.min(...this.#unseen.values()) - 1);
    const seq = Math.max(0, complete, ...here);
    this.#book.update(this.#host.tabloId, (current) => markReadUpTo(current, seq));
  }

  /** The server was restored from a backup: messages get other numbers, and come again to be read again. */
  renumbered(): void {
    for (const ids of [this.#unseen, this.#unnumbered, this.#readUnnumbered, this.#deleted]) ids.clear();
  }

  #place(message: SequencedMessage, author: UserId): void {
    const isRead = this.#readUnnumbered.has(message.id);
    this.#forget(message.id);
    this.#book.update(this.#host.tabloId, (record) => {
      const arrived = noteArrival(record, message, author, this.#host.reader);
      const noted = this.#deleted.has(message.id) ? forgetDeleted(arrived, message.id) : arrived;
      return isRead ? markReadUpTo(noted, message.seq) : noted;
    });
    const { tabloId } = this.#host;
    if (message.id in (this.#book.get(tabloId)?.unread ?? {})) this.#host.onUnread?.(message);
  }

  #forget(id: EntryId): void {
    this.#unnumbered.delete(id);
    this.#readUnnumbered.delete(id);
  }
}
