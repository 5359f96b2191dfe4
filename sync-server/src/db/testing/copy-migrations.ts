/** The migrations that an earlier release had, in a directory of their own, which the test removes. */
import { cp, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIGRATIONS = join(import.meta.dirname, '../migrations');

/** `isThere`: asked with a file's name. Returns the directory. */
export async function copyMigrations(isThere: (name: string) => boolean): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tablo-migrations-'));
  for (const name of (await readdir(MIGRATIONS)).filter(isThere)) await cp(join(MIGRATIONS, name), join(dir, name));
  return dir;
}
