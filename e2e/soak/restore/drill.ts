/** A system on an operator's PostgreSQL, with real clients on lossy links, that is dumped while it runs, lost, and restored into an empty server. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { Drift } from '@tablo/sync-server/audit/drift';
import { audit } from '@tablo/sync-server/audit/pg-audit';
import { TOKEN_SETTINGS } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import pg from 'pg';
import { compareScreen, compareSeq, readSnapshot, type Snapshot, type Violation } from '../../schedules/compare.ts';
import { Device, type Tab } from '../../schedules/device.ts';
import { type RunningServer, startServer } from '../../support/server.ts';
import { runSteps } from './operator-steps.ts';
import { type OwnPostgres, openOwnPostgres } from './own-postgres.ts';
import type { PostgresPrograms } from './postgres-programs.ts';

const CONVERGED_WITHIN_MS = 40_000;
const TALK_EVERY_MS = 15;

export class Drill {
  readonly devices: Device[] = [];
  readonly users: UserId[] = [];
  tablo = '' as TabloId;
  readonly #programs: PostgresPrograms;
  readonly #server: RunningServer;
  readonly #directory: string;
  readonly #seed: number;
  #postgres: OwnPostgres;
  #pool: pg.Pool;
  #talk: NodeJS.Timeout | null = null;
  #said = 0;

  private constructor(
    programs: PostgresPrograms,
    postgres: OwnPostgres,
    server: RunningServer,
    directory: string,
    seed: number,
  ) {
    this.#programs = programs;
    this.#postgres = postgres;
    this.#pool = openPool(postgres);
    this.#server = server;
    this.#directory = directory;
    this.#seed = seed;
  }

  static async open(programs: PostgresPrograms, { epochMaxEntries = 100_000, seed = 1 } = {}): Promise<Drill> {
    const directory = await mkdtemp(join(tmpdir(), 'tablo-dump-'));
    const postgres = await openOwnPostgres(programs);
    const server = await startServer({
      env: {
        DATABASE_URL: postgres.url,
        ...TOKEN_SETTINGS,
        EPOCH_MAX_ENTRIES: String(epochMaxEntries),
        // Entries alone decide when the tablo moves.
        EPOCH_MAX_BYTES: '16777216',
        RATE_ENTRIES_PER_SECOND: '100000',
        LOG_LEVEL: 'warn',
      },
    }).catch(async (error: unknown) => {
      await postgres.close();
      await rm(directory, { recursive: true, force: true });
      throw error;
    });
    return new Drill(programs, postgres, server, directory, seed);
  }

  async addTablo(members: number): Promise<void> {
    this.users.push(...Array.from({ length: members }, () => randomUUID() as string as UserId));
    this.tablo = randomUUID() as string as TabloId;
    await this.#pool.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [this.tablo, 'Drill']);
    await this.#pool.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT $1, unnest($2::uuid[])', [
      this.tablo,
      this.users,
    ]);
  }

  /** One browser of `user`, with one tab, which is online. */
  async addDevice(user: number): Promise<Device> {
    const index = this.devices.length;
    const device = new Device({
      index,
      user: this.users[user] as UserId,
      url: this.#server.url,
      tablo: this.tablo,
      random: new Random(this.#seed * 101 + index),
      onSent: () => {},
    });
    this.devices.push(device);
    await device.open(1);
    await untilTrue('a device shows the tablo', () => tabOf(device).room.view.get().status === 'ready');
    return device;
  }

  /** Everybody in turn, until `stopTalking`. */
  startTalking(devices: readonly Device[] = this.devices): void {
    this.#talk = setInterval(() => {
      this.#said += 1;
      const device = devices[this.#said % devices.length] as Device;
      tabOf(device)
        .room.send(`word ${this.#said}`)
        .catch(() => {});
    }, TALK_EVERY_MS);
  }

  stopTalking(): void {
    if (this.#talk !== null) clearInterval(this.#talk);
    this.#talk = null;
  }

  async countStored(): Promise<number> {
    const { rows } = await this.#pool.query<{ count: number }>('SELECT count(*)::int AS count FROM tablo_entries');
    return rows[0]?.count ?? 0;
  }

  async readEpoch(): Promise<number> {
    const { rows } = await this.#pool.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [this.tablo]);
    return rows[0]?.epoch ?? 0;
  }

  /** As docs/OPERATIONS.md says. */
  async dump(): Promise<void> {
    await runSteps('backup', { DUMP: this.#dump, DATABASE_URL: this.#postgres.url }, this.#programs);
  }

  /** The server and its database are gone without a word. */
  async lose(): Promise<void> {
    await this.#server.kill();
    await this.#pool.end();
    await this.#postgres.close();
  }

  /** Into a server where nothing of ours has ever been. Resolves with what was printed. */
  async restore(): Promise<string> {
    this.#postgres = await openOwnPostgres(this.#programs);
    this.#pool = openPool(this.#postgres);
    return runSteps('restore', { DUMP: this.#dump, NEW_DATABASE_URL: this.#postgres.url }, this.#programs);
  }

  /** At the address where people's devices look for it. */
  async startAgain(): Promise<void> {
    await this.#server.restart({ DATABASE_URL: this.#postgres.url });
  }

  snapshot(): Promise<Snapshot> {
    return readSnapshot(this.#pool, this.tablo, this.users);
  }

  async allSent(devices: readonly Device[] = this.devices): Promise<void> {
    await untilTrue('everything is sent', async () => {
      const counts = await Promise.all(devices.map((device) => tabOf(device).chat.countUnsent()));
      return counts.every((count) => count === 0);
    });
  }

  /** Every screen shows what SQL says, and counts as SQL counts, twice in a row. Resolves with what is still wrong at the deadline. */
  async converged(devices: readonly Device[] = this.devices): Promise<readonly Violation[]> {
    const deadline = performance.now() + CONVERGED_WITHIN_MS;
    let rightInARow = 0;
    for (;;) {
      const violations = await this.#compare(devices);
      rightInARow = violations.length === 0 ? rightInARow + 1 : 0;
      if (rightInARow === 2 || performance.now() > deadline) return violations;
      await delay(40);
    }
  }

  async drifts(): Promise<readonly Drift[]> {
    const drifts: Drift[] = [];
    await audit(this.#pool, { onDrift: (drift) => drifts.push(drift) });
    return drifts;
  }

  serverOutput(): string {
    return this.#server.output();
  }

  async close(): Promise<void> {
    this.stopTalking();
    for (const device of this.devices) device.close();
    await this.#server.kill();
    await this.#pool.end().catch(() => {}); // `lose` may have ended it.
    await this.#postgres.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #dump(): string {
    return join(this.#directory, 'tablo.dump');
  }

  async #compare(devices: readonly Device[]): Promise<readonly Violation[]> {
    for (const device of devices) {
      const { room } = tabOf(device);
      if (room.view.get().hasMore) await room.loadMore();
    }
    const snapshot = await this.snapshot();
    const screens = devices.map((device) => {
      const { chat, room, name } = tabOf(device);
      const { status, hasMore, closed, messages } = room.view.get();
      const channel = chat.channels.get().channels.find(({ id }) => id === this.tablo);
      const unread = channel?.unreadCount ?? null;
      return { tab: name, user: device.options.user, status, hasMore, isClosed: closed !== null, messages, unread };
    });
    const outboxes = await Promise.all(devices.map((device) => device.durable.readOutbox()));
    const unsent = outboxes.flat().flatMap(({ entry, delivery }): Violation[] => {
      if (delivery.status === 'withdrawn') return [];
      const why = delivery.status === 'refused' ? `: ${delivery.refusal.message}` : '';
      return [{ kind: 'pending', what: `${JSON.stringify(entry)} is ${delivery.status}${why}` }];
    });
    return [...screens.flatMap((screen) => compareScreen(screen, snapshot)), ...compareSeq(snapshot), ...unsent];
  }
}

function openPool({ url }: OwnPostgres): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  pool.on('error', () => {}); // The database is lost on purpose.
  return pool;
}

export function tabOf(device: Device): Tab {
  return device.tabs[0] as Tab;
}

export function shown(device: Device, text: string): TimelineMessage | null {
  return tabOf(device).messages.find((message) => message.text === text) ?? null;
}

export function idOf(device: Device, text: string): EntryId {
  const message = shown(device, text);
  if (message === null) throw new Error(`Device ${device.options.index} does not show ${text}.`);
  return message.id;
}
