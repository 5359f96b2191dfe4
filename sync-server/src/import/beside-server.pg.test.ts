import { createMessage } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../sync/test-server.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { untilWithin } from '../testing/wait.ts';
import { openImportSession } from './store/pg-import-session.ts';
import { generateExport } from './testing/generate-export.ts';
import { type ImportStage, openImportStage } from './testing/import-stage.ts';
import { alice, bob, channelOf, message, TABLO } from './testing/small-export.ts';

const until = untilWithin(20_000);

let server: TestServer;
let stage: ImportStage;
const clients: TestClient[] = [];
beforeEach(async () => {
  server = await openTestServer();
  stage = await openImportStage(server.databaseUrl);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await stage.close();
  await server.close();
});

async function readEpoch(id: string = TABLO): Promise<number> {
  const { rows } = await stage.pool.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [id]);
  return rows[0]?.epoch ?? 0;
}

async function join(user: UserId, id: string = TABLO): Promise<TestClient> {
  const client = new TestClient(server.url, `${id}/${await readEpoch(id)}`, tokenOf(user));
  clients.push(client);
  await until(() => expect(client.provider.synced).toBe(true));
  return client;
}

async function write(client: TestClient, user: UserId, text: string): Promise<void> {
  client.push(createMessage({ author: user, sentAt: Date.now() }, text));
  await until(() => expect(client.provider.unsyncedChanges).toBe(0));
}

/** Like a client of ours: what is not acknowledged when the document moves is pushed into the next one, under its id. */
async function deliver(user: UserId, id: string, text: string): Promise<string> {
  const entry = createMessage({ author: user, sentAt: Date.now() }, text);
  for (let isStored = false; !isStored; ) {
    const client = new TestClient(server.url, `${id}/${await readEpoch(id)}`, tokenOf(user));
    clients.push(client);
    const hasEnded = (): boolean => client.closed.length + client.denied.length + client.refusals().length > 0;
    await until(() => expect(hasEnded() || client.provider.synced).toBe(true));
    client.push(entry);
    await until(() => expect(hasEnded() || client.provider.unsyncedChanges === 0).toBe(true));
    isStored = !hasEnded();
    client.close();
  }
  return entry.id;
}

describe('an import beside a running server', () => {
  it('[R1] [R5] sends whoever is in the tablo on to the document that has the history; what is written there comes after it', async () => {
    await stage.makeTablo(TABLO, { [alice]: 'owner', [bob]: 'member' });
    const [ann, idle] = [await join(alice), await join(bob)];
    await write(ann, alice, 'said here');
    await until(() => expect(idle.texts).toEqual(['said here']));
    await stage.write(
      'export.json',
      channelOf([message({ id: 'a', text: 'old one' }), message({ id: 'b', text: 'old two' })]),
    );
    await stage.importFile('export.json');
    // Nobody writes, and both hear of it.
    await until(() => expect([ann.closed, idle.closed]).toEqual([['epoch-moved'], ['epoch-moved']]));
    const [again, other] = [await join(alice), await join(bob)];
    expect(again.texts).toEqual(['old one', 'old two', 'said here']);
    await write(again, alice, 'said later');
    await until(() => expect(other.texts).toEqual(['old one', 'old two', 'said here', 'said later']));
    const { rows } = await stage.pool.query('SELECT text, seq FROM messages ORDER BY seq');
    expect(rows.map(({ seq }) => seq)).toEqual(['1', '2', '3', '4']);
    expect(await stage.findDrifts()).toEqual([]);
  });

  it('[R1] [R4] loses and doubles nothing of what is written between its portions, and has all of the history', async () => {
    const generated = await generateExport(stage.path('export.json'), { messages: 5_000, channels: 1 });
    await stage.makeTablos(generated);
    const [id = '', user = ''] = [generated.channels[0], generated.users[0]];
    const ids: string[] = [];
    await stage.importWith('export.json', async (line) => {
      if (line.startsWith('Stored: ')) ids.push(await deliver(user as UserId, id, line));
    });
    // After the first portion; after the rest, which goes in before that one; and after what is left to do.
    expect(ids.length).toBeGreaterThanOrEqual(2);
    const { rows } = await stage.pool.query<{ id: string }>(
      `SELECT m.id FROM messages m JOIN tablo_entries e ON e.id = m.id WHERE e.epoch <> 0`,
    );
    expect(rows.map((row) => row.id).sort()).toEqual([...ids].sort());
    const all = await stage.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM messages');
    expect(all.rows[0]?.count).toBe(5_000 + ids.length);
    expect(await stage.findDrifts()).toEqual([]);
    const before = await stage.dump();
    await stage.importFile('export.json');
    expect(await stage.dump()).toEqual(before);
  });

  it('is done by one at a time, and one that was lost leaves nothing to take away by hand', async () => {
    await stage.makeTablo(TABLO);
    await stage.write('export.json', channelOf([message({ id: 'a' })]));
    const session = await openImportSession(stage.url, { isDryRun: false });
    const refused = await stage.run(['stream', stage.path('export.json')]);
    expect([refused.code, refused.errors]).toEqual([2, expect.stringMatching(/Another import is at work/)]);
    await stage.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tablo-chat import'`,
    );
    await until(async () => expect((await stage.run(['stream', stage.path('export.json')])).code).toBe(0));
    await session.close();
  });
});
