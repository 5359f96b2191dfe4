/** Sockets: many, silent, half-open, never reading, never stopping. Who asks too much is cut; members get in and are heard. */
import { createEntryId } from '@tablo/schema/ids';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { signToken, type TestServer } from '../sync/test-server.ts';
import { authFrame, frame, STEP_1, syncFrame, TYPE, UPDATE } from './frames.ts';
import { holdTablo } from './hold.ts';
import { RawClient } from './raw-client.ts';
import { openRawSocket, wsFrame } from './raw-socket.ts';
import { bob, eve, openStageServer, Stage, say, until } from './stage.ts';
import { append } from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer({
    limits: {
      socketsPerUser: 10,
      strangerSockets: 30,
      strangerMs: 3_000,
      unhandledBytes: 2_000_000,
      unreadBytes: 1_000_000,
    },
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
});
afterEach(async () => {
  stage.close();
  await until(() => expect(server.sync.sockets.size).toBe(0), 10_000);
});

const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));

it('[R6] one user on many sockets is refused beyond the limit, even all at once', async () => {
  const token = await signToken(eve);
  const sockets = await Promise.all(times(20, async () => stage.add(await RawClient.open(`${server.url}/sync`))));
  for (const socket of sockets) socket.authenticate(stage.name, token);
  await until(() =>
    expect(sockets.every(({ heard }) => heard.authenticated.length + heard.denied.length > 0)).toBe(true),
  );
  expect(sockets.filter(({ heard }) => heard.authenticated.length > 0).length).toBeLessThanOrEqual(10);
  await stage.assertUnharmed();
});

it("[R6] a socket whose user has left every document still counts as that user's", async () => {
  const token = await signToken(eve);
  let joined = 0;
  for (const _nth of times(20, (nth) => nth)) {
    const client = stage.add(await RawClient.open(`${server.url}/sync`));
    client.authenticate(stage.name, token);
    await until(() => expect(client.heard.answers.length + client.heard.denied.length).toBeGreaterThan(0));
    if (client.heard.answers.length > 0) joined += 1;
    client.send(frame(stage.name, TYPE.close));
    await until(() => expect(client.heard.closes.length + client.heard.denied.length).toBeGreaterThan(0));
  }
  expect(joined).toBeLessThanOrEqual(10);
});

it('[R11] who joins, is denied and leaves, again and again on one socket, has nothing counted as waiting', async () => {
  const token = await signToken(bob);
  const client = stage.add(await RawClient.open(`${server.url}/sync`));
  const round = async () => {
    const before = { joins: client.heard.answers.length, denials: client.heard.denied.length };
    client.authenticate(stage.name, token);
    client.authenticate(`${createEntryId()}/1`, token);
    await until(() => expect(client.heard.answers.length).toBe(before.joins + 1));
    await until(() => expect(client.heard.denied.length).toBe(before.denials + 1));
    const { closes } = client.heard;
    const count = closes.length;
    client.send(frame(stage.name, TYPE.close));
    await until(() => expect(closes.length).toBe(count + 1));
  };
  await round();
  const before = server.sync.countUnhandledBytes();
  for (let nth = 0; nth < 20; nth += 1) await round();
  await until(() => expect(server.sync.countUnhandledBytes()).toBeLessThanOrEqual(before));
});

it('[R6] strangers who take every place do not keep a member out', async () => {
  const strangers = times(60, () => stage.add(new RawClient(`${server.url}/sync`)));
  await until(() => expect(strangers.every(({ socket }) => socket.readyState !== 0)).toBe(true));
  const member = await stage.join(bob);
  expect(member.heard.answers.length).toBe(1);
  await stage.assertUnharmed();
});

it('[R6] strangers are shown the door, also when they do not answer', async () => {
  const socket = await openRawSocket(`${server.url}/sync`);
  stage.add({ close: () => socket.destroy() });
  socket.resume();
  await until(() => expect(server.sync.sockets.size).toBe(3)); // Alice, Bob, and the silent one.
  await until(() => expect(server.sync.sockets.size).toBe(2), 9_000);
});

it('[R6] 10,000 document names before a sign-in end that socket only', async () => {
  const attacker = stage.add(await RawClient.open(`${server.url}/sync`));
  for (let nth = 0; nth < 10_000; nth += 1) attacker.send(syncFrame(`${createEntryId()}/1`, STEP_1, Uint8Array.of(0)));
  await until(() => expect(attacker.heard.ends.length).toBe(1));
  await stage.assertUnharmed();
});

it('[R6] a stranger cannot leave megabytes in memory', async () => {
  const attacker = stage.add(await RawClient.open(`${server.url}/sync`));
  attacker.send(...times(15, () => syncFrame('x', UPDATE, new Uint8Array(100_000))));
  await until(() => expect(attacker.heard.ends.length).toBe(1), 2_000);
});

it('[R6] who sends on and on while commits wait is cut, even when they ignore the farewell', async () => {
  const token = await signToken(eve);
  const socket = await openRawSocket(`${server.url}/sync`);
  stage.add({ close: () => socket.destroy() });
  let isGone = false;
  socket.on('close', () => {
    isGone = true;
  });
  socket.resume();
  socket.write(wsFrame(authFrame(stage.name, token)));
  await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
    socket.write(wsFrame(syncFrame(stage.name, UPDATE, append(11, [say(eve, 'waits')]))));
    await untilCommitWaits();
    for (let nth = 0; nth < 40; nth += 1) socket.write(wsFrame(syncFrame(stage.name, UPDATE, new Uint8Array(100_000))));
    await until(() => expect(isGone).toBe(true), 3_000);
  });
  await stage.assertUnharmed();
});

it('[R6] 100,000 frames of two bytes do not pile up while commits wait', async () => {
  const attacker = await stage.joinYjs();
  await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
    attacker.send(syncFrame(null, UPDATE, append(11, [say(eve, 'waits')])));
    await untilCommitWaits();
    for (let nth = 0; nth < 100_000; nth += 1) attacker.send(Uint8Array.of(0, 9));
    await until(() => expect(attacker.heard.ends.length).toBe(1), 4_000);
  });
  await stage.assertUnharmed();
});

it('[R6] who does not read is cut on what waits for them', async () => {
  const token = await signToken(eve);
  const socket = await openRawSocket(`${server.url}/sync`);
  stage.add({ close: () => socket.destroy() });
  socket.pause();
  const filler = await stage.join(eve);
  filler.send(
    syncFrame(
      stage.name,
      UPDATE,
      append(
        11,
        times(100, (nth) => say(eve, 'x'.repeat(7_900) + nth)),
      ),
    ),
  );
  await until(() => expect(filler.heard.statuses.length).toBe(1));
  socket.write(wsFrame(authFrame(stage.name, token)));
  for (let nth = 0; nth < 30; nth += 1) socket.write(wsFrame(syncFrame(stage.name, STEP_1, Uint8Array.of(0))));
  await until(() => expect(server.sync.sockets.size).toBe(3), 9_000); // Alice, Bob, and who filled.
  await stage.assertUnharmed();
});
