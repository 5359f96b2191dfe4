/** What people of a host application may write by its own rights and policies, and the server warns of at every start. */
import { afterEach, expect, it } from 'vitest';
import { fillTakenOver } from '../../ledger/store/pg-taken-over.ts';
import { silentLog } from '../db-log.ts';
import { migrate } from '../migrate.ts';
import { openHost } from '../testing/open-host.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(hasEarlierServer: boolean) {
  const host = await openHost({ hasEarlierServer });
  closers.push(host.close);
  const start = async (): Promise<unknown[]> => {
    const warned: object[] = [];
    const warn = (fields: object | string) => void warned.push(fields as object);
    await migrate(host.url, { ...silentLog, warn }, { fillDocuments: fillTakenOver });
    return warned.filter((fields) => 'commands' in fields);
  };
  return { ...host, start };
}

it('[R6] a policy that lets people change messages is warned of, as long as it is there and gives something', async () => {
  const { run, start } = await open(true);
  expect(await start()).toEqual([]);
  await run(`CREATE POLICY "Authors edit" ON messages FOR UPDATE USING (user_id = auth.uid());
    CREATE POLICY "Authors remove" ON messages FOR DELETE TO authenticated USING (user_id = auth.uid())`);
  const both = [{ table: 'messages', commands: 'DELETE, UPDATE' }];
  expect([await start(), await start()]).toEqual([both, both]);
  await run('REVOKE DELETE ON messages FROM authenticated');
  expect(await start()).toEqual([{ table: 'messages', commands: 'UPDATE' }]);
  await run('REVOKE UPDATE ON messages FROM authenticated');
  expect(await start()).toEqual([]);
  await run('GRANT UPDATE (text) ON messages TO authenticated');
  expect(await start()).toEqual([{ table: 'messages', commands: 'UPDATE' }]);
  await run('DROP POLICY "Authors edit" ON messages');
  expect(await start()).toEqual([]);
  await run('CREATE POLICY "Nobody edits" ON messages AS RESTRICTIVE FOR UPDATE USING (false)');
  expect(await start()).toEqual([]);
  await run('ALTER TABLE messages DISABLE ROW LEVEL SECURITY');
  expect(await start()).toEqual([{ table: 'messages', commands: 'INSERT, UPDATE' }]);
});

it('[R6] a table of messages that we made gives people nothing to write', async () => {
  const { start } = await open(false);
  expect(await start()).toEqual([]);
});
