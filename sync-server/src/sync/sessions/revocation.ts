/**
 * [R6] What changes in the database takes effect on live connections: a removed member is cut, a changed role applies, a deleted tablo closes, one with another document moves, a read position and a
 * draft reach the user's other devices. Also ends connections whose token has.
 *
 * Every user of the database can notify us, of anything, without end. Invariants:
 * 1. A notification is a question, never an answer: what it speaks of is read from the database, and `#apply` alone decides by it.
 * 2. A notification that concerns nobody online costs no query, and no memory beyond `REMEMBERED_MAX` keys.
 * 3. One tablo's or member's connections are looked up again at most every RECHECK_EVERY_MS; beyond RECHECKS_A_SECOND keys in a second all connections are, together,
 *    at most once a second. A cut waits for these at the most.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { canWrite } from '@tablo/schema/roles';
import type { Change } from '../../access/members/changes.ts';
import type { Member, Membership } from '../../access/members/membership.ts';
import type { Log } from '../../base/log.ts';
import type { LiveConnection } from '../socket/live-connection.ts';
import { ChangedNews } from './changed-news.ts';
import { type Connections, cut } from './connections.ts';
import type { MemberNews } from './member-news.ts';
import { Paced } from './paced.ts';

/** How often tokens' ends are looked at: well under the contract's 5 seconds. */
const EXPIRY_SWEEP_MS = 1_000;
/** A join takes seconds at the most; older changes were seen by its own reading of the membership. */
const REMEMBER_CHANGES_MS = 60_000;
const REMEMBERED_MAX = 10_000;
const RECHECK_EVERY_MS = 250;
const RECHECKS_A_SECOND = 1_000;
const RESYNC_EVERY_MS = 1_000;
/** Together with the query and the rate, this stays within the five seconds of R6. */
const UNKNOWN_MAX_MS = 2_000;
/** Look-ups that wait for the database at once: `Membership` takes some queries of a thousand, and refuses what is far more. */
const PORTION = 4_000;
/** Finds what no trigger has announced: disabled triggers, a database that was replaced by another one. */
const RECHECK_ALL_MS = 60_000;
/** Between two lines of log about a flood. */
const QUIET_MS = 60_000;
const ALL = 'all';

export interface RevocationDeps {
  readonly membership: Membership;
  readonly connections: Connections;
  /** False: nothing is heard yet, and `resync` will say when it is. */
  readonly isListening: boolean;
  readonly drafts: Pick<MemberNews, 'tell' | 'close'>;
  readonly positions: Pick<MemberNews, 'tell' | 'close'>;
  readonly log: Log;
  /** Whoever was added unasked uses the tablo now: the others may see that they are here. */
  readonly onCome: (connection: LiveConnection) => void;
  /** Changes are received again, and what was missed meanwhile is known. */
  readonly onHeard?: () => void;
}

export class Revocation {
  readonly #deps: RevocationDeps;
  readonly #changed: ChangedNews;
  readonly #rechecks: Paced;
  readonly #resyncs: Paced;
  readonly #changedAt = new Map<string, number>();
  /** Connections of a document that was not the tablo's any more when it was last looked at. */
  readonly #outgrown = new WeakSet<LiveConnection>();
  #resyncedAt = 0;
  #second = 0;
  #rechecksInSecond = 0;
  #quietUntil = 0;
  #isRechecking = false;
  /** Changes are not heard. */
  #isDeaf: boolean;
  /** False from then on, until what was missed is known. */
  #isInformed: boolean;
  /** How often they were not heard any more: what was under way then has seen an earlier moment. */
  #losses = 0;
  /** Whom the resync under way, or the one before the next, could not learn of, and why; null: the next one asks for everybody. */
  #unknown: ReadonlyMap<LiveConnection, unknown> | null = null;
  /** By `performance.now`: since when no resync has looked up everybody; null: the last one has. */
  #unknownSince: number | null = null;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(deps: RevocationDeps) {
    const { connections, isListening, log } = deps;
    this.#isDeaf = !isListening;
    this.#isInformed = isListening;
    const onFailure = (error: unknown): void =>
      log.error({ err: error }, 'A change in the database could not be followed.');
    this.#deps = deps;
    this.#changed = new ChangedNews(connections, onFailure);
    this.#rechecks = new Paced({ everyMs: RECHECK_EVERY_MS, work: (key) => this.#recheckKey(key), onFailure });
    this.#resyncs = new Paced({ everyMs: RESYNC_EVERY_MS, work: () => this.#resync(), onFailure });
  }

  /** [R6] Who may be here is known: changes are heard, and after the last time that they were not, everybody was looked up again, by a look that began since. */
  get isInformed(): boolean {
    return this.#isInformed;
  }

  open(): void {
    this.#timers.push(
      setInterval(() => this.#sweep(Date.now()), EXPIRY_SWEEP_MS).unref(),
      setInterval(() => void this.#recheckAll(), RECHECK_ALL_MS).unref(),
    );
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    const { drafts, positions } = this.#deps;
    for (const one of [this.#rechecks, this.#resyncs, this.#changed, drafts, positions]) one.close();
  }

  /** News from the database. */
  handle(change: Change): void {
    switch (change.type) {
      case 'access':
        return this.#askRecheck(`${change.tablo} ${change.user}`);
      case 'tablo':
        return this.#askRecheck(change.tablo);
      case 'read':
        return this.#deps.positions.tell(change.tablo, change.user);
      case 'draft':
        return this.#deps.drafts.tell(change.tablo, change.user);
      case 'lost':
        this.#isDeaf = true;
        this.#isInformed = false;
        this.#losses += 1;
        return; // What is missed meanwhile is learned by `resync`.
      case 'all':
      case 'resync':
        // The listener was away, or memberships changed all at once: anything may have changed.
        if (change.type === 'resync') this.#isDeaf = false;
        return this.#askAll();
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

  #askRecheck(key: string): void {
    this.#remember(key);
    if (this.#rechecks.askAgain(key)) return;
    const [tablo, user] = partsOf(key);
    // People in the tablo see another list of members; and the user's own list may have gained a tablo that they have not joined yet.
    const concernsConnections =
      this.#deps.connections.ofTablo(tablo).length > 0 ||
      (user !== undefined && this.#deps.connections.ofUser(user).length > 0);
    if (!concernsConnections) return;
    if (this.#isWithinBudget()) return this.#rechecks.ask(key);
    this.#askAll();
    if (performance.now() < this.#quietUntil) return;
    this.#quietUntil = performance.now() + QUIET_MS;
    this.#deps.log.warn(
      'More changes of memberships and tablos than are followed one by one: all connections are looked up together.',
    );
  }

  #askAll(): void {
    this.#resyncedAt = Date.now();
    this.#unknown = null;
    this.#resyncs.ask(ALL);
  }

  #isWithinBudget(): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#second) this.#rechecksInSecond = 0;
    this.#second = second;
    this.#rechecksInSecond += 1;
    return this.#rechecksInSecond <= RECHECKS_A_SECOND;
  }

  /** For joins in progress. When there are more keys than may be kept, every join that began before now looks up its membership again. */
  #remember(key: string): void {
    if (this.#changedAt.size >= REMEMBERED_MAX && !this.#changedAt.has(key)) {
      this.#changedAt.clear();
      this.#resyncedAt = Date.now();
    }
    this.#changedAt.set(key, Date.now());
  }

  async #recheckKey(key: string): Promise<void> {
    const [tablo, user] = partsOf(key);
    const { connections } = this.#deps;
    await this.#recheck(user === undefined ? connections.ofTablo(tablo) : connections.ofMember(tablo, user));
    this.#changed.ofTablo(tablo);
    if (user !== undefined) this.#changed.ofUser(user);
  }

  /**
   * If the database is lost again at this moment, the next `resync` looks up the memberships when it is back. Until then loaded documents can be read [R11]. If
   * notifications arrive but memberships cannot be read, connections are kept only for a short time [R6].
   */
  async #resync(): Promise<void> {
    const before = this.#unknown;
    const losses = this.#losses;
    const asked = [...this.#deps.connections.all()].filter((one) => before === null || before.has(one));
    const unknown = new Map<LiveConnection, unknown>();
    this.#unknown = unknown;
    await this.#recheck(asked, (connection, error) => unknown.set(connection, error));
    const isKnown = unknown.size === 0 || this.#isDeaf;
    if (!isKnown) {
      this.#unknownSince ??= performance.now();
      if (performance.now() - this.#unknownSince < UNKNOWN_MAX_MS) return this.#resyncs.ask(ALL);
      for (const [connection, error] of unknown) this.#cutUnknown(connection, error);
    }
    this.#unknown = null;
    this.#unknownSince = null;
    if (!this.#isInformed && !this.#isDeaf && losses === this.#losses) {
      this.#isInformed = true;
      this.#deps.onHeard?.();
    }
    this.#changed.ofAll();
  }

  /** No change was announced: a membership that cannot be read now leads to no conclusion. */
  async #recheckAll(): Promise<void> {
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    await this.#recheck([...this.#deps.connections.all()], () => {});
    this.#isRechecking = false;
  }

  async #recheck(
    connections: readonly LiveConnection[],
    onUnknown: (connection: LiveConnection, error: unknown) => void = this.#cutUnknown,
  ): Promise<void> {
    for (let at = 0; at < connections.length; at += PORTION) {
      const portion = connections.slice(at, at + PORTION);
      await Promise.all(
        portion.map(async (connection) => {
          const { tabloId, userId } = connection.context;
          try {
            this.#apply(connection, await this.#deps.membership.find(tabloId, userId));
          } catch (error) {
            onUnknown(connection, error);
          }
        }),
      );
    }
  }

  #apply(connection: LiveConnection, member: Member | null): void {
    const { context } = connection;
    if (member === null) return cut(connection, 'forbidden');
    if (member.epoch !== context.epoch) return this.#outgrow(connection);
    const hasUsedTablo = context.isNewcomer && member.isNewcomer !== true;
    context.isNewcomer = member.isNewcomer === true;
    if (hasUsedTablo) this.#deps.onCome(connection);
    if (member.role === context.role) return;
    context.role = member.role;
    if (!context.isOverruled) connection.readOnly = !canWrite(member.role);
  }

  /**
   * The tablo has another document: it was deleted and inserted again, or another server has moved it. Where the ledger is moving it in this very moment, it answers first and
   * ends the connection itself: so it is looked at once more.
   */
  #outgrow(connection: LiveConnection): void {
    if (this.#outgrown.has(connection)) return cut(connection, 'epoch-moved');
    this.#outgrown.add(connection);
    this.#rechecks.ask(connection.context.tabloId);
  }

  /** An unknown membership is not trusted: the client joins again, and its membership is read then. */
  #cutUnknown = (connection: LiveConnection, error: unknown): void => {
    this.#deps.log.warn({ err: error }, 'A membership could not be read again; its connection is closed.');
    cut(connection, 'unavailable');
  };

  #sweep(now: number): void {
    for (const connection of this.#deps.connections.all()) {
      if (connection.context.expiresAt <= now) cut(connection, 'token-expired');
    }
    for (const [key, at] of this.#changedAt) if (now - at > REMEMBER_CHANGES_MS) this.#changedAt.delete(key);
  }
}

const partsOf = (key: string): readonly [TabloId, UserId?] => key.split(' ') as [TabloId, UserId?];
