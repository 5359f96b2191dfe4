/** A host application's database of its own, and addresses to reach it: as its owner, who is no superuser, and as a superuser. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onServer, openEmptyDatabase } from './test-database.ts';

export const ada = 'a0000000-0000-4000-8000-000000000001';
export const ben = 'a0000000-0000-4000-8000-000000000002';
export const cleo = 'a0000000-0000-4000-8000-000000000003';
export const boat = 'b0000000-0000-4000-8000-000000000001';
export const nameless = 'b0000000-0000-4000-8000-000000000002';

interface Host {
  /** As the owner of everything in `public`. */
  readonly url: string;
  readonly superuserUrl: string;
  /** As a superuser. */
  run(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** `more`: statements of a superuser, after those of the files. */
export async function openHost({ hasEarlierServer = false, more = '' } = {}): Promise<Host> {
  const database = await openEmptyDatabase();
  const files = ['supabase-host.sql', ...(hasEarlierServer ? ['earlier-server.sql'] : [])];
  const run = async (sql: string): Promise<void> => {
    await onServer(database.url, (client) => client.query(sql));
  };
  for (const file of files) await run(await readFile(join(import.meta.dirname, file), 'utf8'));
  if (more !== '') await run(more);
  return { url: asUser(database.url, 'tablo_test_host'), superuserUrl: database.url, run, close: database.close };
}

/** The same database, for another user whose password is `x`. */
export function asUser(url: string, user: string): string {
  const other = new URL(url);
  other.username = user;
  other.password = 'x';
  return other.href;
}
