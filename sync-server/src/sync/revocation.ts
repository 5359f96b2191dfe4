/**
 * [R6] What changes in the database takes effect on live connections: a removed member is cut, a changed role applies, a deleted tablo closes, a read position and a
 * draft reach the user's other devices. Also ends connections whose token has.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { canWrite } from '@tablo/schema/roles';
import type { Change } from '../access/changes.ts';
import type { Membership } from '../access/membership.ts';
import type { Log } from '../log.ts';
import { type Connections, cut, tell } from './connections.ts';
import type { DraftNews } from './draft-news.ts';
import type { LiveConnection } from './live-connection.ts';

/** How often tokens' ends are looked at: well under the contract's 5 seconds. */
const EXPIRY_SWEEP_MS = 1_000;
/** A join takes seconds at the most; older changes were seen by its own reading of the membership. */
const REMEMBER_CHANGES_MS = 60_000;

export class Revocation {
  readonly #membership: Membership;
  readonly #connections: Connections;
  readonly #drafts: DraftNews;
  readonly #log: Log;
  readonly #changedAt = new Map<string, number>();
  #resyncedAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(membership: Membership, connections: Connections, drafts: DraftNews, log: Log) {
    this.#membership = membership;
    this.#connections = connections;
    this.#drafts = drafts;
    this.#log = log;
  }

  open(): void {
    this.#timer = setInterval(() => this.#sweep(Date.now()), EXPIRY_SWEEP_MS);
    this.#timer.unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** News from the database. */
  async handle(change: Change): Promise<void> {
    switch (change.type) {
      case 'access':
        return this.#handleAccess(change.tablo, change.user);
      case 'tablo':
        this.#changedAt.set(change.tablo, Date.now());
        await this.#recheck(this.#connections.ofTablo(change.tablo));
        return tell(this.#connections.ofTablo(change.tablo), { type: 'changed' });
      case 'read':
        return tell(this.#connections.ofMember(change.tablo, change.user), { type: 'read', seq: change.seq });
      case 'lost':
        return; // What is missed meanwhile is learned by `resync`.
      case 'draft':
        return this.#drafts.tell(change.tablo, change.user);
      case 'resync':
        // The listener was away: anything may have changed meanwhile.
        this.#resyncedAt = Date.now();
        await this.#recheck([...this.#connections.all()]);
        return tell(this.#connections.all(), { type: 'changed' });
    }
  }

  async recheckIfChangedSince(connection: LiveConnection, since: number): Promise<void> {
    const { tabloId, userId } = connection.context;
    const changedAt = Math.max(
      this.#resyncedAt,
      this.#changedAt.get(tabloId) ?? 0,
      this.#changedAt.get(`${tabloId} ${userId}`) ?? 0,
    );
    if (changedAt >= since) await this.#recheck([connection]);
  }

  async #handleAccess(tablo: TabloId, user: UserId): Promise<void> {
    this.#changedAt.set(`${tablo} ${user}`, Date.now());
    await this.#recheck(this.#connections.ofMember(tablo, user));
    // Whoever is in the tablo sees other members now; the user may have a tablo more or less in the list.
    tell(new Set([...this.#connections.ofTablo(tablo), ...this.#connections.ofUser(user)]), { type: 'changed' });
  }

  async #recheck(connections: readonly LiveConnection[]): Promise<void> {
    await Promise.all(connections.map((connection) => this.#recheckOne(connection)));
  }

  async #recheckOne(connection: LiveConnection): Promise<void> {
    const { context } = connection;
    try {
      const member = await this.#membership.find(context.tabloId, context.userId);
      if (member === null) return cut(connection, 'forbidden');
      if (member.role === context.role) return;
      context.role = member.role;
      if (!context.isOverruled) connection.readOnly = !canWrite(member.role);
    } catch (error) {
      // Not knowing is not a reason to trust: the client joins again, and its membership is read then.
      this.#log.warn({ err: error }, 'A membership could not be read again; its connection is closed.');
      cut(connection, 'unavailable');
    }
  }

  #sweep(now: number): void {
    for (const connection of this.#connections.all()) {
      if (connection.context.expiresAt <= now) cut(connection, 'token-expired');
    }
    for (const [key, at] of this.#changedAt) if (now - at > REMEMBER_CHANGES_MS) this.#changedAt.delete(key);
  }
}
