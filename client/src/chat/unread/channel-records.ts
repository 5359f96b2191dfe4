/** All channels that this user knows of, in memory, saved behind; the one place that changes a channel's record. */
import type { TabloId } from '@tablo/schema/ids';
import { inBackground } from '../base/report-error.ts';
import { tellAll } from '../base/tell-all.ts';
import { Timer } from '../base/timer.ts';
import type { ChannelRecord, LocalStore } from '../store/local-store.ts';

/** Many changes come together: a page of messages, three hundred tablos after a reconnect. */
const SAVE_AFTER_MS = 50;

export class ChannelRecords {
  readonly #store: LocalStore;
  readonly #records = new Map<TabloId, ChannelRecord>();
  readonly #unsaved = new Set<TabloId>();
  readonly #listeners = new Set<(id: TabloId) => void>();
  readonly #timer = new Timer();
  #isClosed = false;

  private constructor(store: LocalStore) {
    this.#store = store;
  }

  static async open(store: LocalStore): Promise<ChannelRecords> {
    const book = new ChannelRecords(store);
    for (const record of await store.readChannels()) book.#records.set(record.id, record);
    return book;
  }

  on(listener: (id: TabloId) => void): void {
    this.#listeners.add(listener);
  }

  get(id: TabloId): ChannelRecord | null {
    return this.#records.get(id) ?? null;
  }

  list(): readonly ChannelRecord[] {
    return [...this.#records.values()];
  }

  put(record: ChannelRecord): void {
    if (this.#records.get(record.id) === record) return;
    this.#records.set(record.id, record);
    this.#changed(record.id);
  }

  update(id: TabloId, change: (record: ChannelRecord) => ChannelRecord): void {
    const record = this.#records.get(id);
    if (record !== undefined) this.put(change(record));
  }

  remove(id: TabloId): void {
    if (this.#records.delete(id)) this.#changed(id);
  }

  async save(): Promise<void> {
    this.#timer.clear();
    const ids = [...this.#unsaved];
    this.#unsaved.clear();
    const put = ids.flatMap((id) => this.#records.get(id) ?? []);
    const remove = ids.filter((id) => !this.#records.has(id));
    if (ids.length > 0) await this.#store.writeChannels({ put, remove });
  }

  async close(): Promise<void> {
    await this.save();
    this.#isClosed = true;
    this.#listeners.clear();
  }

  #changed(id: TabloId): void {
    if (this.#isClosed) return;
    this.#unsaved.add(id);
    this.#timer.setIfUnset(() => inBackground(this.save()), SAVE_AFTER_MS);
    tellAll(this.#listeners, id);
  }
}
