/**
 * A loaded document as the ledger sees it: what it has, and how committed bytes get into it. No Hocuspocus here; the extension supplies the events.
 *
 * Invariants
 * 1. [N1] It is the log of its epoch up to `head`, whoever committed what: own rows come by `apply`, other servers' by `advance`, and nothing else.
 * 2. Between the decision of a transaction and its end nothing comes in: what was decided was decided against this very document, and other servers' rows that were read
 *    meanwhile may lie above rows of this transaction.
 * 3. Connections hear of the tablo's messages in order of `seq`, up to `lastSeq`, each with its entry.
 * 4. Where committed bytes did not come in as a whole, nobody knows what the document is: it is given up, stored nowhere, and loaded anew from the database.
 */

import { type Entry, parseEntry } from '@tablo/schema/entry';
import { type EntryId, SERVER_AUTHOR, type TabloId, type UserId } from '@tablo/schema/ids';
import { SEED_MAX_BYTES } from '@tablo/schema/limits';
import * as Y from 'yjs';
import { Frontier } from '../../admission/frontier.ts';
import type { DocumentSize } from '../../config/limit-settings.ts';
import { type CommitNews, newsOf } from './commit-news.ts';
import { elementsOf, hasEntry, readerOf, readWriters } from './document-structs.ts';
import type { DocumentHead, LogRow, Missed } from './missed.ts';

/** Transaction origin of everything the ledger applies; the shape is Hocuspocus's `LocalTransactionOrigin`. */
const LEDGER_ORIGIN = { source: 'local' } as const;
/** The server that committed stores the snapshot. */
const FOREIGN_ORIGIN = { source: 'local', skipStoreHooks: true } as const;

export interface LiveDocumentEvents {
  /** Committed and applied: tell the connections. */
  onCommitted(news: CommitNews): void;
  /** The tablo has a newer document: send the connections there. */
  onMoved(): void;
  /** It was given up: nobody may stay in it, and it has to leave memory. */
  onBroken(error: unknown): void;
  /** Nothing that was submitted for it waits for its answer any more. */
  onIdle(): void;
}

/** What was loaded. */
export interface LoadedState {
  /** Log rows that the document contains beside its snapshot. */
  readonly logIds: readonly bigint[];
  /** Of the Yjs update that it was loaded from. */
  readonly bytes: number;
  /** Under which the server wrote what the epoch began with; null in a tablo's first document. */
  readonly serverClient: number | null;
  /** The oldest of the newest messages, where the server has not put them into a later document. */
  readonly firstOfNewest?: EntryId | null;
  /** [N1] It is the log up to this row. */
  readonly head: bigint;
  /** `seq` of the tablo's newest message at that moment. */
  readonly lastSeq: number;
}

export const EMPTY_STATE: LoadedState = { logIds: [], bytes: 0, serverClient: null, head: 0n, lastSeq: 0 };

export class LiveDocument implements DocumentHead {
  readonly tabloId: TabloId;
  readonly epoch: number;
  readonly frontier: Frontier;
  /** What it measured when its epoch began: the newest messages of the one before. */
  readonly began: DocumentSize;
  /** Whether a later epoch lacks the newest messages that the server puts into each: an earlier release, or SQL, has set its number. */
  readonly lacksBeginning: boolean;
  /** Set once the tablo has moved on: nothing is admitted here any more. */
  hasMoved = false;
  /** Set once it has left memory. */
  isGone = false;
  /** Set once it was given up. */
  isBroken = false;
  #bytes: number;
  readonly #doc: Y.Doc;
  readonly #events: LiveDocumentEvents;
  /** Log rows that the document contains and that no snapshot covers yet. */
  #unsnapshotted: bigint[];
  #head: bigint;
  #lastSeq: number;
  readonly #serverClient: number | null;
  #isDeciding = false;
  #wanted: (() => void)[] = [];
  readonly #writers = new Map<string, number>();
  #awaited = 0;

  constructor(
    name: { tabloId: TabloId; epoch: number },
    doc: Y.Doc,
    { logIds, bytes, serverClient, firstOfNewest = null, head, lastSeq }: LoadedState,
    events: LiveDocumentEvents,
  ) {
    this.tabloId = name.tabloId;
    this.epoch = name.epoch;
    this.#doc = doc;
    this.#events = events;
    this.#unsnapshotted = [...logIds];
    this.#head = head;
    this.#lastSeq = lastSeq;
    this.#serverClient = serverClient;
    this.frontier = new Frontier(readerOf(doc));
    for (const { client, owner, count } of readWriters(doc))
      this.frontier.append(client, client === serverClient ? SERVER_AUTHOR : owner, count);
    this.#bytes = bytes;
    this.lacksBeginning = firstOfNewest !== null && !hasEntry(doc, firstOfNewest);
    const seeded = serverClient === null ? 0 : this.frontier.nextClock(serverClient);
    // Nearly all of a document that has nothing else in it yet; otherwise at most what a document begins with.
    this.began = {
      entries: seeded,
      bytes: seeded === 0 ? 0 : seeded === this.frontier.length ? bytes : Math.min(bytes, SEED_MAX_BYTES),
      clients: seeded === 0 ? 0 : 1,
    };
    // Its own clientID, which nobody else may write under, is the server's for whatever it writes here.
    if (serverClient !== null) this.#writers.set(SERVER_AUTHOR, serverClient);
  }

  get size(): DocumentSize {
    return { entries: this.frontier.length, bytes: this.#bytes, clients: this.frontier.writers };
  }

  get head(): bigint {
    return this.#head;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /**
   * Applies what this server has committed, as one change: one broadcast. `lastSeq`: of the tablo's newest message by now. A document that does not take it is given up;
   * what was committed is in the log.
   */
  apply(row: LogRow, lastSeq: number, news: readonly CommitNews[] = []): void {
    if (this.isBroken) return;
    this.#orBreak(() => {
      this.#integrate([row], LEDGER_ORIGIN);
      this.#lastSeq = lastSeq;
      this.announce(news);
    });
  }

  /**
   * [N1] Takes in what other servers have committed, and tells the connections: it is durable already. Rows that it has are passed over, so what was read may be of any
   * moment. Returns how many rows were new, or null where it must be looked at again `afterDecision`. Never throws: a document that does not take it is given up.
   */
  advance(missed: Missed): number | null {
    if (this.#isDeciding) return null;
    if (this.hasMoved || this.isGone || this.isBroken) return 0;
    return this.#orBreak(() => this.#takeIn(missed)) ?? 0;
  }

  #takeIn({ snapshot, rows, messages }: Missed): number {
    const fresh = rows.filter(({ id }) => id > this.#head);
    const isCompacted = snapshot !== null && snapshot.head > this.#head;
    if (fresh.length === 0 && !isCompacted) return 0;
    if (isCompacted) {
      Y.applyUpdate(this.#doc, snapshot.state, FOREIGN_ORIGIN);
      this.#head = snapshot.head;
      this.#bytes = Math.max(this.#bytes, snapshot.state.byteLength);
      // They are in the log no more.
      this.#unsnapshotted = this.#unsnapshotted.filter((id) => id > snapshot.head);
    }
    this.#integrate(fresh, FOREIGN_ORIGIN);
    const others = this.#follow();
    const numbered = new Map(messages.flatMap(({ id, seq }) => (seq > this.#lastSeq ? [[id, seq] as const] : [])));
    for (const id of numbered.keys()) others.delete(id);
    for (const seq of numbered.values()) this.#lastSeq = Math.max(this.#lastSeq, seq);
    this.announce([...newsOf(numbered), ...(others.size === 0 ? [] : [{ seq: 0, messages: [], others: [...others] }])]);
    return fresh.length + (isCompacted ? 1 : 0);
  }

  #orBreak<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.break(error);
      return undefined;
    }
  }

  /** It may be the log no more. Whatever is in memory counts for nothing from now on. */
  break(error: unknown): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.#events.onBroken(error);
  }

  #integrate(updates: readonly LogRow[], origin: object): void {
    const { store } = this.#doc;
    const hadHole = store.pendingStructs !== null;
    this.#doc.transact(() => {
      for (const { update } of updates) Y.applyUpdate(this.#doc, update, origin);
    }, origin);
    // One that was loaded with it is all that the database has.
    if (store.pendingStructs !== null && !hadHole)
      throw new Error('What was committed lacks something before it: the log has a hole.');
    for (const { update, id } of updates) {
      this.#unsnapshotted.push(id);
      this.#bytes += update.byteLength;
      if (id > this.#head) this.#head = id;
    }
  }

  /** The frontier follows the document, and who showed a clientID before an entry came under it yields to the entry's author [R3]. Returns ids of what is new. */
  #follow(): Set<EntryId> {
    const ids = new Set<EntryId>();
    for (const client of this.#doc.store.clients.keys()) {
      const [from, next] = [this.frontier.nextClock(client), Y.getState(this.#doc.store, client)];
      if (next === from) continue;
      const entries = elementsOf(this.#doc, client, from, next).map((element) => parseEntry(element));
      for (const entry of entries) if (entry.ok && entry.value.kind !== 'arrival') ids.add(entry.value.id);
      if (from === 0 && entries.length > 0) this.frontier.release(client);
      this.frontier.append(client, this.#ownerOf(client, entries[0]), next - from);
    }
    return ids;
  }

  #ownerOf(client: number, first: ReturnType<typeof parseEntry> | undefined): string | null {
    if (client === this.#serverClient) return SERVER_AUTHOR;
    if (first === undefined) return null;
    return first.ok ? (first.value as Entry).author : SERVER_AUTHOR;
  }

  /** From now on nothing comes in, until `apply` was called or the transaction has failed. */
  beginDecision(): void {
    this.#isDeciding = true;
  }

  endDecision(): void {
    this.#isDeciding = false;
    for (const act of this.#wanted.splice(0)) act();
  }

  get isDeciding(): boolean {
    return this.#isDeciding;
  }

  afterDecision(act: () => void): void {
    if (this.#isDeciding) this.#wanted.push(act);
    else act();
  }

  announce(news: readonly CommitNews[]): void {
    for (const one of news) this.#events.onCommitted(one);
  }

  /** Nothing is admitted from now on; the connections go when what they were promised in this turn is on its way. */
  move(): void {
    this.hasMoved = true;
    setImmediate(() => this.#events.onMoved());
  }

  /** A submission for it waits. One that leaves memory meanwhile would get what is committed, and one loaded in its place might not. */
  get isBusy(): boolean {
    return this.#awaited > 0;
  }

  hold(): void {
    this.#awaited += 1;
  }

  release(): void {
    this.#awaited -= 1;
    if (this.#awaited === 0) this.#events.onIdle();
  }

  /** Log rows that no snapshot covers. */
  get unsaved(): number {
    return this.#unsnapshotted.length;
  }

  /** Log rows that a snapshot taken in this very turn covers. */
  coveredLogIds(): readonly bigint[] {
    return [...this.#unsnapshotted];
  }

  forgetLogIds(covered: readonly bigint[]): void {
    const gone = new Set(covered);
    this.#unsnapshotted = this.#unsnapshotted.filter((id) => !gone.has(id));
  }

  /** The clientID under which the server writes for this author while the document is loaded: one each, or a clientID would carry two authors. */
  writerFor(author: UserId | typeof SERVER_AUTHOR): number {
    const known = this.#writers.get(author);
    if (known !== undefined) return known;
    let client = createClientId();
    while (this.frontier.ownerOf(client) !== null || this.frontier.nextClock(client) > 0) client = createClientId();
    this.#writers.set(author, client);
    this.frontier.claim(client, author);
    return client;
  }
}

function createClientId(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
