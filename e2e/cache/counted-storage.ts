/** What a page asks of IndexedDB, counted at the browser's own interface, so that every library is counted alike. */
export interface StorageCounts {
  opens: number;
  writeTransactions: number;
  rowsWritten: number;
}

const counts: StorageCounts = { opens: 0, writeTransactions: 0, rowsWritten: 0 };

export function takeCounts(): StorageCounts {
  const taken = { ...counts };
  Object.assign(counts, { opens: 0, writeTransactions: 0, rowsWritten: 0 });
  return taken;
}

export function countStorage(): void {
  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (...args) {
    counts.opens += 1;
    return open.apply(this, args);
  };
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...args) {
    if (args[1] === 'readwrite') counts.writeTransactions += 1;
    return transaction.apply(this, args);
  };
  const { add, put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.add = function (...args) {
    counts.rowsWritten += 1;
    return add.apply(this, args);
  };
  IDBObjectStore.prototype.put = function (...args) {
    counts.rowsWritten += 1;
    return put.apply(this, args);
  };
}
