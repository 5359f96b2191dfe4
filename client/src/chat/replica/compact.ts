/** Merges a document's stored updates. Through a Y.Doc, so that content which the server has erased leaves this device as well. */
import * as Y from 'yjs';

export function compactUpdates(updates: readonly Uint8Array[]): Uint8Array | null {
  if (updates.length === 0) return null;
  const doc = new Y.Doc();
  try {
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update);
    });
    return Y.encodeStateAsUpdate(doc);
  } finally {
    doc.destroy();
  }
}
