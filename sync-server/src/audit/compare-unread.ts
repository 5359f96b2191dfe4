/**
 * Every member's unread messages: the counts of SQL beside those of the definition, message by message. Pure. Members who have read equally far are
 * counted together, since only their own messages tell them apart: a tablo may have thousands of them.
 */
import type { UserId } from '@tablo/schema/ids';
import { isUnread } from '@tablo/schema/unread';
import type { Finding } from './drift.ts';
import type { MessageRecord } from './records.ts';

export interface ReaderRecord {
  readonly id: UserId;
  readonly readSeq: number;
  /** The number that every list and badge shows. */
  readonly bySql: number;
}

/** Members who have written nothing. */
const NOBODY = '' as UserId;

export class UnreadComparison {
  readonly #lastSeq: number;
  readonly #readers: ReadonlyMap<UserId, ReaderRecord>;
  /** Read positions, ascending. */
  readonly #positions: readonly number[];
  /** How many messages are unread from so many of these, counted from the first: one step a message, however many members there are. */
  readonly #unreadFrom: number[];
  readonly #own = new Map<UserId, number>();

  constructor(lastSeq: number, readers: readonly ReaderRecord[]) {
    this.#lastSeq = lastSeq;
    this.#readers = new Map(readers.map((reader) => [reader.id, reader]));
    this.#positions = [...new Set(readers.map(({ readSeq }) => readSeq))].sort((left, right) => left - right);
    this.#unreadFrom = [0, ...this.#positions.map(() => 0)];
  }

  count({ author, seq, deletedAt }: MessageRecord): void {
    const message = { author, seq, isDeleted: deletedAt !== null };
    const from = this.#countPositions((position) => isUnread(message, NOBODY, position));
    this.#unreadFrom[from] = (this.#unreadFrom[from] ?? 0) + 1;
    const own = this.#readers.get(author);
    if (own !== undefined && isUnread(message, NOBODY, own.readSeq) && !isUnread(message, own.id, own.readSeq))
      this.#own.set(own.id, (this.#own.get(own.id) ?? 0) + 1);
  }

  /** How many, from the first on, it holds for: whoever has read less has it unread as well. */
  #countPositions(holds: (position: number) => boolean): number {
    let [low, high] = [0, this.#positions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#positions[middle] ?? 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  rest(): readonly Finding[] {
    const unread = new Map<number, number>();
    let above = 0;
    for (let at = this.#positions.length; at > 0; at -= 1) {
      above += this.#unreadFrom[at] ?? 0;
      unread.set(this.#positions[at - 1] ?? 0, above);
    }
    return [...this.#readers.values()].flatMap(({ id, readSeq, bySql }): Finding[] => {
      const counted = (unread.get(readSeq) ?? 0) - (this.#own.get(id) ?? 0);
      const findings: Finding[] = [];
      if (counted !== bySql) findings.push({ code: 'unread', id, detail: `SQL ${bySql}, definition ${counted}` });
      if (readSeq > this.#lastSeq)
        findings.push({ code: 'read-position', id, detail: `read ${readSeq}, last_seq ${this.#lastSeq}` });
      return findings;
    });
  }
}
