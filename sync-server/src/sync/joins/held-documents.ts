/**
 * Knows which documents are in memory for which users, and their current sizes: a tablo that was empty when it was joined may grow afterwards. Each document counts once
 * in all, and once for each user who has joined it.
 *
 * Invariant: every change of a size or of a holder goes through `#change`, so that the sums are always right.
 */
import type { Document } from '@hocuspocus/server';
import type { UserId } from '@tablo/schema/ids';
import type { LiveConnection } from '../socket/live-connection.ts';

interface Held {
  bytes: number;
  readonly holders: Map<UserId, Set<LiveConnection>>;
  readonly forget: () => void;
}

export class HeldDocuments {
  readonly #documents = new Map<Document, Held>();
  readonly #byUser = new Map<UserId, { bytes: number; readonly documents: Set<Held> }>();
  #total = 0;

  /** Bytes of all documents that anybody has joined. */
  get total(): number {
    return this.#total;
  }

  /** Bytes of those that this user has joined. */
  of(user: UserId): number {
    return this.#byUser.get(user)?.bytes ?? 0;
  }

  /** `bytes`: the size of its document, if nobody has joined it yet. */
  add(connection: LiveConnection, bytes: number): void {
    const { userId } = connection.context;
    const held = this.#documents.get(connection.document) ?? this.#open(connection.document, bytes);
    const own = held.holders.get(userId);
    if (own === undefined) {
      held.holders.set(userId, new Set([connection]));
      const user = this.#byUser.get(userId) ?? { bytes: 0, documents: new Set() };
      user.bytes += held.bytes;
      user.documents.add(held);
      this.#byUser.set(userId, user);
    } else own.add(connection);
    connection.onClose(() => this.#leave(held, connection));
  }

  /** For each user who holds more than `bytes`: the connections to end, the largest documents first. */
  *beyond(bytes: number): Iterable<LiveConnection> {
    for (const [user, { documents }] of [...this.#byUser]) {
      if (this.of(user) <= bytes) continue;
      for (const held of [...documents].sort((a, b) => b.bytes - a.bytes)) {
        if (this.of(user) <= bytes) break;
        yield* connectionsOf(held, user);
      }
    }
  }

  /** The connections to end so that no more than `bytes` are held in all. They are those of the user who holds the most, beginning with documents that nobody else holds, since the others would stay in memory. */
  *beyondTotal(bytes: number): Iterable<LiveConnection> {
    if (this.#total <= bytes) return;
    const users = [...this.#byUser].map(([user, { documents }]) => {
      const own = [...documents].sort((a, b) => a.holders.size - b.holders.size || b.bytes - a.bytes);
      return { user, own, share: own.reduce((sum, held) => sum + held.bytes / held.holders.size, 0) };
    });
    for (const { user, own } of users.sort((a, b) => b.share - a.share))
      for (const held of own) {
        if (this.#total <= bytes) return;
        yield* connectionsOf(held, user);
      }
  }

  #open(document: Document, bytes: number): Held {
    const grow = (update: Uint8Array): void => this.#change(held, update.byteLength);
    const held: Held = { bytes: 0, holders: new Map(), forget: () => document.off('update', grow) };
    this.#documents.set(document, held);
    document.on('update', grow);
    this.#change(held, bytes);
    return held;
  }

  #change(held: Held, bytes: number): void {
    held.bytes += bytes;
    this.#total += bytes;
    for (const user of held.holders.keys()) {
      const known = this.#byUser.get(user);
      if (known !== undefined) known.bytes += bytes;
    }
  }

  #leave(held: Held, connection: LiveConnection): void {
    const { userId } = connection.context;
    const own = held.holders.get(userId);
    if (own?.delete(connection) !== true || own.size > 0) return;
    held.holders.delete(userId);
    const user = this.#byUser.get(userId);
    if (user !== undefined) {
      user.bytes -= held.bytes;
      user.documents.delete(held);
      if (user.documents.size === 0) this.#byUser.delete(userId);
    }
    if (held.holders.size > 0) return;
    this.#change(held, -held.bytes);
    held.forget();
    this.#documents.delete(connection.document);
  }
}

const connectionsOf = (held: Held, user: UserId): readonly LiveConnection[] => [...(held.holders.get(user) ?? [])];
