/** Hostile presence (TRAPS 1.6): nobody speaks for others, and nobody's connection is worth less for it. */
import type { UserId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PgMembership } from '../access/members/pg-membership.ts';
import { FRAME, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { awarenessFrame, frame, syncFrame } from '../testing/frames.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import type { RecordingClient } from './recording-client.ts';
import { alice, bob, eve, gus, openStageServer, Stage, say } from './stage.ts';
import { append } from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
  stage.alice.provider.setAwarenessField('typing', false);
  await until(() => expect(seenByBob(stage.alice.doc.clientID)).toMatchObject({ user: { id: alice } }));
});
afterEach(() => stage.close());

const seenByBob = (client: number): unknown => stage.bob.provider.awareness?.getStates().get(client);
const peers = (): number => stage.bob.provider.awareness?.getStates().size ?? 0;
const state = (value: unknown): string => JSON.stringify(value);

it("[R3] another's state is neither overwritten nor removed, whatever its clock", async () => {
  const attacker = await stage.join();
  const victim = stage.alice.doc.clientID;
  for (const clock of [1, 1_000, 2 ** 40]) {
    attacker.send(
      awarenessFrame(stage.name, [
        { client: victim, clock, json: state({ user: { id: alice, name: 'Fool' }, typing: true }) },
      ]),
    );
    attacker.send(awarenessFrame(stage.name, [{ client: victim, clock, json: 'null' }]));
  }
  await stage.assertUnharmed();
  expect(seenByBob(victim)).toEqual({ user: { id: alice, name: 'Somebody' }, typing: false });
  stage.alice.provider.setAwarenessField('typing', true);
  await until(() => expect(seenByBob(victim)).toMatchObject({ typing: true }));
  expect(attacker.heard.closes).toEqual([]);
});

it("[R3] a claimed identity gives way to the server's, and other keys vanish", async () => {
  const attacker = await stage.join();
  const claimed = {
    user: { id: alice, name: 'Alice', role: 'owner', color: 'red' },
    typing: 'yes',
    html: '<script>',
    __proto__: { a: 1 },
  };
  attacker.send(awarenessFrame(stage.name, [{ client: 31, json: state(claimed) }]));
  await until(() => expect(seenByBob(31)).toEqual({ user: { id: eve, name: 'Somebody' }, typing: false }));
  await stage.assertUnharmed();
});

it('[R3] 2,000 invented peers are at most one', async () => {
  const attacker = await stage.join();
  const before = peers();
  attacker.send(
    awarenessFrame(
      stage.name,
      Array.from({ length: 2_000 }, (_, nth) => ({ client: 50_000 + nth, json: state({ user: {}, typing: true }) })),
    ),
  );
  await stage.assertUnharmed();
  expect(peers()).toBeLessThanOrEqual(before + 1);
});

it('[R3] 200 frames with a new clientID each leave one state behind', async () => {
  const attacker = await stage.join();
  const before = peers();
  for (let nth = 0; nth < 200; nth += 1)
    attacker.send(awarenessFrame(stage.name, [{ client: 60_000 + nth, json: state({ typing: true }) }]));
  await stage.assertUnharmed();
  expect(peers()).toBeLessThanOrEqual(before + 1);
  attacker.close();
  await until(() => expect(peers()).toBeLessThanOrEqual(before));
});

it('[R3] a clientID known from awareness only is not written under by another', async () => {
  const shy = await stage.join(bob);
  shy.send(awarenessFrame(stage.name, [{ client: 4_242, json: state({ typing: true }) }]));
  const attacker = await stage.join();
  await until(() => expect(attacker.peers.has(4_242)).toBe(true));
  await stage.assertRefusedBothWays(attacker, 'not-your-entry', append(4_242, [say(eve, 'first')]));
  shy.send(syncFrame(stage.name, UPDATE, append(4_242, [say(bob, 'mine after all')])));
  await until(() => expect(shy.heard.statuses).toEqual([true]));
});

it("[R3] a clientID known from awareness stays its owner's after everybody has left", async () => {
  const own = await Stage.open(server);
  own.close();
  const tablo = own.tablo;
  await until(() => expect(server.sync.countDocuments()).toBeLessThanOrEqual(1));
  const shy = await own.join(bob);
  shy.send(awarenessFrame(`${tablo}/1`, [{ client: 4_243, json: state({ typing: true }) }]));
  await until(() => expect(shy.peers.has(4_243)).toBe(true));
  own.close();
  await until(() => expect(server.sync.countDocuments()).toBeLessThanOrEqual(1));
  const attacker = await own.join(eve);
  attacker.send(syncFrame(`${tablo}/1`, UPDATE, append(4_243, [say(eve, 'first')])));
  await until(() => expect(attacker.heard.statuses).toEqual([false]));
  own.close();
});

it.each([
  ['[R3] JSON that is none', '{"user":'],
  ['[R3] 2 MB of JSON', JSON.stringify({ typing: true, pad: 'x'.repeat(2_000_000) })],
  ['[R3] JSON of 100,000 levels', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['[R3] a state that is a string', '"hello"'],
  ['[R3] a state with a key __proto__', '{"__proto__":{"typing":true},"typing":true}'],
])('%s harms nobody', async (_title, json) => {
  const attacker = await stage.join();
  attacker.send(awarenessFrame(stage.name, [{ client: 70, json }]));
  await stage.assertUnharmed();
  expect(JSON.stringify(seenByBob(70) ?? {}).length).toBeLessThan(500);
  expect(attacker.isOpen).toBe(true);
});

it('[R3] frames of a million peers cost nobody else 2 seconds', async () => {
  const attacker = await stage.join();
  const heavy = awarenessFrame(
    stage.name,
    Array.from({ length: 1_000_000 }, (_, nth) => ({ client: nth, json: '{}' })),
  );
  attacker.send(...Array.from({ length: 8 }, () => heavy));
  await stage.assertUnharmed();
});

it("[R3] truncated presence ends the sender's document at the most", async () => {
  const attacker = await stage.join();
  attacker.send(
    frame(stage.name, FRAME.awareness),
    frame(stage.name, FRAME.awareness, (encoder) => encoding.writeVarUint(encoder, 2 ** 40)),
  );
  await stage.assertUnharmed();
});

it("[R3] a guest is seen under a guest's own name", async () => {
  const guest = await stage.join(gus);
  guest.send(awarenessFrame(stage.name, [{ client: 80, json: state({ user: { id: alice, name: 'Alice' } }) }]));
  await until(() => expect(seenByBob(80)).toMatchObject({ user: { id: gus } }));
});

it("[R6] a flood of presence does not delay anybody's message", async () => {
  const attacker = await stage.join();
  const flood = awarenessFrame(stage.name, [{ client: 90, clock: 5, json: state({ typing: true }) }]);
  for (let nth = 0; nth < 20_000; nth += 1) attacker.send(flood);
  await stage.assertUnharmed();
});

it.each([
  [
    'writes',
    (stage: Stage, dora: RecordingClient, user: UserId) => {
      dora.send(syncFrame(stage.name, UPDATE, append(4_400, [say(user, 'Who added me?')])));
    },
  ],
  [
    'uses it by REST',
    (_: Stage, __: RecordingClient, user: UserId) => new PgMembership(server.pool).settle(stage.tablo, user),
  ],
])('[R6] nobody is shown that a newcomer’s page is there, or typing, before that person %s', async (_, use) => {
  const user = await stage.addMember();
  await server.pool.query('INSERT INTO tablo_private.newcomers (tablo_id, user_id, added_by) VALUES ($1, $2, $3)', [
    stage.tablo,
    user,
    eve,
  ]);
  const watcher = await stage.join(eve);
  const dora = await stage.join(user, { token: tokenOf(user, { name: 'Dora' }) });
  const mine = { client: 4_400, clock: 1, json: state({ user: { id: user, name: 'Dora' }, typing: true }) };
  dora.send(awarenessFrame(stage.name, [mine]));
  // Somebody who is shown after it: what came before has been decided by then.
  const bystander = await stage.join(gus);
  bystander.send(awarenessFrame(stage.name, [{ client: 4_401, json: state({ typing: true }) }]));
  await until(() => expect(watcher.peers.has(4_401)).toBe(true));
  dora.send(awarenessFrame(stage.name, [{ ...mine, clock: 2 }]));
  await stage.assertUnharmed();
  expect([watcher.peers.has(4_400), seenByBob(4_400)]).toEqual([false, undefined]);
  const late = await stage.join(bob);
  expect(late.peers.has(4_400)).toBe(false);
  await use(stage, dora, user);
  await until(() => expect(seenByBob(4_400)).toEqual({ user: { id: user, name: 'Dora' }, typing: true }));
});
