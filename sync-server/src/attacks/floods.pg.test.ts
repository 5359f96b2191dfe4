/** Floods: one user, one socket or all strangers together may be slowed down, cut or refused; nobody else waits 2 seconds for it. */
import { createEdit, createReaction } from '@tablo/schema/entry';
import { createEntryId, type UserId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SYNC_STEP_1, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { encode, statelessFrame, syncFrame } from '../testing/frames.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { RecordingClient } from './recording-client.ts';
import { eve, openStageServer, Stage, say } from './stage.ts';
import { append } from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer({ limits: { entriesPerSecond: 1 } });
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
});
afterEach(() => stage.close());

const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));

it('[R6] entries beyond the rate are refused as rate-limited, the backlog before it passes', async () => {
  const author = await stage.addMember();
  const attacker = await stage.join(author);
  attacker.send(
    syncFrame(
      stage.name,
      UPDATE,
      append(
        11,
        times(5_000, (nth) => say(author, `m${nth}`)),
      ),
    ),
  );
  attacker.send(
    syncFrame(
      stage.name,
      UPDATE,
      append(
        12,
        times(100, (nth) => say(author, `n${nth}`)),
      ),
    ),
  );
  await until(() => expect(attacker.refusals).toEqual(['rate-limited']), 20_000);
  expect(attacker.heard.statuses).toEqual([true, false]);
  await stage.assertUnharmed();
});

it.each([
  [
    'edits',
    9,
    (id: ReturnType<typeof createEntryId>, nth: number, author: UserId) =>
      createEdit({ author, sentAt: Date.now() }, id, `edit ${nth}`),
  ],
  [
    'reactions',
    450,
    (id: ReturnType<typeof createEntryId>, nth: number, author: UserId) =>
      createReaction({ author, sentAt: Date.now() }, id, `e${nth}`, true),
  ],
])('[R6] 9,000 %s in one update delay nobody by 2 seconds', async (_what, count, make) => {
  const author = await stage.addMember();
  const attacker = await stage.join(author);
  const messages = times(count, () => say(author, 'mine'));
  const each = 9_000 / count;
  const all = messages.flatMap(({ id }) => times(each, (nth) => make(id, nth, author)));
  attacker.send(syncFrame(stage.name, UPDATE, append(11, [...messages, ...all])));
  await stage.assertUnharmed();
  await until(() => expect(attacker.heard.statuses).toEqual([true]), 30_000);
});

it('[R6] known updates are not free of charge: a flood of them delays nobody by 2 seconds', async () => {
  const author = await stage.addMember();
  const attacker = await stage.join(author);
  const known = syncFrame(
    stage.name,
    UPDATE,
    append(
      11,
      times(500, (nth) => say(author, 'x'.repeat(7_000) + nth)),
    ),
  );
  attacker.send(known);
  await until(() => expect(attacker.heard.statuses).toEqual([true]), 20_000);
  attacker.send(...times(100, () => known));
  await stage.assertUnharmed();
});

it('[R6] refused updates are not free of charge: a flood of them delays nobody by 2 seconds', async () => {
  const attacker = await stage.join(await stage.addMember());
  const refused = syncFrame(
    stage.name,
    UPDATE,
    append(11, [...times(9_000, () => ({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 })), [[]]]),
  );
  attacker.send(...times(300, () => refused));
  await stage.assertUnharmed();
});

it('[R6] state vectors of 8 MB delay nobody by 2 seconds', async () => {
  const attacker = await stage.join();
  const vector = encode((encoder) => {
    encoding.writeVarUint(encoder, 1_400_000);
    for (let nth = 0; nth < 1_400_000; nth += 1) {
      encoding.writeVarUint(encoder, 3_000_000 + nth);
      encoding.writeVarUint(encoder, 1);
    }
  });
  attacker.send(...times(4, () => syncFrame(stage.name, SYNC_STEP_1, vector)));
  await until(
    () =>
      expect(
        attacker.heard.answers.length - 1 + attacker.heard.closes.length + attacker.heard.ends.length,
      ).toBeGreaterThan(0),
    20_000,
  ); // They have begun.
  await stage.assertUnharmed();
});

it.each([
  ['that claims 2^50 clients', encode((encoder) => encoding.writeVarUint(encoder, 2 ** 50))],
  ['that ends early', Uint8Array.of(200)],
  ['that is empty', new Uint8Array(0)],
  [
    'with clocks beyond every document',
    encode((encoder) => [1, 1, 2 ** 52].forEach((number) => encoding.writeVarUint(encoder, number))),
  ],
])("[R6] a state vector %s ends the sender's document at the most", async (_title, vector) => {
  const attacker = await stage.join();
  attacker.send(syncFrame(stage.name, SYNC_STEP_1, vector));
  await stage.assertUnharmed();
  expect(attacker.isOpen).toBe(true);
});

it('[R6] questions with 10,000 ids each delay nobody by 2 seconds', async () => {
  const attacker = await stage.join();
  const question = statelessFrame(
    stage.name,
    JSON.stringify({ type: 'check', ids: times(10_000, () => createEntryId()) }),
  );
  attacker.send(...times(200, () => question));
  await stage.assertUnharmed();
});

it('[R6] stateless garbage is ignored', async () => {
  const attacker = await stage.join();
  const payloads = [
    '',
    '{',
    'null',
    '[]',
    '{"type":"check"}',
    '{"type":"check","ids":[1]}',
    '{"type":"committed","seq":1,"messages":[],"others":[]}',
    `${'['.repeat(50_000)}`,
    '{"__proto__":{"type":"check"}}',
  ];
  attacker.send(...payloads.map((payload) => statelessFrame(stage.name, payload)));
  await stage.assertUnharmed();
  expect(attacker.heard.closes).toEqual([]);
  expect(stage.bob.heard.filter(({ type }) => type === 'refused')).toEqual([]);
});

it('[R6] an address of megabytes is not sent with every frame', async () => {
  const attacker = stage.add(await RecordingClient.open(`${server.url}/sync`));
  attacker.join(`${stage.name}\u0000${'s'.repeat(500_000)}`, tokenOf(eve));
  await until(() => expect(attacker.heard.answers.length + attacker.heard.ends.length).toBeGreaterThan(0));
  const before = attacker.heard.bytes;
  await stage.assertUnharmed();
  expect(attacker.heard.bytes - before).toBeLessThan(100_000);
});

it('[R11] messages by REST pay for their bytes as updates do', async () => {
  const few = await openStageServer({ limits: { bytesPerSecond: 1_024, bytesBurst: 100_000 } });
  const own = await Stage.open(few);
  const user = await own.addMember();
  const post = () =>
    few.sync.poster.post({
      tabloId: own.tablo,
      userId: user,
      id: null,
      text: '\u{1f600}'.repeat(8_000),
      replyTo: null,
      role: 'member',
    });
  const outcomes: string[] = [];
  for (let nth = 0; nth < 6; nth += 1) {
    const posted = await post();
    outcomes.push(posted.ok ? 'ok' : posted.error.code);
  }
  expect(outcomes).toEqual(['ok', 'ok', 'ok', 'rate-limited', 'rate-limited', 'rate-limited']);
  await own.assertUnharmed();
  own.close();
  await few.close();
});

it('[R1] [R11] what is known is acknowledged to who owes entries, and who sends it again and again pays for that in bytes', async () => {
  const few = await openStageServer({
    limits: { entriesPerSecond: 0.01, entriesBurst: 3, bytesPerSecond: 1, bytesBurst: 100_000 },
  });
  const own = await Stage.open(few);
  const author = await own.addMember();
  const attacker = await own.join(author);
  const refused = { ...say(author, 'empty'), text: '' };
  attacker.send(syncFrame(own.name, UPDATE, append(11, [say(author, 'one'), refused, say(author, 'two')])));
  await until(() => expect(attacker.heard.statuses).toEqual([false]));
  // As each join of a client says it: of clientID 11, the second clock is deleted.
  const deleted = Uint8Array.of(0, 1, 11, 1, 1, 1);
  attacker.send(...times(30, () => syncFrame(own.name, UPDATE, deleted)));
  await until(() => expect(attacker.heard.statuses).toHaveLength(31));
  const known = attacker.heard.statuses.slice(1);
  expect([known.indexOf(false) > 20, known.includes(false)]).toEqual([true, true]);
  expect(attacker.refusals).toEqual([
    'invalid-update',
    ...known.filter((isKnown) => !isKnown).map(() => 'rate-limited'),
  ]);
  own.close();
  await few.close();
});
