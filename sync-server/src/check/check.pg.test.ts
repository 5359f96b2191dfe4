/** `npm start -- --check`, as a process: what it says of databases, and that it leaves no trace there, nor on the disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/config.ts';
import { silentLog } from '../db/db-log.ts';
import { migrate } from '../db/migrate.ts';
import { makeRole } from '../db/testing/make-role.ts';
import { asUser, openHost } from '../db/testing/open-host.ts';
import { onServer, openTestDatabase } from '../db/testing/test-database.ts';
import { takeWholePicture } from '../db/testing/whole-picture.ts';
import { fillTakenOver } from '../ledger/store/pg-taken-over.ts';
import { checkTokens } from './check-settings.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tablo-check-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openHostDatabase(options: Parameters<typeof openHost>[0] = {}) {
  const host = await openHost(options);
  closers.push(host.close);
  return host;
}

/** In a folder of its own, which has to stay empty. */
async function check(env: Readonly<Record<string, string>>): Promise<{ code: number | null; said: string }> {
  const cwd = await openFolder();
  const child = spawn(process.execPath, [MAIN, '--check'], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  await once(child, 'close');
  expect(await readdir(cwd)).toEqual([]);
  return { code: child.exitCode, said };
}

async function readRows(url: string, sql: string): Promise<Record<string, unknown>[]> {
  let rows: Record<string, unknown>[] = [];
  await onServer(url, async (client) => {
    ({ rows } = await client.query(sql));
  });
  return rows;
}

describe('on a host’s database', () => {
  it.each([false, true])(
    'says what a start will change, which then does just that; and leaves no trace (an earlier server’s tables: %s)',
    async (hasEarlierServer) => {
      const { url, superuserUrl } = await openHostDatabase({ hasEarlierServer });
      const columns = `SELECT c.relname || '.' || a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relname IN ('tablos', 'tablo_access', 'messages', 'channel_read_state')`;
      const before = await takeWholePicture(superuserUrl);
      const columnsBefore = (await readRows(superuserUrl, columns)).map(({ name }) => String(name));
      const { code, said } = await check({ DATABASE_URL: url });
      expect([code, said]).toEqual([0, expect.stringContaining('A start would do what is called change')]);
      expect(await takeWholePicture(superuserUrl)).toEqual(before);

      expect(said).toMatch(/change .*Migrations that will run: 0001_tablo-chat, /);
      expect(said).toMatch(/change .*Roles of members will follow tablos\.owner_id and tablo_access\.is_admin/);
      const migrations = await migrate(url, silentLog, { fillDocuments: fillTakenOver });
      expect(said).toContain(migrations.join(', '));
      const added = (await readRows(superuserUrl, columns)).map(({ name }) => String(name));
      const isOfHost = (name: string) => columnsBefore.some((one) => one.startsWith(`${name.split('.')[0]}.`));
      const foretold = [
        ...said.matchAll(/The table public\.(\w+) is there .* will get the columns? (.*)\.$/gm),
      ].flatMap(([, table, names = '']) => names.split(/, | and /).map((name) => `${table}.${name}`));
      expect(foretold.sort()).toEqual(added.filter((name) => isOfHost(name) && !columnsBefore.includes(name)).sort());

      if (!hasEarlierServer) return expect(said).not.toContain('taken over');
      const taken = await readRows(superuserUrl, 'SELECT count(*)::int AS rows FROM messages');
      expect(said).toContain(`${taken[0]?.['rows']} rows of public.messages in 2 tablos will be taken over`);
      const left = await readRows(
        superuserUrl,
        'SELECT count(*)::int AS rows, reason FROM tablo_private.not_taken_over GROUP BY reason ORDER BY reason COLLATE "C"',
      );
      const reasons = left.map(({ rows, reason }) => `${rows} × ${reason}`).join('; ');
      expect(said).toContain(`6 rows of public.messages cannot be taken over (${reasons})`);
    },
  );

  it.each([
    [
      'a rule that no chat can keep',
      'ALTER TABLE messages ALTER updated_at SET DEFAULT now(); UPDATE messages SET updated_at = now(); ALTER TABLE messages ALTER updated_at SET NOT NULL',
      'tablo_test_host',
      /STOP .*ALTER TABLE public\.messages ALTER updated_at DROP NOT NULL;/,
    ],
    ['another’s table', 'CREATE TABLE tablo_votes ()', 'tablo_test_host', /STOP .*public\.tablo_votes is taken/],
    ['a user without rights', '', 'tablo_check_guest', /STOP .*GRANT CREATE ON DATABASE .* TO "tablo_check_guest";/],
    [
      'rows that cannot be put aside',
      'CREATE TABLE stars (message uuid REFERENCES messages)',
      'tablo_test_host',
      /STOP .*cannot be taken over .* stars refers to this table/,
    ],
    [
      'hidden rows',
      'ALTER TABLE tablo_access FORCE ROW LEVEL SECURITY; GRANT tablo_test_host TO tablo_check_guest',
      'tablo_check_guest',
      /STOP .*NO FORCE ROW LEVEL SECURITY/,
    ],
  ])('says what stands in the way: %s', async (_, more, user, sentence) => {
    const { url, superuserUrl } = await openHostDatabase({
      hasEarlierServer: true,
      more: `${makeRole('tablo_check_guest')} REVOKE tablo_test_host FROM tablo_check_guest; ${more}`,
    });
    const before = await takeWholePicture(superuserUrl);
    const { code, said } = await check({ DATABASE_URL: asUser(url, user) });
    expect([code, said]).toEqual([1, expect.stringMatching(sentence)]);
    expect(await takeWholePicture(superuserUrl)).toEqual(before);
    await expect(migrate(asUser(url, user), silentLog, { fillDocuments: fillTakenOver })).rejects.toThrow();
  });
});

describe('on a database of ours', () => {
  it('changes nothing and waits for nobody, also while a server writes there and another one migrates', async () => {
    const database = await openTestDatabase();
    closers.push(database.close);
    const before = await takeWholePicture(database.url);
    await onServer(database.url, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock(7461626012447)');
      await client.query("INSERT INTO tablos (name) VALUES ('Plans')");
      const { code, said } = await check({ DATABASE_URL: database.url });
      expect([code, said]).toEqual([
        0,
        expect.stringMatching(/All \d+ migrations have run[\s\S]*A start would change nothing/),
      ]);
      await client.query('ROLLBACK');
    });
    const sequences = /^\S+_seq /;
    const isRow = (line: string) => !sequences.test(line);
    expect((await takeWholePicture(database.url)).filter(isRow)).toEqual(before.filter(isRow));
  });

  it('says that it takes no changes, or is not there', async () => {
    const database = await openTestDatabase();
    closers.push(database.close);
    const { pathname, href } = new URL(database.url);
    await onServer(href, (client) =>
      client.query(`ALTER DATABASE ${pathname.slice(1)} SET default_transaction_read_only = on`),
    );
    expect(await check({ DATABASE_URL: href })).toEqual({
      code: 1,
      said: expect.stringMatching(/STOP .*takes no changes[\s\S]*All \d+ migrations/),
    });
    const nowhere = 'postgres://ann:secret-word@127.0.0.1:1/chat';
    const { code, said } = await check({ DATABASE_URL: nowhere });
    expect([code, said]).toEqual([1, expect.stringMatching(/STOP .*cannot be reached/)]);
    expect(said).not.toContain('secret-word');
  });

  it('says that a wrong name or password lets nobody in, which a start would not go on trying', async () => {
    const database = await openTestDatabase();
    closers.push(database.close);
    const { href } = new URL(database.url);
    const stranger = new URL(href);
    stranger.username = 'nobody_of_that_name';
    stranger.password = 'secret-word';
    const refused = await check({ DATABASE_URL: stranger.href });
    expect(refused).toEqual({ code: 1, said: expect.stringMatching(/STOP .*lets nobody in by this address/) });
    expect(refused.said).not.toMatch(/secret-word|goes on trying/);
  });
});

describe('without a database', () => {
  it('says whether DATA_DIR will do, and makes nothing there', async () => {
    const folder = await openFolder();
    const dataDir = join(folder, 'not', 'yet');
    expect(await check({ DATA_DIR: dataDir })).toEqual({
      code: 0,
      said: expect.stringMatching(/change .*embedded PostgreSQL.* will be made in/),
    });
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    expect(await check({ DATA_DIR: join(folder, 'file', 'data') })).toEqual({
      code: 1,
      said: expect.stringMatching(/STOP .*is a file/),
    });
    // What a start would do with a pointer that leads nowhere, or beside a database.
    await writeFile(join(folder, 'postgres-location.txt'), '/nowhere/at/all\n');
    expect((await check({ DATA_DIR: folder })).said).toContain(`will be made in ${join(folder, 'postgres')}.`);
    await writeFile(join(folder, 'postgres-location.txt'), `${folder}\n`);
    await mkdir(join(folder, 'postgres', 'data'), { recursive: true });
    await writeFile(join(folder, 'postgres', 'data', 'PG_VERSION'), '9\n');
    expect(await check({ DATA_DIR: folder })).toEqual({
      code: 1,
      said: expect.stringMatching(/STOP .*made by PostgreSQL 9/),
    });
  });

  it('says which settings are wrong: a port in use, keys that are not there, an address that is none', async () => {
    const server = createServer((_, response) => response.end('{"keys":[]}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const DATA_DIR = await openFolder();
    const external = { JWT_ISSUER: 'https://issuer.example', JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks` };
    const { code, said } = await check({
      DATA_DIR,
      ...external,
      PORT: String(port),
      PUBLIC_URL: 'https://app.example/chat/',
    });
    expect(code).toBe(1);
    expect(said).toMatch(/STOP .*port \d+ is in use\. Set PORT/i);
    expect(said).toMatch(/STOP .*JWT_JWKS_URL answers with no keys/);
    expect(said).toMatch(/ok .*https:\/\/app\.example\/chat\/ \(PUBLIC_URL\)/);
    expect(said).toMatch(/note .*TRUST_PROXY=yes/);
    expect(await check({ DATA_DIR, PUBLIC_URL: 'chat.example' })).toEqual({
      code: 1,
      said: expect.stringMatching(/^PUBLIC_URL must be/),
    });
  });

  const rsa = { kty: 'RSA', n: 'AQAB', e: 'AQAB' };
  it.each([
    ['leads elsewhere', 302, '{}', /STOP .*a redirect, which is not followed/],
    ['is told nothing', 204, '', /STOP .*answers 204 instead of keys/],
    ['is given a page', 200, '<!doctype html><p>Welcome</p>', /STOP .*answers with no keys in it/],
    ['is given more than keys', 200, `{"keys":[${'0,'.repeat(600_000)}0]}`, /STOP .*answers with no keys in it/],
    ['is given secrets', 200, '{"keys":[{"kty":"oct","k":"AA"}]}', /STOP .*keys that no token is checked by/],
    ['is given keys', 200, JSON.stringify({ keys: [rsa, { ...rsa, use: 'enc' }] }), /ok .*checked by 1 key of/],
  ])('asks for keys as the server does: who %s', async (_, status, body, sentence) => {
    const server = createServer((__, response) => response.writeHead(status, { Location: '/' }).end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const parsed = parseConfig({ JWT_ISSUER: 'https://issuer.example', JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks` });
    if (!parsed.ok) throw new Error(parsed.error);
    const found = await checkTokens(parsed.value);
    expect(`${found.kind === 'stop' ? 'STOP' : found.kind} ${found.sentence}`).toMatch(sentence);
  });

  it('tells nobody the password that an address has in it', async () => {
    const settings = { JWT_ISSUER: 'https://issuer.example', JWT_JWKS_URL: 'https://ann:secret-word@h.invalid/jwks' };
    const parsed = parseConfig(settings);
    if (!parsed.ok) throw new Error(parsed.error);
    const found = await checkTokens(parsed.value);
    expect(found).toMatchObject({ kind: 'stop', sentence: expect.not.stringContaining('secret-word') });
  });
});
