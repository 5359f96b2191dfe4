/** [R8] Single entries that are refused, as unmodified clients live through it: with the document that they have, and nothing that is not in their protocol. */
import { createEdit, createMessage, createReaction } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openYjsClient } from '../testing/open-yjs-client.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { openTestServer, type TestServer } from './test-server.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const bob = '00000000-0000-4000-8000-00000000000b' as UserId;

let server: TestServer;
let tablo: TabloId;
const open: { close(): void }[] = [];

beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const say = (author: UserId, text: string) => createMessage({ author, sentAt: Date.now() }, text);
const tooLong = (author: UserId) => ({ ...say(author, 'too long'), text: 'x'.repeat(8_001) });

async function joined(user: UserId): Promise<TestClient> {
  const client = new TestClient(server.url, `${tablo}/1`, tokenOf(user));
  open.push(client);
  await until(() => expect(client.provider.isSynced).toBe(true));
  return client;
}

async function leave(client: TestClient): Promise<void> {
  client.socket.disconnect();
  await until(() => expect(client.socket.status).toBe('disconnected'));
}

async function rows(): Promise<readonly string[]> {
  const { rows: found } = await server.pool.query<{ text: string }>(
    'SELECT text FROM messages WHERE channel_id = $1 ORDER BY seq',
    [tablo],
  );
  return found.map(({ text }) => text);
}

describe('a refused entry, on /sync with an unmodified provider', () => {
  it.each([
    ['stayed up', async () => {}],
    ['was restarted', () => server.restart()],
  ])(
    '[R8] keeps none of the others from being stored that were written with no link, once, when the server %s',
    async (_, meanwhile) => {
      const [a, b] = [await joined(alice), await joined(bob)];
      await leave(a);
      a.push(say(alice, 'one'));
      const refused = tooLong(alice);
      a.push(refused);
      a.push(say(alice, 'three'));
      const whenTold: (readonly unknown[])[] = [];
      a.provider.on('stateless', ({ payload }: { payload: string }) => {
        if (payload.includes('"refused"')) whenTold.push(a.texts);
      });
      await meanwhile();
      await a.socket.connect();
      await until(() => expect(b.texts).toEqual(['one', 'three']));
      expect(await rows()).toEqual(['one', 'three']);
      // Its own document drops it, whatever its page makes of the message that says why.
      await until(() => expect(a.texts).toEqual(['one', 'three']));
      expect(a.heard).toContainEqual(
        expect.objectContaining({ type: 'refused', code: 'invalid-update', ids: [refused.id] }),
      );
      // Its clock was deleted before: so a client knows that nothing is missing.
      expect(whenTold.map((texts) => texts.join())).toContain('one,three');
      expect(new Set(whenTold.map((texts) => texts.join())).size).toBe(1);
      a.push(say(alice, 'four'));
      await until(() => expect(b.texts).toEqual(['one', 'three', 'four']));
      expect(await rows()).toEqual(['one', 'three', 'four']);
      expect([...a.closed, ...b.closed].filter((reason) => reason === 'invalid-update')).toEqual([]);
      // With the next join nothing is left to be synced.
      await leave(a);
      await a.socket.connect();
      await until(() => expect([a.provider.isSynced, a.provider.unsyncedChanges]).toEqual([true, 0]));
      expect(await rows()).toEqual(['one', 'three', 'four']);
    },
  );

  it.each<[string, string, (target: string) => unknown]>([
    ['a number', 'invalid-update', () => 7],
    ['nothing', 'invalid-update', () => null],
    ['a list', 'invalid-update', () => ['a', ['b']]],
    ['an object with objects in it', 'invalid-update', () => ({ kind: 'message', text: { bold: true } })],
    ['an object of many keys', 'invalid-update', () => Object.fromEntries([...'abcdefghijkl'].map((key) => [key, 1]))],
    ['a kind of a newer client', 'invalid-update', () => ({ ...say(alice, 'x'), kind: 'poll' })],
    ['no text', 'invalid-update', () => ({ ...say(alice, 'x'), text: ' ' })],
    ['a reaction to nothing', 'invalid-update', () => createReaction(say(alice, 'x'), createEntryId(), '👍', true)],
    ['an edit of what is not its own', 'not-your-entry', (id) => createEdit(say(alice, 'x'), id as never, 'changed')],
    ['an id that is taken', 'duplicate-id', (id) => ({ ...say(alice, 'other'), id })],
  ])(
    '[R8] is %s: what its author writes before and after it is stored, by either way of appending',
    async (_, code, create) => {
      const [a, b] = [await joined(alice), await joined(bob)];
      const first = say(bob, 'by bob');
      b.push(first);
      await until(() => expect(a.texts).toEqual(['by bob']));
      const value = create(first.id);
      const fixed =
        typeof value === 'object' && value !== null && code === 'not-your-entry'
          ? { ...value, id: createEntryId() }
          : value;
      a.push(say(alice, 'before'), fixed, say(alice, 'after'));
      await until(() => expect(a.refusals()).toEqual([code]));
      a.push(say(alice, 'later'));
      await until(() => expect(b.texts).toEqual(['by bob', 'before', 'after', 'later']));
      // A deleted element stands at the end now: `insert` names it, `push` does not.
      a.push(fixed);
      await until(() => expect(a.refusals()).toHaveLength(2));
      b.doc.getArray('messages').insert(b.doc.getArray('messages').length, [say(bob, 'inserted at the end')]);
      const all = ['by bob', 'before', 'after', 'later', 'inserted at the end'];
      await until(() => expect(a.texts.toSorted()).toEqual(all.toSorted()));
      expect(b.refusals()).toEqual([]);
      expect((await rows()).toSorted()).toEqual(all.toSorted());
      expect(a.entries).toEqual(b.entries);
      // Whoever comes after a restart finds the same.
      await server.restart();
      const late = await joined(bob);
      await until(() => expect(late.texts.toSorted()).toEqual(all.toSorted()));
    },
  );

  it('[R4] the server counts what was sent twice with a refused one in between once', async () => {
    const a = await joined(alice);
    const message = say(alice, 'once');
    a.push(message, tooLong(alice), message);
    await until(() => expect(a.refusals()).toEqual(['invalid-update']));
    await until(() => expect(a.texts).toEqual(['once', 'once']));
    expect(await rows()).toEqual(['once']);
  });
});

describe('a refused entry, on /yjs with an unmodified y-websocket client', () => {
  async function connect() {
    const client = openYjsClient(server.url, tablo, alice);
    open.push(client);
    await until(() => expect(client.provider.synced).toBe(true));
    return { ...client, array: client.doc.getArray<{ readonly text: string }>('messages') };
  }

  it('[R8] a refused entry, on /yjs with an unmodified y-websocket client, ends the socket for good; connected again it goes on with the same document', async () => {
    const { array, closes, provider } = await connect();
    array.push([say(alice, 'one'), tooLong(alice), say(alice, 'three')]);
    await until(() => expect(closes).toEqual([4422]));
    expect(provider.shouldConnect).toBe(false);
    expect(await rows()).toEqual(['one', 'three']);
    array.push([say(alice, 'four')]);
    provider.connect();
    const b = await joined(bob);
    await until(() => expect(b.texts).toEqual(['one', 'three', 'four']));
    expect(array.map(({ text }) => text)).toEqual(['one', 'three', 'four']);
    expect(closes).toEqual([4422]);
    // A move brings it the next document, and its own old one with what it holds as deleted.
    await server.sync.moveTablo({ tabloId: tablo, epoch: 1 });
    await until(() => expect(closes).toContain(1012));
    await until(() => expect(provider.synced).toBe(true));
    array.push([say(alice, 'five')]);
    await until(async () => expect(await rows()).toEqual(['one', 'three', 'four', 'five']));
    expect(closes.filter((code) => code >= 4_400)).toEqual([4422]);
  });

  it('[R8] [R9] a refused entry that was written before a move and is brought after it ends the socket once', async () => {
    const y = await connect();
    y.array.push([say(alice, 'one')]);
    await until(async () => expect(await rows()).toEqual(['one']));
    y.provider.disconnect();
    y.array.push([say(alice, 'two'), tooLong(alice), say(alice, 'three')]);
    await server.sync.moveTablo({ tabloId: tablo, epoch: 1 });
    y.provider.connect();
    await until(() => expect(y.closes.filter((code) => code >= 4_400)).toEqual([4422]));
    expect(await rows()).toEqual(['one', 'two', 'three']);
    y.provider.connect();
    await until(() => expect(y.provider.synced).toBe(true));
    y.array.push([say(alice, 'four')]);
    await until(async () => expect(await rows()).toEqual(['one', 'two', 'three', 'four']));
    expect(y.closes.filter((code) => code >= 4_400)).toEqual([4422]);
    expect(y.array.toArray().filter(({ text }) => text.length > 8_000)).toEqual([]);
  });
});
