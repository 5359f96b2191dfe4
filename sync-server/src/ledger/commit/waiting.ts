/**
 * Everything that has no answer yet, by whom and for what: a place in the ledger costs memory, so each user and each tablo has so many bytes of them, and all
 * together have [R11]. Who fills theirs is told `unavailable` and still holds what they wrote; the others do not notice.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { type Outcome, type Submission, sizeOf } from './submission.ts';

/** Of all places, so much may be one user's, and so much one tablo's. */
const SHARE_OF_USER = 1 / 4;
const SHARE_OF_TABLO = 1 / 2;

export interface Queued {
  readonly submission: Submission;
  readonly bytes: number;
  readonly answered: Promise<Outcome>;
  readonly resolve: (outcome: Outcome) => void;
}

export class Waiting {
  readonly #maxBytes: number;
  readonly #all = new Set<Queued>();
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#all.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** In order of arrival. */
  [Symbol.iterator](): Iterator<Queued> {
    return this.#all[Symbol.iterator]();
  }

  /** Whether there is room. When nothing waits there always is: a failing store is still tried. */
  hasRoom(submission: Submission): boolean {
    if (this.#all.size === 0 || submission.type === 'move') return true;
    const bytes = sizeOf(submission);
    return (
      this.#bytes + bytes <= this.#maxBytes &&
      this.#has(userKey(submission), bytes, SHARE_OF_USER) &&
      this.#has(tabloKey(submission), bytes, SHARE_OF_TABLO)
    );
  }

  add(submission: Submission): Queued {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const queued = { submission, bytes: sizeOf(submission), answered: promise, resolve };
    this.#all.add(queued);
    this.#count(queued, queued.bytes);
    submission.document.hold();
    return queued;
  }

  answer(queued: Queued, outcome: Outcome): void {
    if (!this.#all.delete(queued)) return;
    this.#count(queued, -queued.bytes);
    queued.resolve(outcome);
    queued.submission.document.release();
  }

  /** What this user has submitted for the tablo so far. */
  of(tablo: TabloId, user: UserId): readonly Queued[] {
    return [...this.#all].filter(
      ({ submission }) =>
        submission.type !== 'move' && submission.userId === user && submission.document.tabloId === tablo,
    );
  }

  /** The first one of an owner always fits: an update may be larger than a share. */
  #has(owner: string, bytes: number, share: number): boolean {
    const used = this.#bytesOf.get(owner) ?? 0;
    return used === 0 || used + bytes <= share * this.#maxBytes;
  }

  #count({ submission }: Queued, bytes: number): void {
    this.#bytes += bytes;
    if (submission.type === 'move') return;
    for (const owner of [userKey(submission), tabloKey(submission)]) {
      const used = (this.#bytesOf.get(owner) ?? 0) + bytes;
      if (used > 0) this.#bytesOf.set(owner, used);
      else this.#bytesOf.delete(owner);
    }
  }
}

type Signed = Exclude<Submission, { type: 'move' }>;
const userKey = ({ userId }: Signed): string => `user ${userId}`;
const tabloKey = ({ document }: Signed): string => `tablo ${document.tabloId}`;
