/** The database of a start: DATABASE_URL, or the embedded one under DATA_DIR. */

import { isDatabaseAway } from '../base/database-away.ts';
import { type Finding, finding } from '../base/finding.ts';
import { meaningOf, READ_ONLY_TRANSACTION } from '../base/sqlstates.ts';
import { checkDataDir } from '../db/embedded/check-data-dir.ts';
import { findRunningPostgres } from '../db/embedded/embedded-url.ts';
import { assertOwnConnections } from '../db/pooler.ts';
import { previewStart } from '../db/preview/preview-start.ts';
import { assertWritable, describeDatabaseFault, settleDatabaseUrl } from '../db/reach-database.ts';

interface Settings {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
}

export async function checkDatabase({ databaseUrl, dataDir }: Settings): Promise<Finding[]> {
  if (databaseUrl !== null) return look(databaseUrl);
  const place = await checkDataDir(dataDir);
  const url = await findRunningPostgres(dataDir);
  return url === null ? place : [...place, ...(await look(url))];
}

async function look(given: string): Promise<Finding[]> {
  const found: Finding[] = [];
  try {
    const url = await settleDatabaseUrl(given);
    // What the start waits for, the check goes on without: a database that only reads can be looked at.
    await assertOwnConnections(url, assertWritable).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== READ_ONLY_TRANSACTION) throw error;
      found.push(finding('stop', 'The database takes no changes (read-only): a start waits until it does.'));
    });
    found.push(...(await previewStart(url)));
  } catch (error) {
    found.push(finding('stop', describe(error)));
  }
  return found;
}

function describe(error: unknown): string {
  const fault = describeDatabaseFault(error);
  if (fault !== null) return fault;
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  const words = [message, code].filter((word) => typeof word === 'string' && word !== '').join(', ');
  const meaning = meaningOf(error);
  // A start ends with this: a wrong name or password does not mend itself.
  if (meaning === 'access') return `The database lets nobody in by this address (${words}).`;
  if (meaning === 'statement')
    return `The database could not be looked at in time (${words}). Somebody may be changing its tables: look again.`;
  return isDatabaseAway(error)
    ? `The database cannot be reached or asked (${words}): a start goes on trying.`
    : `The database cannot be used: ${words}.`;
}
