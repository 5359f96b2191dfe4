/** One IndexedDB database: opened, let go when another tab deletes or upgrades it, deleted although others hold it. */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB, type StoreNames } from 'idb';

/** Another tab that is frozen may never let go; what it holds has been emptied before. */
const DELETE_TIMEOUT_MS = 5_000;

export class Database<Tables extends DBSchema> {
  readonly db: IDBPDatabase<Tables>;
  /** It was closed from outside: by another tab's deletion or upgrade, or by the browser. */
  onLost: () => void = () => {};
  #isDeleted = false;

  constructor(db: IDBPDatabase<Tables>) {
    this.db = db;
  }

  /** Deleted by another tab: opening it anew would bring back what somebody has just removed from this device. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  letGo(isDeleted: boolean): void {
    this.#isDeleted ||= isDeleted;
    this.db.close();
    this.onLost();
  }

  close(): void {
    this.db.close();
  }

  async destroy(tables: readonly StoreNames<Tables>[]): Promise<void> {
    // The tables are emptied first: this works while other tabs hold the database open; deleting it has to wait for them.
    const tx = this.db.transaction(tables, 'readwrite');
    await Promise.all([...tables.map((table) => tx.objectStore(table).clear?.()), tx.done]);
    this.db.close();
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, DELETE_TIMEOUT_MS));
    await Promise.race([deleteDB(this.db.name), deadline]);
  }
}

/** Rejects when the browser refuses storage or another tab blocks it. May stay pending for ever in some private modes: the caller has a deadline. */
export function openDatabase<Tables extends DBSchema>(
  name: string,
  version: number,
  upgrade: (db: IDBPDatabase<Tables>) => void,
): Promise<Database<Tables>> {
  return new Promise((resolve, reject) => {
    let database: Database<Tables> | null = null;
    openDB<Tables>(name, version, {
      upgrade,
      blocked: () => reject(new Error('Another tab holds an older version of the local database.')),
      // Another tab deletes the database (sign-out) or brings a newer version: close it at once.
      blocking: (_current, next) => database?.letGo(next === null),
      terminated: () => database?.onLost(),
    }).then((db) => {
      database = new Database(db);
      resolve(database);
    }, reject);
  });
}
