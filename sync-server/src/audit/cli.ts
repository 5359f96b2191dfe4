/** `npm run audit`: compares documents with rows, prints what differs. Exit code 0: no difference; 1: drift; 2: the audit could not run. */

import { parseConfig } from '../config/config.ts';
import { openExistingDatabase } from '../db/existing-database.ts';
import { createPool, endPool } from '../db/pool.ts';
import { DRIFTS, type Drift } from './drift.ts';
import { audit } from './pg-audit.ts';

const END_MS = 2_000;

async function main(): Promise<number> {
  const config = parseConfig(process.env, process.argv.slice(2));
  if (!config.ok) throw new Error(config.error);
  const database = await openExistingDatabase(config.value);
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
