// A host's role or database may have other defaults than ours: results, times and durability are the same.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../support/database.ts';
import { RestPerson } from '../support/rest-person.ts';
import { startServer } from '../support/server.ts';

/** Each makes something wrong, lost or endless where it is believed. */
const AWFUL: Readonly<Record<string, string>> = {
  datestyle: 'SQL, DMY',
  intervalstyle: 'iso_8601',
  timezone: 'Asia/Kolkata',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  array_nulls: 'off',
  transform_null_equals: 'on',
  row_security: 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  statement_timeout: '1ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '50ms',
  idle_session_timeout: '1s',
  transaction_timeout: '50ms',
  search_path: 'pg_temp',
  synchronous_commit: 'off',
};
const ROOT = join(import.meta.dirname, '..', '..');
const TEXT = 'Grüße, O’Brien \\ \'"%s"\n😀 1999-12-31';

let database: Database;
beforeEach(async () => {
  database = await openDatabase();
});
afterEach(() => database.close());

/** For everybody who connects to this database from now on. */
async function setDefaults(settings: Readonly<Record<string, string>>): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  const statements = Object.entries(settings).map(
    ([setting, value]) => `ALTER DATABASE ${name} SET ${setting} = ${setting === 'search_path' ? value : `'${value}'`}`,
  );
  await database.query(statements.join('; '));
}

it('[R1] with every default of the database changed for the worse, people chat, restart and are audited as ever', async () => {
  await setDefaults(AWFUL);
  const server = await startServer({ env: { DATABASE_URL: database.url } });
  const ann = new RestPerson(server.url, 'Ann');
  await ann.signUp('correct horse battery');
  const tablo = await ann.createTablo('Pläne');
  const before = Date.now();
  const id = await ann.say(tablo, TEXT);
  await ann.say(tablo, 'an answer', id);
  await server.restart();
  await ann.say(tablo, 'after the restart');
  const { channels } = await ann.read<{ channels: object[] }>('/chat/channels');
  expect(channels).toMatchObject([{ name: 'Pläne', last_seq: 3, role: 'owner' }]);
  const { messages } = await ann.read<{ messages: { text: string; seq: number; created_at: string }[] }>(
    `/chat/channels/${tablo}/messages`,
  );
  expect(messages.map(({ text, seq }) => ({ text, seq }))).toEqual([
    { text: TEXT, seq: 1 },
    { text: 'an answer', seq: 2 },
    { text: 'after the restart', seq: 3 },
  ]);
  const sentAt = Date.parse(messages[0]?.created_at ?? '');
  expect(Math.abs(sentAt - before)).toBeLessThan(60_000);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
  const audit = await promisify(execFile)(process.execPath, [join(ROOT, 'sync-server/src/audit/cli.ts')], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], DATABASE_URL: database.url },
  });
  expect(audit.stdout).toMatch(/3 messages.*: 0 drifts/);
});

it('[R11] a database that is set to read-only is said to be', async () => {
  await setDefaults({ default_transaction_read_only: 'on' });
  const server = await startServer({ env: { DATABASE_URL: database.url }, isReadyAwaited: false });
  const readiness = async () => (await fetch(`${server.url}/readyz`).catch(() => null))?.text();
  await expect.poll(readiness, { timeout: 30_000 }).toContain('read-only');
  expect(server.output()).toContain('read-only');
  await server.stop();
});
