/**
 * Two ways to keep the documents of tablos on a device: our store, and `y-indexeddb`. The library gets everything that it needs to be safe here: it is bound to a
 * mirror of the document, so that its errors never reach the live one and only durable content is stored [R1]; opening it has a deadline; it is asked to compact.
 */
import { compactUpdates } from '@tablo/client/chat/replica/compact';
import { openLocalStore } from '@tablo/client/chat/store/resilient-store';
import { IndexeddbPersistence, storeState } from 'y-indexeddb';
import * as Y from 'yjs';

const OPEN_TIMEOUT_MS = 5_000;
/** As the client does (`compactRows`). */
const COMPACT_ROWS = 100;

export interface DocumentCache {
  /** Fills `doc` with what is stored under `name`. */
  load(name: string, doc: Y.Doc): Promise<void>;
  /** Resolves when it is stored, as far as that can be known. */
  append(name: string, update: Uint8Array): Promise<void>;
  compact(name: string): Promise<void>;
  /** What the page would tell its user. */
  status(): string;
  close(): Promise<void>;
}

export type CacheKind = 'own' | 'library';

export const openCache = (kind: CacheKind, owner: string): Promise<DocumentCache> =>
  kind === 'own' ? openOwnCache(owner) : Promise.resolve(openLibraryCache(owner));

async function openOwnCache(owner: string): Promise<DocumentCache> {
  const store = await openLocalStore(owner, OPEN_TIMEOUT_MS);
  return {
    async load(name, doc) {
      const updates = await store.readUpdates(name);
      doc.transact(() => {
        for (const update of updates) Y.applyUpdate(doc, update);
      });
    },
    async append(name, update) {
      if ((await store.appendUpdate(name, update)) > COMPACT_ROWS) await store.replaceUpdates(name, compactUpdates);
    },
    compact: (name) => store.replaceUpdates(name, compactUpdates),
    status: () => store.state.get().status,
    close: () => store.close(),
  };
}

function openLibraryCache(owner: string): DocumentCache {
  const mirrors = new Map<string, { readonly mirror: Y.Doc; readonly persistence: IndexeddbPersistence }>();
  let status = 'durable';

  async function open(name: string): Promise<Y.Doc> {
    const known = mirrors.get(name);
    if (known !== undefined) return known.mirror;
    const mirror = new Y.Doc();
    await bind(name, mirror);
    return mirror;
  }

  async function bind(name: string, mirror: Y.Doc): Promise<void> {
    const persistence = new IndexeddbPersistence(`${owner}:${name}`, mirror);
    mirrors.set(name, { mirror, persistence });
    const deadline = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), OPEN_TIMEOUT_MS));
    if ((await Promise.race([persistence.whenSynced, deadline])) === 'late') status = 'memory';
    persistence.db?.addEventListener('versionchange', ({ newVersion }) => {
      if (newVersion === null) status = 'memory'; // Another tab has deleted it: it must not be made anew.
    });
  }

  return {
    async load(name, doc) {
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(await open(name)));
    },
    async append(name, update) {
      const mirror = await open(name);
      try {
        Y.applyUpdate(mirror, update);
      } catch {
        // A connection that was closed throws here, within the mirror.
        await mirrors.get(name)?.persistence.destroy();
        // Yjs ends no transaction of a document any more after that: a new mirror takes the old one's place.
        if (status === 'durable') {
          const next = new Y.Doc();
          await bind(name, next);
          Y.applyUpdate(next, Y.encodeStateAsUpdate(mirror));
          mirror.destroy();
        }
      }
      await written(mirrors.get(name)?.persistence);
    },
    async compact(name) {
      const persistence = mirrors.get(name)?.persistence;
      if (persistence === undefined) return;
      await storeState(persistence, true);
      await written(persistence);
    },
    status: () => status,
    async close() {
      const open = [...mirrors.values()];
      mirrors.clear();
      for (const { persistence, mirror } of open) {
        await persistence.destroy().catch(() => {}); // It rejects where the database could not be opened.
        mirror.destroy();
      }
    },
  };
}

/** The library tells nobody when it has written: a transaction that comes later on the same rows ends later. */
async function written(persistence: IndexeddbPersistence | undefined): Promise<void> {
  const db = persistence?.db ?? null;
  if (db === null) return;
  await new Promise<void>((resolve) => {
    try {
      const transaction = db.transaction('updates', 'readonly');
      transaction.objectStore('updates').count();
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => resolve();
    } catch {
      resolve(); // Closed.
    }
  });
}
