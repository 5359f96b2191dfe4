/** The outbox as a change of it sees it, and as it will be: what was decided before counts for what is decided after. */
import type { EntryId } from '@tablo/schema/ids';
import type { OutboxRecord, OutboxView, OutboxWrites } from './local-store.ts';

export const isChangeOf = (target: EntryId, { entry, delivery }: OutboxRecord): boolean =>
  entry.kind !== 'message' && entry.target === target && delivery.status !== 'withdrawn';

/** A view of records at hand. */
export function viewOf(records: ReadonlyMap<EntryId, OutboxRecord>): OutboxView {
  return {
    get: (id) => records.get(id) ?? null,
    changesOf: (target) => [...records.values()].filter((record) => isChangeOf(target, record)),
  };
}

export class OutboxDraft implements OutboxView {
  readonly #view: OutboxView;
  /** `null`: removed. */
  readonly #changed = new Map<EntryId, OutboxRecord | null>();

  constructor(view: OutboxView) {
    this.#view = view;
  }

  get(id: EntryId): OutboxRecord | null {
    const changed = this.#changed.get(id);
    return changed === undefined ? this.#view.get(id) : changed;
  }

  changesOf(target: EntryId): readonly OutboxRecord[] {
    const known = this.#view.changesOf(target).filter(({ id }) => !this.#changed.has(id));
    const changed = [...this.#changed.values()].filter((record) => record !== null && isChangeOf(target, record));
    return [...known, ...(changed as OutboxRecord[])];
  }

  put(record: OutboxRecord): void {
    this.#changed.set(record.id, record);
  }

  remove(id: EntryId): void {
    this.#changed.set(id, null);
  }

  writes(): OutboxWrites {
    const put = [...this.#changed.values()].filter((record) => record !== null);
    const remove = [...this.#changed].flatMap(([id, record]) => (record === null ? [id] : []));
    return { put, remove };
  }
}
