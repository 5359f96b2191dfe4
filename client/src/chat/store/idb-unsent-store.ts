/**
 * Own unsent entries in an IndexedDB database of their own: kept apart from all that the server could give again, so that a cache which is full, damaged,
 * cleared or held by an old tab does not touch them [R8]. `resilient-store.ts` handles all errors.
 */
import { createEntryId, type EntryId } from '@tablo/schema/ids';
import type { DBSchema, IDBPDatabase } from 'idb';
import { type Database, openDatabase } from './idb-database.ts';
import type { Closable, OutboxRecord, OutboxView, OutboxWrites, UnsentStore } from './local-store.ts';
import { viewOf } from './outbox-view.ts';

interface Tables extends DBSchema {
  outbox: { key: string; value: OutboxRecord; indexes: { target: string } };
  meta: { key: string; value: string };
}

const VERSION = 1;
const INSTANCE = 'instance';

export const unsentDatabaseName = (owner: string): string => `tablo-chat-unsent:${owner}`;

/** May stay pending for ever in some private modes: the caller has a deadline. */
export async function openIdbUnsentStore(owner: string): Promise<IdbUnsentStore> {
  const database = await openDatabase<Tables>(unsentDatabaseName(owner), VERSION, (db) => {
    // Messages have no `target`, so that only changes are in the index.
    db.createObjectStore('outbox', { keyPath: 'id' }).createIndex('target', 'entry.target');
    // Part of the upgrade's transaction: should it fail, the opening does.
    void db.createObjectStore('meta').put(createEntryId(), INSTANCE);
  });
  return new IdbUnsentStore(database, (await database.db.get('meta', INSTANCE)) ?? '');
}

export class IdbUnsentStore implements UnsentStore, Closable {
  /** It differs after a reopening if the browser has deleted the database in between. */
  readonly instance: string;
  readonly #database: Database<Tables>;

  constructor(database: Database<Tables>, instance: string) {
    this.#database = database;
    this.instance = instance;
  }

  get isDeleted(): boolean {
    return this.#database.isDeleted;
  }

  watch(onLost: () => void): void {
    this.#database.onLost = onLost;
  }

  get #db(): IDBPDatabase<Tables> {
    return this.#database.db;
  }

  readOutbox(): Promise<OutboxRecord[]> {
    return this.#db.getAll('outbox');
  }

  async readOutboxRecords(ids: readonly EntryId[]): Promise<readonly (OutboxRecord | null)[]> {
    const tx = this.#db.transaction('outbox');
    const records = await Promise.all(ids.map((id) => tx.store.get(id)));
    return records.map((record) => record ?? null);
  }

  async changeOutbox(ids: readonly EntryId[], decide: (view: OutboxView) => OutboxWrites): Promise<OutboxWrites> {
    const tx = this.#db.transaction('outbox', 'readwrite', { durability: 'strict' });
    const records = new Map<EntryId, OutboxRecord>();
    const changes = tx.store.index('target');
    const hasChanges = ids.length > 0 && (await changes.count()) > 0;
    // Each round's records, and what replaced them, until nothing new is named.
    for (let round = ids; round.length > 0; ) {
      const found = await Promise.all(round.map((id) => tx.store.get(id)));
      const changed = hasChanges ? await Promise.all(round.map((id) => changes.getAll(id))) : [];
      for (const record of [...found, ...changed.flat()]) if (record !== undefined) records.set(record.id, record);
      round = found.flatMap((record) =>
        record?.delivery.status === 'withdrawn' && record.delivery.replacedBy !== null
          ? [record.delivery.replacedBy]
          : [],
      );
    }
    const writes = decide(viewOf(records));
    await Promise.all([
      ...(writes.remove ?? []).map((id) => tx.store.delete(id)),
      ...(writes.put ?? []).map((record) => tx.store.put(record)),
      tx.done,
    ]);
    return writes;
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  destroy(): Promise<void> {
    return this.#database.destroy(['outbox', 'meta']);
  }
}
