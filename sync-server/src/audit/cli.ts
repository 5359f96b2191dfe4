/** `npm run audit`: compares documents with rows, prints what differs. Exit code 0: nothing; 1: drift; 2: it could not look. */

import { silentLog } from '../base/log.ts';
import { parseConfig } from '../config/config.ts';
import { openEmbeddedPostgres } from '../db/embedded/embedded-postgres.ts';
import { createPool, endPool } from '../db/pool.ts';
import { settleDatabaseUrl } from '../db/reach-database.ts';
import { DRIFTS, type Drift } from './drift.ts';
import { findRunningPostgres, hasCluster } from './embedded-url.ts';
import { audit } from './pg-audit.ts';

const END_MS = 2_000;

interface Database {
  readonly url: string;
  close(): Promise<void>;
}

async function main(): Promise<number> {
  const config = parseConfig(process.env, process.argv.slice(2));
  if (!config.ok) throw new Error(config.error);
  const database = await openDatabase(config.value);
  const pool = createPool(database.url, { applicationName: 'tablo-chat audit', max: 1 });
  try {
    const summary = await audit(pool, { onDrift: print });
    const { tablos, messages, entries, drifts, seconds } = summary;
    process.stdout.write(
      `${tablos} tablos, ${messages} messages, ${entries} entries: ${drifts} drifts (${seconds.toFixed(1)} s)\n`,
    );
    return drifts === 0 ? 0 : 1;
  } finally {
    await endPool(pool, END_MS);
    await database.close();
  }
}

async function openDatabase({
  databaseUrl,
  dataDir,
}: {
  databaseUrl: string | null;
  dataDir: string;
}): Promise<Database> {
  const url = databaseUrl !== null ? await settleDatabaseUrl(databaseUrl) : await findRunningPostgres(dataDir);
  if (url !== null) return { url, close: async () => {} };
  if (!(await hasCluster(dataDir)))
    throw new Error(`there is no database in ${dataDir}. Set DATABASE_URL or DATA_DIR.`);
  return await openEmbeddedPostgres({ dataDir, log: silentLog });
}

function print({ tablo, code, id, detail }: Drift): void {
  process.stdout.write(
    `tablo ${tablo}  ${id ?? '-'}  ${code}: ${DRIFTS[code]}${detail === undefined ? '' : ` (${detail})`}\n`,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  const code = (error as { code?: unknown }).code;
  process.stderr.write(`The audit could not be done: ${(error as Error).message || String(code ?? error)}\n`);
  process.exitCode = 2;
}
