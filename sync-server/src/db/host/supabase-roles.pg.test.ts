/** On a PostgreSQL server that has none of Supabase's roles: roles belong to the whole server, so the test has one of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '../db-log.ts';
import { openEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { migrate } from '../migrate.ts';
import { previewStart } from '../preview/preview-start.ts';
import { asUser } from '../testing/open-host.ts';
import { databaseUrl, onServer } from '../testing/test-database.ts';

let dataDir: string;
let server: Awaited<ReturnType<typeof openEmbeddedPostgres>>;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tablo-test-'));
  server = await openEmbeddedPostgres({ dataDir, log: silentLog, settings: { fsync: 'off' } });
});
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A database whose owner may do so much; its address as that owner. */
async function openFor(user: string, rights: string): Promise<string> {
  await onServer(server.url, async (client) => {
    await client.query(`CREATE ROLE ${user} LOGIN NOSUPERUSER NOBYPASSRLS ${rights} PASSWORD 'x'`);
    await client.query(`CREATE DATABASE ${user} OWNER ${user}`);
  });
  return asUser(databaseUrl(server.url, user), user);
}

it('an owner who may make no roles is told the statements; who may, but not BYPASSRLS, starts with a warning', async () => {
  const said = async (url: string) => (await previewStart(url)).map(({ kind, sentence }) => `${kind} ${sentence}`);
  const plain = await openFor('plain', 'NOCREATEROLE');
  expect(await said(plain)).toContainEqual(
    expect.stringMatching(
      /^stop the roles anon, authenticated and service_role are missing .*"plain".*CREATE ROLE anon .*BYPASSRLS;/,
    ),
  );
  await expect(migrate(plain, silentLog)).rejects.toThrow(
    /roles anon, authenticated and service_role are missing .* "plain" may not create them.*CREATE ROLE anon .*BYPASSRLS;/,
  );
  const warned: string[] = [];
  const log = { ...silentLog, warn: (_: object | string, message = '') => void warned.push(message) };
  const maker = await openFor('maker', 'CREATEROLE');
  const foretold = await said(maker);
  expect(foretold).toContain('change The roles anon, authenticated and service_role will be made.');
  expect(foretold).toContainEqual(expect.stringMatching(/^note .*service_role was made without BYPASSRLS/));
  expect(foretold.filter((line) => line.startsWith('stop'))).toEqual([]);
  expect((await migrate(maker, log)).length).toBeGreaterThan(0);
  expect(warned).toEqual([
    expect.stringMatching(/service_role was made without BYPASSRLS.*ALTER ROLE service_role BYPASSRLS;/),
  ]);
  await onServer(server.url, async (client) => {
    const roles = `SELECT rolname AS name, rolbypassrls AS bypasses, rolcanlogin AS logs_in FROM pg_roles
      WHERE rolname IN ('anon', 'authenticated', 'service_role') ORDER BY 1`;
    expect((await client.query(roles)).rows).toEqual(
      ['anon', 'authenticated', 'service_role'].map((name) => ({ name, bypasses: false, logs_in: false })),
    );
  });
  // Now that they are there.
  expect((await migrate(plain, log)).length).toBeGreaterThan(0);
  expect(warned).toHaveLength(1);
});
