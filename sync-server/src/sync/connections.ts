/** All authenticated document connections, by tablo and by user: where news from the database finds who must hear it. */
import type { ReasonCode } from '@tablo/schema/close-codes';
import { REASONS } from '@tablo/schema/close-codes';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { encodeStateless, type ServerStateless } from '@tablo/schema/stateless';
import type { LiveConnection } from './live-connection.ts';
import type { SocketState } from './socket-state.ts';

export class Connections {
  readonly #byTablo = new Map<TabloId, Set<LiveConnection>>();
  readonly #byUser = new Map<UserId, Set<LiveConnection>>();
  readonly #documentsOf = new WeakMap<SocketState, number>();

  add(connection: LiveConnection): void {
    const { tabloId, userId, socket } = connection.context;
    this.#documentsOf.set(socket, this.countDocuments(socket) + 1);
    addTo(this.#byTablo, tabloId, connection);
    addTo(this.#byUser, userId, connection);
    connection.onClose(() => {
      this.#documentsOf.set(socket, this.countDocuments(socket) - 1);
      removeFrom(this.#byTablo, tabloId, connection);
      removeFrom(this.#byUser, userId, connection);
    });
  }

  get size(): number {
    let size = 0;
    for (const connections of this.#byTablo.values()) size += connections.size;
    return size;
  }

  *all(): Iterable<LiveConnection> {
    for (const connections of [...this.#byTablo.values()]) yield* [...connections];
  }

  ofTablo(tablo: TabloId): readonly LiveConnection[] {
    return [...(this.#byTablo.get(tablo) ?? [])];
  }

  ofUser(user: UserId): readonly LiveConnection[] {
    return [...(this.#byUser.get(user) ?? [])];
  }

  countDocuments(socket: SocketState): number {
    return this.#documentsOf.get(socket) ?? 0;
  }

  ofMember(tablo: TabloId, user: UserId): readonly LiveConnection[] {
    return this.ofUser(user).filter(({ context }) => context.tabloId === tablo);
  }
}

export function cut(connection: LiveConnection, code: ReasonCode): void {
  connection.close({ code: REASONS[code].close, reason: code });
}

export function tell(connections: Iterable<LiveConnection>, message: ServerStateless): void {
  const payload = encodeStateless(message);
  for (const connection of connections) connection.sendStateless(payload);
}

function addTo<K>(index: Map<K, Set<LiveConnection>>, key: K, connection: LiveConnection): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, new Set([connection]));
  else known.add(connection);
}

function removeFrom<K>(index: Map<K, Set<LiveConnection>>, key: K, connection: LiveConnection): void {
  const known = index.get(key);
  known?.delete(connection);
  if (known?.size === 0) index.delete(key);
}
