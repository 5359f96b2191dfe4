/** Whether the embedded PostgreSQL could start under DATA_DIR. Nothing is created or started. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Finding, finding } from '../../base/finding.ts';
import { findHome } from './home.ts';
import { findBinaries } from './postgres-binaries.ts';
import { processIdentity } from './process-identity.ts';

const read = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(() => '')).trim();

export async function checkDataDir(dataDir: string): Promise<Finding[]> {
  const binaries = await findBinaries().catch((error: Error) => error);
  if (binaries instanceof Error) return [finding('stop', binaries.message)];
  const dir = resolve(dataDir);
  const place = await describePlace(dir);
  if (place !== null) return [place];
  const home = await findHome(dir);
  const version = await read(join(home, 'data', 'PG_VERSION'));
  if (version === '')
    return [finding('change', `A database of the embedded PostgreSQL ${binaries.version} will be made in ${home}.`)];
  const wrong = await findWrong(home, version, binaries.version);
  if (wrong !== null) return [wrong];
  const owner = await read(join(home, 'owner'));
  const pid = Number(owner.split(':')[0]);
  return owner !== '' && processIdentity(pid) === owner
    ? [finding('note', `A Tablo Chat (process ${pid}) runs on ${home} now: stop it before another one starts.`)]
    : [
        finding('ok', `The embedded PostgreSQL ${version} has its database in ${home}.`),
        finding('note', 'What is in it is not looked at, since that would start it.'),
      ];
}

async function findWrong(home: string, version: string, bundled: string): Promise<Finding | null> {
  const major = bundled.split('.')[0];
  if (version !== major)
    return finding(
      'stop',
      `${join(home, 'data')} was made by PostgreSQL ${version}, and this release brings ${major}. Dump and restore it first.`,
    );
  if ((await read(join(home, 'password'))) === '')
    return finding(
      'stop',
      `${join(home, 'password')} is missing or cannot be read, and the database beside it opens with no other. Restore it from a backup.`,
    );
  const { uid } = await stat(join(home, 'data'));
  const own = process.getuid?.();
  return own === undefined || own === 0 || own === uid
    ? null
    : finding('stop', `${home} belongs to user ${uid}. Start as that user or as root, or choose another DATA_DIR.`);
}

/** What prevents a folder from being created or written to; null: nothing. */
async function describePlace(dir: string): Promise<Finding | null> {
  for (let at = dir; ; at = dirname(at)) {
    const found = await stat(at).catch((error: NodeJS.ErrnoException) => error.code ?? '');
    if ((found === 'ENOENT' || found === 'ENOTDIR') && at !== dirname(at)) continue;
    if (typeof found === 'string') return finding('stop', `DATA_DIR=${dir} cannot be looked at (${found}).`);
    if (!found.isDirectory()) return finding('stop', `DATA_DIR=${dir} cannot be a folder: ${at} is a file.`);
    const mayWrite = await access(at, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    return mayWrite ? null : finding('stop', `DATA_DIR=${dir}: this user may not write in ${at}.`);
  }
}
