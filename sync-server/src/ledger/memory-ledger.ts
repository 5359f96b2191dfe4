/** A ledger store in memory, for tests: the same contract suite runs on it and on PostgreSQL. */

import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { KnownEntry } from '../admission/admit.ts';
import {
  BlockedError,
  type Committed,
  type DurableEntry,
  type EntryWrite,
  type LedgerStore,
  type LockedFacts,
  type Scope,
  UnansweredCommitError,
  type UpdateWrite,
  type Writes,
} from './ledger-store.ts';

interface StoredTablo {
  epoch: number;
  lastSeq: number;
}

export class MemoryLedgerStore implements LedgerStore {
  readonly tablos = new Map<TabloId, StoredTablo>();
  /** By `<tablo> <user>`. */
  readonly roles = new Map<string, Role>();
  /** By `<tablo> <epoch> <client>`: who was first to show it. */
  readonly clients = new Map<string, UserId>();
  readonly entries = new Map<EntryId, EntryWrite>();
  updates: (UpdateWrite & { readonly id: bigint })[] = [];
  /** Set: every transaction fails with it. */
  failure: Error | null = null;
  /** Transactions that concern one of these fail. */
  readonly blocked = new Set<TabloId>();
  /** The next transaction commits, and its answer is lost. */
  losesAnswer = false;
  #nextId = 1n;

  addTablo(tabloId: TabloId, members: Readonly<Record<UserId, Role>>): void {
    this.tablos.set(tabloId, { epoch: 1, lastSeq: 0 });
    for (const [userId, role] of Object.entries(members)) this.roles.set(`${tabloId} ${userId}`, role);
  }

  async transact({ tablos }: Scope, decide: (facts: LockedFacts) => Writes): Promise<Committed> {
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
    if ([...tablos].some((tablo) => this.blocked.has(tablo))) throw new BlockedError('somebody holds the row');
    const committed = { updateIds: this.#write(decide(this.#facts())) };
    if (!this.losesAnswer) return committed;
    this.losesAnswer = false;
    throw new UnansweredCommitError(new Error('lost'), async () => {
      if (this.failure !== null) throw this.failure;
      return committed;
    });
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

  #facts(): LockedFacts {
    return {
      entry: (id): KnownEntry | undefined => {
        const known = this.entries.get(id);
        if (known === undefined) return undefined;
        const { tabloId, entry, shownAt, digest } = known;
        return { tabloId, kind: entry.kind, author: entry.author, sentAt: entry.sentAt, shownAt, digest };
      },
      epoch: (tablo) => this.tablos.get(tablo)?.epoch ?? null,
      role: (tablo, user) => this.roles.get(`${tablo} ${user}`) ?? null,
      clientOwner: (tablo, client) => this.clients.get(`${tablo} ${this.tablos.get(tablo)?.epoch} ${client}`) ?? null,
      lastSeq: (tablo) => this.tablos.get(tablo)?.lastSeq ?? 0,
      seqOf: (id) => (this.#isDeleted(id) ? null : (this.entries.get(id)?.seq ?? null)),
    };
  }

  #isDeleted(id: EntryId): boolean {
    return [...this.entries.values()].some(({ entry }) => entry.kind === 'delete' && entry.target === id);
  }

  #write({ entries, updates, moves }: Writes): bigint[] {
    for (const write of entries) {
      this.entries.set(write.entry.id, write);
      const tablo = this.tablos.get(write.tabloId);
      if (tablo !== undefined && write.seq !== null) tablo.lastSeq = write.seq;
    }
    const ids = updates.map((update) => {
      const id = this.#nextId;
      this.#nextId += 1n;
      this.updates.push({ ...update, id });
      return id;
    });
    for (const { tabloId, from } of moves) {
      const tablo = this.tablos.get(tabloId);
      if (tablo !== undefined) tablo.epoch = from + 1;
      this.updates = this.updates.filter((update) => update.tabloId !== tabloId || update.epoch !== from);
    }
    return ids;
  }
}
