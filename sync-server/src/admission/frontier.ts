/**
 * How far a document goes: for every Yjs clientID the next clock, and whose clientID it is [R3]. The one place that answers *does the server have
 * this already* and *may this user write under that clientID*.
 *
 * Invariants
 * 1. A clientID belongs to one author for ever, from its first admitted entry or its first appearance in a member's awareness. Here are those that have written,
 *    and those that are shown now; of the others the database knows (`Facts.clientOwner`).
 * 2. Clocks only grow, without gaps.
 * 3. A clock that was taken for a refused entry holds `VOID`, in the draft and in the document alike: the server has the clock, and never the entry.
 * 4. A `draft` is what a batch would make of the frontier; it becomes true by `adopt`, after the commit, or is dropped with the batch.
 */
import { type ItemId, VOID } from './run.ts';

/** A user id, or `SERVER_AUTHOR`. */
export type Author = string;

export interface FrontierView {
  /** The clock that the next entry of this clientID must have; 0 for an unknown one. */
  nextClock(client: number): number;
  ownerOf(client: number): Author | null;
  /** The element that stands at a clock below `nextClock`, or `VOID`. */
  elementAt(client: number, clock: number): unknown;
  /** Where the void clocks end that begin at this one, which is below `nextClock`; the clock itself where it is not void. */
  voidUntil(client: number, clock: number): number;
  /** [R2] Whether an element could be put between these two, by a client whose document ended with the first and deleted elements behind it. */
  isGap(origin: ItemId | null, rightOrigin: ItemId): boolean;
  /** The element appended last, as origin for the server's own appends; null in an empty document. */
  readonly last: ItemId | null;
  /** Clocks in the document, void ones included. */
  readonly length: number;
  /** ClientIDs that have written. */
  readonly writers: number;
}

interface Held {
  /** Null: no entry under it was ever admitted, and the database knows its owner. */
  readonly owner: Author | null;
  readonly next: number;
}

/** The parts that only the document itself knows. */
export type DocumentReader = Pick<FrontierView, 'elementAt' | 'voidUntil' | 'isGap'>;

const NO_DOCUMENT: DocumentReader = { elementAt: () => undefined, voidUntil: (_, clock) => clock, isGap: () => false };

export class Frontier implements FrontierView {
  readonly #clients = new Map<number, Held>();
  readonly #document: DocumentReader;
  #last: ItemId | null = null;
  #length = 0;
  #writers = 0;

  constructor(document: DocumentReader = NO_DOCUMENT) {
    this.#document = document;
  }

  get last(): ItemId | null {
    return this.#last;
  }

  get length(): number {
    return this.#length;
  }

  get writers(): number {
    return this.#writers;
  }

  nextClock(client: number): number {
    return this.#clients.get(client)?.next ?? 0;
  }

  ownerOf(client: number): Author | null {
    return this.#clients.get(client)?.owner ?? null;
  }

  elementAt(client: number, clock: number): unknown {
    return this.#document.elementAt(client, clock);
  }

  voidUntil(client: number, clock: number): number {
    return this.#document.voidUntil(client, clock);
  }

  isGap(origin: ItemId | null, rightOrigin: ItemId): boolean {
    return this.#document.isGap(origin, rightOrigin);
  }

  /** Binds a clientID seen in awareness. False when it is somebody else's. */
  claim(client: number, owner: Author): boolean {
    const held = this.#clients.get(client) ?? { owner: null, next: 0 };
    if (held.owner === null) this.#clients.set(client, { owner, next: held.next });
    return held.owner === null || held.owner === owner;
  }

  /** The client that showed it has left. Its owner is still known in the store of claims; a clientID that has written is never forgotten. */
  release(client: number): void {
    if (this.#clients.get(client)?.next === 0) this.#clients.delete(client);
  }

  /** `count` entries of `owner` were appended: by loading, or by a commit. Null: all of them are void, and were loaded. */
  append(client: number, owner: Author | null, count: number): void {
    const before = this.nextClock(client);
    const next = before + count;
    if (before === 0 && count > 0) this.#writers += 1;
    this.#clients.set(client, { owner: this.ownerOf(client) ?? owner, next });
    this.#length += count;
    this.#last = { client, clock: next - 1 };
  }

  draft(): FrontierDraft {
    return new FrontierDraft(this);
  }
}

/** A frontier with appends on top that may still be dropped with their batch. */
export class FrontierDraft implements FrontierView {
  readonly #base: Frontier;
  readonly #appends: { readonly client: number; readonly owner: Author; readonly count: number }[] = [];
  readonly #elements = new Map<number, unknown[]>();
  /** Of what each clientID has appended last. */
  readonly #rightOrigins = new Map<number, ItemId | undefined>();
  #newWriters = 0;
  readonly #top: Frontier = new Frontier();

  constructor(base: Frontier) {
    this.#base = base;
  }

  get last(): ItemId | null {
    const { last } = this.#top;
    return last === null ? this.#base.last : { client: last.client, clock: this.nextClock(last.client) - 1 };
  }

  get length(): number {
    return this.#base.length + this.#top.length;
  }

  get writers(): number {
    return this.#base.writers + this.#newWriters;
  }

  nextClock(client: number): number {
    return this.#base.nextClock(client) + this.#top.nextClock(client);
  }

  ownerOf(client: number): Author | null {
    return this.#base.ownerOf(client) ?? this.#top.ownerOf(client);
  }

  elementAt(client: number, clock: number): unknown {
    const from = this.#base.nextClock(client);
    return clock < from ? this.#base.elementAt(client, clock) : this.#elements.get(client)?.[clock - from];
  }

  voidUntil(client: number, clock: number): number {
    const from = this.#base.nextClock(client);
    if (clock < from) return this.#base.voidUntil(client, clock);
    const elements = this.#elements.get(client) ?? [];
    let at = clock;
    while (elements[at - from] === VOID) at += 1;
    return at;
  }

  /** Of elements that are not in the document yet, only the one that its author has just put into the same gap. */
  isGap(origin: ItemId | null, rightOrigin: ItemId): boolean {
    if (origin === null || origin.clock < this.#base.nextClock(origin.client))
      return this.#base.isGap(origin, rightOrigin);
    const before = this.#rightOrigins.get(origin.client);
    return (
      before !== undefined &&
      origin.clock === this.nextClock(origin.client) - 1 &&
      before.client === rightOrigin.client &&
      before.clock === rightOrigin.clock
    );
  }

  append(client: number, owner: Author, elements: readonly unknown[], rightOrigin?: ItemId): void {
    this.#rightOrigins.set(client, rightOrigin);
    if (elements.length > 0 && this.nextClock(client) === 0) this.#newWriters += 1;
    this.#top.append(client, owner, elements.length);
    this.#appends.push({ client, owner, count: elements.length });
    const held = this.#elements.get(client) ?? [];
    held.push(...elements);
    this.#elements.set(client, held);
  }

  /**
   * From now on these clientIDs are their authors' in the frontier that this one was made from, though nothing is written yet: a claim that is stored while the
   * commit is under way comes too late, as it does after the commit.
   */
  reserve(): void {
    for (const { client, owner } of this.#appends) this.#base.claim(client, owner);
  }

  /** Makes the appends true in the frontier that this one was made from. */
  adopt(): void {
    for (const { client, owner, count } of this.#appends) this.#base.append(client, owner, count);
  }
}
