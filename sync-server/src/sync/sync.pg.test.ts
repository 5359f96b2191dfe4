import { createEdit, createMessage, createReaction } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { PgDrafts } from '../rest/stores/pg-drafts.ts';
import { openYjsClient } from '../testing/open-yjs-client.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { openTestServer, type TestServer } from './test-server.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const bob = '00000000-0000-4000-8000-00000000000b' as UserId;
const eve = '00000000-0000-4000-8000-00000000000e' as UserId;

let server: TestServer;
let tablo: TabloId;
const open: { close(): void }[] = [];

beforeAll(async () => {
  server = await openTestServer({ epochMaxEntries: 50 });
});
afterAll(() => server.close());
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const say = (author: UserId, text: string) => createMessage({ author, sentAt: Date.now() }, text);

async function join(user: UserId, id: TabloId = tablo, epoch = 1): Promise<TestClient> {
  const client = new TestClient(server.url, `${id}/${epoch}`, tokenOf(user));
  open.push(client);
  return client;
}

async function joined(user: UserId, id: TabloId = tablo, epoch = 1): Promise<TestClient> {
  const client = await join(user, id, epoch);
  await until(() => expect(client.provider.isSynced).toBe(true));
  return client;
}

async function countRows(id: TabloId = tablo): Promise<number> {
  const { rows } = await server.pool.query('SELECT count(*)::int AS n FROM messages WHERE channel_id = $1', [id]);
  return rows[0].n;
}

describe('/sync, with unmodified providers', () => {
  beforeAll(async () => {
    tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  });

  it('[R1] an acknowledged message is a row, and the others see it', async () => {
    const [a, b] = [await joined(alice), await joined(bob)];
    const message = say(alice, 'hello');
    a.push(message);
    await until(() => expect(a.provider.unsyncedChanges).toBe(0));
    expect(await countRows()).toBe(1);
    await until(() => expect(b.texts).toEqual(['hello']));
    expect(b.heard).toContainEqual({ type: 'committed', seq: 1, messages: [message.id], others: [] });
  });

  it('[R3] the /sync endpoint refuses a forged author with a reason, and keeps the connection and the other members untouched', async () => {
    const [a, b] = [await joined(alice), await joined(bob)];
    const before = await countRows();
    const forged = say(alice, 'I owe Bob money');
    b.push(forged);
    await until(() =>
      expect(b.heard).toContainEqual(
        expect.objectContaining({ type: 'refused', code: 'not-your-entry', ids: [forged.id] }),
      ),
    );
    const fresh = await joined(bob);
    fresh.push(say(bob, 'still here'));
    await until(() => expect(a.texts).toContain('still here'));
    expect(a.texts).not.toContain('I owe Bob money');
    expect(await countRows()).toBe(before + 1);
    expect(b.closed).toEqual([]);
  });

  it('[R6] a stranger, a missing tablo and a malformed name get the same answer', async () => {
    const missing = '0197a000-0000-7000-8000-000000000000' as TabloId;
    const clients = [await join(eve), await join(alice, missing), await join(alice, 'nonsense' as TabloId)];
    await until(() => expect(clients.map(({ denied }) => denied[0])).toEqual(['forbidden', 'forbidden', 'forbidden']));
  });

  it('[R6] the /sync endpoint says why: no token, a past epoch, another epoch', async () => {
    const nobody = new TestClient(server.url, `${tablo}/1`, 'nonsense');
    open.push(nobody);
    const expired = new TestClient(server.url, `${tablo}/1`, tokenOf(alice, { name: 'A' }, -5));
    open.push(expired);
    const future = await join(alice, tablo, 7);
    await until(() =>
      expect([nobody, expired, future].map(({ denied }) => denied[0])).toEqual([
        'unauthenticated',
        'token-expired',
        'epoch-moved',
      ]),
    );
  });

  it('[R6] the /sync endpoint cuts a removed member, and lets them back in', async () => {
    const b = await joined(bob);
    await server.pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
      tablo,
      bob,
    ]);
    await until(() => expect(b.closed).toContain('forbidden'));
    await server.pool.query('UPDATE tablo_access SET is_active = true WHERE tablo_id = $1 AND user_id = $2', [
      tablo,
      bob,
    ]);
    await joined(bob);
  });

  it('[R6] a role taken away ends writing on the live connection', async () => {
    const b = await joined(bob);
    await server.pool.query("UPDATE tablo_access SET role = 'guest' WHERE tablo_id = $1 AND user_id = $2", [
      tablo,
      bob,
    ]);
    await until(() => expect(b.heard).toContainEqual({ type: 'changed' }));
    b.push(say(bob, 'as a guest'));
    await until(() => expect(b.refusals()).toEqual(['read-only']));
    await server.pool.query("UPDATE tablo_access SET role = 'member' WHERE tablo_id = $1 AND user_id = $2", [
      tablo,
      bob,
    ]);
  });

  it('[R6] ends a connection whose token ends, unless it was renewed', async () => {
    let token = tokenOf(alice, { name: 'A' }, 6);
    const renewed = new TestClient(server.url, `${tablo}/1`, async () => token);
    const ending = new TestClient(server.url, `${tablo}/1`, tokenOf(alice, { name: 'A' }, 6));
    open.push(renewed, ending);
    await until(() => expect([renewed.provider.isSynced, ending.provider.isSynced]).toEqual([true, true]));
    token = tokenOf(alice, { name: 'A' }, 600);
    await renewed.provider.sendToken();
    await until(() => expect(ending.closed).toContain('token-expired'), 15_000);
    expect(renewed.closed).toEqual([]);
  });

  it("[R3] nobody rides on another one's socket", async () => {
    const a = await joined(alice);
    const token = tokenOf(bob);
    const bobs = await server.addTablo({ [bob]: 'owner' });
    const { HocuspocusProvider } = await import('@hocuspocus/provider');
    const denied: string[] = [];
    const rider = new HocuspocusProvider({
      websocketProvider: a.socket,
      name: `${bobs}/1`,
      token,
      onAuthenticationFailed: ({ reason }) => denied.push(reason),
    });
    rider.attach();
    open.push({ close: () => rider.destroy() });
    await until(() => expect(denied).toEqual(['unauthenticated']));
  });

  it('[R3] the /sync endpoint shows the identity that the server knows, not the one that a client claims', async () => {
    const [a, b] = [await joined(alice), await joined(bob)];
    b.provider.setAwarenessField('user', { id: alice, name: 'The boss' });
    b.provider.setAwarenessField('typing', true);
    const seen = () => a.provider.awareness?.getStates().get(b.doc.clientID);
    await until(() => expect(seen()).toEqual({ user: { id: bob, name: 'Somebody' }, typing: true }));
    b.provider.awareness?.setLocalState(null);
    await until(() => expect(seen()).toBeUndefined());
  });

  it('[R1] everything acknowledged is there after a restart, and the log is compacted', async () => {
    const a = await joined(alice);
    a.push(say(alice, 'before the restart'));
    await until(() => expect(a.provider.unsyncedChanges).toBe(0));
    const before = await countRows();
    await server.restart();
    const fresh = await joined(bob);
    expect(fresh.texts).toHaveLength(before);
    expect(fresh.texts).toContain('before the restart');
    const { rows } = await server.pool.query(
      'SELECT (SELECT count(*) FROM tablo_updates)::int AS log, (SELECT count(*) FROM tablo_documents)::int AS snapshots',
    );
    expect(rows[0]).toEqual({ log: 0, snapshots: 1 });
  });

  it('[R1] [R5] what is being committed while all leave is in the document that the next ones find, which is one', async () => {
    const id = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
    const [a, b] = [await joined(alice, id), await joined(bob, id)];
    const connections = server.sync.countConnections();
    const letCommit = server.holdCommits();
    a.push(say(alice, 'on its way'));
    await until(() => expect(server.sync.ledger.queued).toBe(1));
    a.close();
    await until(() => expect(server.sync.countConnections()).toBe(connections - 1));
    // The last one to go has nothing under way.
    b.close();
    await until(() => expect(server.sync.countConnections()).toBe(connections - 2));
    const early = await joined(bob, id);
    letCommit();
    await until(() => expect(server.sync.ledger.queued).toBe(0));
    const late = await joined(alice, id);
    late.push(say(alice, 'later'));
    for (const client of [early, late]) await until(() => expect(client.texts).toEqual(['on its way', 'later']));
    for (const client of [early, late]) client.close();
    await until(() => expect(server.sync.countDocuments()).toBe(0));
  });

  it('[R7] a draft that changes is told to its author’s devices in that tablo, and to nobody else', async () => {
    const elsewhere = await server.addTablo({ [alice]: 'member' });
    const [desktop, phone, b, other] = [
      await joined(alice),
      await joined(alice),
      await joined(bob),
      await joined(alice, elsewhere),
    ];
    const drafts = new PgDrafts(server.pool);
    // Longer than a notification may be.
    const text = '😀'.repeat(8_000);
    await drafts.put(alice, tablo, { text, at: 1_000 });
    for (const device of [desktop, phone]) {
      await until(() => expect(device.heard).toContainEqual({ type: 'draft', text, at: 1_000 }));
    }
    await drafts.put(alice, tablo, { text: 'older', at: 999 });
    await Promise.all([1_001, 1_002, 1_003, 1_004].map((at) => drafts.put(alice, tablo, { text: `at ${at}`, at })));
    await drafts.put(alice, tablo, { text: '', at: 2_000 });
    await until(() => expect(desktop.heard.at(-1)).toEqual({ type: 'draft', text: '', at: 2_000 }));
    expect(JSON.stringify(desktop.heard)).not.toContain('older');
    for (const deaf of [b, other]) expect(deaf.heard.filter(({ type }) => type === 'draft')).toEqual([]);
  });

  it('[R10] a read position is told as the database has it, and a forged notification changes nothing on any device', async () => {
    const id = await server.addTablo({ [alice]: 'member' });
    await server.pool.query('UPDATE tablos SET last_seq = 5 WHERE id = $1', [id]);
    const device = await joined(alice, id);
    const read = () => device.heard.filter(({ type }) => type === 'read');
    const forge = (payload: object) =>
      server.pool.query(`SELECT pg_notify('tablo_changes', $1)`, [JSON.stringify(payload)]);
    await forge({ type: 'read', tablo: id, user: alice, seq: 3 });
    await server.pool.query('INSERT INTO channel_read_state (user_id, channel_id, last_read_seq) VALUES ($1, $2, 2)', [
      alice,
      id,
    ]);
    await until(() => expect(read()).toEqual([{ type: 'read', seq: 2 }]));
    for (let seq = 3; seq < 100; seq += 1) await forge({ type: 'read', tablo: id, user: alice, seq });
    await server.pool.query('UPDATE channel_read_state SET last_read_seq = 999 WHERE channel_id = $1', [id]);
    await until(() => expect(read().at(-1)).toEqual({ type: 'read', seq: 5 }));
    expect(read().every((message) => message.type === 'read' && [2, 5].includes(message.seq))).toBe(true);
    // Nor does a forged end of a membership end it.
    await forge({ type: 'access', tablo: id, user: alice });
    await forge({ type: 'tablo', tablo: id });
    await forge({ type: 'all' });
    await until(() => expect(device.heard).toContainEqual({ type: 'changed' }));
    expect(device.closed).toEqual([]);
  });

  it('[R6] TRUNCATE of the memberships cuts everybody who had one', async () => {
    const own = await openTestServer();
    const id = await own.addTablo({ [alice]: 'owner' });
    const client = new TestClient(own.url, `${id}/1`, tokenOf(alice));
    await until(() => expect(client.provider.isSynced).toBe(true));
    await own.pool.query('TRUNCATE tablo_access');
    await until(() => expect(client.closed).toContain('forbidden'));
    client.close();
    await own.close();
  });

  it('[R7] 300 tablos join over one socket', async () => {
    const tablos = await Promise.all(Array.from({ length: 300 }, () => server.addTablo({ [eve]: 'member' })));
    const { HocuspocusProvider, HocuspocusProviderWebsocket } = await import('@hocuspocus/provider');
    const socket = new HocuspocusProviderWebsocket({ url: `${server.url}/sync`, WebSocketPolyfill: WebSocket });
    const token = tokenOf(eve);
    const providers = tablos.map((id) => {
      const provider = new HocuspocusProvider({ websocketProvider: socket, name: `${id}/1`, token });
      provider.attach();
      return provider;
    });
    open.push({ close: () => [...providers, socket].forEach((one) => one.destroy()) });
    await until(() => expect(providers.every(({ isSynced }) => isSynced)).toBe(true), 20_000);
  });

  it('[R9] a tablo of any age shows its newest 100 messages to unmodified clients, edits and reactions included, for 100 KB', async () => {
    const id = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
    const written = Array.from({ length: 130 }, (_, nth) =>
      createMessage({ author: alice, sentAt: Date.now() - 20_000 + nth }, `m${nth} ${'x'.repeat(400)}`),
    );
    const epochOf = async (): Promise<number> =>
      (await server.pool.query('SELECT epoch FROM tablos WHERE id = $1', [id])).rows[0].epoch;
    for (let at = 0; at < written.length; at += 26) {
      const part = await joined(alice, id, await epochOf());
      part.push(...written.slice(at, at + 26));
      await until(() => expect(part.provider.unsyncedChanges).toBe(0));
      part.close();
    }
    const last = await joined(alice, id, await epochOf());
    const newest = written.at(-1)?.id as EntryId;
    const by = { author: alice, sentAt: Date.now() };
    last.push(createEdit(by, newest, 'edited'), createReaction(by, newest, '👍', true));
    await until(() => expect(last.provider.unsyncedChanges).toBe(0));
    await server.sync.moveTablo({ tabloId: id, epoch: await epochOf() });
    await until(() => expect(last.closed).toContain('epoch-moved'));

    const epoch = await epochOf();
    expect(epoch).toBeGreaterThan(2);
    const [h, { doc: y, provider, close }] = [await joined(bob, id, epoch), openYjsClient(server.url, id, bob)];
    open.push({ close });
    await until(() => expect(provider.synced).toBe(true));
    for (const entries of [h.entries, y.getArray<Record<string, unknown>>('messages').toArray()]) {
      expect(entries.filter(({ kind }) => kind === 'message').map(({ id: one }) => one)).toEqual(
        written.slice(-100).map(({ id: one }) => one),
      );
      expect(entries.filter(({ kind }) => kind !== 'message')).toMatchObject([
        { kind: 'edit', target: newest, text: 'edited' },
        { kind: 'reaction', target: newest, emoji: '👍', on: true },
      ]);
    }
    expect(Y.encodeStateAsUpdate(y).byteLength).toBeLessThan(100_000);
  });

  it('[R9] a later document that began empty, as in a database of an earlier release, is replaced by one with the newest messages when it is opened', async () => {
    const id = await server.addTablo({ [alice]: 'owner' });
    const a = await joined(alice, id);
    a.push(say(alice, 'one'), say(alice, 'two'));
    await until(() => expect(a.provider.unsyncedChanges).toBe(0));
    a.close();
    await server.restart();
    await server.pool.query('DELETE FROM tablo_documents WHERE tablo_id = $1', [id]);
    await server.pool.query('DELETE FROM tablo_updates WHERE tablo_id = $1', [id]);
    await server.pool.query('UPDATE tablos SET epoch = 2 WHERE id = $1', [id]);
    const b = await join(alice, id, 2);
    await until(() => expect(b.closed).toContain('epoch-moved'));
    const c = await joined(alice, id, 3);
    expect(c.texts.toSorted()).toEqual(['one', 'two']);
    // And it stays there.
    c.push(say(alice, 'three'));
    await until(() => expect(c.provider.unsyncedChanges).toBe(0));
    c.close();
    await server.restart();
    expect((await joined(alice, id, 3)).texts.toSorted()).toEqual(['one', 'three', 'two']);
  });

  it('[R9] a full document gives way to a fresh one, and its connections are sent there', async () => {
    const id = await server.addTablo({ [alice]: 'owner' });
    const a = await joined(alice, id);
    a.push(...Array.from({ length: 50 }, (_, nth) => say(alice, `m${nth}`)));
    await until(() => expect(a.closed).toContain('epoch-moved'));
    // What was written last had its answer first.
    expect(a.provider.unsyncedChanges).toBe(0);
    const b = await joined(alice, id, 2);
    expect(b.texts.toSorted()).toEqual(a.texts.toSorted());
    b.push(say(alice, 'm50'));
    await until(() => expect(b.provider.unsyncedChanges).toBe(0));
    expect(await countRows(id)).toBe(51);
  });
});

describe('/yjs, with unmodified y-websocket clients', () => {
  beforeAll(async () => {
    tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  });

  async function connect(user: UserId, doc = new Y.Doc()) {
    const client = openYjsClient(server.url, tablo, user, doc);
    open.push(client);
    return { ...client, texts: () => doc.getArray<{ text?: string }>('messages').map(({ text }) => text) };
  }

  it('[R1] unmodified y-websocket clients exchange messages with providers on /sync', async () => {
    const [y, h] = [await connect(alice), await joined(bob)];
    await until(() => expect(y.provider.synced).toBe(true));
    y.doc.getArray('messages').push([say(alice, 'from y-websocket')]);
    await until(() => expect(h.texts).toEqual(['from y-websocket']));
    h.push(say(bob, 'from hocuspocus'));
    await until(() => expect(y.texts()).toEqual(['from y-websocket', 'from hocuspocus']));
    y.provider.awareness.setLocalState({ typing: true });
    await until(() =>
      expect(h.provider.awareness?.getStates().get(y.doc.clientID)).toMatchObject({ user: { id: alice } }),
    );
  });

  it('[R3] unmodified y-websocket clients stop for good after a refusal', async () => {
    const y = await connect(bob);
    await until(() => expect(y.provider.synced).toBe(true));
    y.doc.getArray('messages').push([say(alice, 'forged')]);
    await until(() => expect(y.closes).toEqual([4406]));
    expect(y.provider.shouldConnect).toBe(false);
  });

  it('[R6] unmodified y-websocket clients stop for good as strangers', async () => {
    const y = await connect(eve);
    await until(() => expect(y.closes).toEqual([4403]));
  });

  it('[R7] unmodified y-websocket clients deliver what they wrote offline, even when they write again before they are synced', async () => {
    const y = await connect(alice);
    await until(() => expect(y.provider.synced).toBe(true));
    y.provider.disconnect();
    y.doc.getArray('messages').push([say(alice, 'offline')]);
    y.provider.on(
      'status',
      ({ status }) => status === 'connected' && y.doc.getArray('messages').push([say(alice, 'at once')]),
    );
    y.provider.connect();
    const h = await joined(bob);
    await until(() => expect(h.texts).toEqual(expect.arrayContaining(['offline', 'at once'])));
    expect(y.closes.filter((code) => code >= 4400)).toEqual([]);
  });

  it('[R4] [R9] unmodified y-websocket clients come back after a move with the document that they had: nothing is stored twice, and they go on', async () => {
    const y = await connect(alice);
    await until(() => expect(y.provider.synced).toBe(true));
    y.doc.getArray('messages').push([say(alice, 'before the move')]);
    const seen = await joined(bob);
    await until(() => expect(seen.texts).toContain('before the move'));
    const before = await countRows(tablo);
    await server.sync.moveTablo({ tabloId: tablo, epoch: 1 });
    await until(() => expect(y.closes).toContain(1012));
    await until(() => expect(y.provider.synced).toBe(true));
    y.doc.getArray('messages').push([say(alice, 'after the move')]);
    y.doc.getArray('messages').push([say(alice, 'and once more')]);
    const h = await joined(bob, tablo, 2);
    await until(() =>
      expect(h.texts).toEqual(expect.arrayContaining(['before the move', 'after the move', 'and once more'])),
    );
    expect(h.texts).toHaveLength(before + 2);
    h.push(say(bob, 'an answer'));
    await until(() => expect(y.texts()).toContain('an answer'));
    expect(await countRows(tablo)).toBe(before + 3);
    expect(y.closes.filter((code) => code >= 4_400)).toEqual([]);
    // Whoever joins now for the first time finds the newest messages, once.
    const fresh = await connect(bob);
    await until(() => expect(fresh.provider.synced).toBe(true));
    expect(fresh.texts().toSorted()).toEqual(h.texts.toSorted());
  });
});
