/** [R10] Ties messages to their `seq` as they come (`seq-knowledge.ts`), in the channel's record, and turns "everything that is here has been read" into a position. */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { ChannelRecords } from './channel-records.ts';
import type { SeqKnowledge } from './seq-knowledge.ts';
import {
  applyUnreadAnswer,
  forgetDeleted,
  markReadUpTo,
  noteArrival,
  type SequencedMessage,
  type UnreadAnswer,
} from './unread.ts';

export interface ReadMarkerOptions {
  readonly tabloId: TabloId;
  readonly reader: UserId;
  readonly book: ChannelRecords;
  readonly seqs: SeqKnowledge;
  readonly timeline: {
    /** `null`: not here (yet). */
    authorOf(id: EntryId): UserId | null;
  };
  readonly screen: {
    /** Messages of others that are on it. */
    othersShown(): Iterable<EntryId>;
  };
  /** Hears of each message of others that has come and is unread. */
  readonly unseen?: { arrived(message: SequencedMessage): void };
}

export class ReadMarker {
  readonly #options: ReadMarkerOptions;

  constructor(options: ReadMarkerOptions) {
    this.#options = options;
  }

  /** `committed` named these, in order of arrival. */
  numbered(messages: readonly SequencedMessage[]): void {
    const { timeline, seqs } = this.#options;
    for (const message of messages) {
      const author = timeline.authorOf(message.id);
      if (author === null) seqs.announce(message);
      else this.#place(message, author);
    }
  }

  /** A message came in the document. */
  arrived(id: EntryId, author: UserId): void {
    const seq = this.#options.seqs.arrive(id, author !== this.#options.reader);
    if (seq !== null) this.#place({ id, seq }, author);
  }

  deleted(id: EntryId): void {
    const { book, seqs, tabloId } = this.#options;
    seqs.delete(id);
    book.update(tabloId, (record) => forgetDeleted(record, id));
  }

  answered(given: UnreadAnswer, askedAtSeq: number): void {
    const { book, seqs, tabloId } = this.#options;
    const { unread, read } = seqs.answer(given);
    book.update(tabloId, (record) => {
      const answered = applyUnreadAnswer(record, unread, askedAtSeq);
      return read.reduce((marked, { seq }) => markReadUpTo(marked, seq), answered);
    });
  }

  /** Everything that is here now has been read. */
  markRead(): void {
    const { book, seqs, timeline, screen, tabloId } = this.#options;
    const record = book.get(tabloId);
    // On the screen is read, also while the document behind it is being replaced and names nobody as an author.
    const shown = new Set(screen.othersShown());
    // Here from the disk, and numbered only by the next answer of the server.
    seqs.read([...shown].filter((id) => record === null || !(id in record.unread)));
    if (record === null) return;
    seqs.readUnnumbered();
    const isHere = (id: EntryId) => shown.has(id) || timeline.authorOf(id) !== null;
    const read = Object.entries(record.unread).flatMap(([id, seq]) => (isHere(id as EntryId) ? [seq] : []));
    const seq = Math.max(0, seqs.completeUpTo(record.lastSeq), ...read);
    book.update(tabloId, (current) => markReadUpTo(current, seq));
  }

  #place(message: SequencedMessage, author: UserId): void {
    const { book, seqs, tabloId, reader, unseen } = this.#options;
    const { isRead, isDeleted } = seqs.place(message.id);
    book.update(tabloId, (record) => {
      const arrived = noteArrival(record, message, author, reader);
      const noted = isDeleted ? forgetDeleted(arrived, message.id) : arrived;
      return isRead ? markReadUpTo(noted, message.seq) : noted;
    });
    if (message.id in (book.get(tabloId)?.unread ?? {})) unseen?.arrived(message);
  }
}
