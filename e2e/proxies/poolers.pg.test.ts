// A connection pooler in front of PostgreSQL: in transaction mode nothing that this server rests on holds, and it says so.
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../support/database.ts';
import { startServer } from '../support/server.ts';
import { openPooler, type Pooler } from './pooler.ts';

let database: Database;
let pooler: Pooler;
beforeEach(async () => {
  database = await openDatabase();
  pooler = await openPooler(database.url);
});
afterEach(async () => {
  await pooler.close();
  await database.close();
});

const external = { JWT_SECRET: 'a secret that only this test knows', JWT_ISSUER: 'https://issuer.example' };

async function readiness(url: string): Promise<string> {
  const answer = await fetch(`${url}/readyz`).catch(() => null);
  return answer === null ? 'nobody answers' : `${answer.status} ${await answer.text()}`;
}

it.each([
  ['with its own accounts', {}],
  ['with another’s tokens', external],
])(
  '[R6] a pooler in transaction mode stops the start %s, with a sentence that says which address is needed',
  async (_, env) => {
    pooler.shares = true;
    const server = await startServer({ env: { ...env, DATABASE_URL: pooler.url }, isReadyAwaited: false });
    expect(await server.ended()).toBe(1);
    expect(server.output()).toMatch(
      /cannot start: DATABASE_URL leads to a connection pooler in transaction mode.*direct address.*session mode/,
    );
    const asked = await startServer({
      env: { ...env, DATABASE_URL: pooler.url },
      args: ['--check'],
      isReadyAwaited: false,
    });
    expect(await asked.ended()).toBe(1);
    await untilTrue('it says so', () =>
      /STOP .*connection pooler in transaction mode.*session mode/.test(asked.output()),
    );
  },
);

it.each([
  ['with its own accounts', {}],
  ['with another’s tokens', external],
])('[R6] the server also works behind a pooler that refuses what comes with a connection, %s', async (_, env) => {
  pooler.refuses = 'statement_timeout';
  const server = await startServer({ env: { ...env, DATABASE_URL: pooler.url }, isReadyAwaited: false });
  expect(await server.ended()).toBe(1);
  expect(server.output()).toMatch(
    /connection pooler.*transaction mode.*statement_timeout.*direct address.*session mode/,
  );
});

it('[R6] the server is never ready while removals are not heard: a pooler that comes between later is said within seconds, and forgotten when it goes', async () => {
  const server = await startServer({ env: { ...external, DATABASE_URL: pooler.url } });
  pooler.shares = true;
  pooler.cutAll();
  await untilTrue('it says so', async () =>
    /^503 .*transaction mode.*direct address/.test(await readiness(server.url)),
  );
  expect(server.output()).toContain('transaction mode');
  // However often it is tried, it is a line for the loss and one for the reason: each attempt comes as far as the proof, and no further.
  const tried = pooler.opened;
  await untilTrue('it is tried again and again', () => pooler.opened > tried + 8);
  expect(server.output().match(/Not listening for changes/g)).toHaveLength(2);
  expect(server.output()).not.toContain('Listening for changes in the database again');
  pooler.shares = false;
  pooler.cutAll();
  await untilTrue('it is ready again', async () => (await readiness(server.url)).startsWith('200'));
  await server.stop();
});

it('[R11] a pooler that keeps sessions, as PgBouncer does in session mode, is as good as PostgreSQL itself', async () => {
  const server = await startServer({ env: { DATABASE_URL: pooler.url } });
  expect(await readiness(server.url)).toMatch(/^200/);
  expect(await server.stop()).toBe(0);
});
