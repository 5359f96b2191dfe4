/**
 * [R10] What is known of the numbers (`seq`) of one tablo's messages: up to which number all have come, and which message has which. Messages are numbered without
 * gaps, the list tells the newest number, and a message and the notice of its number are two frames, in any order. Pure: no timer, no record; `now` is given.
 *
 * Invariants
 * 1. Nothing is missed up to `known`: by an answer to a question that was asked after the join, and by `committed` from there on without a gap.
 * 2. A message whose number is known and that has come is not kept here: then it is in the channel's record.
 */
import type { EntryId } from '@tablo/schema/ids';
import type { SequencedMessage, UnreadAnswer } from './unread.ts';

type Stream =
  | { readonly status: 'away' }
  /** The list has not told yet where this join began. `complete`: up to here everything has come. `heard`: the highest number since the join. */
  | { readonly status: 'joined'; readonly at: number; readonly complete: number; readonly heard: number }
  /** `awaited`: up to here something was announced; above `known` it has not come. The list may tell of more than has come, so `complete` may be less. */
  | {
      readonly status: 'followed';
      readonly at: number;
      readonly complete: number;
      readonly known: number;
      readonly awaited: number;
    };

const AWAY: Stream = { status: 'away' };
/** What came in one big sync is numbered by the server's answer alone; the rest of it need not be remembered. */
const MAX_UNNUMBERED = 500;

export class SeqKnowledge {
  #stream: Stream = AWAY;
  /** `seq` is known, the message has not come. */
  readonly #announced = new Map<EntryId, number>();
  /** The message has come, its `seq` is not known. */
  readonly #unnumbered = new Set<EntryId>();
  /** Read before their `seq` was known. Some were on the device before. */
  readonly #read = new Set<EntryId>();
  /** Since this tab was opened. */
  readonly #deleted = new Set<EntryId>();

  /** Something was announced, or is in the list, and has not come. */
  get isBehind(): boolean {
    return this.#stream.status === 'followed' && this.#stream.awaited > this.#stream.known;
  }

  /** `lastSeq`: the newest number known before the join, at `now`. */
  join(lastSeq: number, now: number): void {
    this.#stream = { status: 'joined', at: now, complete: lastSeq, heard: 0 };
  }

  leave(): void {
    this.#stream = AWAY;
  }

  /** `committed` named `count` messages from number `first` on. */
  hear(first: number, count: number): void {
    const stream = this.#stream;
    if (stream.status === 'away') return;
    const last = first + count - 1;
    const complete = Math.max(stream.complete, last);
    if (stream.status === 'joined') this.#stream = { ...stream, complete, heard: Math.max(stream.heard, last) };
    else if (first > stream.known + 1) this.#await(stream, last);
    else this.#stream = { ...stream, complete, known: Math.max(stream.known, last) };
  }

  /** The list says that there are messages up to `lastSeq`; it was asked at `askedAt`, by the clock of `join`. */
  list(lastSeq: number, askedAt: number): void {
    const stream = this.#stream;
    if (stream.status === 'away' || askedAt < stream.at) return;
    if (stream.status === 'followed') return this.#await(stream, lastSeq);
    const { at, complete, heard } = stream;
    this.#stream = { status: 'followed', at, complete, known: Math.max(lastSeq, heard), awaited: 0 };
  }

  /** All messages up to this number are here; 0: nobody knows. `lastSeq`: of the record. */
  completeUpTo(lastSeq: number): number {
    if (this.#stream.status === 'away') return 0;
    return Math.min(lastSeq, this.#stream.complete, ...[...this.#announced.values()].map((seq) => seq - 1));
  }

  /** Its number is known; the message has not come. */
  announce({ id, seq }: SequencedMessage): void {
    this.#announced.set(id, seq);
  }

  /** The message has come; returns its number, if that is known. `isCounted`: it is somebody else's, so its number matters. */
  arrive(id: EntryId, isCounted: boolean): number | null {
    const seq = this.#announced.get(id);
    if (seq === undefined && isCounted) this.#unnumbered.add(id);
    this.#announced.delete(id);
    return seq ?? null;
  }

  /** Both are known. What was said of it before? */
  place(id: EntryId): { readonly isRead: boolean; readonly isDeleted: boolean } {
    const said = { isRead: this.#read.has(id), isDeleted: this.#deleted.has(id) };
    this.#forget(id);
    return said;
  }

  /** An answer that is on its way, or a `committed` after it, may still name it. */
  delete(id: EntryId): void {
    this.#deleted.add(id);
    this.#forget(id);
  }

  /** These have been read. */
  read(ids: Iterable<EntryId>): void {
    for (const id of ids) this.#read.add(id);
  }

  /** What has come without a number has been read. */
  readUnnumbered(): void {
    this.read(this.#unnumbered);
  }

  /** The server has told what is unread. Of that, what counts here, and what of it has been read meanwhile. */
  answer({ count, messages }: UnreadAnswer): {
    readonly unread: UnreadAnswer;
    readonly read: readonly SequencedMessage[];
  } {
    const left = messages.filter(({ id }) => !this.#deleted.has(id));
    const read = left.filter(({ id }) => this.#read.has(id));
    for (const { id } of left) this.#forget(id);
    if (this.#unnumbered.size > MAX_UNNUMBERED) {
      this.#unnumbered.clear();
      this.#read.clear();
    }
    return { unread: { count: count - (messages.length - left.length), messages: left }, read };
  }

  /** The server was restored from a backup: messages get other numbers, and come again to be read again. */
  renumber(): void {
    for (const ids of [this.#announced, this.#unnumbered, this.#read, this.#deleted]) ids.clear();
  }

  #await(stream: Stream & { readonly status: 'followed' }, seq: number): void {
    this.#stream = { ...stream, awaited: Math.max(stream.awaited, seq) };
  }

  #forget(id: EntryId): void {
    this.#unnumbered.delete(id);
    this.#read.delete(id);
  }
}
