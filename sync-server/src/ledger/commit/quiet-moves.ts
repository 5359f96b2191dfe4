/** [R9] A document that is half full moves when nobody has written into it for a while: then it costs nobody a moment in which they type. */
import type { EpochLimits } from '../../config/limit-settings.ts';
import { isHalfFull } from '../store/epoch-limits.ts';
import type { LiveDocument } from '../store/live-document.ts';

const QUIET_MS = 30_000;
/** After a start everybody's documents are opened in the same seconds: their moves are spread over so many times as long. */
const SPREAD = 10;

export class QuietMoves {
  readonly #limits: EpochLimits;
  readonly #move: (document: LiveDocument) => void;
  readonly #timers = new Map<LiveDocument, NodeJS.Timeout>();

  constructor(limits: EpochLimits, move: (document: LiveDocument) => void) {
    this.#limits = limits;
    this.#move = move;
  }

  /** It came into memory, and may have waited for its quiet moment before. */
  noteOpened(document: LiveDocument): void {
    this.#watch(document, QUIET_MS * (1 + (SPREAD - 1) * Math.random()));
  }

  /** Something was written into it. */
  note(document: LiveDocument): void {
    this.#watch(document, QUIET_MS);
  }

  #watch(document: LiveDocument, quietMs: number): void {
    const timer = this.#timers.get(document);
    if (timer !== undefined) clearTimeout(timer);
    this.#timers.delete(document);
    if (document.hasMoved || !isHalfFull(document.size, document.began, this.#limits)) return;
    this.#timers.set(
      document,
      setTimeout(() => {
        this.#timers.delete(document);
        // One that has left memory may have another one of its name in its place.
        if (!document.isGone && !document.isBroken) this.#move(document);
      }, quietMs).unref(),
    );
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
