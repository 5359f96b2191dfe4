/**
 * Every member's unread messages: what SQL says beside what the definition counts, message by message. Pure. Members who have read equally far are
 * counted together, since only their own messages tell them apart: a tablo may have thousands of them.
 */
import type { UserId } from '@tablo/schema/ids';
import { isUnread } from '@tablo/schema/unread';
import type { Finding } from './drift.ts';
import type { MessageRecord } from './records.ts';

export interface ReaderRecord {
  readonly id: UserId;
  readonly readSeq: number;
  /** What every list and badge is told. */
  readonly bySql: number;
}

/** Has written nothing. */
const NOBODY = '' as UserId;

export class UnreadComparison {
  readonly #lastSeq: number;
  readonly #readers: ReadonlyMap<UserId, ReaderRecord>;
  /** Read positions, ascending, and how much is unread from there for who has written none of it. */
  readonly #positions: readonly number[];
  readonly #unread: number[];
  readonly #own = new Map<UserId, number>();

  constructor(lastSeq: number, readers: readonly ReaderRecord[]) {
    this.#lastSeq = lastSeq;
    this.#readers = new Map(readers.map((reader) => [reader.id, reader]));
    this.#positions = [...new Set(readers.map(({ readSeq }) => readSeq))].sort((left, right) => left - right);
    this.#unread = this.#positions.map(() => 0);
  }

  count({ author, seq, deletedAt }: MessageRecord): void {
    const message = { author, seq, isDeleted: deletedAt !== null };
    for (const [at, position] of this.#positions.entries()) {
      if (position >= seq) break;
      if (isUnread(message, NOBODY, position)) this.#unread[at] = (this.#unread[at] ?? 0) + 1;
    }
    const own = this.#readers.get(author);
    if (own !== undefined && isUnread(message, NOBODY, own.readSeq) && !isUnread(message, own.id, own.readSeq))
      this.#own.set(own.id, (this.#own.get(own.id) ?? 0) + 1);
  }

  rest(): readonly Finding[] {
    const unread = new Map(this.#positions.map((position, at) => [position, this.#unread[at] ?? 0]));
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
