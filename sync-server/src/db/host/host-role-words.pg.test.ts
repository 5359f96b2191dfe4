/** A host's own `role` column, whose words are the host's. */
import { rm } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { fillTakenOver } from '../../ledger/store/pg-taken-over.ts';
import { silentLog } from '../db-log.ts';
import { migrate } from '../migrate.ts';
import { previewStart } from '../preview/preview-start.ts';
import { copyMigrations } from '../testing/copy-migrations.ts';
import { openHost } from '../testing/open-host.ts';
import { onServer, openTestDatabase } from '../testing/test-database.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open() {
  const host = await openHost({ hasEarlierServer: false });
  closers.push(host.close);
  const start = async (): Promise<unknown[]> => {
    const warned: object[] = [];
    const warn = (fields: object | string) => void warned.push(fields as object);
    await migrate(host.url, { ...silentLog, warn }, { fillDocuments: fillTakenOver });
    return warned.filter((fields) => 'words' in fields || 'tablos' in fields);
  };
  return { ...host, start };
}

it('[H] words of a host that are none of the chat’s, and tablos that nobody owns for that, are warned of at every start', async () => {
  const { run, start } = await open();
  await run(`CREATE TYPE board_role AS ENUM ('viewer', 'editor', 'owner');
    ALTER TABLE tablo_access ADD COLUMN role board_role NOT NULL DEFAULT 'editor'`);
  const expected = [{ words: 'editor' }, { tablos: 2 }];
  expect(await start()).toEqual(expected);
  expect(await start()).toEqual(expected);
  await run(`UPDATE tablo_access SET role = 'owner'`);
  expect(await start()).toEqual([]);
});

it('[H] a role column that we have added says nothing of the kind', async () => {
  const { start } = await open();
  expect(await start()).toEqual([]);
  expect(await start()).toEqual([]);
});

const lookAt = async (url: string): Promise<string> =>
  (await previewStart(url)).map(({ sentence }) => sentence).join('\n');

it.each(['0001', '0010', '0011'])(
  '[H] nor on a database that an earlier release has used up to %s, which this one only looks at',
  async (last) => {
    const { url, run } = await open();
    const dir = await copyMigrations((name) => name <= `${last}~`);
    closers.push(() => rm(dir, { recursive: true, force: true }));
    await migrate(url, silentLog, { dir });
    await run(`UPDATE tablo_access SET role = 'member'`);
    const said = await lookAt(url);
    expect(said).toMatch(/Migrations that will run: 00/);
    expect(said).not.toContain('tablo_access.role is a column of yours');
    expect(said).not.toContain('(column: tablo_access.role');
  },
);

it('[H] tables that we have made are ours whatever a release calls its policies', async () => {
  const database = await openTestDatabase();
  closers.push(database.close);
  await onServer(database.url, async (client) => {
    await client.query(`INSERT INTO tablos (id, name) VALUES ('00000000-0000-4000-8000-0000000000f1', 'Plans')`);
    await client.query(
      `INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ('00000000-0000-4000-8000-0000000000f1', gen_random_uuid(), 'member')`,
    );
    await client.query('ALTER POLICY tablo_chat_read ON tablo_access RENAME TO tablo_chat_see');
  });
  expect(await lookAt(database.url)).not.toContain('is a column of yours');
});
