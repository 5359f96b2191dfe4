/** What runs in the browser for `document-cache.soak.ts`: fills a cache, opens it as a page that starts does, and breaks it. */
import { createMessage, ENTRIES_ROOT } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import * as Y from 'yjs';
import { countStorage, type StorageCounts, takeCounts } from './counted-storage.ts';
import { type CacheKind, openCache } from './document-caches.ts';

const AUTHOR = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const TEXT = 'The paper lantern on the seventh table went out, and nobody had seen it.';

export interface Task {
  readonly kind: CacheKind;
  readonly owner: string;
  readonly tablos: number;
  readonly messages: number;
}

export interface Opened extends StorageCounts {
  readonly ms: number;
  readonly messagesRead: number;
}

const nameOf = (nth: number): string => `aaaaaaaa-0000-4000-8000-${String(nth).padStart(12, '0')}/1`;

/** One update a message, as they come from the server. */
function conversation(messages: number, text = TEXT): readonly Uint8Array[] {
  const server = new Y.Doc();
  const updates: Uint8Array[] = [];
  server.on('update', (update: Uint8Array) => updates.push(update));
  for (let nth = 0; nth < messages; nth += 1)
    server
      .getArray(ENTRIES_ROOT)
      .push([{ ...createMessage({ author: AUTHOR, sentAt: nth }, `${nth}`), text: `${nth}. ${text}` }]);
  return updates;
}

/** Small rows still find room on a full disk. At random, since the database packs what repeats itself. */
function largeText(): string {
  const parts = Array.from({ length: 32 }, () => crypto.getRandomValues(new Uint8Array(65_536)));
  return parts.map((part) => Array.from(part, (byte) => String.fromCharCode(48 + (byte % 75))).join('')).join('');
}

async function fill({ kind, owner, tablos, messages }: Task): Promise<StorageCounts> {
  const updates = conversation(messages);
  const cache = await openCache(kind, owner);
  takeCounts();
  for (let nth = 0; nth < tablos; nth += 1) for (const update of updates) await cache.append(nameOf(nth), update);
  const counts = takeCounts();
  await cache.close();
  return counts;
}

async function open({ kind, owner, tablos }: Task): Promise<Opened> {
  takeCounts();
  const startedAt = performance.now();
  const cache = await openCache(kind, owner);
  const docs = Array.from({ length: tablos }, () => new Y.Doc());
  await Promise.all(docs.map((doc, nth) => cache.load(nameOf(nth), doc)));
  const ms = performance.now() - startedAt;
  const messagesRead = docs.reduce((sum, doc) => sum + doc.getArray(ENTRIES_ROOT).length, 0);
  await cache.close();
  return { ...takeCounts(), ms, messagesRead };
}

async function compact({ kind, owner, tablos }: Task): Promise<StorageCounts> {
  const cache = await openCache(kind, owner);
  for (let nth = 0; nth < tablos; nth += 1) {
    await cache.load(nameOf(nth), new Y.Doc());
    await cache.compact(nameOf(nth));
  }
  await cache.close();
  return takeCounts();
}

const usage = async (): Promise<number> => (await navigator.storage.estimate()).usage ?? Number.NaN;

export type Fault = 'refused' | 'full' | 'closed' | 'deleted';

export interface FaultReport {
  /** What the page could tell its user. */
  readonly status: string;
  /** How long the document was waited for, ms. */
  readonly waitedMs: number;
  readonly unhandled: number;
  /** What a page that starts afterwards finds, of three messages. */
  readonly found: number;
  readonly databases: number;
}

/** One message while all is well, two while storage fails. */
async function breakCache(kind: CacheKind, fault: Fault): Promise<FaultReport> {
  const owner = `${kind}-${fault}-${crypto.randomUUID()}`;
  let unhandled = 0;
  const note = (event: Event): void => {
    unhandled += 1;
    event.preventDefault();
  };
  addEventListener('unhandledrejection', note);
  const { open: openDatabase } = IDBFactory.prototype;
  const opened: IDBDatabase[] = [];
  IDBFactory.prototype.open = function (...args) {
    if (fault === 'refused') throw new DOMException('refused', 'SecurityError');
    const request = openDatabase.apply(this, args);
    request.addEventListener('success', () => opened.push(request.result));
    return request;
  };
  const [first, ...later] = conversation(3, fault === 'full' ? largeText() : TEXT) as [Uint8Array, ...Uint8Array[]];
  const startedAt = performance.now();
  const cache = await openCache(kind, owner);
  await cache.load(nameOf(0), new Y.Doc());
  const waitedMs = performance.now() - startedAt;
  await cache.append(nameOf(0), first);
  if (fault === 'closed') for (const database of opened) database.close();
  if (fault === 'deleted') {
    for (const { name } of [...opened])
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(name).onsuccess = resolve;
      });
  }
  for (const update of later) await cache.append(nameOf(0), update);
  await new Promise((resolve) => setTimeout(resolve, 100)); // An event without a rejection behind it has no end to wait for.
  const status = cache.status();
  await cache.close();
  IDBFactory.prototype.open = openDatabase;
  removeEventListener('unhandledrejection', note);
  const databases = (await indexedDB.databases()).filter(({ name }) => name?.includes(owner)).length;
  const again = await openCache(kind, owner);
  const doc = new Y.Doc();
  await again.load(nameOf(0), doc);
  const found = doc.getArray(ENTRIES_ROOT).length;
  await again.close();
  return { status, waitedMs: Math.round(waitedMs), unhandled, found, databases };
}

countStorage();
const bench = { fill, open, compact, usage, breakCache };
export type Bench = typeof bench;
declare global {
  interface Window {
    bench: Bench;
  }
}
window.bench = bench;
