/** What happens to PostgreSQL while people write. Each begins, lasts, and ends; the server has to get through it alone. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import pg from 'pg';
import type { Gate } from './gate.ts';

export interface Trouble {
  readonly name: string;
  /** Whether the database is away for as long as it lasts; a storm lets some commits through. */
  readonly isAway: boolean;
  begin(): Promise<void>;
  end(): Promise<void>;
}

const STORM_EVERY_MS = 40;
const SERVERS = `datname = current_database() AND (application_name = 'tablo-chat' OR application_name LIKE 'tablo-chat %')`;

export function troublesOf(postgres: EmbeddedPostgres, gate: Gate): readonly Trouble[] {
  const sql = (...statements: readonly string[]): Promise<void> => run(postgres.url, statements);
  const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${SERVERS}`;
  let isStormy = false;
  let storm: Promise<void> = Promise.resolve();
  return [
    { name: 'connections cut', isAway: true, begin: async () => gate.shut(), end: async () => gate.reopen() },
    { name: 'cable out', isAway: true, begin: async () => gate.silence(), end: async () => gate.reopen() },
    {
      name: 'PostgreSQL killed',
      isAway: true,
      begin: async () => {
        if (postgres.pid !== null) process.kill(postgres.pid, 'SIGKILL');
        gate.shut(); // It is back within a second; the gate makes it stay away for as long as the others.
      },
      end: async () => gate.reopen(),
    },
    {
      name: 'backends terminated again and again',
      isAway: false,
      begin: async () => {
        isStormy = true;
        storm = (async () => {
          while (isStormy) {
            await sql(terminate);
            await delay(STORM_EVERY_MS);
          }
        })();
      },
      end: async () => {
        isStormy = false;
        await storm;
      },
    },
    {
      name: 'read-only',
      isAway: true,
      begin: () => sql('ALTER DATABASE tablo SET default_transaction_read_only = on', terminate),
      end: () =>
        sql('SET default_transaction_read_only = off', 'ALTER DATABASE tablo RESET default_transaction_read_only'),
    },
    {
      name: 'disk full',
      isAway: true,
      begin: () =>
        sql(
          `CREATE OR REPLACE FUNCTION soak_full() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`,
          'CREATE TRIGGER soak_full BEFORE INSERT ON tablo_updates FOR EACH STATEMENT EXECUTE FUNCTION soak_full()',
        ),
      end: () => sql('DROP TRIGGER soak_full ON tablo_updates'),
    },
  ];
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'soak' });
  client.on('error', () => {}); // The query under way says so as well.
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
