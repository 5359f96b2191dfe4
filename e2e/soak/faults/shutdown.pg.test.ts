import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@tablo/schema/testing/random';
import { RecordingClient } from '@tablo/sync-server/attacks/recording-client';
import { authFrame } from '@tablo/sync-server/testing/frames';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../support/database.ts';
import { type RunningServer, startServer } from '../../support/server.ts';
import { Stage } from '../stage.ts';
import { Gate } from './gate.ts';

/** A container is killed after 10 s. */
const STOP_WITHIN_MS = 10_000;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openStage(): Promise<{ stage: Stage; gate: Gate }> {
  const database = await openDatabase();
  closers.push(() => database.close());
  const gate = await Gate.open(database.url);
  closers.push(() => gate.close());
  const stage = await Stage.open({ url: gate.url, directUrl: database.url });
  closers.push(() => stage.close());
  stage.connect();
  await stage.allJoined();
  return { stage, gate };
}

/** Sends SIGTERM; what it returns is for later: the exit code, checked to have come in time. */
function terminate(server: RunningServer): Promise<number | null> {
  const startedAt = performance.now();
  server.signal('SIGTERM');
  return server.ended().then((code) => {
    expect(performance.now() - startedAt).toBeLessThan(STOP_WITHIN_MS);
    return code;
  });
}

async function writeSome(stage: Stage): Promise<void> {
  stage.startWriting(new Random(1));
  await untilTrue('some are acknowledged', () => stage.book.acknowledged.size > 50);
}

/** A status of HTTP; null: the connection ended without one. */
function statusOf(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = request(url, { method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? null);
    });
    asked.on('upgrade', (_answer, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on('error', () => resolve(null));
    asked.end(method === 'POST' ? '{"text":"x"}' : undefined);
  });
}

describe('SIGTERM', () => {
  it('[R11] while a COMMIT gets no answer: nobody gets in, everybody is told, what no snapshot covers is logged, code 0 in time', async () => {
    const { stage, gate } = await openStage();
    const { server, tablos } = stage;
    await writeSome(stage);
    const [member] = stage.members;
    const client = await RecordingClient.open(`${server.url.replace('http', 'ws')}/sync`);
    const { denied } = client.heard;
    gate.silence();
    await untilTrue('a commit waits', () => stage.writers.every(({ unacknowledged }) => unacknowledged > 20));
    const code = terminate(server);
    await untilTrue('the server says that it stops', async () => (await statusOf(`${server.url}/readyz`)) === 503);
    const { tabloId = '', token = '' } = member?.seat ?? {};
    // First: its socket stays open only while commits are waited for.
    client.send(authFrame(`${tabloId}/1`, token));
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    expect(await statusOf(`${server.url}/chat/channels/${tabloId}/messages`, headers, 'POST')).toBe(503);
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    expect(await statusOf(`${server.url}/sync`, { ...upgrade, 'sec-websocket-key': 'MTIzNDU2Nzg5MDEyMzQ1Ng==' })).toBe(
      503,
    );
    await untilTrue('a join is denied', () => denied.length > 0);
    expect(denied).toEqual(['shutting-down']);
    expect(await code).toBe(0);
    for (const one of stage.members) expect(one.farewells).toContain('shutting-down');
    for (const tablo of tablos) expect(server.output()).toContain(`tablo=${tablo}`);
    gate.reopen();
    await server.restart();
    await stage.drained();
    const { faults, drifts } = await stage.judge();
    expect({ faults, drifts }).toEqual({ faults: [], drifts: [] });
  });

  it('[R1] [R11] while snapshots fail: acknowledged is durable, and the log says how many rows no snapshot covers', async () => {
    const { stage } = await openStage();
    await stage.pool.query(`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`);
    await stage.pool.query(
      'CREATE TRIGGER no_room BEFORE INSERT ON tablo_documents FOR EACH STATEMENT EXECUTE FUNCTION no_room()',
    );
    await writeSome(stage);
    expect(await terminate(stage.server)).toBe(0);
    const { rows } = await stage.pool.query<{ tablo_id: string; rows: string }>(
      'SELECT u.tablo_id, count(*) AS rows FROM tablo_updates u JOIN tablos t ON t.id = u.tablo_id AND t.epoch = u.epoch GROUP BY 1',
    );
    expect(rows.map(({ tablo_id }) => tablo_id).sort()).toEqual([...stage.tablos].sort());
    for (const { tablo_id, rows: count } of rows)
      expect(stage.server.output()).toContain(
        `A snapshot was given up; the log table has these rows. tablo=${tablo_id} rows=${count}`,
      );
    const acknowledged = [...stage.book.acknowledged];
    const found = await stage.pool.query('SELECT FROM tablo_entries WHERE id = ANY($1)', [acknowledged]);
    expect(found.rowCount).toBe(acknowledged.length);
  });

  it('[R11] a request that never ends and one that waits for a lock do not hold it, and the second is answered', async () => {
    const { stage } = await openStage();
    const { server } = stage;
    const [tabloId = ''] = stage.tablos;
    const { token = '' } = stage.members.find(({ seat }) => seat.tabloId === tabloId)?.seat ?? {};
    const url = `${server.url}/chat/channels/${tabloId}/messages`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const endless = request(url, { method: 'POST', headers: { ...headers, 'content-length': '1000' } });
    endless.on('error', () => {}); // Cut off at last.
    endless.write('{');
    const holder = new pg.Client({ connectionString: stage.pool.options.connectionString });
    await holder.connect();
    closers.push(() => holder.end());
    await holder.query('BEGIN');
    await holder.query('SELECT FROM tablos WHERE id = $1 FOR UPDATE', [tabloId]);
    const waiting = statusOf(url, headers, 'POST');
    await untilTrue('the commit waits for the lock', async () => {
      const { rowCount } = await stage.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rowCount === 1;
    });
    expect(await terminate(server)).toBe(0);
    expect(await waiting).toBe(503);
  });

  it('[R11] another signal later ends it at once, with a word, and a code that says so', async () => {
    const { stage, gate } = await openStage();
    await writeSome(stage);
    gate.silence();
    await untilTrue('a commit waits', () => stage.writers.every(({ unacknowledged }) => unacknowledged > 20));
    stage.server.signal('SIGTERM');
    await untilTrue(
      'the server says that it stops',
      async () => (await statusOf(`${stage.server.url}/readyz`)) === 503,
    );
    let isEnded = false;
    const code = stage.server.ended().finally(() => {
      isEnded = true;
    });
    // The first of these may come so soon that it counts as the same Ctrl-C.
    const startedAt = performance.now();
    await untilTrue('it ends', () => {
      stage.server.signal('SIGINT');
      return isEnded;
    });
    expect(await code).toBe(130);
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(stage.server.output()).toContain('Stopped at once.');
  });
});

describe('SIGTERM during the start', () => {
  it('[R11] ends it with code 0 while the database does not answer', async () => {
    const database = await openDatabase();
    closers.push(() => database.close());
    const gate = await Gate.open(database.url);
    closers.push(() => gate.close());
    gate.silence();
    const env = { DATABASE_URL: gate.url, JWT_SECRET: 'long enough to be a secret', JWT_ISSUER: 'tests' };
    const server = await startServer({ env, isReadyAwaited: false });
    closers.push(() => server.kill());
    await untilTrue('it listens', async () => (await statusOf(`${server.url}/readyz`)) === 503);
    expect(await terminate(server)).toBe(0);
  });

  it('[R11] ends it with code 0 while the embedded PostgreSQL starts, and leaves no process', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tablo-stop-'));
    closers.push(() => rm(dataDir, { recursive: true, force: true }));
    const server = await startServer({ env: { DATA_DIR: dataDir }, isReadyAwaited: false });
    closers.push(() => server.kill());
    closers.push(async () => {
      for (const { pid } of await processesIn(dataDir)) process.kill(pid, 'SIGKILL');
    });
    // Started, and not known to be ready: nobody else would end it.
    await untilTrue('PostgreSQL starts', async () =>
      (await processesIn(dataDir)).some(({ command }) => command.includes('listen_addresses')),
    );
    expect(await terminate(server)).toBe(0);
    await untilTrue('all of its processes have ended', async () => (await processesIn(dataDir)).length === 0);
  });
});

/** Processes other than the server whose command line names the directory. */
async function processesIn(dataDir: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      command: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''), // Ended meanwhile.
    })),
  );
  return processes.filter(({ command }) => command.includes(dataDir));
}
