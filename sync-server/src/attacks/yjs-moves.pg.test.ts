/** Unmodified y-websocket clients over many moves of their tablo: each comes back with all that it ever saw. */
import { createDeletion, createEdit, createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import * as Y from 'yjs';
import { openTestServer, type TestServer } from '../sync/test-server.ts';
import { openYjsClient } from '../testing/open-yjs-client.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { untilWithin } from '../testing/wait.ts';
import { addTablos } from './documents.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const bob = '00000000-0000-4000-8000-00000000000b' as UserId;
const gus = '00000000-0000-4000-8000-00000000000c' as UserId;
const EPOCH_BYTES = 30_000;

let server: TestServer;
const open: { close(): void }[] = [];
beforeAll(async () => {
  server = await openTestServer({ epochLimits: { bytes: EPOCH_BYTES } });
});
afterAll(() => server.close());
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const until = untilWithin(20_000);
const by = (author: UserId) => ({ author, sentAt: Date.now() });

async function connect(tablo: TabloId, user: UserId, doc = new Y.Doc()) {
  const client = openYjsClient(server.url, tablo, user, doc);
  open.push(client);
  await until(() => expect(client.provider.synced).toBe(true));
  return {
    ...client,
    push: (...entries: readonly MemberEntry[]) => doc.getArray('messages').push([...entries]),
    ids: () => new Set(doc.getArray<MemberEntry>('messages').map(({ id }) => id)),
  };
}

async function idsInRows(tablo: TabloId): Promise<readonly string[]> {
  const { rows } = await server.pool.query('SELECT id FROM messages WHERE channel_id = $1 ORDER BY seq', [tablo]);
  return rows.map(({ id }) => id);
}

async function epochOf(tablo: TabloId): Promise<number> {
  return (await server.pool.query('SELECT epoch FROM tablos WHERE id = $1', [tablo])).rows[0].epoch;
}

it('[R4] [R9] who alone has written in a tablo comes back through many moves, and the tablo comes to rest', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  const a = await connect(tablo, alice);
  const written: MemberEntry[] = [];
  for (let nth = 0; nth < 30; nth += 1) {
    const message = createMessage(by(alice), `${nth} ${'x'.repeat(3_000)}`);
    written.push(message);
    a.push(message);
    await until(async () => expect(await idsInRows(tablo)).toContain(message.id));
  }
  await until(() => expect(a.provider.synced).toBe(true));
  const epoch = await epochOf(tablo);
  // As many moves as what was written fills documents, and not one for each time that she comes back.
  expect(epoch).toBeLessThan(12);
  const last = createMessage(by(alice), 'the last one');
  a.push(last);
  await until(async () => expect(await idsInRows(tablo)).toEqual([...written, last].map(({ id }) => id)));
  expect(await epochOf(tablo)).toBeLessThanOrEqual(epoch + 1);
  expect(a.closes.filter((code) => code >= 4_400)).toEqual([]);
  const fresh = await connect(tablo, bob);
  expect([...fresh.ids()]).toContain(last.id);
});

it('[R3] [R4] guests, readers and writers with edits, reactions and deletions in their old documents come back, again and again, and change nothing', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member', [gus]: 'guest' });
  const [a, b, g] = [await connect(tablo, alice), await connect(tablo, bob), await connect(tablo, gus)];
  const [kept, gone] = [createMessage(by(alice), 'kept'), createMessage(by(bob), 'gone')];
  const late = createMessage({ author: bob, sentAt: Date.now() - 3_600_000 }, 'late');
  a.push(kept);
  b.push(gone, late);
  await until(() => expect(g.ids().size).toBeGreaterThanOrEqual(4));
  a.push(createEdit(by(alice), kept.id, 'kept, edited'), createDeletion(by(alice), gone.id));
  b.push(createReaction(by(bob), kept.id, '👍', true));
  await until(() => expect(g.ids().size).toBeGreaterThanOrEqual(7));
  const before = await idsInRows(tablo);
  const { rows: entries } = await server.pool.query('SELECT id FROM tablo_entries WHERE tablo_id = $1', [tablo]);
  for (let epoch = 1; epoch <= 4; epoch += 1) {
    const closes = [a, b, g].map(({ closes }) => closes.length);
    await server.sync.moveTablo({ tabloId: tablo, epoch });
    await until(() => expect([a, b, g].map(({ closes }) => closes.length)).toEqual(closes.map((one) => one + 1)));
    await until(() => expect([a, b, g].every(({ provider }) => provider.synced)).toBe(true));
    const said = createMessage(by(bob), `in ${epoch + 1}`);
    b.push(said);
    await until(() => expect([a, g].every((one) => one.ids().has(said.id))).toBe(true));
  }
  for (const one of [a, b, g]) expect(one.closes.filter((code) => code !== 1012)).toEqual([]);
  expect((await idsInRows(tablo)).slice(0, before.length)).toEqual(before);
  const { rowCount } = await server.pool.query('SELECT FROM tablo_entries WHERE tablo_id = $1', [tablo]);
  expect(rowCount).toBe(entries.length + 4);
  expect(await epochOf(tablo)).toBe(5);
  const h = new TestClient(server.url, `${tablo}/5`, tokenOf(gus));
  open.push(h);
  await until(() => expect(h.provider.isSynced).toBe(true));
  expect(h.texts).toEqual(['kept', 'late', 'in 2', 'in 3', 'in 4', 'in 5']);
});

it('[R9] a document of an earlier release, larger than one may be now, gives way to a fresh one when it is opened', async () => {
  const [tablo] = await addTablos(server, alice, 1, 3 * EPOCH_BYTES);
  if (tablo === undefined) throw new Error('no tablo');
  const a = await connect(tablo, alice);
  // What she was given before that she brings along; no row has it, so it is new and her own there, and more than a document may hold once more.
  await until(async () => expect(await epochOf(tablo)).toBeGreaterThan(1));
  await until(() => expect(a.provider.synced).toBe(true));
  expect(a.closes.filter((code) => code !== 1012)).toEqual([]);
});

it('[R3] the clientID that a client brings along is its user’s in the new document too, before it writes there', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  const b = await connect(tablo, bob);
  const said = createMessage(by(bob), 'mine');
  b.push(said);
  await until(async () => expect(await idsInRows(tablo)).toEqual([said.id]));
  await server.sync.moveTablo({ tabloId: tablo, epoch: 1 });
  const owner = async () =>
    (
      await server.pool.query(
        'SELECT user_id FROM tablo_clients WHERE tablo_id = $1 AND epoch = 2 AND client_id = $2',
        [tablo, b.doc.clientID],
      )
    ).rows;
  await until(async () => expect(await owner()).toEqual([{ user_id: bob }]));
  const thief = new Y.Doc();
  thief.clientID = b.doc.clientID;
  const a = await connect(tablo, alice, thief);
  // What she writes under it is stored as hers, by the server's hand, and takes none of his clocks.
  const hers = createMessage(by(alice), 'under his');
  a.push(hers);
  await until(async () => expect(await idsInRows(tablo)).toContain(hers.id));
  const next = createMessage(by(bob), 'mine, too');
  b.push(next);
  await until(async () => expect(await idsInRows(tablo)).toEqual([said.id, hers.id, next.id]));
  expect(b.closes.filter((code) => code !== 1012)).toEqual([]);
});

it('[R8] [R11] what a client brings along that is durable already uses up nothing of its rate of entries', async () => {
  const strict = await openTestServer({ limits: { entriesPerSecond: 0.01, entriesBurst: 100 } });
  try {
    const tablo = await strict.addTablo({ [alice]: 'owner', [bob]: 'member' });
    const client = openYjsClient(strict.url, tablo, alice);
    open.push(client);
    const { provider, doc, closes } = client;
    await until(() => expect(provider.synced).toBe(true));
    doc.getArray('messages').push(Array.from({ length: 60 }, (_, nth) => createMessage(by(alice), `${nth}`)));
    const count = async () =>
      (await strict.pool.query('SELECT FROM messages WHERE channel_id = $1', [tablo])).rowCount ?? 0;
    await until(async () => expect(await count()).toBe(60));
    // She has 40 left. Each time she brings back more than that.
    for (let epoch = 1; epoch <= 4; epoch += 1) {
      await strict.sync.moveTablo({ tabloId: tablo, epoch });
      await until(() => expect(closes).toHaveLength(epoch));
      await until(() => expect(provider.synced).toBe(true));
      doc.getArray('messages').push([createMessage(by(alice), `in ${epoch + 1}`)]);
      await until(async () => expect(await count()).toBe(60 + epoch));
    }
    expect(closes).toEqual([1012, 1012, 1012, 1012]);
  } finally {
    for (const one of open.splice(0)) one.close();
    await strict.close();
  }
});
