/**
 * [R10] Where the new messages of an open tablo begin: those of others that came while nobody looked, before it was opened or in the background.
 *
 * Invariants
 * 1. One series at a time. What comes while it is unread belongs to it; what comes after it has been read begins the next one.
 * 2. It begins at a message that is known to be the first, or nowhere: of a thousand unread ones the server may have named the newest alone.
 * 3. A series that was read stays, as a line in the conversation, until the next one, or until the reader answers or says that it is done.
 */
import type { EntryId } from '@tablo/schema/ids';
import type { TimelineKey } from '@tablo/schema/shown-at';
import type { SequencedMessage } from './unread.ts';

export interface FirstNew {
  readonly id: EntryId;
  /** ms since the Unix epoch; `null`: not known here. */
  readonly shownAt: number | null;
}

interface Placed extends TimelineKey {
  readonly id: EntryId;
}

export class NewMessages {
  readonly #screen: { publish(): void };
  readonly #seqs = new Map<EntryId, number>();
  /** Older ones are unread that nobody has named, from this `seq` on. */
  #unnamedAfter: number | null = null;
  #named: { readonly id: EntryId; readonly shownAt: number } | null = null;
  #isRead = false;

  /** `screen` shows what changes. */
  constructor(screen: { publish(): void }) {
    this.#screen = screen;
  }

  /** There is a series, and nobody has looked at all of it. */
  get isUnread(): boolean {
    return !this.#isRead && !this.#isEmpty;
  }

  get #isEmpty(): boolean {
    return this.#seqs.size === 0 && this.#unnamedAfter === null;
  }

  has(id: EntryId): boolean {
    return this.#seqs.has(id);
  }

  /** Of others, all of them; `null`: not all are known. */
  get ids(): readonly EntryId[] | null {
    return this.#unnamedAfter === null ? [...this.#seqs.keys()] : null;
  }

  /** The messages after this `seq` begin with the first new one, which is to be asked for; `null`: there is nothing to ask. */
  unknownAfter(isHere: (id: EntryId) => boolean): number | null {
    if (this.#unnamedAfter !== null) return this.#unnamedAfter;
    const first = this.#firstBySeq();
    return first === null || first.id === this.#named?.id || isHere(first.id) ? null : first.seq - 1;
  }

  /** The first one; `messages`: what is here, in its order, in which the first to arrive need not be the first. */
  first(messages: readonly Placed[]): FirstNew | null {
    const first = this.#unnamedAfter === null ? this.#firstBySeq() : null;
    if (first === null) return null;
    if (messages.some(({ id }) => id === first.id)) return messages.find(({ id }) => this.#seqs.has(id)) ?? null;
    return { id: first.id, shownAt: this.#named?.id === first.id ? this.#named.shownAt : null };
  }

  /** `readSeq`: where the reader stood. `isWhole`: these are all that are unread. */
  note(messages: Iterable<SequencedMessage>, isWhole: boolean, readSeq: number): void {
    if (this.#isRead) this.#forgetAll();
    this.readElsewhere(readSeq);
    for (const { id, seq } of messages) this.#seqs.set(id, seq);
    if (!isWhole && this.#named === null) this.#unnamedAfter = readSeq;
    this.#screen.publish();
  }

  /** One more of others has come. `readSeq`: where the reader stands. */
  add({ id, seq }: SequencedMessage, readSeq: number): void {
    if (this.#isRead) this.#forgetAll();
    this.readElsewhere(readSeq);
    this.#seqs.set(id, seq);
    this.#screen.publish();
  }

  /** Up to this `seq` it was read, on another device say, and is new no more. A series that was read here stays (invariant 3). */
  readElsewhere(readSeq: number): void {
    if (this.#isRead) return;
    for (const [id, seq] of this.#seqs) if (seq <= readSeq) this.#seqs.delete(id);
    if (this.#named !== null && !this.#seqs.has(this.#named.id)) this.#named = null;
    if (this.#unnamedAfter !== null) this.#unnamedAfter = Math.max(this.#unnamedAfter, readSeq);
  }

  /** Up to this `seq` there is none of others: whoever seeks the first goes on from there. */
  noneUpTo(seq: number): void {
    if (this.#unnamedAfter !== null) this.#unnamedAfter = Math.max(this.#unnamedAfter, seq);
  }

  /** The server has named the first unread messages; oldest first, by `seq`. */
  nameFirst(messages: readonly (SequencedMessage & { readonly shownAt: number })[]): void {
    const [first] = messages;
    if (first === undefined) return;
    // What was named and does not come any more was deleted.
    for (const [id, seq] of this.#seqs) if (seq < first.seq) this.#seqs.delete(id);
    if (this.#unnamedAfter !== null) for (const { id, seq } of messages) this.#seqs.set(id, seq);
    this.#unnamedAfter = null;
    this.#named = { id: first.id, shownAt: first.shownAt };
    this.#screen.publish();
  }

  /** Deleted. */
  forget(id: EntryId): void {
    if (this.#seqs.delete(id)) this.#screen.publish();
  }

  read(): void {
    if (!this.isUnread) return;
    this.#isRead = true;
    this.#screen.publish();
  }

  answered(): void {
    if (this.#isRead) this.clear();
  }

  clear(): void {
    this.#forgetAll();
    this.#screen.publish();
  }

  #forgetAll(): void {
    this.#seqs.clear();
    this.#unnamedAfter = null;
    this.#named = null;
    this.#isRead = false;
  }

  #firstBySeq(): SequencedMessage | null {
    let first: SequencedMessage | null = null;
    for (const [id, seq] of this.#seqs) if (first === null || seq < first.seq) first = { id, seq };
    return first;
  }
}
