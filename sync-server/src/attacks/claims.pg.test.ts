/** [R3] A clientID belongs to whoever showed it first, for as long as the epoch lasts: over restarts, unloaded documents and thousands of other claims. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ClientClaims } from '../presence/client-claims.ts';
import { MemoryClientClaims } from '../presence/memory-client-claims.ts';
import { UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { awarenessFrame, syncFrame } from '../testing/frames.ts';
import { until } from '../testing/wait.ts';
import { bob, eve, openStageServer, Stage, say } from './stage.ts';
import { append } from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
});
afterEach(() => stage.close());

const typing = (client: number, clock = 1) => awarenessFrame(stage.name, [{ client, clock, json: '{"typing":true}' }]);
const countClaims = async (): Promise<number> =>
  (await server.pool.query('SELECT count(*)::int AS n FROM tablo_clients WHERE tablo_id = $1', [stage.tablo])).rows[0]
    .n;

it('[R3] a clientID that Bob showed is his after a restart of the server', async () => {
  const shy = await stage.join(bob);
  shy.send(typing(4_242));
  await until(() => expect(shy.peers.has(4_242)).toBe(true));
  stage.close();
  await server.restart();
  const attacker = await stage.join(eve);
  await stage.assertRefusedBothWays(attacker, 'not-your-entry', append(4_242, [say(eve, 'first')]));
  const own = await stage.join(bob);
  own.send(syncFrame(stage.name, UPDATE, append(4_242, [say(bob, 'mine after all')])));
  await until(() => expect(own.heard.statuses).toEqual([true]));
});

it('[R3] a clientID that Bob showed is his after 700 others were shown and the document was unloaded', async () => {
  const shy = await stage.join(bob);
  shy.send(typing(5_252));
  await until(() => expect(shy.peers.has(5_252)).toBe(true));
  shy.close();
  await server.pool.query(
    'INSERT INTO tablo_clients (tablo_id, epoch, client_id, user_id) SELECT $1, 1, 1000000 + n, $2 FROM generate_series(1, 700) AS n',
    [stage.tablo, eve],
  );
  stage.close();
  await until(() => expect(server.sync.countDocuments()).toBe(0));
  const attacker = await stage.join(eve);
  attacker.send(typing(5_252));
  await stage.assertRefusedBothWays(attacker, 'not-your-entry', append(5_252, [say(eve, 'first')]));
  expect(attacker.peers.has(5_252)).toBe(false);
});

it('[R3] a connection shows one clientID for its life, and leaves one claim', async () => {
  const attacker = await stage.join(eve);
  const before = await countClaims();
  attacker.send(typing(60_000));
  await until(() => expect(attacker.peers.has(60_000)).toBe(true));
  for (let nth = 1; nth < 300; nth += 1) attacker.send(typing(60_000 + nth));
  attacker.send(
    awarenessFrame(stage.name, [{ client: 60_000, clock: 2, json: 'null' }]),
    typing(60_500),
    typing(60_000, 3),
  );
  await stage.assertUnharmed();
  expect([...attacker.peers.keys()].filter((client) => client >= 60_000)).toEqual([60_000]);
  expect((await countClaims()) - before).toBe(1);
});

it('[R11] clientIDs that were shown and have gone leave nothing in an open document', async () => {
  for (let nth = 0; nth < 30; nth += 1) {
    const client = await stage.join(eve);
    client.send(typing(70_000 + nth));
    await until(() => expect(client.peers.has(70_000 + nth)).toBe(true));
    client.close();
  }
  const watcher = await stage.join(bob);
  await until(() =>
    expect([...watcher.peers.keys()].filter((client) => client >= 70_000 && client < 80_000)).toEqual([]),
  );
  await until(() =>
    expect(server.sync.heldClients(stage.name).filter((client) => client >= 70_000 && client < 80_000)).toEqual([]),
  );
  await stage.assertUnharmed();
});

it('[R3] new clientIDs beyond the rate are not shown, and messages go on', async () => {
  const few = await openStageServer({ limits: { claimsPerSecond: 1, joinsPerSecond: 1_000, joinsBurst: 6 } });
  const own = await Stage.open(few);
  const user = await own.addMember();
  for (let nth = 0; nth < 20; nth += 1) {
    const client = await own.join(user);
    client.send(awarenessFrame(own.name, [{ client: 80_000 + nth, json: '{"typing":true}' }]));
    client.send(syncFrame(own.name, UPDATE, append(80_000 + nth, [say(user, `message ${nth}`)])));
    await until(() => expect(client.heard.statuses).toEqual([true]));
    client.close();
  }
  const { rows } = await few.pool.query('SELECT count(*)::int AS n FROM tablo_clients WHERE user_id = $1', [user]);
  expect(rows[0].n).toBeLessThan(20);
  await own.assertUnharmed();
  own.close();
  await few.close();
});

it('[R11] while the database cannot say whose a clientID is nobody sees it, nothing else waits, and it is seen afterwards', async () => {
  let isAway = true;
  const memory = new MemoryClientClaims();
  const claims: ClientClaims = {
    claim: async (claim) => {
      if (isAway) throw new Error('away');
      return memory.claim(claim);
    },
  };
  const other = await openStageServer({ claims });
  const own = await Stage.open(other);
  const shy = await own.join(bob);
  shy.send(awarenessFrame(own.name, [{ client: 90_000, json: '{"typing":true}' }]));
  await own.assertUnharmed();
  expect(shy.peers.has(90_000)).toBe(false);
  isAway = false;
  shy.send(awarenessFrame(own.name, [{ client: 90_000, clock: 2, json: '{"typing":true}' }]));
  await until(() => expect(shy.peers.has(90_000)).toBe(true));
  own.close();
  await other.close();
});
