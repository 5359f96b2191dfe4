/** Tokens and membership on live sockets [R6]: who is out hears nothing more, and what was on the way is not let in. */
import { createEntryId, type TabloId } from '@tablo/schema/ids';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SYNC_STEP_1, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { authFrame, statelessFrame, syncFrame } from '../testing/frames.ts';
import { signClaims, TEST_SECRET, tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { holdTablo, untilEarlierCommitsEnd } from './hold.ts';
import { RecordingClient } from './recording-client.ts';
import { alice, bob, eve, openStageServer, Stage, say, stranger } from './stage.ts';
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

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const EXP = 4_000_000_000;
const unsigned = `${part({ alg: 'none' })}.${part({ sub: alice, iss: 'tests', exp: EXP })}.`;

it.each([
  ['[R6] an unsigned token', unsigned],
  ['[R6] a token of another key', signClaims({ sub: alice, iss: 'tests', exp: EXP }, 'guess')],
  ['[R6] a token of another issuer', signClaims({ sub: alice, iss: 'others', exp: EXP }, TEST_SECRET)],
  ['[R6] a token without an end', signClaims({ sub: alice, iss: 'tests' }, TEST_SECRET)],
  ['[R6] a subject that is no UUID', signClaims({ sub: '__proto__', iss: 'tests', exp: EXP }, TEST_SECRET)],
  ['[R6] a subject in capitals', signClaims({ sub: alice.toUpperCase(), iss: 'tests', exp: EXP }, TEST_SECRET)],
  [
    '[R6] a header that names another algorithm',
    signClaims({ sub: alice, iss: 'tests', exp: EXP }, TEST_SECRET, 'RS256'),
  ],
  ['[R6] no token', ''],
  ['[R6] a token of 1 MB', 'x'.repeat(1_000_000)],
])('%s opens nothing', async (_title, token) => {
  const attacker = await stage.join(eve, { token });
  expect(attacker.heard.denied).toEqual(['unauthenticated']);
  expect(attacker.heard.answers).toEqual([]);
  await stage.assertUnharmed();
});

it('[R6] every name that is not a tablo of theirs gives a stranger the same answer', async () => {
  const token = tokenOf(stranger);
  const names = [
    stage.name,
    `${createEntryId()}/1`,
    'nonsense',
    `${stage.tablo}/01`,
    `${stage.tablo.toUpperCase()}/1`,
    `${stage.tablo}`,
    `${stage.name}\u0000session`,
  ];
  const answers = await Promise.all(
    names.map(async (name) => (await stage.join(stranger, { token, name })).heard.denied),
  );
  expect(new Set(answers.map(String))).toEqual(new Set(['forbidden']));
});

it.each(['__proto__', 'constructor', 'hasOwnProperty', '\u0000', 'x\u0000__proto__', 'toString\u0000x'])(
  "[R6] a document called %j opens nothing and ends nobody else's socket",
  async (name) => {
    const attacker = stage.add(await RecordingClient.open(`${server.url}/sync`));
    attacker.join(name, tokenOf(eve));
    await until(() => expect(attacker.heard.denied.length + attacker.heard.ends.length).toBeGreaterThan(0));
    expect(attacker.heard.authenticated).toEqual([]);
    await stage.assertUnharmed();
  },
);

it("[R3] another user's token in mid-connection ends that document, and does not change who one is", async () => {
  const attacker = await stage.join();
  attacker.send(authFrame(stage.name, tokenOf(alice)));
  await until(() => expect(attacker.heard.closes.map(({ reason }) => reason)).toEqual(['unauthenticated']));
  attacker.join(stage.name, tokenOf(alice));
  await until(() => expect(attacker.heard.denied).toEqual(['unauthenticated']));
  await stage.assertUnharmed();
});

it('[R3] garbage for a token in mid-connection changes nothing', async () => {
  const attacker = await stage.join();
  for (const token of ['', 'garbage', unsigned, 'a.b.c']) attacker.send(authFrame(stage.name, token));
  await stage.assertRefused(attacker, 'not-your-entry', append(11, [say(alice, 'forged')]));
  await stage.assertUnharmed();
});

it("[R6] a removed member's burst is refused from the removal on", async () => {
  const attacker = await stage.join();
  for (let nth = 0; nth < 300; nth += 1)
    attacker.send(syncFrame(stage.name, UPDATE, append(11, [say(eve, `m${nth}`)], nth)));
  await server.pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
    stage.tablo,
    eve,
  ]);
  await untilEarlierCommitsEnd(server);
  const rows = await stage.countRows(); // Nothing may be added after this.
  await until(() => expect(attacker.heard.closes.map(({ reason }) => reason)).toContain('forbidden'));
  await stage.assertUnharmed();
  expect(await stage.countRows()).toBe(rows);
});

it("[R6] a removed member's waiting frames get no document any more", async () => {
  const attacker = await stage.join();
  await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
    // One commit each, so that the question comes last.
    for (let nth = 0; nth < 3; nth += 1)
      attacker.send(syncFrame(stage.name, UPDATE, append(40 + nth, [say(eve, `late ${nth}`)])));
    attacker.send(syncFrame(stage.name, SYNC_STEP_1, Uint8Array.of(0)));
    await untilCommitWaits();
    await server.pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
      stage.tablo,
      eve,
    ]);
    await until(() => expect(attacker.heard.closes.map(({ reason }) => reason)).toEqual(['forbidden']));
    stage.alice.push(say(alice, 'Eve is gone at last'));
  });
  const answers = attacker.heard.answers.length;
  await until(() => expect(stage.bob.texts).toContain('Eve is gone at last'));
  // A question of the same socket that is surely answered after the waiting one.
  const own = await server.addTablo({ [eve]: 'owner' });
  attacker.join(`${own}/1`, tokenOf(eve));
  await until(() => expect(attacker.heard.authenticated).toContain(`${own}/1`));
  await until(() => expect(attacker.heard.answers.length).toBeGreaterThan(answers));
  expect(attacker.doc.getArray<{ text?: string }>('messages').map(({ text }) => text)).not.toContain(
    'Eve is gone at last',
  );
  expect(attacker.heard.answers.length).toBe(answers + 1);
});

it("[R6] a question that waits past the token's end is not answered", async () => {
  const attacker = await stage.join(eve, { token: tokenOf(eve, { name: 'Eve' }, 4) });
  await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
    attacker.send(syncFrame(stage.name, UPDATE, append(50, [say(eve, 'in time')])));
    attacker.send(syncFrame(stage.name, SYNC_STEP_1, Uint8Array.of(0)));
    await untilCommitWaits();
    await until(() => expect(attacker.heard.closes.map(({ reason }) => reason)).toEqual(['token-expired']), 9_000);
  });
  await stage.assertUnharmed();
  expect(attacker.heard.answers.length).toBe(1); // The join's.
});

it('[R6] a role taken away in the middle of a burst counts from then on', async () => {
  const attacker = await stage.join();
  for (let nth = 0; nth < 300; nth += 1)
    attacker.send(syncFrame(stage.name, UPDATE, append(11, [say(eve, `m${nth}`)], nth)));
  await server.pool.query("UPDATE tablo_access SET role = 'guest' WHERE tablo_id = $1 AND user_id = $2", [
    stage.tablo,
    eve,
  ]);
  await untilEarlierCommitsEnd(server);
  const rows = await stage.countRows();
  await until(() => expect(attacker.heard.statuses.length).toBe(300), 20_000);
  expect(await stage.countRows()).toBe(rows);
  expect(attacker.heard.statuses.filter(Boolean).length).toBe(rows);
  await stage.assertUnharmed();
});

it('[R6] a page of another origin gets no socket', async () => {
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1.evil.example']) {
    const attacker = stage.add(new RecordingClient(`${server.url}/sync`, { Origin: origin }));
    await until(() => expect(attacker.heard.ends.length).toBe(1));
    expect(attacker.heard.frames).toBe(0);
  }
  await stage.assertUnharmed();
});

it("[R6] check tells of one's own entries in this tablo and of nothing else", async () => {
  const attacker = await stage.join();
  const mine = say(eve, 'mine');
  attacker.send(syncFrame(stage.name, UPDATE, append(11, [mine])));
  await until(() => expect(attacker.heard.statuses).toEqual([true]));
  const hers = await stage.say(stage.alice, alice, 'hers');
  const ids = [mine.id, hers.id, createEntryId(), '__proto__', "'; DROP TABLE messages; --", '\ud800'];
  attacker.heard.stateless.length = 0;
  attacker.send(statelessFrame(stage.name, JSON.stringify({ type: 'check', ids })));
  await until(() =>
    expect(attacker.heard.stateless).toEqual([{ type: 'committed', seq: 0, messages: [], others: [mine.id] }]),
  );
  await stage.assertUnharmed();
});

it("[R6] a member of one tablo learns nothing of another by its document's name", async () => {
  const bobs: TabloId = await server.addTablo({ [bob]: 'owner' });
  const attacker = await stage.join();
  attacker.send(syncFrame(`${bobs}/1`, SYNC_STEP_1, Uint8Array.of(0)));
  attacker.join(`${bobs}/1`, tokenOf(eve));
  await until(() => expect(attacker.heard.denied).toEqual(['forbidden']));
  expect(attacker.heard.answers.length).toBe(1);
});
