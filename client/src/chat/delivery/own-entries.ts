/**
 * One tablo's own entries between outbox and document: which of them this tab pushes, which are on their way, and what happens when they are durable.
 *
 * Invariants
 * 1. An own entry leaves the outbox in `settle` alone: when the server says that it is durable, or shows it to us [R8].
 * 2. A document that holds what its author has taken back is never synced again: the room moves to a new one first.
 */
import type { CausalClock } from '@tablo/schema/causal-clock';
import { createArrival, type Entry, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isAwaited, rememberStamps } from '../outbox/outbox-decisions.ts';
import type { Home, RoomHome } from '../replica/room-home.ts';
import type { OutboxRecord } from '../store/local-store.ts';
import type { Tabs } from '../store/tabs.ts';
import { ownOf } from './restored-server.ts';
import type { SenderEntries } from './sender.ts';
import type { Shadow } from './shadow.ts';

export interface OwnEntriesHost {
  /** Durable now: part of the timeline. */
  show(entries: readonly Entry[]): void;
  /** The outbox has changed. */
  overlay(): void;
  /** Something may be pushed that could not be before. */
  flush(): void;
}

export interface OwnEntriesOptions {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly outbox: Outbox;
  readonly clock: CausalClock;
  readonly tabs: Tabs;
  readonly timing: Timing;
  readonly home: RoomHome;
  readonly host: OwnEntriesHost;
}

export class OwnEntries implements SenderEntries {
  readonly #options: OwnEntriesOptions;
  /** Since when entries are left to another tab, as `performance.now()`: the clock that stamped them may have been set back since. */
  #leftSince: ReadonlyMap<EntryId, number> = new Map();
  readonly #graceTimer = new Timer();
  shadow: Shadow | null = null;

  remembered() {
    return { leftSince: this.#leftSince, isGrace: this.#graceTimer.isSet };
  }

  constructor(options: OwnEntriesOptions) {
    this.#options = options;
  }

  /** On the document by our own push, not known to be durable. A document that is being left counts no more. */
  held(): readonly EntryId[] {
    const { home } = this.#options;
    return home.isMoving ? [] : (home.document?.heldIds() ?? []);
  }

  pushable(): readonly MemberEntry[] {
    const { outbox, tabs, timing, tabloId, home } = this.#options;
    const { document } = home;
    if (document === null) return [];
    const records = outbox.pushable(tabloId).filter(({ id }) => !document.has(id));
    // Every tab has every pending entry: those of a living tab are left to it for a while, those of a dead one to the first tab, or all of them would push.
    const now = performance.now();
    const left = records.filter(({ owner }) => owner !== tabs.id && (tabs.isAlive(owner) || !tabs.isFirst));
    this.#leftSince = new Map(left.map(({ id }) => [id, this.#leftSince.get(id) ?? now]));
    const isLeftToOther = ({ id }: OutboxRecord): boolean =>
      now - (this.#leftSince.get(id) ?? Number.NEGATIVE_INFINITY) < timing.ownerGraceMs;
    // In the order of writing: what comes after another tab's entry waits with it [R5].
    const waiting = records.findIndex(isLeftToOther);
    const mine = waiting < 0 ? records : records.slice(0, waiting);
    if (mine.length < records.length) this.#graceTimer.setIfUnset(() => this.#endGrace(), timing.ownerGraceMs);
    return mine.map((record) => record.entry);
  }

  /** Whose fate must be asked before anything is pushed. */
  doubtful(): readonly EntryId[] {
    return this.#awaited(({ status }) => status !== 'refused');
  }

  replaced(): readonly EntryId[] {
    return this.#awaited((delivery) => delivery.status === 'withdrawn' && delivery.replacedBy !== null);
  }

  /** What the server has taken out of the document at hand. */
  takenOut(): readonly EntryId[] {
    const { home } = this.#options;
    return home.isMoving ? [] : (home.document?.takenOut() ?? []);
  }

  /** What the server has taken out is not on its way any more. */
  release(ids: readonly EntryId[]): void {
    this.shadow?.release(this.#options.home.document, ids);
    this.#options.home.document?.confirm(ids);
  }

  push(entries: readonly MemberEntry[]): void {
    const { link, document } = this.#options.home;
    if (link !== null) {
      this.shadow?.push(entries);
      document?.push(entries);
    }
  }

  /** What its author has taken back, in whichever tab, must not be sent (again). */
  takeBackWithdrawn(): void {
    const { outbox, tabloId, home } = this.#options;
    if (this.held().some((id) => outbox.get(tabloId, id)?.delivery.status !== 'pending')) {
      this.shadow?.did('replace stored ');
      home.rehome('stored');
    }
  }

  /** What the server refuses of our stored document it may have lost (a restored backup): own entries of it are unsent again until it says that it has them. */
  rehome(home: Home): void {
    const { outbox, tabloId, user, home: current } = this.#options;
    const { document } = current;
    if (home !== 'empty' || document === null) {
      this.shadow?.did(`replace ${home} `);
      return current.rehome(home);
    }
    const own = ownOf(document.entries, user).filter(({ id }) => outbox.get(tabloId, id) === null);
    this.shadow?.did(`replace ${home} ${own.map(({ id }) => id.slice(-6)).join(',')}`);
    current.rehome(home, () => outbox.add(tabloId, own));
  }

  /**
   * [R1] These are durable. `shownAt`: of those that are not shown at their `sentAt`, ms since the Unix epoch. Returns whether that was news of ours.
   */
  settle(ids: readonly EntryId[], shownAt: Readonly<Record<string, number>> = {}): boolean {
    if (ids.length === 0) return false;
    const { outbox, home, host, tabloId, user, clock } = this.#options;
    const wasHeld = ids.some((id) => home.document?.isHeld(id));
    // First: a held entry without a record is one that has been taken back.
    this.shadow?.release(home.document, ids);
    home.document?.confirm(ids);
    // Other tabs hear of it from here, perhaps before the server tells them: with the time that it is shown at, or what they write next might stand before it.
    const arrivals = ids.flatMap((id) => {
      const at = shownAt[id] ?? home.document?.arrivedAt(id) ?? null;
      return at === null ? [] : [createArrival([id], at)];
    });
    const stamps = rememberStamps(() => ({ author: user, sentAt: clock.next() }));
    const isNews = ids.some((id) => {
      const record = outbox.get(tabloId, id);
      return record !== null && isAwaited(record);
    });
    if (isNews) this.shadow?.ids('settle', ids);
    const settled = outbox.settle(tabloId, ids, stamps, arrivals);
    if (settled.length === 0) return wasHeld;
    host.show([...arrivals, ...settled.map((record) => record.entry)]);
    host.overlay();
    return true;
  }

  /** Durable entries whose records outlived them, because the last run ended in between. */
  settleStored(): void {
    const { outbox, home, tabloId } = this.#options;
    this.settle(outbox.list(tabloId).flatMap(({ id }) => (home.document?.has(id) ? [id] : [])));
  }

  close(): void {
    this.#graceTimer.clear();
  }

  #awaited(isMeant: (delivery: OutboxRecord['delivery']) => boolean): readonly EntryId[] {
    const { outbox, tabloId } = this.#options;
    return outbox.list(tabloId).flatMap((record) => (isAwaited(record) && isMeant(record.delivery) ? [record.id] : []));
  }

  #endGrace(): void {
    if (this.shadow === null) return this.#options.host.flush();
    this.shadow.event({ type: 'waited', wait: 'grace' }, () => this.#options.host.flush());
  }
}
