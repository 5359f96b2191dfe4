/** Where the embedded cluster of a DATA_DIR is kept, for whoever opens it, looks for it or only judges it. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Names the place outside of DATA_DIR, where PostgreSQL's user could not enter DATA_DIR (`postgres-user.ts`). */
export const POINTER_FILE = 'postgres-location.txt';

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

/** A cluster in DATA_DIR itself, else the place that the pointer names while it is there, else where one would be made. */
export async function findHome(dataDir: string): Promise<string> {
  const own = join(resolve(dataDir), 'postgres');
  if (await exists(join(own, 'data'))) return own;
  const moved = (await readFile(join(dataDir, POINTER_FILE), 'utf8').catch(() => '')).trim();
  return moved !== '' && (await exists(moved)) ? moved : own;
}
