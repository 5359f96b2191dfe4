/** How many connections to PostgreSQL a server takes, whatever is asked of it. */

import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../support/database.ts';
import { RestPerson } from '../support/rest-person.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const SERVERS = 2;
const CONNECTIONS = 12;
const AT_ONCE = 80;
/** Another server's may be on its way out: only the one that looks is not counted. */
const COUNT = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tablo-chat%'`;

let database: Database;
let servers: readonly RunningServer[];
beforeAll(async () => {
  database = await openDatabase();
  servers = await Promise.all(
    Array.from({ length: SERVERS }, () =>
      startServer({ env: { DATABASE_URL: database.url, LOG_LEVEL: 'warn', RATE_SIGN_UPS_PER_MINUTE: '1000' } }),
    ),
  );
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
});

const countConnections = async () => (await database.query<{ n: number }>(COUNT))[0]?.n ?? 0;

it('A server opens at most DATABASE_CONNECTIONS, with accounts, lists, posts and sign-ins all at once.', async () => {
  const people = servers.map((server, nth) => new RestPerson(server.url, `Person ${'ab'[nth]}`));
  await Promise.all(people.map((person) => person.signUp('a long enough password')));
  const tablos = await Promise.all(people.map((person) => person.createTablo('Crowd')));
  let isDone = false;
  const work = Promise.all(
    people.flatMap((person, nth) => {
      const tablo = tablos[nth] ?? '';
      return Array.from({ length: AT_ONCE }, (_, turn) => {
        if (turn % 3 === 0) return person.say(tablo, `Message ${turn}`);
        if (turn % 3 === 1) return person.read('/chat/channels');
        return person.userId();
      });
    }),
  ).finally(() => {
    isDone = true;
  });
  let most = 0;
  await untilTrue('all is answered', async () => {
    most = Math.max(most, await countConnections());
    return isDone;
  });
  await work;
  // One alone would say nothing of the bound: the pools did fill.
  expect(most).toBeGreaterThan(SERVERS * 5);
  expect(most).toBeLessThanOrEqual(SERVERS * CONNECTIONS);
});
