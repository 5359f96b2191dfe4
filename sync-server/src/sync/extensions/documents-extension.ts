/**
 * Loads and unloads documents. There is one document of each name at a time, or members of one would not see what the other holds.
 *
 * Hocuspocus unloads a document whose last connection has gone, even while a commit for it is in flight, and it does so by name: asked twice (each connection asks when
 * its own frames are handled), it removes the next document of that name from its list. Both are vetoed here.
 *
 * Snapshots go through `@hocuspocus/extension-database`; what makes them safe is ours: the log holds every entry already,
 * so a snapshot only ever shortens the log, and a failing one is tried again until it works (TRAPS 1.1).
 *
 * A document that was given up (`LiveDocument.isBroken`) is stored nowhere and leaves as soon as nobody is in it: whoever comes then has it loaded anew.
 */

import { Database } from '@hocuspocus/extension-database';
import type {
  afterLoadDocumentPayload,
  beforeUnloadDocumentPayload,
  Document,
  Extension,
  Hocuspocus,
} from '@hocuspocus/server';
import { Backoff } from '@tablo/schema/backoff';
import { createRefusal, type ReasonCode } from '@tablo/schema/close-codes';
import { parseDocumentName } from '@tablo/schema/document-name';
import type { TabloId } from '@tablo/schema/ids';
import { encodeStateless } from '@tablo/schema/wire/stateless';
import type { Log } from '../../base/log.ts';
import type { DocumentStore, StoredDocument } from '../../documents/document-store.ts';
import { LiveDocument } from '../../ledger/store/live-document.ts';
import { cut } from '../sessions/connections.ts';
import type { LiveConnection } from '../socket/live-connection.ts';

const STORE_RETRY_MIN_MS = 200;
const STORE_RETRY_MAX_MS = 10_000;
/** A denial: Hocuspocus forwards `reason`. */
export const EPOCH_MOVED: { readonly reason: ReasonCode } = { reason: 'epoch-moved' };
/** A veto. Without a `message`: Hocuspocus would print it. */
const STAYS = { reason: 'in use' } as const;
export class LiveDocuments {
  readonly #live = new WeakMap<Document, LiveDocument>();
  readonly #loaded = new WeakMap<Document, StoredDocument>();
  readonly #versions = new WeakMap<LiveDocument, bigint>();
  readonly #byName = new Map<string, LiveDocument>();
  readonly #byTablo = new Map<TabloId, Set<LiveDocument>>();
  readonly #store: DocumentStore;
  readonly #log: Log;
  readonly #onOpened: (document: LiveDocument) => void;
  readonly #closing = Promise.withResolvers<void>();
  #isClosing = false;

  /** `onOpened`: a document has come into memory. */
  constructor(store: DocumentStore, log: Log, onOpened: (document: LiveDocument) => void) {
    this.#store = store;
    this.#log = log;
    this.#onOpened = onOpened;
  }

  /** Undefined before loading has finished. */
  of(document: Document): LiveDocument | undefined {
    return this.#live.get(document);
  }

  /** From now on a failing snapshot is given up: the log has the same content. */
  close(): void {
    this.#isClosing = true;
    this.#closing.resolve();
  }

  loaded(): readonly LiveDocument[] {
    return [...this.#byName.values()];
  }

  /** More than one while the tablo moves. */
  ofTablo(tablo: TabloId): readonly LiveDocument[] {
    return [...(this.#byTablo.get(tablo) ?? [])];
  }

  /** Called when more than `bytes` are in memory. Documents that nobody has joined are stored and unloaded now, instead of being kept for the next post. */
  trim({ documents, debouncer }: Pick<Hocuspocus, 'documents' | 'debouncer'>, bytes: number): void {
    let held = 0;
    for (const live of this.#byName.values()) held += live.size.bytes;
    if (held <= bytes) return;
    for (const [name, document] of documents)
      if (document.getConnectionsCount() === 0 && !document.isLoading)
        void debouncer.executeNow(`onStoreDocument-${name}`);
  }

  extensions(): readonly Extension[] {
    const database = new Database({
      fetch: async ({ document, documentName }) => this.#fetch(document, documentName),
      store: async ({ document, state }) => this.#save(document as Document, new Uint8Array(state)),
    });
    return [
      database,
      {
        afterLoadDocument: async (payload) => this.#open(payload),
        // The document may be unloaded after a join has found it and before the join is counted there.
        connected: async ({ connection }) => {
          if (connection.document.isDestroyed) cut(connection as LiveConnection, 'unavailable');
        },
        beforeUnloadDocument: async (payload) => this.#assertMayUnload(payload),
        afterUnloadDocument: async ({ documentName }) => this.#forget(documentName),
      },
    ];
  }

  #assertMayUnload({ instance, document, documentName }: beforeUnloadDocumentPayload): void {
    if (instance.documents.get(documentName) !== document || this.#live.get(document)?.isBusy === true) throw STAYS;
  }

  #forget(documentName: string): void {
    const live = this.#byName.get(documentName);
    if (live === undefined) return;
    live.isGone = true;
    this.#byName.delete(documentName);
    const ofTablo = this.#byTablo.get(live.tabloId);
    ofTablo?.delete(live);
    if (ofTablo?.size === 0) this.#byTablo.delete(live.tabloId);
  }

  async #fetch(document: unknown, documentName: string): Promise<Uint8Array | null> {
    const name = parseDocumentName(documentName);
    try {
      if (name === null) throw new Error('a document was opened under a name that access should have refused');
      const stored = await this.#store.load(name);
      // The tablo may have moved since the check at the join: a client would wait for ever on an empty document of the old epoch.
      if (!stored.isLive) throw EPOCH_MOVED;
      this.#loaded.set(document as Document, stored);
      return stored.state;
    } catch (error) {
      if (error === EPOCH_MOVED) {
        (document as Document).destroy();
        throw error;
      }
      this.#log.error({ err: error, tablo: name?.tabloId }, 'A document could not be loaded.');
      (document as Document).destroy(); // Hocuspocus forgets a document that failed to load without ending its timers (HP#1156).
      throw createRefusalError();
    }
  }

  #open({ document, documentName, instance }: afterLoadDocumentPayload): void {
    const name = parseDocumentName(documentName);
    const stored = this.#loaded.get(document);
    if (name === null || stored === undefined) throw createRefusalError();
    this.#loaded.delete(document);
    const loaded = { ...stored, bytes: stored.state?.byteLength ?? 0 };
    const unload = (): void => {
      if (document.getConnectionsCount() > 0 || instance.documents.get(documentName) !== document) return;
      const storing = `onStoreDocument-${documentName}`;
      // One that was given up does not wait for its snapshot's time: nothing of it is stored.
      if (live.isBroken && instance.debouncer.isDebounced(storing)) void instance.debouncer.executeNow(storing);
      else void instance.unloadDocument(document);
    };
    const live = new LiveDocument(name, document, loaded, {
      onCommitted: (news) => {
        document.flush(); // The entries are sent first: a client that receives `committed` has received the entries that it names.
        document.broadcastStateless(
          encodeStateless({ type: 'committed', ...news, messages: [...news.messages], others: [...news.others] }),
        );
      },
      onMoved: () => {
        for (const connection of document.getConnections()) cut(connection as LiveConnection, 'epoch-moved');
      },
      onBroken: (error) => {
        this.#log.error(
          { err: error, tablo: name.tabloId },
          'A document may not be what the database has; it is loaded anew.',
        );
        // In a turn of its own: connections may be told something in this one.
        setImmediate(() => {
          for (const connection of document.getConnections()) cut(connection as LiveConnection, 'unavailable');
          unload();
        });
      },
      // In a turn of its own: an unloading that was vetoed may not be over.
      onIdle: () => setImmediate(unload),
    });
    this.#byName.set(documentName, live);
    this.#byTablo.set(live.tabloId, (this.#byTablo.get(live.tabloId) ?? new Set()).add(live));
    this.#live.set(document, live);
    this.#versions.set(live, stored.version);
    document.flush(); // Loading counts as a change; unflushed, the whole document would go to the first connection a second time (TRAPS 1.4).
    this.#onOpened(live);
  }

  async #save(document: Document, state: Uint8Array): Promise<void> {
    const live = this.#live.get(document);
    if (live === undefined || live.hasMoved || live.isBroken) return;
    const [logIds, { head }] = [live.coveredLogIds(), live]; // In the same turn in which `state` was taken.
    if (logIds.length === 0) return;
    const backoff = new Backoff(STORE_RETRY_MIN_MS, STORE_RETRY_MAX_MS);
    while (!live.hasMoved && !live.isBroken) {
      try {
        const version = await this.#store.save(live, { state, version: this.#versions.get(live) ?? 0n, logIds, head });
        live.forgetLogIds(logIds);
        if (version !== null) this.#versions.set(live, version);
        return;
      } catch (error) {
        this.#log.warn({ err: error, tablo: live.tabloId }, 'A snapshot failed; the log holds its entries.');
        if (this.#isClosing) return;
        const pause = new Promise<void>((resolve) => void setTimeout(resolve, backoff.nextMs()).unref());
        await Promise.race([pause, this.#closing.promise]);
      }
    }
  }
}

/** A denial with a reason of ours: Hocuspocus forwards `reason`, and logs only errors that have a `message`. */
function createRefusalError(): { readonly reason: string } {
  return { reason: createRefusal('unavailable').code };
}
