/**
 * Many small writes in one statement. A commit that notifies waits, through its write to the disk, for all others of the whole cluster that do the same, one
 * after another. So whatever comes while one statement is under way goes into the next one. Nobody waits for a timer, and nobody for somebody else's trouble:
 * a statement that fails for several is tried again for each alone.
 */
import { isDatabaseAway, isOfStatement } from '../../base/database-away.ts';

/** In one statement. */
const MAX_ITEMS = 200;
/** How long a statement for several waits for a row that somebody else holds, before each goes alone and waits as long as it may. */
export const SHARED_LOCK_MS = 200;

interface Writer<Item> {
  /** Two items with one key are one row. */
  keyOf(item: Item): string;
  /** What is written for two of one row; the order does not matter. */
  merge(left: Item, right: Item): Item;
  /** Commits all, or nothing. Without `lockMs` it waits as long as the connection's settings say. */
  write(items: readonly Item[], lockMs?: number): Promise<void>;
}

interface Waiting<Item> {
  item: Item;
  readonly done: ((error: unknown) => void)[];
}

export class GatheredWrites<Item> {
  readonly #writer: Writer<Item>;
  #waiting = new Map<string, Waiting<Item>>();
  #isWriting = false;

  constructor(writer: Writer<Item>) {
    this.#writer = writer;
  }

  /** Resolves when the item, or what it was merged into, is committed. */
  write(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown): void => (error === null ? resolve() : reject(error));
      const key = this.#writer.keyOf(item);
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) this.#waiting.set(key, { item, done: [done] });
      else {
        waiting.item = this.#writer.merge(waiting.item, item);
        waiting.done.push(done);
      }
      if (!this.#isWriting) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.size > 0) await this.#writeNext();
    this.#isWriting = false;
  }

  async #writeNext(): Promise<void> {
    const batch = [...this.#waiting].slice(0, MAX_ITEMS);
    for (const [key] of batch) this.#waiting.delete(key);
    // In the order of their keys: statements of two servers never wait for each other's rows.
    const items = batch.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, one]) => one);
    try {
      await this.#writer.write(
        items.map(({ item }) => item),
        SHARED_LOCK_MS,
      );
      for (const one of items) finish(one, null);
    } catch (error) {
      if (isDatabaseAway(error) && !isOfStatement(error)) for (const one of items) finish(one, error);
      // Not awaited: those who come next need not wait for them.
      else for (const one of items) void this.#writeAlone(one);
    }
  }

  async #writeAlone(one: Waiting<Item>): Promise<void> {
    try {
      await this.#writer.write([one.item]);
      finish(one, null);
    } catch (error) {
      finish(one, error);
    }
  }
}

function finish({ done }: Waiting<unknown>, error: unknown): void {
  for (const tell of done) tell(error);
}

/** For a statement's `FROM`: how long it waits for a row. `parameter`: milliseconds as text, 0 for as long as the connection's settings say. */
export const lockPatience = (parameter: string): string =>
  `(SELECT CASE WHEN ${parameter}::int > 0 THEN set_config('lock_timeout', ${parameter}::int::text, true) END AS lock_timeout) patience`;
