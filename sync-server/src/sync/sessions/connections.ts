/** All authenticated document connections, by tablo and by user: where news from the database finds its recipients. */
import type { ReasonCode } from '@tablo/schema/close-codes';
import { REASONS } from '@tablo/schema/close-codes';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { encodeStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import type { LiveConnection } from '../socket/live-connection.ts';

export class Connections {
  readonly #byTablo = new Map<TabloId, Map<UserId, Set<LiveConnection>>>();
  readonly #byUser = new Map<UserId, Set<LiveConnection>>();

  add(connection: LiveConnection): void {
    const { tabloId, userId } = connection.context;
    const members: Map<UserId, Set<LiveConnection>> = this.#byTablo.get(tabloId) ?? new Map();
    this.#byTablo.set(tabloId, members);
    addTo(members, userId, connection);
    addTo(this.#byUser, userId, connection);
    connection.onClose(() => {
      removeFrom(members, userId, connection);
      if (members.size === 0) this.#byTablo.delete(tabloId);
      removeFrom(this.#byUser, userId, connection);
    });
  }

  get size(): number {
    let size = 0;
    for (const connections of this.#byUser.values()) size += connections.size;
    return size;
  }

  *all(): Iterable<LiveConnection> {
    for (const connections of [...this.#byUser.values()]) yield* [...connections];
  }

  ofTablo(tablo: TabloId): readonly LiveConnection[] {
    return [...(this.#byTablo.get(tablo)?.values() ?? [])].flatMap((connections) => [...connections]);
  }

  ofUser(user: UserId): readonly LiveConnection[] {
    return [...(this.#byUser.get(user) ?? [])];
  }

  ofMember(tablo: TabloId, user: UserId): readonly LiveConnection[] {
    return [...(this.#byTablo.get(tablo)?.get(user) ?? [])];
  }

  /** Connections of one user to one tablo. */
  countSessions(tablo: TabloId, user: UserId): number {
    return this.#byTablo.get(tablo)?.get(user)?.size ?? 0;
  }

  /** People who are here, however many connections each of them has. */
  countUsers(tablo: TabloId): number {
    return this.#byTablo.get(tablo)?.size ?? 0;
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
