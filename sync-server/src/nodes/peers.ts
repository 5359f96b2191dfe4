/**
 * Whether there are other servers on this database, which of them can be heard, and whether all that they said was. A server alone pays nothing for others.
 *
 * Invariants
 * 1. Of a server's hints each counts once, in the order of their numbers: what was said before the newest one that was heard is passed over, also of a server that has gone.
 * 2. A server has been met when it said that it hears this one. Before that it may be somebody who plays what was once said.
 */
import type { NodeId } from './hint.ts';

/** Three of its words were lost: it is dead, cut off, or stands still. Its people are shown no longer. */
export const SILENT_MS = 10_000;
/** Servers that have gone, of which it is remembered how far they were heard. */
const GONE_MAX = 1_000;

interface Peer {
  /** By the clock. */
  at: number;
  /** Of its newest hint. */
  nth: number;
  hasMet: boolean;
}

/** `new`: it had not been heard of lately. `gap`: something before this was lost. `old`: it was said before, and counts no more. */
export type Order = 'new' | 'next' | 'gap' | 'old';

export class Peers {
  readonly #peers = new Map<NodeId, Peer>();
  readonly #gone = new Map<NodeId, number>();
  readonly #now: () => number;
  /** Until it was looked, there may be some. */
  #hearing = 2;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Other servers, as far as can be told. */
  get count(): number {
    return Math.max(this.#peers.size, this.#hearing - 1);
  }

  get heard(): readonly NodeId[] {
    return [...this.#peers.keys()];
  }

  /** `hearing`: servers whose connection is seen in the database, this one included. */
  look(hearing: number): void {
    this.#hearing = hearing;
  }

  hear(node: NodeId, nth: number): Order {
    const peer = this.#peers.get(node);
    const last = peer?.nth ?? this.#gone.get(node) ?? 0;
    if (nth <= last) return 'old';
    this.#gone.delete(node);
    this.#peers.set(node, { at: this.#now(), nth, hasMet: peer?.hasMet ?? false });
    if (peer === undefined) return 'new';
    return nth === last + 1 ? 'next' : 'gap';
  }

  /** True: it was not known before that it hears this server. */
  meet(node: NodeId): boolean {
    const peer = this.#peers.get(node);
    if (peer === undefined || peer.hasMet) return false;
    peer.hasMet = true;
    return true;
  }

  hasMet(node: NodeId): boolean {
    return this.#peers.get(node)?.hasMet === true;
  }

  forget(node: NodeId): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.#peers.delete(node);
    this.#gone.set(node, peer.nth);
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > GONE_MAX && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** Those that have gone silent, forgotten by now. */
  takeSilent(): readonly NodeId[] {
    const silent = [...this.#peers].flatMap(([node, { at }]) => (this.#now() - at > SILENT_MS ? [node] : []));
    for (const node of silent) this.forget(node);
    return silent;
  }
}
