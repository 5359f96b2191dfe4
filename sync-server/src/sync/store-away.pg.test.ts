import { createMessage } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { encodeStateless } from '@tablo/schema/wire/stateless';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { syncFrame } from '../testing/frames.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { untilWithin } from '../testing/wait.ts';
import { UPDATE } from './socket/frames/frame-types.ts';
import { openTestServer, type TestServer } from './test-server.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const bob = '00000000-0000-4000-8000-00000000000b' as UserId;

/** Of updates that wait for their commit. */
const QUEUED_BYTES = 1_000_000;
/** Of them, what one member's updates may take. */
const OWN_BYTES = QUEUED_BYTES / 4;
const TEXT = 'x'.repeat(8_000);

let server: TestServer;
let tablo: TabloId;
const open: { close(): void }[] = [];

beforeAll(async () => {
  server = await openTestServer({ limits: { queuedBytes: QUEUED_BYTES } });
  await server.pool.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`);
});
afterAll(() => server.close());
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const until = untilWithin(10_000);
const say = (author: UserId, text: string, sentAt = Date.now()) => createMessage({ author, sentAt }, text);

async function joined(user: UserId): Promise<TestClient> {
  const client = new TestClient(server.url, `${tablo}/1`, tokenOf(user));
  open.push(client);
  await until(() => expect(client.provider.isSynced).toBe(true));
  return client;
}

const failWrites = () =>
  server.pool.query(
    'CREATE TRIGGER full_disk BEFORE INSERT ON tablo_updates FOR EACH STATEMENT EXECUTE FUNCTION full_disk()',
  );
const repair = () => server.pool.query('DROP TRIGGER IF EXISTS full_disk ON tablo_updates');
const storage = ({ heard }: TestClient) =>
  heard.flatMap((message) => (message.type === 'storage' ? [message.isAway] : []));

describe('while the store fails', () => {
  beforeAll(async () => {
    tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  });
  afterEach(repair);

  it('[R11] everybody is told, who joins later as well, and everybody hears of the end', async () => {
    const [a, b] = [await joined(alice), await joined(bob)];
    await failWrites();
    a.push(say(alice, 'waits'));
    await until(() => expect([storage(a), storage(b)]).toEqual([[true], [true]]));
    const late = await joined(bob);
    await until(() => expect(storage(late)).toEqual([true]));
    await repair();
    await until(() => expect(a.provider.unsyncedChanges).toBe(0));
    for (const client of [a, b, late]) await until(() => expect(storage(client)).toEqual([true, false]));
    await until(() => expect(late.texts).toEqual(['waits']));
  });

  it('[R11] what waits stays within its bound over all sockets: more is refused at once, with a reason', async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => joined(alice)));
    await failWrites();
    for (const client of clients) client.push(...[1, 2, 3].map(() => say(alice, TEXT)));
    await until(() => expect(clients.flatMap((client) => client.refusals()).length).toBeGreaterThan(15));
    const { ledger, poster } = server.sync;
    expect(ledger.queuedBytes).toBeLessThanOrEqual(OWN_BYTES);
    expect(ledger.queuedBytes).toBeGreaterThan(OWN_BYTES / 2);
    const other = await joined(bob);
    const { queued } = ledger;
    other.push(say(bob, 'has places of his own'));
    await until(() => expect(ledger.queued).toBe(queued + 1));
    expect(other.refusals()).toEqual([]);
    expect(new Set(clients.flatMap((client) => client.refusals()))).toEqual(new Set(['unavailable']));
    await until(() => expect(ledger.awaySince).not.toBeNull());
    const posted = { tabloId: tablo, userId: bob, role: 'member', id: null, text: 'by a bot', replyTo: null } as const;
    expect(await poster.post(posted)).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    await repair();
    const accepted = clients.filter((client) => client.refusals().length === 0);
    for (const { provider } of [...accepted, other]) await until(() => expect(provider.unsyncedChanges).toBe(0));
    expect([ledger.queued, ledger.queuedBytes]).toEqual([0, 0]);
    expect(await poster.post(posted)).toMatchObject({ ok: true });
  });

  it('[R11] a socket that goes on sending is dropped, not remembered', async () => {
    const client = await joined(alice);
    await failWrites();
    for (let nth = 0; nth < 300; nth += 1) client.push(say(alice, TEXT));
    await until(() => expect(client.closed).toContain('unavailable'));
  });
});

describe('memory that is full of one member’s frames', () => {
  beforeAll(async () => {
    tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  });

  it('[R11] memory that is full of one member’s frames costs that member a socket, not whoever speaks next', async () => {
    const [hog, honest] = [await joined(alice), await joined(bob)];
    // Of the outage before.
    await until(() => expect([server.sync.ledger.queued, server.sync.ledger.awaySince]).toEqual([0, null]));
    // For a document that nobody joins: Hocuspocus keeps it for as long as the socket lives.
    const frame = syncFrame(`${createEntryId()}/1`, UPDATE, new Uint8Array(QUEUED_BYTES * 2 - 20_000));
    hog.socket.webSocket?.send(frame as Uint8Array<ArrayBuffer>);
    await until(() => expect(server.sync.countUnhandledBytes()).toBeGreaterThan(QUEUED_BYTES));
    for (let nth = 0; nth < 10; nth += 1) honest.push(say(bob, TEXT));
    await until(() => expect(hog.closed).toContain('unavailable'));
    await until(() => expect(honest.provider.unsyncedChanges).toBe(0));
    expect(honest.closed).toEqual([]);
    await until(() => expect(server.sync.countUnhandledBytes()).toBeLessThan(20_000));
  });
});

describe('the answer to a question about entries', () => {
  beforeAll(async () => {
    tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  });

  it('[R5] the answer to a question about entries says when late ones are shown', async () => {
    const client = await joined(alice);
    const [late, onTime] = [say(alice, 'late', Date.now() - 900_000), say(alice, 'on time')];
    client.push(late, onTime);
    await until(() => expect(client.provider.unsyncedChanges).toBe(0));
    const asked = await ask(client, [late.id, onTime.id, createEntryId()]);
    const { rows } = await server.pool.query(
      'SELECT tablo_private.to_ms(created_at)::float8 AS at FROM messages WHERE id = $1',
      [late.id],
    );
    expect(asked).toMatchObject({ shownAt: { [late.id]: rows[0].at } });
    expect([...(asked?.others ?? [])].sort()).toEqual([late.id, onTime.id].sort());
  });

  it('the answer to a question about entries does not come for more than 10,000 ids at once, and the connection lives on', async () => {
    const client = await joined(bob);
    const ids = Array.from({ length: 10_001 }, () => createEntryId());
    client.provider.sendStateless(encodeStateless({ type: 'check', ids }));
    expect((await ask(client, ids.slice(1)))?.others).toEqual([]);
    expect(answers(client)).toHaveLength(1);
    expect([client.refusals(), client.closed]).toEqual([[], []]);
  });

  it('[R8] the answer to a question about entries waits for what the same user has on its way, over another connection too: not durable is the last word', async () => {
    const [before, after] = [await joined(alice), await joined(alice)];
    const letCommit = server.holdCommits();
    const message = say(alice, 'on its way');
    before.push(message);
    await until(() => expect(server.sync.ledger.queued).toBe(1));
    const answer = ask(after, [message.id]);
    // The server has handled the question when it has answered a later one of somebody else.
    await ask(await joined(bob), [message.id]);
    expect(isAnswered(after)).toBe(false);
    letCommit();
    expect((await answer)?.others).toEqual([message.id]);
  });
});

const answers = ({ heard }: TestClient) =>
  heard.flatMap((message) => (message.type === 'committed' && message.seq === 0 ? [message] : []));
const isAnswered = (client: TestClient): boolean => answers(client).length > 0;

async function ask(client: TestClient, ids: readonly EntryId[]) {
  client.provider.sendStateless(encodeStateless({ type: 'check', ids: [...ids] }));
  await until(() => expect(isAnswered(client)).toBe(true));
  return answers(client).at(-1);
}
