/** The same attacks by the other door, `/yjs`: refused with a code of 4400 to 4499, which stops an unmodified y-websocket client. */
import { createEntryId } from '@tablo/schema/ids';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { FRAME, SYNC_STEP_1, SYNC_STEP_2, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { authFrame, awarenessFrame, frame, syncFrame } from '../testing/frames.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { RecordingClient } from './recording-client.ts';
import { alice, eve, gus, openStageServer, Stage, say, stranger } from './stage.ts';
import { append, CONTENT, hollow, update } from './updates.ts';

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

it.each([
  ['[R3] a forged author', 4406, () => append(11, [say(alice, 'forged')])],
  [
    "[R3] GC structs over a victim's clocks",
    4422,
    () => update([{ client: stage.alice.doc.clientID, structs: [hollow(CONTENT.gc, 1_000)] }]),
  ],
  ['[R2] a delete set', 4422, () => update([], [[stage.alice.doc.clientID, 0, 1]])],
  ['[R2] a damaged update', 4422, () => Uint8Array.of(1, 1, 1)],
  [
    '[R2] too many entries',
    4413,
    () =>
      append(
        11,
        Array.from({ length: 10_001 }, () => ({})),
      ),
  ],
])('%s ends the socket for good', async (_title, code, make) => {
  for (const step of [UPDATE, SYNC_STEP_2]) {
    const attacker = await stage.joinYjs();
    attacker.send(syncFrame(null, step, make()));
    await until(() => expect(attacker.heard.ends.map((end) => end.code)).toEqual([code]));
  }
  await stage.assertUnharmed();
  expect(await stage.countRows()).toBe(0);
});

it('[R2] a gap is asked about once, and refused for good the second time', async () => {
  const attacker = await stage.joinYjs();
  attacker.send(syncFrame(null, UPDATE, append(11, [say(eve, 'first')])));
  attacker.send(syncFrame(null, UPDATE, append(11, [say(eve, 'x')], 5)));
  await until(() => expect(attacker.heard.asked).toBeGreaterThanOrEqual(2));
  attacker.send(syncFrame(null, UPDATE, append(11, [say(eve, 'x')], 5)));
  await until(() => expect(attacker.heard.ends.map(({ code }) => code)).toEqual([4422]));
  await stage.assertUnharmed();
});

it('[R6] strangers, missing tablos, other spellings and paths get one answer', async () => {
  const token = tokenOf(stranger);
  const rooms = [
    stage.tablo,
    createEntryId(),
    stage.tablo.toUpperCase(),
    'nonsense',
    '__proto__',
    `${stage.tablo}%2F1`,
    '%00',
  ];
  const clients = rooms.map((room) => stage.add(new RecordingClient(`${server.url}/yjs/${room}?token=${token}`)));
  await until(() => expect(clients.map(({ heard }) => heard.ends[0]?.code)).toEqual(rooms.map(() => 4403)));
  expect(clients.every(({ heard }) => heard.frames === 0)).toBe(true);
});

it('[R6] no token, a bad one and a past one are told apart and opened by none', async () => {
  const tokens = ['', 'garbage', tokenOf(eve, { name: 'Eve' }, -5)];
  const clients = tokens.map((token) =>
    stage.add(new RecordingClient(`${server.url}/yjs/${stage.tablo}?token=${token}`)),
  );
  await until(() => expect(clients.map(({ heard }) => heard.ends[0]?.code)).toEqual([4401, 4401, 4440]));
});

it('[R6] the protocol of /sync is not spoken here', async () => {
  const attacker = await stage.joinYjs();
  attacker.send(
    authFrame(stage.name, tokenOf(alice)),
    frame(null, FRAME.broadcastStateless),
    frame(null, FRAME.close),
    frame(null, FRAME.auth),
    new Uint8Array(0),
  );
  attacker.send(syncFrame(null, UPDATE, append(11, [say(eve, 'still Eve')])));
  await stage.assertUnharmed();
  expect(await stage.countRows()).toBe(1);
});

it("[R3] presence is the server's word here too", async () => {
  const attacker = await stage.joinYjs();
  attacker.send(
    awarenessFrame(null, [{ client: 31, json: JSON.stringify({ user: { id: alice, name: 'Alice' }, typing: true }) }]),
  );
  await until(() =>
    expect(stage.bob.provider.awareness?.getStates().get(31)).toEqual({
      user: { id: eve, name: 'Somebody' },
      typing: true,
    }),
  );
  await stage.assertUnharmed();
});

it("[R6] a guest's update ends the socket, a guest's empty one does not", async () => {
  const guest = await stage.joinYjs(gus);
  guest.send(syncFrame(null, SYNC_STEP_2, Uint8Array.of(0, 0)), syncFrame(null, SYNC_STEP_1, Uint8Array.of(0)));
  await until(() => expect(guest.heard.answers.length).toBe(2));
  guest.send(syncFrame(null, UPDATE, append(11, [say(gus, 'hello')])));
  await until(() => expect(guest.heard.ends.map(({ code }) => code)).toEqual([4405]));
  await stage.assertUnharmed();
});

it('[R6] frames before the sign-in is checked, text frames and a frame too large end that socket only', async () => {
  const url = `${server.url}/yjs/${stage.tablo}?token=${tokenOf(eve)}`;
  const [early, text, large] = await Promise.all([
    RecordingClient.open(url),
    RecordingClient.open(url),
    RecordingClient.open(url),
  ]);
  for (const client of [early, text, large]) stage.add(client);
  early.send(...Array.from({ length: 100 }, () => syncFrame(null, UPDATE, append(11, [say(alice, 'forged')]))));
  text.socket.send('hello');
  large.send(new Uint8Array(9 * 1024 * 1024));
  await until(() => expect([early, text, large].map(({ heard }) => heard.ends[0]?.code)).toEqual([4406, 4422, 1009]));
  await stage.assertUnharmed();
});

it('[R6] a removed member is cut here too', async () => {
  const attacker = await stage.joinYjs();
  await server.pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
    stage.tablo,
    eve,
  ]);
  await until(() => expect(attacker.heard.ends.map(({ code }) => code)).toEqual([4403]));
  await stage.assertUnharmed();
});
