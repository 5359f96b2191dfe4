/**
 * Where a reader is who has gone to a message far from the newest ones, and the ways there and back.
 *
 * Invariants
 * 1. Either what is shown ends with the newest message (`excerpt` is null), or it is one excerpt without a gap. The two become one as soon as the excerpt
 *    reaches what is known up to the end: then its rows are handed over, none lost and none twice.
 * 2. The last wish counts: what was asked for before it and comes later is dropped.
 */
import type { Entry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineMessage, TimelineRow, UnsentEntry } from '@tablo/schema/timeline';
import { ChatError, type Reached } from '../chat.ts';
import { Excerpt, type ExcerptSource } from './excerpt.ts';

/** What ends with the newest message, and what else there is to ask. */
export interface ExcursionParts extends ExcerptSource {
  readonly history: {
    /** From here on it is whole; `null`: nobody knows. */
    readonly knownFrom: TimelineKey | null;
    /** `false`: what they were to join is another one by now. */
    adopt(rows: readonly TimelineRow[], hasOlder: boolean, isToEnd: boolean): Promise<boolean>;
  };
  readonly timeline: ExcerptSource['timeline'] & {
    /** A message in memory, own unsent ones included. */
    find(id: EntryId): TimelineMessage | null;
  };
  readonly screen: {
    /** A message that is on the screen. */
    shown(id: EntryId): TimelineMessage | null;
    /** Shows everything from a message in memory on. */
    include(message: TimelineKey): void;
    /** Brings a message that is on this device into memory, with all after it; `depth`: among so many of the newest. */
    recall(id: EntryId, depth: number): Promise<TimelineMessage | null>;
    publish(): void;
  };
}

export class Excursion {
  readonly #parts: ExcursionParts;
  #excerpt: Excerpt | null = null;
  /** The one before: who has begun to edit a message there may go on from elsewhere. */
  #left: Excerpt | null = null;
  #wish = 0;
  #growing: Promise<void> | null = null;

  constructor(parts: ExcursionParts) {
    this.#parts = parts;
  }

  get excerpt(): Excerpt | null {
    return this.#excerpt;
  }

  /** A message far back that is shown, or was. */
  find(id: EntryId): TimelineMessage | null {
    return this.#excerpt?.get(id) ?? this.#left?.get(id) ?? null;
  }

  add(entries: readonly Entry[]): void {
    this.#excerpt?.add(entries);
    this.#left?.add(entries);
  }

  setUnsent(unsent: readonly UnsentEntry[]): void {
    this.#excerpt?.setUnsent(unsent);
  }

  /** `depth`: the message was seen on this device, with so many after it. */
  async reach(id: EntryId, depth: number | null): Promise<Reached> {
    this.#wish += 1;
    const wish = this.#wish;
    const { timeline, screen } = this.#parts;
    const shown = screen.shown(id);
    if (shown !== null) return outcomeOf(shown);
    const known = timeline.find(id);
    if (known !== null && (known.delivery.status !== 'sent' || this.#isWhole(known))) return this.#showTail(known);
    const near = depth === null ? null : await screen.recall(id, depth);
    if (wish !== this.#wish) return 'superseded';
    if (near !== null) return this.#showTail(near);
    let isRefused = false;
    try {
      const excerpt = await Excerpt.open(this.#parts, id);
      if (wish !== this.#wish) return 'superseded';
      const message = excerpt.get(id);
      if (message === null) return 'gone';
      return (await this.#show(excerpt, message)) ? outcomeOf(message) : 'superseded';
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (wish !== this.#wish) return 'superseded';
      if (error.code === 'not-found') return 'gone';
      isRefused = error.code === 'forbidden';
    }
    const held = known ?? (await screen.recall(id, Number.POSITIVE_INFINITY));
    if (wish !== this.#wish) return 'superseded';
    if (held === null) return isRefused ? 'gone' : 'unreachable';
    return this.#showTail(held);
  }

  /** Back to the newest messages. */
  leave(): void {
    // What is still on its way comes too late.
    this.#wish += 1;
    if (this.#excerpt === null) return;
    this.#end();
    this.#parts.screen.publish();
  }

  /** The tablo is shown no more. */
  close(): void {
    this.leave();
    this.#left = null;
  }

  async growOlder(): Promise<void> {
    await this.#excerpt?.growOlder();
  }

  /** Concurrent calls are one. Rejects with `ChatError`. */
  growNewer(): Promise<void> {
    this.#growing ??= this.#grow().finally(() => {
      this.#growing = null;
    });
    return this.#growing;
  }

  /** Changes of its messages may have been missed. */
  async reread(): Promise<void> {
    const excerpt = this.#excerpt;
    if (excerpt === null) return;
    const again = await excerpt.reread().catch(() => null); // Not reachable: as it was.
    if (again !== null && this.#excerpt === excerpt) await this.#show(again, again.rows[0]);
  }

  async #grow(): Promise<void> {
    const excerpt = this.#excerpt;
    if (excerpt === null) return;
    await excerpt.growNewer();
    if (this.#excerpt === excerpt) await this.#show(excerpt, excerpt.rows[0]);
  }

  /** `from`: should the two become one, it is shown from there on. `false`: something else was wished for meanwhile. */
  async #show(excerpt: Excerpt, from: TimelineKey | undefined): Promise<boolean> {
    const wish = this.#wish;
    const { last, hasNewer, hasOlder, rows } = excerpt;
    const knownFrom = this.#parts.history.knownFrom;
    const meets = !hasNewer || (last !== null && knownFrom !== null && compareKeys(last, knownFrom) >= 0);
    const isOne = meets && (await this.#parts.history.adopt(rows, hasOlder, !hasNewer));
    if (wish !== this.#wish) return false;
    if (isOne) {
      this.#end();
      if (from !== undefined) this.#parts.screen.include(from);
    } else {
      this.#excerpt = excerpt;
    }
    this.#parts.screen.publish();
    return true;
  }

  #end(): void {
    this.#left = this.#excerpt ?? this.#left;
    this.#excerpt = null;
  }

  #showTail(message: TimelineMessage): Reached {
    this.#end();
    // Own unsent ones come last, whatever their time says.
    if (message.delivery.status === 'sent') this.#parts.screen.include(message);
    this.#parts.screen.publish();
    return outcomeOf(message);
  }

  #isWhole(message: TimelineKey): boolean {
    const from = this.#parts.history.knownFrom;
    return from !== null && compareKeys(message, from) >= 0;
  }
}

const outcomeOf = (message: TimelineMessage): Reached => (message.isDeleted ? 'gone' : 'here');
