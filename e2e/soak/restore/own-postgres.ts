/** An empty PostgreSQL server of the installed programs, in a temporary directory: nothing in it is ours, no role, no schema. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@tablo/sync-server/base/free-port';
import { silentLog } from '@tablo/sync-server/db/db-log';
import { findPlace, optionsOf } from '@tablo/sync-server/db/embedded/postgres-user';
import { startPostmaster } from '@tablo/sync-server/db/embedded/postmaster';
import { runProgram } from '@tablo/sync-server/db/embedded/run-program';
import pg from 'pg';
import type { PostgresPrograms } from './postgres-programs.ts';

/** Nothing here outlives this machine's uptime. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off' };

export interface OwnPostgres {
  /** Of an empty database. */
  readonly url: string;
  close(): Promise<void>;
}

export async function openOwnPostgres({ bin, version }: PostgresPrograms): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-drill-'));
  // The user who runs PostgreSQL for root has to pass it; what lies in it is closed.
  await chmod(dataDir, 0o755);
  const binaries = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), root: bin, version };
  const place = await findPlace({ dataDir, binaries, log: silentLog });
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(place.home, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await place.own(passwordFile);
  const initdb = place.launch(binaries.initdb, [
    `--pgdata=${join(place.home, 'data')}`,
    ...['--username=tablo', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
  ]);
  const { code, output } = await runProgram(initdb.command, initdb.args, optionsOf(initdb));
  if (code !== 0) throw new Error(`initdb failed: ${output}`);
  const port = await freePort();
  const result = await startPostmaster({ place, port, password, settings: SETTINGS, log: silentLog });
  if (result.type !== 'started') throw new Error(`PostgreSQL ${version} did not start: ${result.reason}`);
  const server = `postgres://tablo:${password}@127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  await client.query('CREATE DATABASE tablo');
  await client.end();
  return {
    url: `${server}/tablo`,
    close: async () => {
      await result.postmaster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
