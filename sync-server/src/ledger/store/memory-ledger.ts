/** A ledger store in memory, for tests: the same contract suite runs on it and on PostgreSQL. */

import type { Edit, Message, Reaction } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { SEED_MAX_REACTIONS } from '@tablo/schema/limits';
import { canWrite, type Role } from '@tablo/schema/roles';
import type { KnownEntry } from '../../admission/admission.ts';
import {
  type Assumed,
  type AssumedResult,
  type AssumedStore,
  UnansweredStatementError,
  type Wrong,
} from './assumed.ts';
import {
  BlockedError,
  type Committed,
  type DurableEntry,
  type EntryWrite,
  type ErasureWrite,
  type LedgerStore,
  type LockedFacts,
  type Scope,
  UnansweredCommitError,
  type UpdateWrite,
  type Writes,
} from './ledger-store.ts';
import type { DocumentHead, Missed } from './missed.ts';
import { createSeed, type Seed, type SeedEntry, type SeedMessage } from './seed.ts';

interface StoredTablo {
  epoch: number;
  lastSeq: number;
  /** What the live epoch began with; null in the first one. */
  seed: Seed | null;
}

export class MemoryLedgerStore implements LedgerStore {
  readonly tablos = new Map<TabloId, StoredTablo>();
  /** By `<tablo> <user>`. */
  readonly roles = new Map<string, Role>();
  /** By `<tablo> <epoch> <client>`: who was first to show it. */
  readonly clients = new Map<string, UserId>();
  readonly entries = new Map<EntryId, EntryWrite>();
  readonly erasures: ErasureWrite[] = [];
  updates: (UpdateWrite & { readonly id: bigint })[] = [];
  /** Set: every transaction fails with it. */
  failure: Error | null = null;
  /** Transactions that concern one of these fail. */
  readonly blocked = new Set<TabloId>();
  /** The next transaction commits, and its answer is lost. */
  losesAnswer = false;
  /** The next statement of the short way comes to nothing, and nobody is told. */
  losesStatement = false;
  /** The short way, where it was asked for. */
  readonly assumed?: AssumedStore;
  #nextId = 1n;

  constructor({ isHasty = false } = {}) {
    if (isHasty) this.assumed = { commit: (all) => this.#commitAssumed(all) };
  }

  addTablo(tabloId: TabloId, members: Readonly<Record<UserId, Role>>): void {
    this.tablos.set(tabloId, { epoch: 1, lastSeq: 0, seed: null });
    for (const [userId, role] of Object.entries(members)) this.roles.set(`${tabloId} ${userId}`, role);
  }

  async transact({ tablos }: Scope, decide: (facts: LockedFacts) => Writes): Promise<Committed> {
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
    const held = [...tablos].filter((tablo) => this.blocked.has(tablo));
    if (held.length > 0) throw new BlockedError('somebody holds the row', { tablos: new Set(held) });
    const committed = { updateIds: this.#write(decide(this.#facts())) };
    if (!this.losesAnswer) return committed;
    this.losesAnswer = false;
    throw new UnansweredCommitError(new Error('lost'), async () => {
      if (this.failure !== null) throw this.failure;
      return committed;
    });
  }

  addLogRow(update: UpdateWrite): bigint {
    const id = this.#nextId;
    this.#nextId += 1n;
    this.updates.push({ ...update, id });
    return id;
  }

  async #commitAssumed(all: readonly Assumed[]): Promise<AssumedResult> {
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
    const written = new Map<Assumed, readonly bigint[]>();
    const wrong = new Map<Assumed, Wrong>();
    for (const one of this.losesStatement ? [] : all) {
      const reason = this.#wrongWith(one);
      if (reason === null) written.set(one, this.#write({ ...one.writes, erasures: [], clients: [], moves: [] }));
      else wrong.set(one, reason);
    }
    if (!this.losesAnswer && !this.losesStatement) return { written, wrong };
    this.losesAnswer = false;
    this.losesStatement = false;
    throw new UnansweredStatementError(new Error('lost'), async () => {
      if (this.failure !== null) throw this.failure;
      return written;
    });
  }

  #wrongWith({ document, authors, writes }: Assumed): Wrong | null {
    const tablo = this.tablos.get(document.tabloId);
    if (tablo === undefined || this.blocked.has(document.tabloId)) return 'row';
    if (tablo.epoch !== document.epoch) return 'epoch';
    if (tablo.lastSeq !== document.lastSeq) return 'seq';
    if (this.readMissed(document) !== null) return 'head';
    const roles = authors.map((author) => this.roles.get(`${document.tabloId} ${author}`));
    if (roles.some((role) => role === undefined || !canWrite(role))) return 'role';
    return writes.entries.some(({ entry }) => this.entries.has(entry.id)) ? 'id' : null;
  }

  async probe(): Promise<void> {
    if (this.failure !== null) throw this.failure;
  }

  async findDurable(tablo: TabloId, author: UserId, ids: readonly EntryId[]): Promise<readonly DurableEntry[]> {
    return ids.flatMap((id) => {
      const known = this.entries.get(id);
      if (known?.tabloId !== tablo || known.entry.author !== author) return [];
      return [{ id, shownAt: known.shownAt === known.entry.sentAt ? null : known.shownAt }];
    });
  }

  /** Nothing is compacted here: the log has all of its epoch. */
  readMissed({ tabloId, epoch, head, lastSeq }: DocumentHead): Missed | null {
    const rows = this.updates.filter((row) => row.tabloId === tabloId && row.epoch === epoch && row.id > head);
    if (rows.length === 0) return null;
    const messages = [...this.entries.values()].flatMap(({ tabloId: of, seq, entry: { id } }) =>
      of === tabloId && seq !== null && seq > lastSeq ? [{ id, seq }] : [],
    );
    return { snapshot: null, rows, messages };
  }

  #facts(): LockedFacts {
    return {
      missedBy: (document) => this.readMissed(document),
      entry: (id): KnownEntry | undefined => {
        const known = this.entries.get(id);
        if (known === undefined) return undefined;
        const { tabloId, entry, shownAt, digest } = known;
        return { tabloId, kind: entry.kind, author: entry.author, sentAt: entry.sentAt, shownAt, digest };
      },
      epoch: (tablo) => this.tablos.get(tablo)?.epoch ?? null,
      documentEpoch: (tablo) => this.tablos.get(tablo)?.epoch ?? null,
      role: (tablo, user) => this.roles.get(`${tablo} ${user}`) ?? null,
      clientOwner: (tablo, client) => this.clients.get(`${tablo} ${this.tablos.get(tablo)?.epoch} ${client}`) ?? null,
      lastSeq: (tablo) => this.tablos.get(tablo)?.lastSeq ?? 0,
      seqOf: (id) => (this.isDeleted(id) ? null : (this.entries.get(id)?.seq ?? null)),
      emojiOn: (message) => new Set(this.#reactionsOn(message).map(({ emoji }) => emoji)),
      ownEmojiOn: (message, user) =>
        new Set(this.#reactionsOn(message).flatMap(({ author, emoji }) => (author === user ? [emoji] : []))),
      editsOf: (message) => this.#of(message, 'edit').length,
    };
  }

  isDeleted(id: EntryId): boolean {
    return this.#of(id, 'delete').length > 0;
  }

  #of(message: EntryId, kind: 'edit' | 'delete' | 'reaction'): readonly EntryWrite[] {
    return [...this.entries.values()].filter(({ entry }) => entry.kind === kind && entry.target === message);
  }

  #reactionsOn(message: EntryId): readonly Reaction[] {
    return this.#of(message, 'reaction').map(({ entry }) => entry as Reaction);
  }

  #newest(tabloId: TabloId): readonly SeedMessage[] {
    const messages = [...this.entries.values()].filter(
      (one) => one.tabloId === tabloId && one.entry.kind === 'message' && !this.isDeleted(one.entry.id),
    );
    return messages.sort(laterFirst).map((message) => ({
      message: message as SeedEntry<Message>,
      edit: (this.#of(message.entry.id, 'edit').toSorted(laterFirst)[0] as SeedEntry<Edit> | undefined) ?? null,
      reactions: this.#latestReactions(message.entry.id).slice(0, SEED_MAX_REACTIONS),
    }));
  }

  #latestReactions(message: EntryId): readonly SeedEntry<Reaction>[] {
    const byVoter = Map.groupBy(this.#of(message, 'reaction'), ({ entry }) => {
      const { author, emoji } = entry as Reaction;
      return `${author} ${emoji}`;
    });
    return [...byVoter.values()].flatMap((votes) => {
      const latest = votes.toSorted(laterFirst)[0] as SeedEntry<Reaction>;
      return latest.entry.on ? [latest] : [];
    });
  }

  #write({ entries, updates, erasures, clients, moves }: Writes): bigint[] {
    this.erasures.push(...erasures);
    for (const { tabloId, epoch, client, userId } of clients) {
      const key = `${tabloId} ${epoch} ${client}`;
      if (!this.clients.has(key)) this.clients.set(key, userId);
    }
    for (const write of entries) {
      this.entries.set(write.entry.id, write);
      const tablo = this.tablos.get(write.tabloId);
      if (tablo !== undefined && write.seq !== null) tablo.lastSeq = write.seq;
    }
    const ids = updates.map((update) => this.addLogRow(update));
    for (const { tabloId, from } of moves) {
      const tablo = this.tablos.get(tabloId);
      if (tablo?.epoch === from) Object.assign(tablo, { epoch: from + 1, seed: createSeed(this.#newest(tabloId)) });
      this.updates = this.updates.filter((update) => update.tabloId !== tabloId || update.epoch !== from);
    }
    return ids;
  }
}

/** By (`shownAt`, `id`), as the timeline orders [R5]. */
const laterFirst = (left: EntryWrite, right: EntryWrite): number =>
  right.shownAt - left.shownAt || (right.entry.id < left.entry.id ? -1 : 1);
