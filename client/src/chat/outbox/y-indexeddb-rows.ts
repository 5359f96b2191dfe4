/**
 * Devices that used a stock client before ours: `y-indexeddb` kept each document in a database of the document's name, one Yjs update a row. Our own store
 * keeps the same rows in one database (`updates`, field `update`), for reasons of TRAPS 3. Entries that such a device wrote but never sent exist nowhere else, so they are read
 * once and put into the outbox, which asks the server what it has [R4, R8]; the rest comes from the server. The old databases stay as they are: they are not
 * ours, and may hold what another person of this device has not sent.
 */
import { parseDocumentName } from '@tablo/schema/document-name';
import { ENTRIES_ROOT, type MemberEntry, parseEntry } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { type DBSchema, openDB } from 'idb';
import * as Y from 'yjs';
import type { LocalStore } from '../store/local-store.ts';
import type { Outbox } from './outbox.ts';

interface Rows extends DBSchema {
  updates: { key: number; value: Uint8Array };
}

const metaKey = (name: string): string => `taken over from y-indexeddb: ${name}`;

/** Never rejects: what cannot be read is left where it is. */
export async function takeOverYIndexedDb(user: UserId, store: LocalStore, outbox: Outbox): Promise<void> {
  for (const name of await listNames()) {
    const tabloId = parseDocumentName(name)?.tabloId;
    if (tabloId === undefined || (await store.readMeta(metaKey(name))) === true) continue;
    try {
      await takeOver(tabloId, readOwn(await readRows(name), user), outbox);
      await store.writeMeta(metaKey(name), true);
    } catch {
      // Damaged, or held by a tab with the stock client: again at the next start.
    }
  }
}

async function takeOver(tabloId: TabloId, own: readonly MemberEntry[], outbox: Outbox): Promise<void> {
  const unknown = own.filter(({ id }) => outbox.get(tabloId, id) === null);
  if (unknown.length > 0) await outbox.add(tabloId, unknown);
}

async function listNames(): Promise<readonly string[]> {
  try {
    return (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
  } catch {
    return []; // No storage at all, or an old browser that cannot list: then there is nothing to take over.
  }
}

async function readRows(name: string): Promise<readonly Uint8Array[]> {
  const db = await openDB<Rows>(name);
  try {
    return db.objectStoreNames.contains('updates') ? await db.getAll('updates') : [];
  } finally {
    db.close();
  }
}

function readOwn(rows: readonly Uint8Array[], user: UserId): readonly MemberEntry[] {
  const doc = new Y.Doc();
  try {
    doc.transact(() => {
      for (const row of rows) Y.applyUpdate(doc, row);
    });
    return doc
      .getArray(ENTRIES_ROOT)
      .toArray()
      .flatMap((value) => {
        const parsed = parseEntry(value);
        return parsed.ok && parsed.value.kind !== 'arrival' && parsed.value.author === user ? [parsed.value] : [];
      });
  } finally {
    doc.destroy();
  }
}
