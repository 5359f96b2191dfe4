/** Sockets: many, silent, half-open, never reading, never stopping. Who asks too much is cut; members get in and are heard. */
import { createEntryId, type UserId } from '@tablo/schema/ids';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { JwtVerifier } from '../access/tokens/token-verifier.ts';
import { FramePace } from '../sync/socket/frames/frame-pace.ts';
import { FRAME, SYNC_STEP_1, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { authFrame, frame, syncFrame } from '../testing/frames.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { addTablos } from './documents.ts';
import { holdTablo } from './hold.ts';
import { openRawSocket, wsFrame } from './raw-socket.ts';
import { RecordingClient } from './recording-client.ts';
import { bob, eve, gus, openStageServer, Stage, say } from './stage.ts';
import { append } from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer({
    limits: {
      socketsPerUser: 10,
      unauthenticatedSockets: 30,
      unauthenticatedMs: 3_000,
      documentsPerSocket: 20,
      documentsPerUser: 30,
      frameMs: 2_000,
      unhandledBytes: 2_000_000,
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
  const token = tokenOf(eve);
  const sockets = await Promise.all(times(20, async () => stage.add(await RecordingClient.open(`${server.url}/sync`))));
  for (const socket of sockets) socket.join(stage.name, token);
  await until(() =>
    expect(sockets.every(({ heard }) => heard.authenticated.length + heard.denied.length > 0)).toBe(true),
  );
  expect(sockets.filter(({ heard }) => heard.authenticated.length > 0).length).toBeLessThanOrEqual(10);
  await stage.assertUnharmed();
});

it('[R11] a buffer full of small frames does not go before what others have sent: a socket has one in each turn', async () => {
  const client = stage.add(await RecordingClient.open(`${server.url}/sync`));
  client.join(stage.name, tokenOf(eve));
  await until(() => expect(client.heard.authenticated.length).toBe(1));
  const inThisTurn = new Map<unknown, number>();
  let most = 0;
  let handled = 0;
  const note = vi.spyOn(FramePace.prototype, 'note').mockImplementation((socket) => {
    const frames = (inThisTurn.get(socket) ?? 0) + 1;
    inThisTurn.set(socket, frames);
    most = Math.max(most, frames);
    handled += 1;
  });
  const turn = (): void => {
    inThisTurn.clear();
    if (handled < 1_000) setImmediate(turn);
  };
  setImmediate(turn);
  // Frames of a kind that is dropped: they cost nothing but being looked at.
  for (const _nth of times(1_000, (nth) => nth)) client.send(frame(stage.name, FRAME.queryAwareness));
  await until(() => expect(handled).toBeGreaterThanOrEqual(1_000));
  note.mockRestore();
  expect(most).toBe(1);
  await stage.assertUnharmed();
});

it('[R11] pings and pongs that nobody asked for are frames of their user’s rate, at both doors', async () => {
  const clients = [await stage.join(), await stage.joinYjs()];
  const note = vi.spyOn(FramePace.prototype, 'note');
  for (const { socket } of clients)
    for (let nth = 0; nth < 100; nth += 1) {
      socket.ping();
      socket.pong();
    }
  await until(() => expect(note.mock.calls.length).toBeGreaterThanOrEqual(400));
  note.mockRestore();
});

it('[R11] a stranger’s forged tokens, hundreds on one socket, are not looked at: the socket ends after three', async () => {
  const attacker = stage.add(await RecordingClient.open(`${server.url}/sync`));
  const [head, body] = tokenOf(eve).split('.');
  const verify = vi.spyOn(JwtVerifier.prototype, 'verify');
  attacker.send(...times(850, (nth) => authFrame(`${createEntryId()}/1`, `${head}.${body}.${nth}`)));
  await until(() => expect(attacker.heard.ends.map(({ code }) => code)).toEqual([4401]));
  expect(verify.mock.calls.length).toBe(3);
  verify.mockRestore();
  await stage.assertUnharmed();
});

it('[R11] tokens at both doors are checked at their address’s rate, and members of other addresses do not wait', async () => {
  const few = await openStageServer({ trustProxy: true, limits: { tokenChecksPerSecond: 1 } });
  const own = await Stage.open(few);
  const [head, body] = tokenOf(eve).split('.');
  const from = { 'X-Forwarded-For': '203.0.113.7' };
  const reasons = await Promise.all(
    times(60, async (nth) => {
      const forged = `${head}.${body}.${nth}`;
      const path = nth % 2 === 0 ? '/sync' : `/yjs/${own.tablo}?token=${forged}`;
      const client = own.add(await RecordingClient.open(`${few.url}${path}`, from));
      if (nth % 2 === 0) client.send(authFrame(own.name, forged));
      await until(() => expect(client.heard.denied.length + client.heard.ends.length).toBeGreaterThan(0));
      return client.heard.denied[0] ?? client.heard.ends[0]?.reason;
    }),
  );
  // Twenty at once, and what one a second brings meanwhile.
  expect(reasons.filter((reason) => reason === 'rate-limited').length).toBeGreaterThan(20);
  expect(reasons.filter((reason) => reason === 'unauthenticated').length).toBeGreaterThanOrEqual(20);
  const other = own.add(await RecordingClient.open(`${few.url}/sync`, { 'X-Forwarded-For': '203.0.113.8' }));
  other.join(own.name, tokenOf(eve));
  await until(() => expect(other.heard.authenticated).toHaveLength(1));
  await own.assertUnharmed();
  own.close();
  await few.close();
});

it('[R11] who asks for signs of life and reads none of the answers loses the socket before they fill the memory', async () => {
  const fast = await openStageServer({ limits: { framesPerSecond: 1_000_000 } });
  const own = await Stage.open(fast);
  const socket = await openRawSocket(`${fast.url}/sync`);
  let isGone = false;
  socket.on('close', () => {
    isGone = true;
  });
  socket.write(wsFrame(authFrame(own.name, tokenOf(eve))));
  await until(() => expect(fast.sync.countConnections()).toBe(3));
  // What leaves the process lies in the kernels' buffers, some megabytes of it.
  const pings = Buffer.concat(times(500, () => wsFrame(new Uint8Array(125), 9)));
  const more = (): void => {
    while (!isGone && !socket.destroyed && socket.write(pings));
  };
  socket.on('drain', more);
  more();
  let most = 0;
  await until(() => {
    most = Math.max(most, fast.sync.countUnreadBytes());
    expect(isGone || fast.sync.countConnections() === 2).toBe(true);
  }, 30_000);
  expect(most).toBeLessThan(100_000);
  await own.assertUnharmed();
  own.close();
  socket.destroy();
  await fast.close();
}, 60_000);

it('[R11] signed-in sockets are bounded in all and by address, whoever’s they are, at both doors', async () => {
  const few = await openStageServer({ trustProxy: true, limits: { sockets: 10, socketsPerAddress: 4 } });
  const own = await Stage.open(few); // Alice's and Bob's are two, of this machine.
  const open = async (address: string, isBridged: boolean): Promise<RecordingClient> => {
    const token = tokenOf(await own.addMember());
    const path = isBridged ? `/yjs/${own.tablo}?token=${token}` : '/sync';
    const client = own.add(await RecordingClient.open(`${few.url}${path}`, { 'X-Forwarded-For': address }));
    if (isBridged) client.send(syncFrame(null, SYNC_STEP_1, Uint8Array.of(0)));
    else client.join(own.name, token);
    await until(() =>
      expect(client.heard.answers.length + client.heard.denied.length + client.heard.ends.length).toBeGreaterThan(0),
    );
    return client;
  };
  const answers: string[] = [];
  for (const [nth, address] of [...Array(6).fill('203.0.113.1'), ...Array(6).fill('203.0.113.2')].entries()) {
    const { heard } = await open(address, nth % 2 === 1);
    answers.push(heard.denied[0] ?? heard.ends[0]?.reason ?? 'joined');
  }
  const [joined, refused] = ['joined', 'rate-limited'];
  const half = [joined, joined, joined, joined, refused, refused];
  expect(answers).toEqual([...half, ...half]);
  // Ten in all: of a third address nobody more.
  const late = await open('203.0.113.3', false);
  expect(late.heard.denied).toEqual(['rate-limited']);
  own.bob.close();
  await until(() => expect(few.sync.countConnections()).toBe(9));
  const next = await open('203.0.113.3', false);
  expect(next.heard.answers).toHaveLength(1);
  own.close();
  await few.close();
});

it("[R6] a socket whose user has left every document still counts as that user's", async () => {
  const token = tokenOf(eve);
  let joined = 0;
  for (const _nth of times(20, (nth) => nth)) {
    const client = stage.add(await RecordingClient.open(`${server.url}/sync`));
    client.join(stage.name, token);
    await until(() => expect(client.heard.answers.length + client.heard.denied.length).toBeGreaterThan(0));
    if (client.heard.answers.length > 0) joined += 1;
    client.send(frame(stage.name, FRAME.close));
    await until(() => expect(client.heard.closes.length + client.heard.denied.length).toBeGreaterThan(0));
  }
  expect(joined).toBeLessThanOrEqual(10);
});

it('[R11] who joins, is denied and leaves, again and again on one socket, has nothing counted as waiting', async () => {
  const token = tokenOf(bob);
  const client = stage.add(await RecordingClient.open(`${server.url}/sync`));
  const round = async () => {
    const before = { joins: client.heard.answers.length, denials: client.heard.denied.length };
    client.join(stage.name, token);
    client.join(`${createEntryId()}/1`, token);
    await until(() => expect(client.heard.answers.length).toBe(before.joins + 1));
    await until(() => expect(client.heard.denied.length).toBe(before.denials + 1));
    const { closes } = client.heard;
    const count = closes.length;
    client.send(frame(stage.name, FRAME.close));
    await until(() => expect(closes.length).toBe(count + 1));
  };
  await round();
  const before = server.sync.countUnhandledBytes();
  for (let nth = 0; nth < 20; nth += 1) await round();
  await until(() => expect(server.sync.countUnhandledBytes()).toBeLessThanOrEqual(before));
});

it('[R6] strangers who take every place do not keep a member out', async () => {
  const strangers = times(60, () => stage.add(new RecordingClient(`${server.url}/sync`)));
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
  const attacker = stage.add(await RecordingClient.open(`${server.url}/sync`));
  for (let nth = 0; nth < 10_000; nth += 1)
    attacker.send(syncFrame(`${createEntryId()}/1`, SYNC_STEP_1, Uint8Array.of(0)));
  await until(() => expect(attacker.heard.ends.length).toBe(1));
  await stage.assertUnharmed();
});

it('[R6] a stranger cannot leave megabytes in memory', async () => {
  const attacker = stage.add(await RecordingClient.open(`${server.url}/sync`));
  attacker.send(...times(15, () => syncFrame('x', UPDATE, new Uint8Array(100_000))));
  await until(() => expect(attacker.heard.ends.length).toBe(1), 2_000);
});

it('[R6] who sends on and on while commits wait is cut, even when they ignore the farewell', async () => {
  const token = tokenOf(eve);
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

it('[R6] of sixty documents asked for at once on one socket, as many are joined as it may have', async () => {
  const user = createEntryId() as string as UserId;
  const tablos = await addTablos(server, user, 60, 1_000);
  const token = tokenOf(user);
  const client = stage.add(await RecordingClient.open(`${server.url}/sync`));
  client.send(...tablos.map((tablo) => authFrame(`${tablo}/1`, token)));
  await until(() => expect(client.heard.authenticated.length + client.heard.denied.length).toBe(60), 20_000);
  expect([client.heard.authenticated.length, new Set(client.heard.denied)]).toEqual([20, new Set(['rate-limited'])]);
  // On another one, up to what the user may have.
  const other = stage.add(await RecordingClient.open(`${server.url}/sync`));
  other.send(...tablos.slice(0, 20).map((tablo) => authFrame(`${tablo}/1`, token)));
  await until(() => expect(other.heard.authenticated.length + other.heard.denied.length).toBe(20), 20_000);
  expect(other.heard.authenticated.length).toBeLessThanOrEqual(10);
  // Whoever leaves one may ask for another.
  client.send(frame(`${client.heard.authenticated[0]}`, FRAME.close));
  await until(() => expect(client.heard.closes).toHaveLength(1));
  client.send(authFrame(`${tablos.at(-1)}/1`, token));
  await until(() => expect(client.heard.authenticated.length).toBe(21));
  expect([client.isOpen, other.isOpen]).toEqual([true, true]);
});

it('[R11] a hundred sessions of one tablo on several sockets, asked for at once, are as many as a user may have, and another may come when one leaves', async () => {
  const few = await openStageServer({ limits: { sessionsPerTablo: 12 } });
  const own = await Stage.open(few);
  const token = tokenOf(gus);
  const sockets = await Promise.all(times(5, async () => own.add(await RecordingClient.open(`${few.url}/sync`))));
  for (const socket of sockets) socket.send(...times(20, (nth) => authFrame(`${own.name}\0session ${nth}`, token)));
  const told = () => sockets.flatMap(({ heard }) => [...heard.denied, ...heard.closes.map(({ reason }) => reason)]);
  await until(() => expect(told()).toHaveLength(88));
  expect([new Set(told()), few.sync.countConnections()]).toEqual([new Set(['rate-limited']), 2 + 12]);
  expect(sockets.every(({ isOpen }) => isOpen)).toBe(true);
  // The other door is no other tablo, and others are not concerned.
  const bridged = own.add(await RecordingClient.open(`${few.url}/yjs/${own.tablo}?token=${token}`));
  await until(() => expect(bridged.heard.ends.map(({ reason }) => reason)).toEqual(['rate-limited']));
  // Which of the sockets have got the places, chance tells.
  const joined = sockets.flatMap((socket) => {
    const ended = new Set(socket.heard.closes.map(({ name }) => name));
    return socket.heard.authenticated.flatMap((name) => (ended.has(name) ? [] : [{ socket, name }]));
  });
  const [one] = joined;
  if (one === undefined) throw new Error('twelve of them have joined');
  one.socket.send(frame(one.name, FRAME.close));
  await until(() => expect(few.sync.countConnections()).toBe(2 + 11));
  one.socket.send(authFrame(one.name, token));
  await until(() => expect(few.sync.countConnections()).toBe(2 + 12));
  await own.assertUnharmed();
  own.close();
  await few.close();
});

it('[R6] frames for documents that nobody signs in for end the socket before they fill memory', async () => {
  const attacker = await stage.join(await stage.addMember());
  for (let nth = 0; nth < 18; nth += 1)
    attacker.send(syncFrame(`${createEntryId()}/1`, UPDATE, new Uint8Array(150_000)));
  await until(() => expect(attacker.heard.ends.map(({ reason }) => reason)).toEqual(['rate-limited']));
  await until(() => expect(server.sync.countUnhandledBytes()).toBeLessThan(100_000));
});

/** The head of a masked binary frame of so many bytes, and the first of them. */
function unfinished(bytes: number, sent: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return Buffer.concat([head, Buffer.alloc(sent)]);
}

it('[R6] a stranger cannot leave megabytes of an unfinished frame in memory', async () => {
  const sockets = await Promise.all(times(5, () => openRawSocket(`${server.url}/sync`)));
  const gone = new Set<unknown>();
  for (const socket of sockets) {
    stage.add({ close: () => socket.destroy() });
    socket.resume();
    socket.on('close', () => gone.add(socket));
    socket.write(unfinished(8_000_000, 3_000_000));
  }
  // Sooner than strangers are shown the door.
  await until(() => expect(gone.size).toBe(5), 2_500);
  expect(server.sync.countUnhandledBytes()).toBeLessThan(200_000);
});

it("[R6] a member's unfinished frame is counted, and ends the socket when it stands still, whatever else is sent", async () => {
  const socket = await openRawSocket(`${server.url}/sync`);
  stage.add({ close: () => socket.destroy() });
  let isGone = false;
  socket.resume();
  socket.on('close', () => {
    isGone = true;
  });
  socket.write(wsFrame(authFrame(stage.name, tokenOf(eve))));
  await until(() => expect(server.sync.countConnections()).toBe(3));
  const before = server.sync.countUnhandledBytes();
  socket.write(unfinished(1_500_000, 150_000));
  await until(() => expect(server.sync.countUnhandledBytes() - before).toBeGreaterThan(50_000));
  // A byte now and then is no progress: the link would need a day.
  const drip = setInterval(() => socket.write(Buffer.alloc(1)), 200);
  await until(() => expect(isGone).toBe(true), 60_000);
  clearInterval(drip);
  await until(() => expect(server.sync.countUnhandledBytes()).toBeLessThanOrEqual(before));
  await stage.assertUnharmed();
}, 90_000);

it('[R6] the parts of a message with pings between them are counted, and end the socket when nothing else comes of it', async () => {
  const socket = await openRawSocket(`${server.url}/sync`);
  stage.add({ close: () => socket.destroy() });
  let isGone = false;
  socket.resume();
  socket.on('close', () => {
    isGone = true;
  });
  socket.write(wsFrame(authFrame(stage.name, tokenOf(eve))));
  await until(() => expect(server.sync.countConnections()).toBe(3));
  const part = wsFrame(new Uint8Array(100));
  part[0] = 2; // There is more of it to come.
  socket.write(part);
  const pings = setInterval(() => socket.write(wsFrame(new Uint8Array(0), 9)), 100);
  await until(() => expect(isGone).toBe(true), 10_000);
  clearInterval(pings);
  await stage.assertUnharmed();
}, 20_000);

it('[R6] of a connection that is reset, nothing that waits its turn is handled any more', async () => {
  const author = await stage.addMember();
  const socket = await openRawSocket(`${server.url}/sync`);
  socket.resume();
  socket.write(wsFrame(authFrame(stage.name, tokenOf(author))));
  await until(() => expect(server.sync.countConnections()).toBe(3));
  let seen = 0;
  const note = vi.spyOn(FramePace.prototype, 'note').mockImplementation(({ userId }) => {
    if (userId !== author) return;
    seen += 1;
    if (seen === 10) socket.resetAndDestroy();
  });
  // Each has a turn of its own, so that the end comes while most of them wait.
  const nothing = wsFrame(frame(stage.name, FRAME.queryAwareness));
  const message = wsFrame(syncFrame(stage.name, UPDATE, append(11, [say(author, 'too late')])));
  socket.write(Buffer.concat([...times(900, () => nothing), message]));
  // What was read is handed on to its end all the same.
  await until(() => expect(seen).toBe(901));
  note.mockRestore();
  await until(() => expect(server.sync.countConnections()).toBe(2));
  await stage.assertUnharmed();
  expect(await stage.countRows(author)).toBe(0);
});

it('[R11] token frames that come while a commit waits pile up for nobody, and renew the token all the same', async () => {
  const token = tokenOf(eve, { name: 'Eve' }, 4);
  const [attacker, other] = [await stage.join(eve, { token }), await stage.join(eve, { token })];
  await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
    attacker.send(syncFrame(stage.name, UPDATE, append(11, [say(eve, 'waits')])));
    await untilCommitWaits();
    const garbage = authFrame(stage.name, 'x'.repeat(31_000));
    for (let nth = 0; nth < 300; nth += 1) attacker.send(garbage);
    attacker.send(authFrame(stage.name, tokenOf(eve)));
    // Answered at once, behind them all.
    attacker.send(Uint8Array.of(9));
    await until(() => expect(attacker.heard.pings).toBe(1));
    // The update alone: 9 MB of tokens are not there.
    expect(server.sync.countUnhandledBytes()).toBeLessThan(20_000);
  });
  // The same token that was not renewed has ended.
  await until(() => expect(other.heard.closes.map(({ reason }) => reason)).toEqual(['token-expired']), 8_000);
  expect([attacker.isOpen, attacker.heard.closes]).toEqual([true, []]);
});

it('[R6] strangers of one address have places of their own, and take nobody else’s', async () => {
  const few = await openStageServer({ limits: { unauthenticatedSocketsPerAddress: 5 } });
  const strangers = times(20, () => new RecordingClient(`${few.url}/sync`));
  await until(() => expect(strangers.every(({ socket }) => socket.readyState !== 0)).toBe(true));
  await until(() => expect(few.sync.sockets.size).toBeLessThanOrEqual(5));
  const own = await Stage.open(few);
  await own.assertUnharmed();
  own.close();
  for (const one of strangers) one.close();
  await few.close();
});

it('[R11] sockets that one address opens and leaves come at a rate, and members of other addresses do not wait', async () => {
  const few = await openStageServer({ trustProxy: true, limits: { pagePerSecond: 2 } });
  const answers = await Promise.all(
    times(40, async () => {
      const client = new RecordingClient(`${few.url}/sync`, { 'X-Forwarded-For': '203.0.113.7' });
      const status = await client.upgraded;
      client.close();
      return status;
    }),
  );
  // Twenty at once, and what two a second bring meanwhile.
  expect(answers.filter((status) => status === 101).length).toBeLessThan(30);
  expect(answers.filter((status) => status === 429).length).toBeGreaterThan(10);
  const other = new RecordingClient(`${few.url}/sync`, { 'X-Forwarded-For': '203.0.113.8' });
  expect(await other.upgraded).toBe(101);
  other.close();
  await few.close();
});

it('[R6] a member whose tokens come all at once, more than a stranger may send, is let in', async () => {
  const few = await openStageServer({ limits: { unauthenticatedBytes: 200_000 } });
  const user = createEntryId() as string as UserId;
  const tablos = await addTablos(few, user, 400, 100);
  const token = tokenOf(user, { name: 'x'.repeat(1_000) });
  const client = await RecordingClient.open(`${few.url}/sync`);
  client.send(...tablos.map((tablo) => authFrame(`${tablo}/1`, token)));
  await until(() => expect(client.heard.authenticated).toHaveLength(400), 20_000);
  expect([client.heard.denied, client.heard.ends]).toEqual([[], []]);
  client.close();
  await few.close();
});
