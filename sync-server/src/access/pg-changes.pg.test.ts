import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPool } from '../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { silentLog } from '../log.ts';
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

describe('openChanges', () => {
  it('[R6] hears memberships, tablos and read positions that plain SQL changes', async () => {
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

  it('[R6] says that it is lost when its connection is killed, resync when it is back, and hears what comes after', async () => {
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

  it('[R6] notices within 5 seconds a link that died without a word', async () => {
    const since = performance.now();
    link.freeze();
    await untilBack();
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  it('[R11] keeps trying while the database is away, from the start on', async () => {
    link.isOpen = false;
    const late = await openChanges(link.url, silentLog);
    expect(late.isListening).toBe(false);
    const resynced = new Promise<void>((resolve) => late.subscribe(({ type }) => type === 'resync' && resolve()));
    link.isOpen = true;
    await resynced;
    expect(late.isListening).toBe(true);
    await late.close();
  });
});

interface Link {
  readonly url: string;
  isOpen: boolean;
  /** What is connected stays connected, and nothing passes any more. */
  freeze(): void;
  close(): Promise<void>;
}

/** A wire between the listener and PostgreSQL that tests can cut. */
async function openLink(databaseUrl: string): Promise<Link> {
  const target = new URL(databaseUrl);
  const [port, host] = [Number(target.port || 5432), target.hostname];
  const sockets = new Set<Socket>();
  const link = { isOpen: true };
  const server: Server = createServer((near) => {
    if (!link.isOpen) return void near.destroy();
    const far = connect(port, host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  target.hostname = '127.0.0.1';
  target.port = String(typeof address === 'object' ? address?.port : '');
  return Object.assign(link, {
    url: target.href,
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}
