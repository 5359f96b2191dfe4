/** Writes warnings that strangers can cause with arbitrary values: the same warning only now and then, and only a bounded number of different ones. */
import type { Log } from './log.ts';

const AGAIN_MS = 600_000;
const LINES_MAX = 20;

export class DistinctWarnings {
  readonly #log: Pick<Log, 'warn'>;
  readonly #now: () => number;
  readonly #written = new Set<string>();
  #since = Number.NEGATIVE_INFINITY;

  /** `now`: ms. */
  constructor(log: Pick<Log, 'warn'>, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  warn(fields: object, sentence: string): void {
    const now = this.#now();
    if (now - this.#since >= AGAIN_MS) {
      this.#written.clear();
      this.#since = now;
    }
    const line = `${JSON.stringify(fields)} ${sentence}`;
    if (this.#written.has(line) || this.#written.size >= LINES_MAX) return;
    this.#written.add(line);
    this.#log.warn(fields, sentence);
  }
}
