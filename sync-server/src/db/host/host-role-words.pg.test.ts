/** A host's own `role` column, whose words are the host's. */
import { afterEach, expect, it } from 'vitest';
import { fillTakenOver } from '../../ledger/store/pg-taken-over.ts';
import { silentLog } from '../db-log.ts';
import { migrate } from '../migrate.ts';
import { openHost } from '../testing/open-host.ts';

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
