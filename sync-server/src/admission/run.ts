/** The content of a decoded update: runs of entries, and the clocks that it holds as deleted. */

export interface ItemId {
  readonly client: number;
  readonly clock: number;
}

/**
 * Stands where a document counts a clock and holds nothing: the entry was refused, and the server has taken its clock all the same, as deleted content. So later
 * entries of that clientID connect, and its author's copy drops the entry by Yjs's own rules. In a client's update it is a clock that the client holds as deleted.
 */
export const VOID = Symbol('a refused entry');

/** A value that Yjs can carry and that is no entry. */
export class Malformed {
  /** One sentence for its author. */
  readonly reason: string;
  /** The id that it claims, if it claims one. */
  readonly id: unknown;

  constructor(reason: string, id?: unknown) {
    this.reason = reason;
    this.id = id;
  }
}

/** Consecutive entries of one clientID: one Yjs struct. */
export interface Run extends ItemId {
  /** The element that was the last one when this was appended; null in an empty array. */
  readonly origin: ItemId | null;
  /** Always a void clock: some ways of appending name the deleted element behind the last entry. */
  readonly rightOrigin?: ItemId;
  /** Not validated yet: `parseEntry` is the next step. `Malformed` and `VOID` stand for what is no object. */
  readonly entries: readonly unknown[];
}

/** Clocks `clock` to `clock + length - 1`. */
export interface Deletion extends ItemId {
  readonly length: number;
}

export interface Update {
  readonly runs: readonly Run[];
  /** In the order of their clocks, for each clientID. What they cover of `runs` stands there as `VOID`. */
  readonly deletions: readonly Deletion[];
}
