/** Keeps everything until the tab closes: where the browser refuses storage, and in tests. */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineRow } from '@tablo/schema/timeline';
import type { Member } from '../chat.ts';
import { laterRecord } from './later-record.ts';
import type {
  ChannelRecord,
  DraftRecord,
  LocalStore,
  OutboxRecord,
  OutboxView,
  OutboxWrites,
  PeopleChange,
  PeopleRecords,
} from './local-store.ts';
import { viewOf } from './outbox-view.ts';

export class MemoryStore implements LocalStore {
  readonly #updates = new Map<string, Uint8Array[]>();
  readonly #outbox = new Map<EntryId, OutboxRecord>();
  readonly #channels = new Map<TabloId, ChannelRecord>();
  readonly #rows = new Map<TabloId, Map<EntryId, TimelineRow>>();
  readonly #members = new Map<TabloId, readonly Member[]>();
  readonly #names = new Map<UserId, string>();
  readonly #former = new Map<TabloId, Set<UserId>>();
  readonly #drafts = new Map<TabloId, DraftRecord>();
  readonly #meta = new Map<string, unknown>();

  async readUpdates(document: string): Promise<Uint8Array[]> {
    return [...(this.#updates.get(document) ?? [])];
  }

  async appendUpdate(document: string, update: Uint8Array): Promise<number> {
    const rows = this.#updates.get(document) ?? [];
    this.#updates.set(document, [...rows, update]);
    return rows.length + 1;
  }

  async replaceUpdates(document: string, merge: (updates: Uint8Array[]) => Uint8Array | null): Promise<void> {
    const merged = merge([...(this.#updates.get(document) ?? [])]);
    if (merged === null) this.#updates.delete(document);
    else this.#updates.set(document, [merged]);
  }

  async readOutbox(): Promise<OutboxRecord[]> {
    return [...this.#outbox.values()];
  }

  async readOutboxRecords(ids: readonly EntryId[]): Promise<readonly (OutboxRecord | null)[]> {
    return ids.map((id) => this.#outbox.get(id) ?? null);
  }

  async changeOutbox(_ids: readonly EntryId[], decide: (view: OutboxView) => OutboxWrites): Promise<OutboxWrites> {
    const writes = decide(viewOf(this.#outbox));
    for (const id of writes.remove ?? []) this.#outbox.delete(id);
    for (const record of writes.put ?? []) this.#outbox.set(record.id, record);
    return writes;
  }

  async readChannels(): Promise<ChannelRecord[]> {
    return [...this.#channels.values()];
  }

  async writeChannels({ put = [], remove = [] }: Parameters<LocalStore['writeChannels']>[0]): Promise<void> {
    for (const id of remove) this.#channels.delete(id);
    for (const record of put) this.#channels.set(record.id, record);
  }

  async readRows(tabloId: TabloId, before: TimelineKey | null, limit: number): Promise<TimelineRow[]> {
    const rows = [...(this.#rows.get(tabloId)?.values() ?? [])].sort(compareKeys);
    return (before === null ? rows : rows.filter((row) => compareKeys(row, before) < 0)).slice(-limit);
  }

  async writeRows(tabloId: TabloId, { put = [], remove = [] }: Parameters<LocalStore['writeRows']>[1]): Promise<void> {
    const rows = this.#rows.get(tabloId) ?? new Map<EntryId, TimelineRow>();
    for (const id of remove) rows.delete(id);
    for (const row of put) rows.set(row.id, row);
    this.#rows.set(tabloId, rows);
  }

  async clearRows(): Promise<void> {
    this.#rows.clear();
  }

  async readMembers(tabloId: TabloId): Promise<readonly Member[]> {
    return this.#members.get(tabloId) ?? [];
  }

  async writeMembers(tabloId: TabloId, members: readonly Member[]): Promise<void> {
    this.#members.set(tabloId, members);
  }

  async readPeople(): Promise<PeopleRecords> {
    const former = [...this.#former].flatMap(([tabloId, ids]) => [...ids].map((id) => [tabloId, id] as const));
    return { names: [...this.#names], former };
  }

  async writePeople({ names, former, returned }: PeopleChange): Promise<void> {
    for (const [id, name] of names) this.#names.set(id, name);
    for (const [tabloId, id] of former) {
      const ids = this.#former.get(tabloId) ?? new Set();
      this.#former.set(tabloId, ids.add(id));
    }
    for (const [tabloId, id] of returned) this.#former.get(tabloId)?.delete(id);
  }

  async readDraft(tabloId: TabloId): Promise<DraftRecord | null> {
    return this.#drafts.get(tabloId) ?? null;
  }

  async readDrafts(): Promise<DraftRecord[]> {
    return [...this.#drafts.values()];
  }

  async writeDraft(draft: DraftRecord): Promise<void> {
    const stored = this.#drafts.get(draft.tabloId);
    this.#drafts.set(draft.tabloId, stored === undefined ? draft : laterRecord(stored, draft));
  }

  async readMeta(key: string): Promise<unknown> {
    return this.#meta.get(key) ?? null;
  }

  async writeMeta(key: string, value: unknown): Promise<void> {
    this.#meta.set(key, value);
  }

  async forgetTablo(tabloId: TabloId): Promise<void> {
    for (const name of [...this.#updates.keys()]) if (name.startsWith(`${tabloId}/`)) this.#updates.delete(name);
    this.#rows.delete(tabloId);
    this.#members.delete(tabloId);
    this.#former.delete(tabloId);
    this.#channels.delete(tabloId);
  }

  async close(): Promise<void> {}

  async destroy(): Promise<void> {
    for (const store of [
      this.#updates,
      this.#outbox,
      this.#channels,
      this.#rows,
      this.#members,
      this.#names,
      this.#former,
      this.#drafts,
      this.#meta,
    ])
      store.clear();
  }
}
