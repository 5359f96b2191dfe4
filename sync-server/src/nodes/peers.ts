/** Whether there are other servers on this database, and which of them can be heard. A server alone pays nothing for others. */
import type { NodeId } from './hint.ts';

/** Three of its words were lost: it is dead, cut off, or stands still. Its people are shown no longer. */
export const SILENT_MS = 10_000;

export class Peers {
  readonly #heardAt = new Map<NodeId, number>();
  readonly #now: () => number;
  /** Until it was looked, there may be some. */
  #hearing = 2;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Other servers, as far as can be told. */
  get count(): number {
    return Math.max(this.#heardAt.size, this.#hearing - 1);
  }

  /** `hearing`: servers whose connection is seen in the database, this one included. */
  look(hearing: number): void {
    this.#hearing = hearing;
  }

  /** True: it had not been heard of lately. */
  hear(node: NodeId): boolean {
    const isNew = !this.#heardAt.has(node);
    this.#heardAt.set(node, this.#now());
    return isNew;
  }

  forget(node: NodeId): void {
    this.#heardAt.delete(node);
  }

  /** Those that have gone silent, forgotten by now. */
  takeSilent(): readonly NodeId[] {
    const silent = [...this.#heardAt].flatMap(([node, at]) => (this.#now() - at > SILENT_MS ? [node] : []));
    for (const node of silent) this.#heardAt.delete(node);
    return silent;
  }
}
