import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Log, silentLog } from '../../base/log.ts';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../../db/testing/test-database.ts';
import type { Change, Changes } from './changes.ts';
import { openChanges } from './pg-changes.ts';

let database: TestDatabase;
let pool: Pool;
let changes: Changes;
let link: Link;
let heard: Change[];
let waiting: (() => void) | null = null;

beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});
beforeEach(async () => {
  link = await openLink(database.url);
  changes = await openChanges(link.url, silentLog);
  heard = [];
  changes.subscribe((change) => {
    heard.push(change);
    waiting?.();
  });
});
afterEach(async () => {
  await changes.close();
  await link.close();
});

/** The test's own time limit ends a wait that never comes true. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise<void>((resolve) => (waiting = resolve));
}

async function untilBack(): Promise<void> {
  await until(() => heard.length > 1);
  expect(heard).toEqual([{ type: 'lost' }, { type: 'resync' }]);
}

describe('closing', () => {
  /** It is in the middle of being set up again, and the link carries nothing any more. */
  it.each([
    ['the connection is being made', null],
    ['LISTEN is said', 'LISTEN tablo_changes'],
    ['it is proved that it hears', 'NOTIFY tablo_heard_'],
  ])('while %s says nothing in the log, leaves no connection and no timer, and tries nothing more', async (_, at) => {
    const said: string[] = [];
    const note = (fields: object | string, sentence?: string) => void said.push(sentence ?? String(fields));
    const log: Log = { ...silentLog, debug: note, info: note, warn: note, error: note };
    const own = await openLink(database.url);
    const closing = await openChanges(own.url, log);
    expect(closing.isListening).toBe(true);
    own.freezesAt = at;
    own.isSilent = at === null;
    own.attempts = 0;
    own.cut();
    await until(() => (at === null ? own.attempts > 0 : own.freezesAt === null));
    const before = said.length;
    const since = performance.now();
    await closing.close();
    expect(performance.now() - since).toBeLessThan(1_500);
    own.thaw();
    await expect.poll(() => own.countConnections(), { timeout: 4_000 }).toBe(0);
    expect([said.slice(before), closing.isListening]).toEqual([[], false]);
    const attempts = own.attempts;
    await own.close();
    expect(own.attempts).toBe(attempts);
  });
});

describe('openChanges', () => {
  it('[R6] openChanges hears memberships, tablos and read positions that plain SQL changes', async () => {
    const [tablo, user] = [randomUUID(), randomUUID()];
    await pool.query(`INSERT INTO tablos (id, name, last_seq) VALUES ($1, 'Plans', 9)`, [tablo]);
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [tablo, user]);
    await pool.query('INSERT INTO channel_read_state (channel_id, user_id, last_read_seq) VALUES ($1, $2, 3)', [
      tablo,
      user,
    ]);
    await pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1', [tablo]);
    await pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [tablo]);
    await until(() => heard.some(({ type }) => type === 'tablo'));
    expect(heard).toEqual([
      { type: 'access', tablo, user },
      { type: 'read', tablo, user },
      { type: 'access', tablo, user },
      { type: 'tablo', tablo },
    ]);
  });

  it('[R6] openChanges hears what goes past the triggers of rows: TRUNCATE, and rows that replication or a replica session changes', async () => {
    const [tablo, user] = [randomUUID(), randomUUID()];
    await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Plans')`, [tablo]);
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [tablo, user]);
    await pool.query(`INSERT INTO tablo_updates (tablo_id, epoch, update) VALUES ($1, 1, '')`, [tablo]);
    for (const sql of [
      `UPDATE tablo_access SET is_active = false WHERE tablo_id = '${tablo}'`,
      `DELETE FROM tablo_access WHERE tablo_id = '${tablo}'`,
      `UPDATE tablos SET deleted_at = now() WHERE id = '${tablo}'`,
    ])
      await pool.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
    await pool.query('TRUNCATE tablo_access');
    await pool.query('TRUNCATE tablos CASCADE');
    await until(() => heard.filter(({ type }) => type === 'all').length >= 2);
    const access = { type: 'access', tablo, user };
    expect(heard.slice(0, 5)).toEqual([access, access, access, { type: 'tablo', tablo }, { type: 'all' }]);
    expect((await pool.query('SELECT FROM tablo_updates')).rows).toEqual([]);
  });

  it('[R6] openChanges hears of both when a tablo gets another id, and nothing when a row is written as it was', async () => {
    const [tablo, other, user] = [randomUUID(), randomUUID(), randomUUID()];
    await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Plans')`, [tablo]);
    await pool.query('UPDATE tablos SET id = $2 WHERE id = $1', [tablo, other]);
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [other, user]);
    await pool.query('INSERT INTO channel_read_state (channel_id, user_id) VALUES ($1, $2)', [other, user]);
    for (let nth = 0; nth < 10; nth += 1) {
      await pool.query('UPDATE tablo_access SET created_at = now() WHERE tablo_id = $1', [other]);
      await pool.query('UPDATE tablos SET created_at = now() WHERE id = $1', [other]);
      await pool.query('UPDATE channel_read_state SET last_read_at = now() WHERE channel_id = $1', [other]);
    }
    await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1', [other]);
    await until(() => heard.filter(({ type }) => type === 'access').length >= 2);
    expect(heard).toEqual([
      { type: 'tablo', tablo },
      { type: 'tablo', tablo: other },
      { type: 'access', tablo: other, user },
      { type: 'read', tablo: other, user },
      { type: 'access', tablo: other, user },
    ]);
  });

  it('[R11] openChanges hears forged notifications of every shape without a word, and what comes after them', async () => {
    const [tablo, user] = [randomUUID(), randomUUID()];
    for (const payload of ['', 'x', '{', 'null', '7', '[]', 'x'.repeat(7_999), `{"type":"access","tablo":"${tablo}"}`])
      await pool.query(`SELECT pg_notify('tablo_changes', $1)`, [payload]);
    await pool.query(`SELECT pg_notify('tablo_changes', $1)`, [JSON.stringify({ type: 'access', tablo, user })]);
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ type: 'access', tablo, user }]);
  });

  it('[R6] openChanges says that it is lost when its connection is killed, resync when it is back, and hears what comes after', async () => {
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'tablo-chat listen' AND datname = current_database()`,
    );
    await untilBack();
    const tablo = randomUUID();
    await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Plans')`, [tablo]);
    await pool.query('DELETE FROM tablos WHERE id = $1', [tablo]);
    await until(() => heard.at(-1)?.type === 'tablo');
    expect(heard.at(-1)).toEqual({ type: 'tablo', tablo });
  });

  it('[R6] openChanges notices within 5 seconds a link that died without a word', async () => {
    const since = performance.now();
    link.freeze();
    await untilBack();
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  it('[R11] openChanges keeps trying while the database is away, from the start on', async () => {
    link.isOpen = false;
    const late = await openChanges(link.url, silentLog);
    expect(late.isListening).toBe(false);
    const resynced = new Promise<void>((resolve) => late.subscribe(({ type }) => type === 'resync' && resolve()));
    link.isOpen = true;
    await resynced;
    expect(late.isListening).toBe(true);
    await late.close();
  });

  it('[R6] [R11] a connection that does not hear is no return: it is tried ever less often, said once, and all is read meanwhile', async () => {
    const said: string[] = [];
    const note = (fields: object | string, sentence?: string) => void said.push(sentence ?? String(fields));
    const log: Log = { ...silentLog, warn: note, info: note };
    link.isShared = true;
    const since = performance.now();
    const pooled = await openChanges(link.url, log);
    const types: string[] = [];
    const resynced = Promise.withResolvers<void>();
    const tried = Promise.withResolvers<void>();
    pooled.subscribe(({ type }) => {
      types.push(type);
      if (types.length >= 8) tried.resolve();
      if (type === 'resync') resynced.resolve();
    });
    await tried.promise;
    // The first attempt was made before anybody subscribed: 50, 100, 200 and 400 ms lie between the five, each with jitter of up to a half.
    expect(performance.now() - since).toBeGreaterThan(370);
    expect(types).toEqual(['lost', 'all', 'lost', 'all', 'lost', 'all', 'lost', 'all']);
    expect(pooled.isListening).toBe(false);
    expect(pooled.trouble).toMatch(/pooler in transaction mode/);
    link.isShared = false;
    await resynced.promise;
    expect(pooled.trouble).toBe(null);
    expect(said).toEqual([
      'Not listening for changes in the database; trying again.',
      'Listening for changes in the database again.',
    ]);
    await pooled.close();
  });

  it('[R6] openChanges notices within 5 seconds a link that dies while it is proved, and takes it for no pooler', async () => {
    const since = performance.now();
    link.freezesAt = 'NOTIFY tablo_heard_';
    const proving = openChanges(link.url, silentLog);
    await until(() => link.freezesAt === null);
    const dying = await proving;
    const troubles = [dying.trouble];
    const back = Promise.withResolvers<void>();
    dying.subscribe(({ type }) => {
      troubles.push(dying.trouble);
      if (type === 'resync') back.resolve();
    });
    await back.promise;
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(troubles.filter((trouble) => trouble?.includes('DATABASE_URL'))).toEqual([]);
    await dying.close();
  });
});

interface Link {
  readonly url: string;
  isOpen: boolean;
  /** All connections say that one process serves them, as those of a pooler may. */
  isShared: boolean;
  /** The link freezes when it is asked to carry this; null: it has, or is to go on. */
  freezesAt: string | null;
  /** Connections are taken, and nobody is behind them. */
  isSilent: boolean;
  /** Connections that were asked for. */
  attempts: number;
  /** Those that are there. */
  countConnections(): number;
  cut(): void;
  /** What has come meanwhile is read, and answered by nobody. */
  thaw(): void;
  /** What is connected stays connected, and nothing passes any more. */
  freeze(): void;
  close(): Promise<void>;
}

/** A wire between the listener and PostgreSQL that tests can cut. */
async function openLink(databaseUrl: string): Promise<Link> {
  const target = new URL(databaseUrl);
  const [port, host] = [Number(target.port || 5432), target.hostname];
  const sockets = new Set<Socket>();
  const nears = new Set<Socket>();
  const link = { isOpen: true, isShared: false, freezesAt: null as string | null, isSilent: false, attempts: 0 };
  const freeze = (): void => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  const server: Server = createServer((near) => {
    if (!link.isOpen) return void near.destroy();
    link.attempts += 1;
    nears.add(near.on('close', () => nears.delete(near)));
    waiting?.();
    if (link.isSilent) {
      sockets.add(near.on('error', () => {}).resume());
      return;
    }
    const far = connect(port, host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    near.on('data', (chunk: Buffer) => {
      const sent = chunk.toString('latin1');
      if (link.freezesAt !== null && sent.includes(link.freezesAt)) {
        link.freezesAt = null;
        freeze();
        waiting?.();
      } else if (!near.isPaused())
        // Of the same length, which stands before it.
        far.write(link.isShared ? sent.replaceAll('pg_backend_pid()', '1               ') : sent, 'latin1');
    });
    near.on('end', () => far.end());
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  target.hostname = '127.0.0.1';
  target.port = String(typeof address === 'object' ? address?.port : '');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(link, {
    url: target.href,
    freeze,
    cut,
    thaw: () => {
      for (const socket of sockets) socket.removeAllListeners('data').resume();
    },
    countConnections: () => nears.size,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}
