/**
 * Whether the other end of a socket still lives, judged by what it has sent and by what is in flight. Both ends decide by it. Pure: `now` is ms of a
 * clock that never jumps.
 *
 * Invariants
 * 1. A peer is never declared dead before it was asked. Anything that it sends answers the question.
 * 2. The answer may take as long as `MIN_LINK_BYTES_PER_SECOND` needs for the bytes that are on the link, in both directions: a slow link that is cut
 *    begins anew, for ever (TRAPS 1.4).
 * 3. `judge` alone decides, and changes nothing.
 */
import { MIN_LINK_BYTES_PER_SECOND } from '../limits.ts';

export interface LivenessTimeouts {
  /** A peer that was silent for this long is asked for a sign of life … */
  readonly askAfterMs: number;
  /** … and declared dead when none comes within this time, plus the time that the link needs for the bytes in flight. */
  readonly answerMs: number;
}

/** `ask`: the caller asks now, and calls `noteAsked`. */
export type LinkVerdict = 'alive' | 'ask' | 'wait' | 'dead';

const msFor = (bytes: number): number => (bytes * 1_000) / MIN_LINK_BYTES_PER_SECOND;

export class Liveness {
  readonly #timeouts: LivenessTimeouts;
  #heardAt: number;
  #askedAt: number | null = null;
  /** When what we sent has arrived, at the latest. */
  #sentUntil = Number.NEGATIVE_INFINITY;
  /** Since the question that is not answered yet; null when there is none. */
  #sentSinceAsked: number | null = null;
  /** When what was announced to us has arrived, at the latest. */
  #comingUntil = Number.NEGATIVE_INFINITY;

  constructor(timeouts: LivenessTimeouts, now: number) {
    this.#timeouts = timeouts;
    this.#heardAt = now;
  }

  judge(now: number): LinkVerdict {
    if (this.#askedAt === null) return now < this.nextAt ? 'alive' : 'ask';
    return now < this.nextAt ? 'wait' : 'dead';
  }

  /** When the verdict changes, if nothing happens. */
  get nextAt(): number {
    const { askAfterMs, answerMs } = this.#timeouts;
    if (this.#askedAt === null) return this.#heardAt + askAfterMs;
    return Math.max(this.#askedAt, this.#sentUntil, this.#comingUntil) + answerMs;
  }

  /** ms that an announced frame may still take. */
  comingMs(now: number): number {
    return Math.max(0, this.#comingUntil - now);
  }

  noteHeard(now: number): void {
    this.#heardAt = now;
    this.#askedAt = null;
    // Bytes come in order: what was announced has come before this.
    this.#comingUntil = Number.NEGATIVE_INFINITY;
  }

  noteAsked(now: number): void {
    this.#askedAt = now;
    // When two questions are in flight, the first answer belongs to the first question.
    this.#sentSinceAsked ??= 0;
  }

  /** The answer to a question: all that was sent before the question has arrived as well. */
  noteAnswer(now: number): void {
    if (this.#sentSinceAsked !== null) this.#sentUntil = now + msFor(this.#sentSinceAsked);
    this.#sentSinceAsked = null;
    this.noteHeard(now);
  }

  noteSent(bytes: number, now: number): void {
    this.#sentUntil = Math.max(this.#sentUntil, now) + msFor(bytes);
    if (this.#sentSinceAsked !== null) this.#sentSinceAsked += bytes;
  }

  /** The next frame has so many bytes. */
  noteComing(bytes: number, now: number): void {
    this.#comingUntil = now + msFor(bytes);
  }
}
