/** Where the embedded PostgreSQL of a running server answers: an audit is most wanted while the server runs, and its cluster can have one owner only. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findHome } from './home.ts';
import { processIdentity } from './process-identity.ts';

const read = (path: string) => readFile(path, 'utf8').catch(() => '');

/** Whether there is anything there: opening a cluster where there is none would create it. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  return (await read(join(await findHome(dataDir), 'data', 'PG_VERSION'))) !== '';
}

/** Null when none runs on this `DATA_DIR`. */
export async function findRunningPostgres(dataDir: string): Promise<string | null> {
  const home = await findHome(dataDir);
  // Lines of postmaster.pid: pid, data directory, start time, port, … (PostgreSQL, `pidfile.h`).
  const [pid, , , port] = (await read(join(home, 'data', 'postmaster.pid'))).split('\n');
  const password = (await read(join(home, 'password'))).trim();
  return pid && port && password !== '' && processIdentity(Number(pid)) !== undefined
    ? `postgres://tablo:${password}@127.0.0.1:${port.trim()}/tablo`
    : null;
}
