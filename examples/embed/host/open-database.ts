/** The host's PostgreSQL: an embedded one here, so that there is nothing to install. On Supabase it is the project's own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '@tablo/sync-server/base/log';
import { openEmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import pg from 'pg';

export interface HostDatabase {
  /** As the owner of the host's tables, who is no superuser: for the host's back end and for the chat server. */
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export async function openDatabase(dataDir: string): Promise<HostDatabase> {
  const postgres = await openEmbeddedPostgres({ dataDir, log: silentLog });
  await createOnce(postgres.url);
  const url = new URL(postgres.url);
  url.username = 'planner';
  url.password = 'planner';
  const pool = new pg.Pool({ connectionString: url.href });
  return {
    url: url.href,
    pool,
    close: async () => {
      await pool.end();
      await postgres.close();
    },
  };
}

async function createOnce(superuserUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(`SELECT FROM pg_roles WHERE rolname = 'planner'`);
    // One query of several statements is one transaction: all of it, or nothing.
    if (rowCount === 0) await client.query(await readFile(join(import.meta.dirname, 'database.sql'), 'utf8'));
  } finally {
    await client.end();
  }
}
