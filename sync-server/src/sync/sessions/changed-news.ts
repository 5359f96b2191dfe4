/**
 * `changed`: the tablo, its members or the user's list have changed: the client reads them again. Every client that receives it asks the server for its list and its people, so it is sent
 * at most once a second for a tablo, and to a user: the first time at once, then once for all changes that came meanwhile.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { LiveConnection } from '../socket/live-connection.ts';
import { type Connections, tell } from './connections.ts';
import { Paced } from './paced.ts';

const EVERY_MS = 1_000;
/** News for all users at once: repeated each second, it would cost a list for each of them. */
const ALL_EVERY_MS = 10_000;
const ALL = 'all';

export class ChangedNews {
  readonly #connections: Connections;
  readonly #tablos: Paced;
  readonly #users: Paced;
  readonly #all: Paced;
  /** By user: the connections that are notified when it is this user's turn. */
  readonly #waiting = new Map<UserId, Set<LiveConnection>>();

  constructor(connections: Connections, onFailure: (error: unknown) => void) {
    this.#connections = connections;
    const pace = { everyMs: EVERY_MS, onFailure };
    this.#tablos = new Paced({ ...pace, work: (tablo) => this.#note(connections.ofTablo(tablo as TabloId)) });
    this.#users = new Paced({ ...pace, work: (user) => this.#tell(user as UserId) });
    this.#all = new Paced({ everyMs: ALL_EVERY_MS, work: () => this.#note([...connections.all()]), onFailure });
  }

  /** Of a tablo: to everybody who is in it. */
  ofTablo(tablo: TabloId): void {
    if (this.#tablos.askAgain(tablo)) return;
    if (this.#connections.ofTablo(tablo).length > 0) this.#tablos.ask(tablo);
  }

  /** A user's list has gained or lost a tablo: each of their devices is notified once, however many tablos it has open. */
  ofUser(user: UserId): void {
    this.#note(onePerSocket(this.#connections.ofUser(user)));
  }

  /** A change of unknown extent: everybody is notified. */
  ofAll(): void {
    this.#all.ask(ALL);
  }

  close(): void {
    for (const paced of [this.#tablos, this.#users, this.#all]) paced.close();
    this.#waiting.clear();
  }

  #note(connections: readonly LiveConnection[]): void {
    const users = new Set<UserId>();
    for (const connection of connections) {
      const { userId } = connection.context;
      users.add(userId);
      const known = this.#waiting.get(userId);
      if (known === undefined) this.#waiting.set(userId, new Set([connection]));
      else known.add(connection);
    }
    for (const user of users) this.#users.ask(user);
  }

  #tell(user: UserId): void {
    const waiting = this.#waiting.get(user);
    this.#waiting.delete(user);
    if (waiting === undefined) return;
    // [R6] A connection that was cut meanwhile receives nothing.
    tell(
      this.#connections.ofUser(user).filter((connection) => waiting.has(connection)),
      { type: 'changed' },
    );
  }
}

function onePerSocket(connections: readonly LiveConnection[]): readonly LiveConnection[] {
  return [...new Map(connections.map((connection) => [connection.context.socket, connection])).values()];
}
