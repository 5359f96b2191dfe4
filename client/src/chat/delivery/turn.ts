/** One step in the making: the state and the effects so far, and the small changes that its parts have in common. */
import type { Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { isAwaited } from '../outbox/outbox-decisions.ts';
import type { Home } from '../replica/room-home.ts';
import type { DeliveryState, Effect, ShownAt, Wait, World } from './delivery-state.ts';

export class Turn {
  readonly world: World;
  readonly effects: Effect[] = [];
  #state: DeliveryState;
  #held: readonly EntryId[];
  #isOutdated = false;

  constructor(state: DeliveryState, world: World) {
    this.#state = state;
    this.world = world;
    this.#held = world.held;
  }

  get state(): DeliveryState {
    return this.#state;
  }

  /** `World.held`, less what this step has released, and with what it has pushed. */
  get held(): readonly EntryId[] {
    return this.#held;
  }

  /** An effect of this step changes the outbox. An `outbox-changed` follows, and only then can be decided what to push. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  change(change: Partial<DeliveryState>): void {
    this.#state = { ...this.#state, ...change };
  }

  do(effect: Effect): void {
    this.effects.push(effect);
  }

  send(entries: readonly MemberEntry[]): void {
    this.do({ type: 'push', entries });
    this.#held = [...this.#held, ...entries.map(({ id }) => id)];
    this.waitIfUnset('ask');
  }

  /** Returns whether one of them was in flight. */
  release(ids: readonly EntryId[]): boolean {
    const known = new Set(ids);
    const released = this.#held.filter((id) => known.has(id));
    if (released.length === 0) return false;
    this.#held = this.#held.filter((id) => !known.has(id));
    this.do({ type: 'release', ids: released });
    return true;
  }

  /** Returns whether it was not known yet of one of them. */
  settle(ids: readonly EntryId[], shownAt: ShownAt = {}): boolean {
    const known = new Set(ids);
    if (!this.world.records.some((record) => known.has(record.id) && isAwaited(record))) return false;
    this.do({ type: 'settle', ids, shownAt });
    this.#isOutdated = true;
    return true;
  }

  /** [R8] Own entries among these that have no record. If the server has lost them, they are nowhere else. */
  lostOf(entries: Iterable<Entry>): readonly MemberEntry[] {
    const kept = new Set(this.world.records.map(({ id }) => id));
    return [...entries].flatMap((entry) =>
      entry.kind !== 'arrival' && entry.author === this.world.user && !kept.has(entry.id) ? [entry] : [],
    );
  }

  holdAgain(entries: readonly MemberEntry[]): void {
    if (entries.length > 0) this.do({ type: 'hold-again', entries });
  }

  replaceDocument(from: Home, again: readonly MemberEntry[] = []): void {
    this.leave();
    this.do({ type: 'replace-document', from, again });
  }

  leave(): void {
    this.change({ isJoined: false, phase: 'away' });
    this.stop('answer');
    this.stop('ask');
  }

  holdBack(): void {
    const { failures } = this.#state;
    this.change({ failures: failures + 1 });
    this.wait('hold', failures);
  }

  wait(wait: Wait, failures?: number): void {
    this.change({ waits: new Set([...this.#state.waits, wait]) });
    this.do(failures === undefined ? { type: 'wait', wait } : { type: 'wait', wait, failures });
  }

  waitIfUnset(wait: Wait): void {
    if (!this.#state.waits.has(wait)) this.wait(wait);
  }

  stop(wait: Wait): void {
    if (!this.#state.waits.has(wait)) return;
    this.waited(wait);
    this.do({ type: 'stop-waiting', wait });
  }

  waited(wait: Wait): void {
    this.change({ waits: new Set([...this.#state.waits].filter((other) => other !== wait)) });
  }
}
