/**
 * What the server has as well, and drafts: one IndexedDB database per user and server, so that the next person on a shared machine reads nothing of the last one's.
 * Updates are an append log of rows (y-indexeddb's idea); everything about errors is `resilient-store.ts`' business.
 */
import type { TabloId } from '@tablo/schema/ids';
import type { TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineRow } from '@tablo/schema/timeline';
import type { DBSchema, IDBPDatabase } from 'idb';
import type { Member } from '../chat.ts';
import { type Database, openDatabase } from './idb-database.ts';
import { formerKey, formerKeys, nameKey, peopleKeys, peopleOf } from './idb-people-keys.ts';
import { laterRecord } from './later-record.ts';
import type {
  CacheStore,
  ChannelRecord,
  Closable,
  DraftRecord,
  OutboxRecord,
  PeopleChange,
  PeopleRecords,
} from './local-store.ts';

interface Tables extends DBSchema {
  updates: { key: number; value: { key?: number; doc: string; update: Uint8Array }; indexes: { doc: string } };
  /** Of earlier releases: unsent entries have a database of their own now. */
  outbox: { key: string; value: OutboxRecord };
  channels: { key: string; value: ChannelRecord };
  rows: {
    key: [string, number, string];
    value: { tabloId: string; shownAt: number; id: string; row: TimelineRow };
    indexes: { id: [string, string] };
  };
  members: { key: string; value: { tabloId: string; members: readonly Member[] } };
  /** `at` and `isReported` are missing in rows of earlier releases. */
  drafts: { key: string; value: Pick<DraftRecord, 'tabloId' | 'text'> & Partial<DraftRecord> };
  meta: { key: string; value: { key: string; value: unknown } };
}

const TABLES = ['updates', 'outbox', 'channels', 'rows', 'members', 'drafts', 'meta'] as const;
const VERSION = 1;
/** Sorts after every UUID. */
const AFTER_UUIDS = '~';

export const databaseName = (owner: string): string => `tablo-chat:${owner}`;

function createTables(db: IDBPDatabase<Tables>): void {
  db.createObjectStore('updates', { keyPath: 'key', autoIncrement: true }).createIndex('doc', 'doc');
  db.createObjectStore('outbox', { keyPath: 'id' });
  db.createObjectStore('channels', { keyPath: 'id' });
  db.createObjectStore('rows', { keyPath: ['tabloId', 'shownAt', 'id'] }).createIndex('id', ['tabloId', 'id']);
  db.createObjectStore('members', { keyPath: 'tabloId' });
  db.createObjectStore('drafts', { keyPath: 'tabloId' });
  db.createObjectStore('meta', { keyPath: 'key' });
}

/** Rejects when the browser refuses storage or another tab blocks it. May stay pending for ever in some private modes: the caller has a deadline. */
export async function openIdbStore(owner: string): Promise<IdbStore> {
  const opened = await openDatabase<Tables>(databaseName(owner), VERSION, createTables);
  return new IdbStore(opened);
}

export class IdbStore implements CacheStore, Closable {
  readonly #database: Database<Tables>;

  constructor(database: Database<Tables>) {
    this.#database = database;
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

  async readUpdates(document: string): Promise<Uint8Array[]> {
    return (await this.#db.getAllFromIndex('updates', 'doc', document)).map((row) => row.update);
  }

  async appendUpdate(document: string, update: Uint8Array): Promise<number> {
    const tx = this.#db.transaction('updates', 'readwrite');
    const [, count] = await Promise.all([
      tx.store.add({ doc: document, update }),
      tx.store.index('doc').count(document),
      tx.done,
    ]);
    return count;
  }

  async replaceUpdates(document: string, merge: (updates: Uint8Array[]) => Uint8Array | null): Promise<void> {
    const tx = this.#db.transaction('updates', 'readwrite');
    const rows = await tx.store.index('doc').getAll(document);
    const keys = await tx.store.index('doc').getAllKeys(document);
    const merged = merge(rows.map((row) => row.update));
    const work = keys.map((key) => tx.store.delete(key));
    await Promise.all([
      ...work,
      ...(merged === null ? [] : [tx.store.add({ doc: document, update: merged })]),
      tx.done,
    ]);
  }

  /** What an earlier release has left here; `forgetOutbox` once it is safe elsewhere. */
  readOutbox(): Promise<OutboxRecord[]> {
    return this.#db.getAll('outbox');
  }

  async forgetOutbox(): Promise<void> {
    await this.#db.clear('outbox');
  }

  readChannels(): Promise<ChannelRecord[]> {
    return this.#db.getAll('channels');
  }

  async writeChannels({ put = [], remove = [] }: Parameters<CacheStore['writeChannels']>[0]): Promise<void> {
    const tx = this.#db.transaction('channels', 'readwrite');
    await Promise.all([
      ...remove.map((id) => tx.store.delete(id)),
      ...put.map((record) => tx.store.put(record)),
      tx.done,
    ]);
  }

  async readRows(tabloId: TabloId, before: TimelineKey | null, limit: number): Promise<TimelineRow[]> {
    const upper: [string, number, string] =
      before === null ? [tabloId, Number.POSITIVE_INFINITY, AFTER_UUIDS] : [tabloId, before.shownAt, before.id];
    const range = IDBKeyRange.bound([tabloId, Number.NEGATIVE_INFINITY, ''], upper, false, true);
    // Without a limit all rows are read at once: a cursor takes a turn of the browser for each row.
    if (limit === Number.POSITIVE_INFINITY) return (await this.#db.getAll('rows', range)).map(({ row }) => row);
    const rows: TimelineRow[] = [];
    const tx = this.#db.transaction('rows');
    let cursor = await tx.store.openCursor(range, 'prev');
    while (cursor !== null && rows.length < limit) {
      rows.push(cursor.value.row);
      cursor = await cursor.continue();
    }
    return rows.reverse();
  }

  async writeRows(tabloId: TabloId, { put = [], remove = [] }: Parameters<CacheStore['writeRows']>[1]): Promise<void> {
    const tx = this.#db.transaction('rows', 'readwrite');
    const ids = [...remove, ...put.map((row) => row.id)];
    const keys = await Promise.all(ids.map((id) => tx.store.index('id').getKey([tabloId, id])));
    await Promise.all([
      ...keys.flatMap((key) => (key === undefined ? [] : [tx.store.delete(key)])),
      ...put.map((row) => tx.store.put({ tabloId, shownAt: row.shownAt, id: row.id, row })),
      tx.done,
    ]);
  }

  async clearRows(): Promise<void> {
    await this.#db.clear('rows');
  }

  async readMembers(tabloId: TabloId): Promise<readonly Member[]> {
    return (await this.#db.get('members', tabloId))?.members ?? [];
  }

  async writeMembers(tabloId: TabloId, members: readonly Member[]): Promise<void> {
    await this.#db.put('members', { tabloId, members });
  }

  async readPeople(): Promise<PeopleRecords> {
    return peopleOf(await this.#db.getAll('meta', peopleKeys()));
  }

  async writePeople({ names, former, returned }: PeopleChange): Promise<void> {
    const tx = this.#db.transaction('meta', 'readwrite');
    await Promise.all([
      ...names.map(([id, name]) => tx.store.put({ key: nameKey(id), value: name })),
      ...former.map(([tabloId, id]) => tx.store.put({ key: formerKey(tabloId, id), value: true })),
      ...returned.map(([tabloId, id]) => tx.store.delete(formerKey(tabloId, id))),
      tx.done,
    ]);
  }

  async readDraft(tabloId: TabloId): Promise<DraftRecord | null> {
    const row = await this.#db.get('drafts', tabloId);
    return row === undefined ? null : { at: 0, isReported: false, ...row };
  }

  async readDrafts(): Promise<DraftRecord[]> {
    return (await this.#db.getAll('drafts')).map((row) => ({ at: 0, isReported: false, ...row }));
  }

  async writeDraft(draft: DraftRecord): Promise<void> {
    const tx = this.#db.transaction('drafts', 'readwrite');
    const stored = await tx.store.get(draft.tabloId);
    const next = stored === undefined ? draft : laterRecord({ at: 0, isReported: false, ...stored }, draft);
    await Promise.all([tx.store.put(next), tx.done]);
  }

  async readMeta(key: string): Promise<unknown> {
    return (await this.#db.get('meta', key))?.value ?? null;
  }

  async writeMeta(key: string, value: unknown): Promise<void> {
    await this.#db.put('meta', { key, value });
  }

  async forgetTablo(tabloId: TabloId): Promise<void> {
    const tx = this.#db.transaction(['updates', 'rows', 'members', 'meta', 'channels'], 'readwrite');
    const updates = tx.objectStore('updates');
    const documents = IDBKeyRange.bound(`${tabloId}/`, `${tabloId}/${AFTER_UUIDS}`);
    const keys = await updates.index('doc').getAllKeys(documents);
    await Promise.all([
      ...keys.map((key) => updates.delete(key)),
      tx
        .objectStore('rows')
        .delete(
          IDBKeyRange.bound([tabloId, Number.NEGATIVE_INFINITY, ''], [tabloId, Number.POSITIVE_INFINITY, AFTER_UUIDS]),
        ),
      tx.objectStore('members').delete(tabloId),
      tx.objectStore('meta').delete(formerKeys(tabloId)),
      tx.objectStore('channels').delete(tabloId),
      tx.done,
    ]);
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  destroy(): Promise<void> {
    return this.#database.destroy(TABLES);
  }
}
