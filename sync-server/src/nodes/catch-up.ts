/**
 * [N1] Brings loaded documents up to what other servers have committed. What was read is of one moment, so it may be late, and never wrong.
 *
 * Invariants
 * 1. Whatever the number of documents that ask, two reads are under way: one for those that somebody waits for, one for all others. So nobody who joins or writes waits for what
 *    other tablos have missed.
 * 2. What is wrong with one document, or with what is stored of it, stops no other.
 */
import type { LiveDocument } from '../ledger/store/live-document.ts';
import type { Found, LogReader } from './log-reader.ts';
import { ReadLane } from './read-lane.ts';

/** `join`, `update`: somebody waits for it. `lost`: hints were. */
export type Cause = 'hint' | 'look' | 'lost' | 'join' | 'update';

const DOCUMENTS_A_READ = 500;
/** After a read that found nothing: whoever asks for nothing does not keep the database busy. */
const PAUSE_MS = 10;
/** What comes in takes the thread for so long, and then lets others go first. */
const TURN_MS = 5;

interface Deps {
  readonly reader: LogReader;
  /** [R6] False while changes of memberships are not heard. */
  readonly mayShow: () => boolean;
  readonly onRows: (document: LiveDocument, rows: number, causes: ReadonlySet<Cause>) => void;
  readonly onFailure: (error: unknown) => void;
}

type Asking = readonly (readonly [LiveDocument, ReadonlySet<Cause>])[];

export class CatchUp {
  readonly #deps: Deps;
  readonly #awaited: ReadLane<LiveDocument, Cause>;
  readonly #others: ReadLane<LiveDocument, Cause>;

  constructor(deps: Deps) {
    this.#deps = deps;
    const read = (asking: Asking) => this.#read(asking);
    this.#awaited = new ReadLane({ most: DOCUMENTS_A_READ, pauseMs: 0, read });
    this.#others = new ReadLane({ most: DOCUMENTS_A_READ, pauseMs: PAUSE_MS, read });
  }

  /** Resolves when a read that began after this has come in, or came to nothing. Never rejects. */
  ask(document: LiveDocument, cause: Cause): Promise<void> {
    if (document.hasMoved || document.isGone || document.isBroken) return Promise.resolve();
    const lane = cause === 'join' || cause === 'update' ? this.#awaited : this.#others;
    return lane.ask(document, cause);
  }

  close(): void {
    this.#awaited.close();
    this.#others.close();
  }

  async #read(asking: Asking): Promise<number> {
    const { reader, mayShow, onFailure } = this.#deps;
    let sum = 0;
    try {
      if (!mayShow()) return 0;
      const found = await reader.read(asking.map(([document]) => document));
      let beganAt = performance.now();
      for (const [nth, [document, causes]] of asking.entries()) {
        if (performance.now() - beganAt > TURN_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          beganAt = performance.now();
        }
        if (!mayShow()) return sum;
        sum += this.#follow(document, causes, found[nth] ?? NOTHING);
      }
    } catch (error) {
      // The next look finds it.
      onFailure(error);
    }
    return sum;
  }

  #follow(document: LiveDocument, causes: ReadonlySet<Cause>, found: Found): number {
    if ('error' in found) {
      this.#deps.onFailure(found.error);
      return 0;
    }
    const { epoch, missed } = found;
    if (document.hasMoved || document.isGone || document.isBroken) return 0;
    if (missed === null && (epoch ?? 0) <= document.epoch) return 0;
    if (document.isDeciding) {
      this.#askAfterDecision(document, causes);
      return 0;
    }
    if (epoch !== null && epoch > document.epoch) {
      document.move();
      return 0;
    }
    const rows = missed === null ? 0 : (document.advance(missed) ?? 0);
    if (rows > 0) this.#deps.onRows(document, rows, causes);
    return rows;
  }

  /** What was read may lie above rows of a transaction of this server, which are not in the document yet. */
  #askAfterDecision(document: LiveDocument, causes: ReadonlySet<Cause>): void {
    document.afterDecision(() => {
      for (const cause of causes) void this.ask(document, cause);
    });
  }
}

const NOTHING: Found = { epoch: null, missed: null };
