/**
 * [R7, R8] The one truth about this user's own entries that are not durable yet, shared by this browser's tabs. Everything is also held in memory, so
 * that reading is immediate and a failing disk stops nothing.
 *
 * Invariants
 * 1. A record leaves only when its entry is durable, or when its author cancels, changes or discards it.
 * 2. What was cancelled or changed leaves a *withdrawn* record for a while: another tab, or a frame on its way, may have sent it.
 * 3. Order is (`sentAt`, id), which is the order of writing: the causal clock never stamps twice the same.
 */
import type { Refusal } from '@tablo/schema/close-codes';
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { compareKeys } from '@tablo/schema/shown-at';
import type { UnsentEntry } from '@tablo/schema/timeline';
import type { LocalStore, OutboxRecord } from './local-store.ts';
import { inBackground } from './report-error.ts';
import type { Tabs } from './tabs.ts';

export interface OutboxChange {
  readonly tabloId: TabloId;
  /** Entries that another tab knows to be durable. */
  readonly sent: readonly MemberEntry[];
}

const byOrder = (left: OutboxRecord, right: OutboxRecord): number =>
  compareKeys({ shownAt: left.entry.sentAt, id: left.id }, { shownAt: right.entry.sentAt, id: right.id });

export class Outbox {
  readonly #store: LocalStore;
  readonly #tabs: Tabs;
  readonly #now: () => number;
  readonly #records = new Map<TabloId, Map<EntryId, OutboxRecord>>();
  /** In memory and shown, but not on the disk yet: not to be pushed before, or a crash could lose what others have seen. */
  readonly #unstored = new Set<EntryId>();
  readonly #listeners = new Set<(change: OutboxChange) => void>();

  private constructor(store: LocalStore, tabs: Tabs, now: () => number) {
    this.#store = store;
    this.#tabs = tabs;
    this.#now = now;
  }

  static async open(
    store: LocalStore,
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
    if (expired.length > 0) inBackground(store.writeOutbox({ remove: expired }));
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

  /** May be pushed: pending, and on the disk. */
  pushable(tabloId: TabloId): readonly OutboxRecord[] {
    return this.list(tabloId).filter(({ id, delivery }) => delivery.status === 'pending' && !this.#unstored.has(id));
  }

  tablosWithEntries(): readonly TabloId[] {
    return [...this.#records].flatMap(([tabloId, records]) => (records.size > 0 ? [tabloId] : []));
  }

  countUnsent(): number {
    let count = 0;
    for (const tabloId of this.#records.keys()) count += this.unsent(tabloId).length;
    return count;
  }

  createRecord(tabloId: TabloId, entry: MemberEntry): OutboxRecord {
    return {
      id: entry.id,
      tabloId,
      entry,
      delivery: { status: 'pending' },
      createdAt: this.#now(),
      owner: this.#tabs.id,
    };
  }

  /** Shows at once; resolves when it is on the disk. */
  async add(tabloId: TabloId, entries: readonly MemberEntry[]): Promise<void> {
    await this.#change(tabloId, { put: entries.map((entry) => this.createRecord(tabloId, entry)) });
  }

  /** Takes back what is not durable, and puts `entries` in its place. The first of them is what replaces the first withdrawn one. */
  async withdraw(tabloId: TabloId, ids: readonly EntryId[], entries: readonly MemberEntry[] = []): Promise<void> {
    const replacedBy = entries[0]?.id ?? null;
    const withdrawn = ids.flatMap((id, index): OutboxRecord[] => {
      const record = this.get(tabloId, id);
      if (record === null) return [];
      return [
        { ...record, delivery: { status: 'withdrawn', replacedBy: index === 0 ? replacedBy : null, at: this.#now() } },
      ];
    });
    await this.#change(tabloId, { put: [...withdrawn, ...entries.map((entry) => this.createRecord(tabloId, entry))] });
  }

  /** Replaces records by new entries, with nothing left behind: for entries that were surely never sent, or refused for good. */
  async replace(tabloId: TabloId, remove: readonly EntryId[], entries: readonly MemberEntry[]): Promise<void> {
    await this.#change(tabloId, { put: entries.map((entry) => this.createRecord(tabloId, entry)), remove });
  }

  async refuse(tabloId: TabloId, ids: readonly EntryId[], refusal: Refusal): Promise<void> {
    await this.#change(tabloId, { put: this.#with(tabloId, ids, { status: 'refused', refusal }) });
  }

  async retry(tabloId: TabloId, id: EntryId): Promise<void> {
    await this.#change(tabloId, {
      put: this.#with(tabloId, [id], { status: 'pending' }).map((record) => ({ ...record, owner: this.#tabs.id })),
    });
  }

  async remove(tabloId: TabloId, ids: readonly EntryId[]): Promise<void> {
    await this.#change(tabloId, { remove: ids });
  }

  /** [R1] These are durable. Returns the records that were waiting for it. */
  settle(tabloId: TabloId, ids: readonly EntryId[]): readonly OutboxRecord[] {
    const settled = ids.flatMap((id) => this.get(tabloId, id) ?? []);
    if (settled.length === 0) return settled;
    inBackground(
      this.#change(
        tabloId,
        { remove: settled.map((record) => record.id) },
        settled.map((record) => record.entry),
      ),
    );
    return settled;
  }

  #with(tabloId: TabloId, ids: readonly EntryId[], delivery: OutboxRecord['delivery']): readonly OutboxRecord[] {
    return ids.flatMap((id) => {
      const record = this.get(tabloId, id);
      return record === null ? [] : [{ ...record, delivery }];
    });
  }

  async #change(
    tabloId: TabloId,
    { put = [], remove = [] }: { readonly put?: readonly OutboxRecord[]; readonly remove?: readonly EntryId[] },
    sent: readonly MemberEntry[] = [],
  ): Promise<void> {
    if (put.length === 0 && remove.length === 0) return;
    for (const id of remove) this.#records.get(tabloId)?.delete(id);
    for (const record of put) {
      this.#set(record);
      this.#unstored.add(record.id);
    }
    this.#emit({ tabloId, sent: [] });
    await this.#store.writeOutbox({ put, remove });
    for (const record of put) this.#unstored.delete(record.id);
    this.#tabs.post({ type: 'outbox', tabloId, ids: [...put.map((record) => record.id), ...remove], sent });
    if (put.length > 0) this.#emit({ tabloId, sent: [] });
  }

  async #reread(tabloId: TabloId, ids: readonly EntryId[], sent: readonly MemberEntry[]): Promise<void> {
    for (const id of ids) {
      const record = await this.#store.readOutboxRecord(id);
      if (record === null) this.#records.get(tabloId)?.delete(id);
      else this.#set(record);
    }
    this.#emit({ tabloId, sent });
  }

  #set(record: OutboxRecord): void {
    const records = this.#records.get(record.tabloId) ?? new Map<EntryId, OutboxRecord>();
    records.set(record.id, record);
    this.#records.set(record.tabloId, records);
  }

  #emit(change: OutboxChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
