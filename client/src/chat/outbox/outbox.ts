/**
 * [R7, R8] The only record of this user's own entries that are not durable yet, shared by this browser's tabs. Everything is also held in memory, so
 * that reading is immediate and a failing disk stops nothing.
 *
 * Invariants
 * 1. A record leaves only when its entry is durable. What was cancelled or changed leaves a *withdrawn* record for a while: another tab, or a frame on
 *    its way, may have sent it.
 * 2. Every change is decided in the store's transaction, on what is true: so two tabs that change one message at once do it one after the other.
 * 3. A change is stored before it is shown, so a crash takes nothing back. Only when the store is slow is a change shown earlier, as decided from what
 *    this tab knows.
 * 4. While a change of an entry is being written, neither the entry nor the results of earlier changes are pushed (`#end`), and the end of an earlier change
 *    does not undo what a later one shows.
 * 5. Order is (`sentAt`, id), which is the order of writing: the causal clock never stamps twice the same.
 */
import type { Refusal } from '@tablo/schema/close-codes';
import type { Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { compareKeys } from '@tablo/schema/shown-at';
import type { UnsentEntry } from '@tablo/schema/timeline';
import { inBackground } from '../base/report-error.ts';
import { tellAll } from '../base/tell-all.ts';
import type { UnsentCounts } from '../chat.ts';
import type { OutboxRecord, OutboxView, OutboxWrites, UnsentStore } from '../store/local-store.ts';
import { viewOf } from '../store/outbox-view.ts';
import type { Tabs } from '../store/tabs.ts';
import { type Decision, decideSettlement, isAwaited, type Maker, type Stamps } from './outbox-decisions.ts';

/** People perceive this as immediate; a store that takes longer may never answer. */
const SHOW_ANYWAY_MS = 150;

export interface OutboxChange {
  readonly tabloId: TabloId;
  /** What another tab knows to be durable, with its arrivals. */
  readonly sent: readonly Entry[];
}

/** A change that is being written. */
interface Change {
  readonly nth: number;
  readonly guess: OutboxWrites;
  readonly decide: (view: OutboxView) => Decision;
  readonly sent: readonly Entry[];
  readonly showAfterMs: number;
}

const byOrder = (left: OutboxRecord, right: OutboxRecord): number =>
  compareKeys({ shownAt: left.entry.sentAt, id: left.id }, { shownAt: right.entry.sentAt, id: right.id });

export class Outbox {
  readonly #store: UnsentStore;
  readonly #tabs: Tabs;
  readonly #now: () => number;
  readonly #records = new Map<TabloId, Map<EntryId, OutboxRecord>>();
  /** How many changes of each entry are being written: none is pushed before, or a crash could lose what others have seen. */
  readonly #writing = new Map<EntryId, number>();
  /** The entries of each change that is being written. */
  readonly #underWay = new Set<Set<EntryId>>();
  /** Which of these changes is the last that has been shown. */
  readonly #shownBy = new Map<EntryId, number>();
  #changes = 0;
  readonly #listeners = new Set<(change: OutboxChange) => void>();

  private constructor(store: UnsentStore, tabs: Tabs, now: () => number) {
    this.#store = store;
    this.#tabs = tabs;
    this.#now = now;
  }

  static async open(
    store: UnsentStore,
    tabs: Tabs,
    withdrawnKeptMs: number,
    now: () => number = Date.now,
  ): Promise<Outbox> {
    const outbox = new Outbox(store, tabs, now);
    const expired: EntryId[] = [];
    for (const record of await store.readOutbox()) {
      const { delivery } = record;
      if (delivery.status === 'withdrawn' && now() - delivery.at > withdrawnKeptMs) expired.push(record.id);
      else outbox.#set(record);
    }
    if (expired.length > 0) inBackground(store.changeOutbox([], () => ({ remove: expired })));
    tabs.on((message) => {
      if (message.type === 'outbox') inBackground(outbox.#reread(message.tabloId, message.ids, message.sent));
    });
    return outbox;
  }

  on(listener: (change: OutboxChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(tabloId: TabloId, id: EntryId): OutboxRecord | null {
    return this.#records.get(tabloId)?.get(id) ?? null;
  }

  /** In the order of writing; withdrawn ones included. */
  list(tabloId: TabloId): readonly OutboxRecord[] {
    return [...(this.#records.get(tabloId)?.values() ?? [])].sort(byOrder);
  }

  /** What the timeline shows over the durable entries. */
  unsent(tabloId: TabloId): readonly UnsentEntry[] {
    return this.list(tabloId).flatMap(({ entry, delivery }) =>
      delivery.status === 'withdrawn' ? [] : [{ entry, delivery }],
    );
  }

  countOf(tabloId: TabloId): UnsentCounts {
    let [pending, refused] = [0, 0];
    for (const { delivery } of this.#records.get(tabloId)?.values() ?? []) {
      if (delivery.status === 'pending') pending += 1;
      else if (delivery.status === 'refused') refused += 1;
    }
    return { pending, refused };
  }

  /** The entries that may be pushed: pending, stored, and not being changed. In the order of writing: an entry after one that may not be pushed waits with it [R5]. */
  pushable(tabloId: TabloId): readonly OutboxRecord[] {
    const pending = this.list(tabloId).filter(({ delivery }) => delivery.status === 'pending');
    const waiting = pending.findIndex(({ id }) => this.#writing.has(id));
    return waiting < 0 ? pending : pending.slice(0, waiting);
  }

  tablosWithEntries(): readonly TabloId[] {
    return [...this.#records].flatMap(([tabloId, records]) => (records.size > 0 ? [tabloId] : []));
  }

  countUnsent(): number {
    let count = 0;
    for (const tabloId of this.#records.keys()) count += this.unsent(tabloId).length;
    return count;
  }

  /** Shows and resolves when it is on the disk. */
  async add(tabloId: TabloId, entries: readonly MemberEntry[]): Promise<void> {
    await this.#change(tabloId, [], () => ({ put: entries.map((entry) => this.#record(tabloId, entry)) }));
  }

  /**
   * A person's command about the entries `ids`. Shows and resolves when it is stored, with whether it was possible: it is not when another tab has already
   * taken the message back.
   */
  change(
    tabloId: TabloId,
    ids: readonly EntryId[],
    stamps: Stamps,
    decide: (view: OutboxView, make: Maker) => Decision,
  ): Promise<boolean> {
    const make = this.#maker(tabloId, stamps);
    return this.#change(tabloId, ids, (view) => decide(view, make));
  }

  /** An entry that was taken back meanwhile stays so. */
  async refuse(tabloId: TabloId, ids: readonly EntryId[], refusal: Refusal): Promise<void> {
    await this.#change(tabloId, ids, (view) => ({
      put: ids.flatMap((id): OutboxRecord[] => {
        const record = view.get(id);
        return record?.delivery.status === 'pending' ? [{ ...record, delivery: { status: 'refused', refusal } }] : [];
      }),
    }));
  }

  /** [R1] These are durable. Returns the records that were waiting for it. `arrivals`: when those are shown that are not shown at their `sentAt`. */
  settle(
    tabloId: TabloId,
    ids: readonly EntryId[],
    stamps: Stamps,
    arrivals: readonly Entry[] = [],
  ): readonly OutboxRecord[] {
    const settled = [...new Set(ids)].flatMap((id) => this.get(tabloId, id) ?? []).filter(isAwaited);
    if (settled.length === 0) return settled;
    const make = this.#maker(tabloId, stamps);
    const settledIds = settled.map((record) => record.id);
    const sent = [...arrivals, ...settled.map((record) => record.entry)];
    // They are marked in memory at once. Otherwise every further message of the server would settle them again.
    inBackground(
      this.#change(tabloId, settledIds, (view) => decideSettlement(view, settledIds, make), { sent, showAfterMs: 0 }),
    );
    return settled;
  }

  /** Another tab may have died after it wrote and before it sent its notice. A record that is missing on the disk changes nothing: the disk may have been emptied, and this may be the last copy. */
  async takeStored(): Promise<void> {
    const changed = new Set<TabloId>();
    for (const record of await this.#store.readOutbox()) {
      const known = this.get(record.tabloId, record.id);
      if (this.#writing.has(record.id) || JSON.stringify(known) === JSON.stringify(record)) continue;
      this.#set(record);
      changed.add(record.tabloId);
    }
    for (const tabloId of changed) this.#emit({ tabloId, sent: [] });
  }

  #maker(tabloId: TabloId, stamps: Stamps): Maker {
    const at = this.#now();
    return {
      ...stamps,
      record: (entry) => this.#record(tabloId, entry),
      withdraw: (record, replacedBy) => ({ ...record, delivery: { status: 'withdrawn', replacedBy, at } }),
    };
  }

  #record(tabloId: TabloId, entry: MemberEntry): OutboxRecord {
    const delivery = { status: 'pending' } as const;
    return { id: entry.id, tabloId, entry, delivery, createdAt: this.#now(), owner: this.#tabs.id };
  }

  /** Whether it could be done. */
  async #change(
    tabloId: TabloId,
    ids: readonly EntryId[],
    decide: (view: OutboxView) => Decision,
    {
      sent = [],
      showAfterMs = SHOW_ANYWAY_MS,
    }: { readonly sent?: readonly Entry[]; readonly showAfterMs?: number } = {},
  ): Promise<boolean> {
    const guess = decide(viewOf(this.#records.get(tabloId) ?? new Map()));
    if (guess === null) return false;
    this.#changes += 1;
    const nth = this.#changes;
    const touched = new Set([...ids, ...idsOf(guess)]);
    this.#begin(touched);
    try {
      return await this.#write(tabloId, ids, { nth, guess, decide, sent, showAfterMs });
    } finally {
      for (const id of touched) if (this.#shownBy.get(id) === nth) this.#shownBy.delete(id);
      this.#end(touched);
      // The entries may be pushed again, whatever the result.
      this.#emit({ tabloId, sent: [] });
    }
  }

  #begin(touched: Set<EntryId>): void {
    this.#underWay.add(touched);
    for (const id of touched) this.#writing.set(id, (this.#writing.get(id) ?? 0) + 1);
  }

  /**
   * Another change of one of these entries may still be in flight, decided from the result of this one: that a message which was rewritten just now is
   * durable under its first id, say. Until it has ended, nothing of this one may be pushed.
   */
  #end(touched: Set<EntryId>): void {
    this.#underWay.delete(touched);
    const shared = [...touched].filter((id) => (this.#writing.get(id) ?? 0) > 1);
    const heir =
      shared.length > 0 ? [...this.#underWay].find((other) => shared.some((id) => other.has(id))) : undefined;
    for (const id of touched) {
      const left = (this.#writing.get(id) ?? 1) - 1;
      if (heir !== undefined && !heir.has(id)) heir.add(id);
      else if (left > 0) this.#writing.set(id, left);
      else this.#writing.delete(id);
    }
  }

  async #write(
    tabloId: TabloId,
    ids: readonly EntryId[],
    { nth, guess, decide, sent, showAfterMs }: Change,
  ): Promise<boolean> {
    const show = (): void => {
      for (const id of idsOf(guess)) this.#shownBy.set(id, nth);
      if (this.#apply(tabloId, guess, nth)) this.#emit({ tabloId, sent: [] });
    };
    let isDone = true;
    if (showAfterMs === 0) show();
    const timer = showAfterMs === 0 ? null : setTimeout(show, showAfterMs);
    const writes = await this.#store.changeOutbox(ids, (view) => {
      const decision = decide(view);
      isDone = decision !== null;
      return leadingOn(guess, decision ?? {}, view);
    });
    if (timer !== null) clearTimeout(timer);
    this.#apply(tabloId, writes, nth);
    const written = idsOf(writes);
    // Another tab was first: the guess was wrong, shown or not, and must not be pushed until the true state is known.
    const wrong = [...idsOf(guess)].filter((id) => !written.has(id));
    await this.#refresh(tabloId, wrong, nth);
    if (written.size > 0 || sent.length > 0)
      this.#tabs.post({ type: 'outbox', tabloId, ids: [...written, ...wrong], sent });
    return isDone;
  }

  async #reread(tabloId: TabloId, ids: readonly EntryId[], sent: readonly Entry[]): Promise<void> {
    await this.#refresh(tabloId, ids);
    this.#emit({ tabloId, sent });
  }

  /** `nth`: for a change of ours; 0: another tab's. */
  async #refresh(tabloId: TabloId, ids: readonly EntryId[], nth = 0): Promise<void> {
    if (ids.length === 0) return;
    const records = await this.#store.readOutboxRecords(ids);
    for (const [index, id] of ids.entries()) {
      const record = records[index] ?? null;
      if (this.#isOutdated(id, nth)) continue;
      if (record === null) this.#records.get(tabloId)?.delete(id);
      else this.#set(record);
    }
  }

  #apply(tabloId: TabloId, { put = [], remove = [] }: OutboxWrites, nth: number): boolean {
    for (const id of remove) if (!this.#isOutdated(id, nth)) this.#records.get(tabloId)?.delete(id);
    for (const record of put) if (!this.#isOutdated(record.id, nth)) this.#set(record);
    return put.length > 0 || remove.length > 0;
  }

  /** A later change of the entry is shown already: the end of that change decides its state. */
  #isOutdated(id: EntryId, nth: number): boolean {
    return (this.#shownBy.get(id) ?? 0) > nth;
  }

  #set(record: OutboxRecord): void {
    const records = this.#records.get(record.tabloId) ?? new Map<EntryId, OutboxRecord>();
    records.set(record.id, record);
    this.#records.set(record.tabloId, records);
  }

  #emit(change: OutboxChange): void {
    tellAll(this.#listeners, change);
  }
}

/**
 * A message that was guessed, shown, and then not made may have been spoken of already (rewritten, then cancelled at once): its id leads to what it was
 * guessed to replace.
 */
function leadingOn(guess: OutboxWrites, decided: OutboxWrites, view: OutboxView): OutboxWrites {
  const made = idsOf(decided);
  const invented = new Map(
    (guess.put ?? [])
      .filter(({ id, delivery }) => delivery.status === 'pending' && !made.has(id) && view.get(id) === null)
      .map((record) => [record.id, record]),
  );
  const leads = (guess.put ?? []).flatMap(({ id, delivery }): OutboxRecord[] => {
    if (delivery.status !== 'withdrawn' || delivery.replacedBy === null) return [];
    const record = invented.get(delivery.replacedBy);
    return record === undefined ? [] : [{ ...record, delivery: { ...delivery, replacedBy: id, isSettled: true } }];
  });
  return leads.length === 0 ? decided : { ...decided, put: [...(decided.put ?? []), ...leads] };
}

function idsOf({ put = [], remove = [] }: OutboxWrites): ReadonlySet<EntryId> {
  return new Set([...put.map((record) => record.id), ...remove]);
}
