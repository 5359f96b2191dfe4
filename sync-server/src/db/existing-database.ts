/** The database of a server that may be running, for programs that work beside it or while it is away: by DATABASE_URL, or the embedded one under DATA_DIR. */
import { silentLog } from './db-log.ts';
import { openEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { findRunningPostgres, hasCluster } from './embedded/embedded-url.ts';
import { settleDatabaseUrl } from './reach-database.ts';

export interface ExistingDatabase {
  readonly url: string;
  close(): Promise<void>;
}

interface Where {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
}

/** Throws an error with a sentence where there is none: this never creates a database. */
export async function openExistingDatabase({ databaseUrl, dataDir }: Where): Promise<ExistingDatabase> {
  const url = databaseUrl !== null ? await settleDatabaseUrl(databaseUrl) : await findRunningPostgres(dataDir);
  if (url !== null) return { url, close: async () => {} };
  if (!(await hasCluster(dataDir)))
    throw new Error(`there is no database in ${dataDir}. Set DATABASE_URL or DATA_DIR.`);
  return await openEmbeddedPostgres({ dataDir, log: silentLog });
}
