/**
 * Notices a link that looks alive and brings nothing: a server, or something in between, that has lost sight of this one document's connection. Messages
 * are numbered without gaps (`seq`), and the list names the newest number: a number that was neither announced nor is in the document was missed.
 *
 * Invariants
 * 1. Up to `#known` nothing is missing. That is known by an answer to a question that was asked after the join, and by `committed` from there on without a gap.
 * 2. A `committed` may be slower than an answer over HTTP: only a message that stays away for `gapTimeoutMs` is missed.
 */
import { Timer } from '../base/timer.ts';

export interface GapDetectorOptions {
  readonly gapTimeoutMs: number;
  /** A large frame is on its way, and what was announced may be behind it. */
  readonly isReceiving: () => boolean;
  readonly onMissed: () => void;
}

export class GapDetector {
  readonly #options: GapDetectorOptions;
  /** As `performance.now()`; `null`: not joined. */
  #joinedAt: number | null = null;
  /** `null`: not known yet where this join began. */
  #known: number | null = null;
  /** Up to here everything has arrived: with the join, or because `committed` follows its messages. */
  #complete = 0;
  /** The highest number that was announced since the join. */
  #heard = 0;
  /** Up to here something was announced and has not come. */
  #announcedUpTo = 0;
  readonly #timer = new Timer();

  constructor(options: GapDetectorOptions) {
    this.#options = options;
  }

  /** All up to here is in the document or in the history; 0 while not joined. The list may tell of more than has come. */
  get complete(): number {
    return this.#complete;
  }

  /** `lastSeq`: the newest number known before the join. */
  joined(lastSeq: number): void {
    this.left();
    this.#joinedAt = performance.now();
    this.#complete = lastSeq;
  }

  left(): void {
    this.#timer.clear();
    this.#joinedAt = null;
    this.#known = null;
    this.#complete = 0;
    this.#heard = 0;
    this.#announcedUpTo = 0;
  }

  /** `committed` named `count` messages from number `first` on. */
  heard(first: number, count: number): void {
    const last = first + count - 1;
    this.#heard = Math.max(this.#heard, last);
    if (this.#known === null || first <= this.#known + 1) this.#complete = Math.max(this.#complete, last);
    if (this.#known === null || last <= this.#known) return;
    if (first <= this.#known + 1) this.#known = last;
    else this.#await(last);
  }

  /** The list says that there are messages up to `lastSeq`. `askedAt`: when it was asked, as `performance.now()`. */
  listed(lastSeq: number, askedAt: number): void {
    if (this.#joinedAt === null || askedAt < this.#joinedAt) return;
    if (this.#known === null) this.#known = Math.max(lastSeq, this.#heard);
    else if (lastSeq > this.#known) this.#await(lastSeq);
  }

  #await(seq: number): void {
    this.#announcedUpTo = Math.max(this.#announcedUpTo, seq);
    this.#timer.setIfUnset(() => this.#judge(), this.#options.gapTimeoutMs);
  }

  #judge(): void {
    if (this.#known === null || this.#known >= this.#announcedUpTo) return;
    if (this.#options.isReceiving()) return this.#await(this.#announcedUpTo);
    this.#options.onMissed();
  }
}
