// What browsers, other programs and other versions of the page do to a device's IndexedDB behind the page's back.
import type { Page } from 'playwright-core';

/** Whose names begin so are the page's own. */
const OURS = 'tablo-chat';

declare global {
  interface Window {
    openedDatabases: IDBDatabase[];
  }
}

/** From the next load on, `closeDatabases` can reach the page's connections. */
export const watchDatabases = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    window.openedDatabases = [];
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...args) {
      const request = open.apply(this, args);
      request.addEventListener('success', () => window.openedDatabases.push(request.result));
      return request;
    };
  });

/** As Safari does in the background: the page is not told, and learns of it at its next word. */
export const closeDatabases = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const database of window.openedDatabases.splice(0)) database.close();
  });

/** From the next load on: `refused` as in private modes, `silent` as with a broken profile. */
export const withoutDatabases = (page: Page, how: 'refused' | 'silent'): Promise<unknown> =>
  page.addInitScript((how) => {
    IDBFactory.prototype.open = () => {
      if (how === 'refused') throw new DOMException('The operation is insecure.', 'SecurityError');
      const silent = { addEventListener: () => {}, removeEventListener: () => {} };
      return Object.assign(Object.create(IDBOpenDBRequest.prototype) as IDBOpenDBRequest, silent);
    };
  }, how);

export const databaseNames = (page: Page): Promise<string[]> =>
  page.evaluate(async (ours) => {
    const names = (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
    return names.filter((name) => name.startsWith(ours)).sort();
  }, OURS);

/** From the tab of `page`, which has the same origin: gone when it resolves, or when whoever holds them lets go. */
export const deleteDatabases = (page: Page, names: readonly string[]): Promise<void> =>
  page.evaluate(async (names) => {
    for (const name of names) {
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
      });
    }
  }, names);

/** As a newer version of the page does, in the tab of `page`. Held until that tab closes. */
export const upgradeDatabases = (page: Page, names: readonly string[]): Promise<void> =>
  page.evaluate(async (names) => {
    for (const name of names) {
      const { version = 1 } = (await indexedDB.databases()).find((one) => one.name === name) ?? {};
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(name, version + 1);
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
      });
    }
  }, names);

/** An old tab that never lets go, and a deletion that waits for it: whoever opens these databases now waits as well. */
export const blockDatabases = (page: Page, names: readonly string[]): Promise<void> =>
  page.evaluate(async (names) => {
    for (const name of names) {
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
      });
      indexedDB.deleteDatabase(name);
    }
  }, names);

/** The rows of one document as they are on the disk. */
export const readUpdates = (page: Page, document: string): Promise<number[][]> => withUpdates(page, document, null);

/** `update` beside what there is, or in its place. */
export async function writeUpdate(
  page: Page,
  document: string,
  update: Uint8Array,
  how: 'add' | 'replace',
): Promise<void> {
  await withUpdates(page, document, { update: [...update], how });
}

const withUpdates = (page: Page, document: string, write: { update: number[]; how: 'add' | 'replace' } | null) =>
  page.evaluate(
    async ({ document, write }) => {
      const name = (await indexedDB.databases()).find(({ name }) => name?.startsWith('tablo-chat:'))?.name ?? '';
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const transaction = database.transaction('updates', write === null ? 'readonly' : 'readwrite');
      const store = transaction.objectStore('updates');
      const rows: { key: number; update: Uint8Array }[] = await new Promise((resolve) => {
        const request = store.index('doc').getAll(document);
        request.onsuccess = () => resolve(request.result);
      });
      if (write?.how === 'replace') for (const { key } of rows) store.delete(key);
      if (write !== null) store.add({ doc: document, update: new Uint8Array(write.update) });
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      database.close();
      return rows.map(({ update }) => [...update]);
    },
    { document, write },
  );

const storedRecords = <T>(page: Page, kept: { readonly prefix: string; readonly store: string }): Promise<T[]> =>
  page.evaluate(async ({ prefix, store }) => {
    const name = (await indexedDB.databases()).find(({ name }) => name?.startsWith(prefix))?.name ?? '';
    return new Promise<T[]>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const all = request.result.transaction(store).objectStore(store).getAll();
        all.onsuccess = () => resolve(all.result as T[]);
        request.result.close();
      };
    });
  }, kept);

/** What the device keeps of unfinished texts. */
export async function storedDrafts(page: Page): Promise<string[]> {
  const records = await storedRecords<{ text: string }>(page, { prefix: 'tablo-chat:', store: 'drafts' });
  return records.map(({ text }) => text);
}

/** Texts of messages that are on the disk, not durable. On a slow one a message is shown before. */
export async function storedUnsent(page: Page): Promise<(string | undefined)[]> {
  const kept = { prefix: 'tablo-chat-unsent:', store: 'outbox' };
  const records = await storedRecords<{ entry: { text?: string } }>(page, kept);
  return records.map(({ entry }) => entry.text);
}

/** Room for so much, at the address `url`. Before the page stores anything: Chromium looks at the room that is left every half minute only. */
export async function limitStorage(page: Page, url: string, bytes: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: bytes });
}

/** Until nothing more goes in. The page may still find room, by throwing away what it can. */
export const fillStorage = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('filler');
      request.onupgradeneeded = () => request.result.createObjectStore('junk', { autoIncrement: true });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const add = (size: number) =>
      new Promise<boolean>((resolve) => {
        const transaction = database.transaction('junk', 'readwrite');
        // At random, since the database packs what repeats itself.
        const junk = new Uint8Array(size);
        for (let from = 0; from < size; from += 65_536) crypto.getRandomValues(junk.subarray(from, from + 65_536));
        transaction.objectStore('junk').add(junk);
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false);
      });
    for (let size = 2 * 1024 * 1024; size >= 64; size /= 2) {
      for (let fits = true; fits; ) fits = await add(size);
    }
    database.close();
  });

export const emptyStorage = (page: Page): Promise<void> => deleteDatabases(page, ['filler']);

/** Until the next load nothing at all can be written, whatever the page throws away; deleting goes. */
export const refuseWrites = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const refuse = (): never => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
    IDBObjectStore.prototype.add = refuse;
    IDBObjectStore.prototype.put = refuse;
  });
