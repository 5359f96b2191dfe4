/** A server process on a database, tablos with members, and their devices. */
import { randomUUID } from 'node:crypto';
import type { Entry } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import type { Random } from '@tablo/schema/testing/random';
import type { Drift } from '@tablo/sync-server/audit/drift';
import { audit } from '@tablo/sync-server/audit/pg-audit';
import { addTablo } from '@tablo/sync-server/testing/add-tablo';
import { TOKEN_SETTINGS, tokenOf } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import pg from 'pg';
import { type RunningServer, startServer } from '../support/server.ts';
import { WITHOUT_LIMITS } from '../support/without-limits.ts';
import { Book } from './history/book.ts';
import { checkHistory, type Fault } from './history/check-history.ts';
import { readTablo, type TabloOnRecord } from './history/record.ts';
import { Member } from './member.ts';

/** A soak may take hours, and members keep their tokens. */
const TOKEN_S = 86_400;
/** Between two entries of a writer. */
const WRITE_EVERY_MS = 12;
/** A writer that gets no answers does not pile up without end. */
const MAX_UNACKNOWLEDGED = 40;

export interface StageOptions {
  /** How the server reaches the database. */
  readonly url: string;
  /** How the harness does, when there is something in between. */
  readonly directUrl?: string;
  readonly tablos?: number;
  /** Of each tablo. */
  readonly writers?: number;
  readonly readers?: number;
  readonly epochMaxEntries?: number;
  /** Of the server, beside what the stage needs. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Verdict {
  readonly faults: readonly Fault[];
  readonly drifts: readonly Drift[];
  readonly written: number;
  readonly acknowledged: number;
  readonly seen: number;
  readonly record: readonly TabloOnRecord[];
}

export class Stage {
  readonly server: RunningServer;
  readonly pool: pg.Pool;
  readonly book = new Book();
  readonly members: Member[] = [];
  readonly writers: Member[] = [];
  readonly tablos: string[] = [];
  readonly #writing: NodeJS.Timeout[] = [];

  private constructor(server: RunningServer, pool: pg.Pool) {
    this.server = server;
    this.pool = pool;
  }

  static async open(options: StageOptions): Promise<Stage> {
    const pool = new pg.Pool({ connectionString: options.directUrl ?? options.url, max: 3, application_name: 'soak' });
    pool.on('error', () => {}); // The database is killed on purpose; the pool opens another connection.
    const stage = new Stage(await startServer({ env: serverEnv(options) }), pool);
    for (let nth = 0; nth < (options.tablos ?? 2); nth += 1) {
      const writers = Array.from({ length: options.writers ?? 2 }, () => randomUUID() as string as UserId);
      const readers = Array.from({ length: options.readers ?? 1 }, () => randomUUID() as string as UserId);
      const tabloId = await stage.addTablo([...writers, ...readers]);
      // Every second writer keeps its document over reconnects, as unmodified providers do.
      for (const [at, user] of writers.entries()) stage.writers.push(stage.seat(tabloId, user, at % 2 === 1));
      for (const user of readers) stage.seat(tabloId, user);
    }
    return stage;
  }

  async addTablo(users: readonly UserId[]): Promise<string> {
    const id = await addTablo(this.pool, users, { name: 'Soak' });
    this.tablos.push(id);
    return id;
  }

  seat(tabloId: string, userId: UserId, keepsDoc = false): Member {
    const member = new Member(
      { url: this.server.url, tabloId, userId, token: tokenOf(userId, {}, TOKEN_S) },
      this.book,
      keepsDoc,
    );
    this.members.push(member);
    return member;
  }

  connect(): void {
    for (const member of this.members) member.connect();
  }

  startWriting(random: Random): void {
    for (const writer of this.writers) {
      const timer = setInterval(() => {
        if (writer.unacknowledged < MAX_UNACKNOWLEDGED) writer.write(random);
      }, WRITE_EVERY_MS);
      this.#writing.push(timer);
    }
  }

  stopWriting(): void {
    for (const timer of this.#writing.splice(0)) clearInterval(timer);
  }

  async allJoined(): Promise<void> {
    await untilTrue('everybody has joined', () => this.members.every(({ isJoined }) => isJoined));
  }

  /** Nothing more is written, and everything that was is acknowledged. */
  async drained(): Promise<void> {
    this.stopWriting();
    await untilTrue('everything is acknowledged', () =>
      this.members.every(({ unacknowledged }) => unacknowledged === 0),
    );
  }

  async judge(): Promise<Verdict> {
    const record: TabloOnRecord[] = [];
    const query = async (sql: string, values: readonly unknown[]) => (await this.pool.query(sql, [...values])).rows;
    for (const id of this.tablos) record.push(await readTablo(query, id, (epoch) => this.#joinAnew(id, epoch)));
    const drifts: Drift[] = [];
    await audit(this.pool, { onDrift: (drift) => drifts.push(drift) });
    return {
      faults: checkHistory(this.book, record),
      drifts,
      written: this.book.written.size,
      acknowledged: this.book.acknowledged.size,
      seen: this.book.seen.size,
      record,
    };
  }

  async close(): Promise<void> {
    this.stopWriting();
    for (const member of this.members) member.close();
    await this.server.kill();
    await this.pool.end();
  }

  /** As a member who has never been there. */
  async #joinAnew(tabloId: string, epoch: number): Promise<readonly Entry[]> {
    const known = this.members.find(({ seat }) => seat.tabloId === tabloId);
    if (known === undefined) throw new Error('A tablo without members.');
    const newcomer = new Member(known.seat, new Book());
    newcomer.epoch = epoch;
    newcomer.connect();
    try {
      await untilTrue('a newcomer has joined', () => newcomer.isJoined);
      return newcomer.entries;
    } finally {
      newcomer.close();
    }
  }
}

function serverEnv({ url, epochMaxEntries = 300, env = {} }: StageOptions): Record<string, string> {
  return {
    DATABASE_URL: url,
    ...TOKEN_SETTINGS,
    EPOCH_MAX_ENTRIES: String(epochMaxEntries),
    // Entries alone decide when the tablo moves.
    EPOCH_MAX_BYTES: '16777216',
    ...WITHOUT_LIMITS,
    LOG_LEVEL: 'warn',
    ...env,
  };
}
