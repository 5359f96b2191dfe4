/**
 * [N1] Brings loaded documents up to what other servers have committed. Whatever the number of documents that ask, one read is under way, and those that ask meanwhile go into the
 * next. What was read is of one moment, so it may be late, and never wrong.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LiveDocument } from '../ledger/store/live-document.ts';
import type { LogReader } from './log-reader.ts';

export type Cause = 'hint' | 'look' | 'join' | 'update';

const DOCUMENTS_A_READ = 500;
/** After a read that found nothing: whoever asks for nothing, a forged hint for instance, does not keep the database busy. */
const PAUSE_MS = 10;

interface Deps {
  readonly reader: LogReader;
  /** [R6] False while changes of memberships are not heard. */
  readonly mayShow: () => boolean;
  readonly onRows: (document: LiveDocument, rows: number, causes: ReadonlySet<Cause>) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Waiting {
  readonly causes: Set<Cause>;
  readonly answered: Promise<void>;
  readonly resolve: () => void;
}

export class CatchUp {
  readonly #deps: Deps;
  #waiting = new Map<LiveDocument, Waiting>();
  #isRunning = false;
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Resolves when a read that began after this has come in, or came to nothing. Never rejects. */
  ask(document: LiveDocument, cause: Cause): Promise<void> {
    if (this.#isClosed || document.hasMoved || document.isGone) return Promise.resolve();
    const waiting = this.#waiting.get(document) ?? { causes: new Set(), ...withAnswer() };
    waiting.causes.add(cause);
    this.#waiting.set(document, waiting);
    void this.#run();
    return waiting.answered;
  }

  close(): void {
    this.#isClosed = true;
    for (const { resolve } of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.size > 0 && !this.#isClosed) {
      // What came in one turn goes into one read.
      await new Promise((resolve) => setImmediate(resolve));
      const all = [...this.#waiting];
      this.#waiting = new Map(all.slice(DOCUMENTS_A_READ));
      const rows = await this.#read(all.slice(0, DOCUMENTS_A_READ));
      if (rows === 0) await delay(PAUSE_MS, undefined, { ref: false });
    }
    this.#isRunning = false;
  }

  async #read(asking: readonly (readonly [LiveDocument, Waiting])[]): Promise<number> {
    const { reader, mayShow, onRows, onFailure } = this.#deps;
    let sum = 0;
    try {
      if (!mayShow()) return 0;
      const found = await reader.read(asking.map(([document]) => document));
      if (!mayShow()) return 0;
      for (const [nth, [document, { causes }]] of asking.entries()) {
        const { epoch, missed } = found[nth] ?? { epoch: null, missed: null };
        if (missed === null && (epoch ?? 0) <= document.epoch) continue;
        if (document.isDeciding) this.#askAfterDecision(document, causes);
        else if (epoch !== null && epoch > document.epoch) document.move();
        else if (missed !== null) {
          const rows = document.advance(missed) ?? 0;
          if (rows > 0) onRows(document, rows, causes);
          sum += rows;
        }
      }
    } catch (error) {
      // The next look finds it.
      onFailure(error);
    } finally {
      for (const [, { resolve }] of asking) resolve();
    }
    return sum;
  }

  /** What was read may lie above rows of a transaction of this server, which are not in the document yet. */
  #askAfterDecision(document: LiveDocument, causes: ReadonlySet<Cause>): void {
    document.afterDecision(() => {
      for (const cause of causes) void this.ask(document, cause);
    });
  }
}

function withAnswer(): Pick<Waiting, 'answered' | 'resolve'> {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { answered: promise, resolve };
}
