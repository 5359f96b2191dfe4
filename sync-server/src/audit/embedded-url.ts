/** Where the embedded PostgreSQL of a running server answers: the audit is most wanted while the server runs, and its cluster can have one owner only. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from '../db/process-identity.ts';

/** Null when none runs on this `DATA_DIR`. */
export async function findRunningPostgres(dataDir: string): Promise<string | null> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const moved = (await read(join(dataDir, 'postgres-location.txt'))).trim();
  for (const home of [join(dataDir, 'postgres'), moved].filter((path) => path !== '')) {
    // Lines of postmaster.pid: pid, data directory, start time, port, … (PostgreSQL, `pidfile.h`).
    const [pid, , , port] = (await read(join(home, 'data', 'postmaster.pid'))).split('\n');
    const password = (await read(join(home, 'password'))).trim();
    if (pid && port && password !== '' && processIdentity(Number(pid)) !== undefined)
      return `postgres://tablo:${password}@127.0.0.1:${port.trim()}/tablo`;
  }
  return null;
}
