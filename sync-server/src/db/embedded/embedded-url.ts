/** Where the embedded PostgreSQL of a running server answers: an audit is most wanted while the server runs, and its cluster can have one owner only. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';

const read = (path: string) => readFile(path, 'utf8').catch(() => '');

/** `DATA_DIR` itself, or where its pointer says that the cluster is kept. */
async function homesOf(dataDir: string): Promise<readonly string[]> {
  const moved = (await read(join(dataDir, 'postgres-location.txt'))).trim();
  return [join(dataDir, 'postgres'), moved].filter((path) => path !== '');
}

/** Whether there is anything there: opening a cluster where there is none would create it. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  const versions = (await homesOf(dataDir)).map((home) => read(join(home, 'data', 'PG_VERSION')));
  return (await Promise.all(versions)).some((version) => version !== '');
}

/** Null when none runs on this `DATA_DIR`. */
export async function findRunningPostgres(dataDir: string): Promise<string | null> {
  for (const home of await homesOf(dataDir)) {
    // Lines of postmaster.pid: pid, data directory, start time, port, … (PostgreSQL, `pidfile.h`).
    const [pid, , , port] = (await read(join(home, 'data', 'postmaster.pid'))).split('\n');
    const password = (await read(join(home, 'password'))).trim();
    if (pid && port && password !== '' && processIdentity(Number(pid)) !== undefined)
      return `postgres://tablo:${password}@127.0.0.1:${port.trim()}/tablo`;
  }
  return null;
}
