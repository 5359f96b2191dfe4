/** Whole documents asked for: a question of fifty bytes must not cost the server what the answer weighs, however often it is asked. */
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SYNC_STEP_1, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { authFrame, encode, syncFrame } from '../testing/frames.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { addTablos, fill } from './documents.ts';
import { openRawSocket, wsFrame } from './raw-socket.ts';
import { RecordingClient } from './recording-client.ts';
import { openSlowProxy } from './slow-proxy.ts';
import { openStageServer, Stage } from './stage.ts';

const DOCUMENT_BYTES = 256 * 1024;
const EMPTY = Uint8Array.of(0);

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer({ limits: { unreadBytes: 2_000_000, unreadMs: 2_000 } });
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
const newUser = (): UserId => createEntryId() as string as UserId;

/** A socket on which `user` has signed in for these tablos, and that is read by nobody. */
async function openDeafSocket(user: UserId, tablos: readonly TabloId[], steps = 1) {
  const socket = await openRawSocket(`${server.url}/sync`);
  stage.add({ close: () => socket.destroy() });
  socket.pause();
  const token = tokenOf(user);
  for (const tablo of tablos) {
    socket.write(wsFrame(authFrame(`${tablo}/1`, token)));
    for (let nth = 0; nth < steps; nth += 1) socket.write(wsFrame(syncFrame(`${tablo}/1`, SYNC_STEP_1, EMPTY)));
  }
  return socket;
}

it('[R11] forty members who join one document are answered with one encoding of it', async () => {
  const owner = await stage.addMember();
  const writer = await stage.join(owner);
  writer.send(syncFrame(stage.name, UPDATE, fill(owner, DOCUMENT_BYTES)));
  await until(() => expect(writer.heard.statuses).toEqual([true]));
  const before = server.sync.encodings.made;
  const clients = await Promise.all(times(40, () => stage.join(owner)));
  for (const { doc } of clients) expect(doc.getArray('messages').length).toBe(writer.doc.getArray('messages').length);
  expect(server.sync.encodings.made - before).toBe(1);
  // One more version, and what the others lack is not a document.
  await stage.assertUnharmed();
  const bytes = clients.map(({ heard }) => heard.bytes);
  for (const client of clients) client.send(syncFrame(stage.name, SYNC_STEP_1, encodeVectorOf(client)));
  await until(() => expect(clients.every(({ heard }) => heard.answers.length === 2)).toBe(true));
  clients.forEach(({ heard }, nth) => expect(heard.bytes - (bytes[nth] ?? 0)).toBeLessThan(20_000));
  expect(server.sync.encodings.made - before).toBeLessThanOrEqual(2);
});

it('[R11] who joins documents and asks for none of them has none encoded', async () => {
  const user = newUser();
  const tablos = await addTablos(server, user, 5, DOCUMENT_BYTES);
  const before = server.sync.encodings.made;
  const client = stage.add(await RecordingClient.open(`${server.url}/sync`));
  const token = tokenOf(user);
  for (const tablo of tablos) client.send(authFrame(`${tablo}/1`, token));
  await until(() => expect(client.heard.authenticated).toHaveLength(5));
  await until(() => expect(server.sync.countHeldBytes()).toBeGreaterThan(4 * DOCUMENT_BYTES));
  expect(server.sync.encodings.made).toBe(before);
});

it('[R11] a hundred first sync steps of a client that does not read are answered with one document', async () => {
  const user = newUser();
  const [tablo] = await addTablos(server, user, 1, 4 * 1024 * 1024);
  const before = server.sync.encodings.made;
  await openDeafSocket(user, tablo === undefined ? [] : [tablo], 100);
  await until(() => expect(server.sync.countWaitingJoins()).toBe(1));
  await stage.assertUnharmed();
  expect(server.sync.encodings.made - before).toBeLessThan(6); // Some versions of Alice's and Bob's document are among them.
  expect(server.sync.countUnreadBytes()).toBeLessThan(5 * 1024 * 1024);
});

it('[R11] what one user leaves unread over all sockets stays within some megabytes, whatever is asked for', async () => {
  const user = newUser();
  const tablos = await addTablos(server, user, 60, DOCUMENT_BYTES);
  const sockets = await Promise.all(times(20, () => openDeafSocket(user, tablos)));
  await until(() => expect(server.sync.countWaitingJoins()).toBeGreaterThan(200), 20_000);
  await stage.assertUnharmed();
  // Twenty sockets that ask for sixty documents each: 300 MB.
  expect(server.sync.answers.peak).toBeLessThan(12 * 1024 * 1024);
  expect(sockets.every(({ destroyed }) => !destroyed)).toBe(true);
});

it('[R11] joins beyond the rate in bytes wait, and all of them are answered', async () => {
  const slow = await openStageServer({ limits: { joinBytesBurst: 1_048_576, joinBytesPerSecond: 4_194_304 } });
  const user = newUser();
  const tablos = await addTablos(slow, user, 20, DOCUMENT_BYTES);
  const client = await RecordingClient.open(`${slow.url}/sync`);
  const token = tokenOf(user);
  for (const tablo of tablos) client.join(`${tablo}/1`, token);
  await until(() => expect(client.heard.answers).toHaveLength(20), 30_000);
  expect([client.heard.denied, client.heard.closes, client.heard.ends]).toEqual([[], [], []]);
  client.close();
  await slow.close();
});

it('[R11] a slow link that makes progress joins twenty large documents, with one socket', async () => {
  const user = newUser();
  const tablos = await addTablos(server, user, 20, DOCUMENT_BYTES);
  const proxy = await openSlowProxy(server.url, 1024 * 1024);
  stage.add(proxy);
  const client = stage.add(await RecordingClient.open(`${proxy.url}/sync`));
  const token = tokenOf(user);
  for (const tablo of tablos) client.join(`${tablo}/1`, token);
  await until(() => expect(client.heard.answers).toHaveLength(20), 25_000);
  expect([client.heard.denied, client.heard.closes, client.heard.ends]).toEqual([[], [], []]);
});

it('[R11] a client that reads nothing for a time loses its socket, also when it says that it lives', async () => {
  const user = newUser();
  const tablos = await addTablos(server, user, 4, 4 * 1024 * 1024);
  const socket = await openDeafSocket(user, tablos);
  const alive = setInterval(() => socket.write(wsFrame(Uint8Array.of(9))), 100);
  await until(() => expect(server.sync.sockets.size).toBe(3));
  await until(() => expect(server.sync.sockets.size).toBe(2), 20_000); // Alice and Bob.
  clearInterval(alive);
  await stage.assertUnharmed();
});

it('[R11] who does not read what others write leaves the document, keeps the socket, and comes back by joining', async () => {
  const reader = newUser();
  const author = await stage.addMember();
  await server.pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [stage.tablo, reader]);
  const socket = await openDeafSocket(reader, [stage.tablo]);
  await until(() => expect(server.sync.countConnections()).toBe(3));
  const writer = await stage.join(author);
  for (let nth = 0; server.sync.countConnections() === 4 && nth < 40; nth += 1) {
    writer.send(syncFrame(stage.name, UPDATE, fill(author, 1024 * 1024, 100 + nth)));
    await until(() => expect(writer.heard.statuses).toHaveLength(nth + 1), 20_000);
    socket.write(wsFrame(Uint8Array.of(9)));
  }
  await until(() => expect(server.sync.countConnections()).toBe(3));
  expect(server.sync.sockets.size).toBe(4);
  await stage.assertUnharmed();
}, 60_000);

it('[R11] state vectors of invented clientIDs are answered with the one encoding that everybody gets', async () => {
  const attacker = await stage.join();
  const before = server.sync.encodings.made;
  const vector = encode((encoder) => {
    encoding.writeVarUint(encoder, 20_000);
    for (let nth = 0; nth < 20_000; nth += 1) {
      encoding.writeVarUint(encoder, 3_000_000 + nth);
      encoding.writeVarUint(encoder, 1);
    }
  });
  for (let nth = 0; nth < 20; nth += 1) {
    attacker.send(syncFrame(stage.name, SYNC_STEP_1, vector));
    await until(() => expect(attacker.heard.answers).toHaveLength(nth + 2));
  }
  expect(server.sync.encodings.made - before).toBeLessThanOrEqual(1);
});

it('[R11] the documents that one user makes the server hold are bounded in bytes, by the document and not by the socket', async () => {
  const few = await openStageServer({ limits: { heldBytesPerUser: 1_048_576 } });
  const user = newUser();
  const tablos = await addTablos(few, user, 8, DOCUMENT_BYTES);
  const client = await RecordingClient.open(`${few.url}/sync`);
  const token = tokenOf(user);
  client.send(...tablos.map((tablo) => authFrame(`${tablo}/1`, token)));
  await until(() => expect(client.heard.authenticated).toHaveLength(8), 20_000);
  await until(() => expect(client.heard.closes.length).toBeGreaterThanOrEqual(4), 20_000);
  expect(new Set(client.heard.closes.map(({ reason }) => reason))).toEqual(new Set(['rate-limited']));
  expect(few.sync.countConnections()).toBeGreaterThan(1);
  expect(client.isOpen).toBe(true);
  client.close();
  await few.close();
});

it('[R11] posts that have whole documents loaded pay for them, and those do not stay when too much is in memory', async () => {
  const few = await openStageServer({
    limits: { joinBytesPerSecond: 1, joinBytesBurst: 600_000, heldTotalBytes: 1_048_576 },
  });
  const user = newUser();
  const tablos = await addTablos(few, user, 8, DOCUMENT_BYTES);
  const post = (tabloId: TabloId) =>
    few.sync.poster.post({ tabloId, userId: user, role: 'member', id: null, text: 'posted', replyTo: null });
  const outcomes: string[] = [];
  for (const tablo of tablos) {
    const outcome = await post(tablo);
    outcomes.push(outcome.ok ? 'posted' : outcome.error.code);
  }
  expect(outcomes).toEqual([...Array(3).fill('posted'), ...Array(5).fill('rate-limited')]);
  // What is loaded costs nothing more.
  expect(await post(tablos[0] as TabloId)).toMatchObject({ ok: true });
  // Of others, who may have it loaded: what is too much for the memory leaves it as soon as it is stored.
  const other = newUser();
  for (const tabloId of await addTablos(few, other, 2, DOCUMENT_BYTES))
    expect(
      await few.sync.poster.post({ tabloId, userId: other, role: 'member', id: null, text: 'posted', replyTo: null }),
    ).toMatchObject({
      ok: true,
    });
  await until(() => expect(few.sync.countDocuments()).toBeLessThanOrEqual(3));
  await few.close();
});

it('[R11] documents that were empty when they were joined, and are filled afterwards, are bounded in bytes as well', async () => {
  const few = await openStageServer({ limits: { heldBytesPerUser: 1_048_576 } });
  const user = newUser();
  const tablos = await Promise.all(Array.from({ length: 8 }, () => few.addTablo({ [user]: 'owner' })));
  const client = await RecordingClient.open(`${few.url}/sync`);
  const token = tokenOf(user);
  client.send(...tablos.map((tablo) => authFrame(`${tablo}/1`, token)));
  await until(() => expect(client.heard.authenticated).toHaveLength(8), 20_000);
  expect(client.heard.closes).toEqual([]);
  client.send(...tablos.map((tablo) => syncFrame(`${tablo}/1`, UPDATE, fill(user, DOCUMENT_BYTES))));
  await until(() => expect(client.heard.closes.length).toBeGreaterThanOrEqual(4), 20_000);
  expect(new Set(client.heard.closes.map(({ reason }) => reason))).toEqual(new Set(['rate-limited']));
  expect(few.sync.countHeldBytes()).toBeLessThanOrEqual(1_048_576);
  expect([few.sync.countConnections() > 0, client.isOpen]).toEqual([true, true]);
  client.close();
  await few.close();
});

it('[R11] of ten accounts that hold more than all may together, each below their own bound, those lose most who hold the most, and members stay', async () => {
  const few = await openStageServer({ limits: { heldTotalBytes: 4 * 1_048_576 } });
  const own = await Stage.open(few);
  const clients = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const user = newUser();
      const tablos = await addTablos(few, user, 4, DOCUMENT_BYTES);
      const client = own.add(await RecordingClient.open(`${few.url}/sync`));
      const token = tokenOf(user);
      client.send(...tablos.map((tablo) => authFrame(`${tablo}/1`, token)));
      return client;
    }),
  );
  await until(() => expect(clients.every(({ heard }) => heard.authenticated.length === 4)).toBe(true), 20_000);
  // Of some ten megabytes, more than half has to go.
  const closes = () => clients.flatMap(({ heard }) => heard.closes.map(({ reason }) => reason));
  await until(() => expect(closes().length).toBeGreaterThan(20));
  await until(() => expect(few.sync.countHeldBytes()).toBeLessThanOrEqual(4 * 1_048_576));
  expect(new Set(closes())).toEqual(new Set(['rate-limited']));
  expect(clients.every(({ isOpen }) => isOpen)).toBe(true);
  expect([own.alice.closed, own.bob.closed]).toEqual([[], []]);
  await own.assertUnharmed();
  own.close();
  await few.close();
});

it('[R11] an unmodified provider that asks too often waits, and is not ended', async () => {
  const few = await openStageServer({ limits: { joinsPerSecond: 2, joinsBurst: 4 } });
  const own = await Stage.open(few);
  const user = await own.addMember();
  const client = own.add(new TestClient(few.url, own.name, tokenOf(user)));
  await until(() => expect(client.provider.isSynced).toBe(true));
  for (let nth = 0; nth < 20; nth += 1) client.provider.forceSync();
  await until(() => expect(few.sync.countWaitingJoins()).toBe(1));
  await own.say(client, user, 'written meanwhile');
  const other = own.add(new TestClient(few.url, own.name, tokenOf(user)));
  await until(() => expect(other.provider.isSynced).toBe(true), 10_000);
  await until(() => expect(few.sync.countWaitingJoins()).toBe(0), 10_000);
  expect([client.closed, client.denied, other.denied]).toEqual([[], [], []]);
  own.close();
  await few.close();
});

function encodeVectorOf({ doc }: RecordingClient): Uint8Array {
  return encode((encoder) => {
    const clients = [...doc.store.clients].map(([client, structs]) => {
      const last = structs.at(-1);
      return [client, (last?.id.clock ?? 0) + (last?.length ?? 0)] as const;
    });
    encoding.writeVarUint(encoder, clients.length);
    for (const [client, clock] of clients) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, clock);
    }
  });
}
