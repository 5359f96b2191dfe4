/**
 * Notices a link that looks alive and brings nothing: a server, or something in between, that has lost sight of this one document's connection. What is neither
 * heard of nor in the document was missed (`seq-knowledge.ts`). A `committed` may be slower than an answer over HTTP: only what stays away for `gapTimeoutMs` is missed.
 */
import { Timer } from '../base/timer.ts';
import type { SeqKnowledge } from './seq-knowledge.ts';

/** Where the stream comes from. */
interface Stream {
  /** A large frame is on its way, and what is awaited may be behind it. */
  readonly isReceiving: boolean;
  /** Joins anew. */
  rehome(home: 'stored'): void;
}

export class GapDetector {
  readonly #seqs: SeqKnowledge;
  readonly #stream: Stream;
  readonly #gapTimeoutMs: number;
  readonly #timer = new Timer();

  constructor(seqs: SeqKnowledge, stream: Stream, gapTimeoutMs: number) {
    this.#seqs = seqs;
    this.#stream = stream;
    this.#gapTimeoutMs = gapTimeoutMs;
  }

  /** `lastSeq`: the newest number known before the join. */
  joined(lastSeq: number): void {
    this.#timer.clear();
    this.#seqs.join(lastSeq, performance.now());
  }

  left(): void {
    this.#timer.clear();
    this.#seqs.leave();
  }

  /** `committed` named `count` messages from number `first` on. */
  heard(first: number, count: number): void {
    this.#seqs.hear(first, count);
    this.#wait();
  }

  /** The list says that there are messages up to `lastSeq`. `askedAt`: when it was asked, as `performance.now()`. */
  listed(lastSeq: number, askedAt: number): void {
    this.#seqs.list(lastSeq, askedAt);
    this.#wait();
  }

  #wait(): void {
    if (this.#seqs.isBehind) this.#timer.setIfUnset(() => this.#judge(), this.#gapTimeoutMs);
  }

  #judge(): void {
    if (this.#stream.isReceiving) this.#wait();
    else if (this.#seqs.isBehind) this.#stream.rehome('stored');
  }
}
