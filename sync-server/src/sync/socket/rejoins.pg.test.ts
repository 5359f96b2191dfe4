import { HocuspocusProvider } from '@hocuspocus/provider';
import { createMessage } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { PING } from '@tablo/schema/wire/ping';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { RecordingClient } from '../../attacks/recording-client.ts';
import { append } from '../../attacks/updates.ts';
import { authFrame, frame, syncFrame } from '../../testing/frames.ts';
import { TestClient } from '../../testing/test-client.ts';
import { tokenOf } from '../../testing/tokens.ts';
import { until } from '../../testing/wait.ts';
import { openTestServer, type TestServer } from '../test-server.ts';
import { FRAME, UPDATE } from './frames/frame-types.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;

let server: TestServer;
let tablo: TabloId;
let token: string;
let first: TestClient;
const open: { destroy(): void }[] = [];

beforeAll(async () => {
  server = await openTestServer();
  token = tokenOf(alice);
});
afterAll(() => server.close());
afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
  first.close();
});

const say = (text: string) => createMessage({ author: alice, sentAt: Date.now() }, text);

/** An unmodified provider of the same document, on the first one's socket. */
function another(given = token, document = new Y.Doc()) {
  const closed: string[] = [];
  const denied: string[] = [];
  const provider = new HocuspocusProvider({
    websocketProvider: first.socket,
    name: `${tablo}/1`,
    token: given,
    document,
    onClose: ({ event }) => closed.push(event.reason),
    onAuthenticationFailed: ({ reason }) => denied.push(reason),
  });
  open.push(provider);
  provider.attach();
  return { provider, closed, denied, document };
}

async function expectToWrite({ provider, closed, denied, document }: ReturnType<typeof another>): Promise<void> {
  await until(() => expect(provider.isSynced).toBe(true));
  const message = say('after all');
  document.getArray('messages').push([message]);
  await until(() => expect(provider.unsyncedChanges).toBe(0));
  const { rows } = await server.pool.query('SELECT text FROM messages WHERE id = $1', [message.id]);
  // The one before it may have been answered its farewell meanwhile; nothing else ends.
  const ended = closed.filter((reason) => reason !== 'provider_initiated');
  expect({ rows, ended, denied }).toEqual({ rows: [{ text: 'after all' }], ended: [], denied: [] });
}

describe('unmodified providers of one document, one after the other on one socket', () => {
  beforeAll(async () => {
    tablo = await server.addTablo({ [alice]: 'owner' });
  });

  it('[R6] a good token counts after a bad one', async () => {
    first = new TestClient(server.url, `${tablo}/1`, 'wrong');
    await until(() => expect(first.denied).toEqual(['unauthenticated']));
    first.push(say('of nobody')); // What a denied one says still.
    first.provider.destroy();
    await expectToWrite(another());
    const { rows } = await server.pool.query("SELECT 1 FROM messages WHERE text = 'of nobody'");
    expect(rows).toEqual([]);
  });

  it('[R6] a good token counts that comes before the bad one was answered', async () => {
    first = new TestClient(server.url, `${tablo}/1`, token);
    await until(() => expect(first.provider.isSynced).toBe(true));
    first.provider.destroy();
    another('wrong').provider.destroy();
    await expectToWrite(another());
  });

  it('[R11] one that is left and joined again in the same instant is answered, however often', async () => {
    first = new TestClient(server.url, `${tablo}/1`, token);
    await until(() => expect(first.provider.isSynced).toBe(true));
    first.provider.destroy();
    for (let nth = 0; nth < 5; nth += 1) another().provider.destroy();
    await expectToWrite(another());
    await until(() => expect(server.sync.countConnections()).toBe(1));
  });

  it('[R1] what the first one wrote before it left is stored, and the next one finds it', async () => {
    first = new TestClient(server.url, `${tablo}/1`, token);
    await until(() => expect(first.provider.isSynced).toBe(true));
    const release = server.holdCommits();
    const message = say('on the way out');
    first.push(message);
    first.provider.destroy();
    const next = another();
    release();
    await expectToWrite(next);
    expect(
      next.document
        .getArray<{ id: string }>('messages')
        .toArray()
        .map(({ id }) => id),
    ).toContain(message.id);
  });

  it('[R1] an answer that the one before still waits for is not given to the next one, which would count it as its own', async () => {
    const client = await RecordingClient.open(`${server.url}/sync`);
    open.push({ destroy: () => client.close() });
    const name = `${tablo}/1`;
    client.join(name, token);
    await until(() => expect(client.heard.answers).toHaveLength(1));
    const release = server.holdCommits();
    const message = say('before it left');
    client.send(syncFrame(name, UPDATE, append(4_711, [message])), frame(name, FRAME.close), authFrame(name, token));
    // What comes after them on the same socket has been read, so they have as well.
    client.send(Uint8Array.of(PING));
    await until(() => expect(client.heard.pings).toBe(1));
    release();
    await until(() => expect(client.heard.authenticated).toEqual([name, name]));
    expect(client.heard.statuses).toEqual([]);
    const { rows } = await server.pool.query('SELECT text FROM messages WHERE id = $1', [message.id]);
    expect(rows).toEqual([{ text: 'before it left' }]);
  });
});
