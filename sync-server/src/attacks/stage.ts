/**
 * Where attacks take place: a real server, and for each attack a tablo of its own with honest members (unmodified providers) and one attacker.
 * `assertUnharmed` is what must hold after whatever the attacker did.
 */
import { createMessage, type Message, parseEntry } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { expect } from 'vitest';
import { SYNC_STEP_2, UPDATE } from '../sync/socket/frames/frame-types.ts';
import { openTestServer, type TestServer } from '../sync/test-server.ts';
import { syncFrame } from '../testing/frames.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { RecordingClient } from './recording-client.ts';

export const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
export const bob = '00000000-0000-4000-8000-00000000000b' as UserId;
export const eve = '00000000-0000-4000-8000-00000000000e' as UserId;
export const gus = '00000000-0000-4000-8000-000000000006' as UserId;
export const stranger = '00000000-0000-4000-8000-0000000000ff' as UserId;

/** What the contract gives an honest message, under whatever attack. */
const HONEST_MS = 2_000;

export const say = (author: UserId, text: string): Message => createMessage({ author, sentAt: Date.now() }, text);

type ServerOptions = NonNullable<Parameters<typeof openTestServer>[0]>;

/** One epoch is enough for a test: floods would move the tablo on otherwise. */
export const openStageServer = (options: ServerOptions = {}): Promise<TestServer> =>
  openTestServer({ epochMaxEntries: 100_000, epochLimits: { bytes: 64 * 1024 * 1024 }, ...options });

export class Stage {
  readonly tablo: TabloId;
  readonly server: TestServer;
  readonly alice: TestClient;
  readonly bob: TestClient;
  /** Every message that an honest member wrote, by id. */
  readonly #honest = new Map<string, Message>();
  readonly #open: { close(): void }[] = [];
  #count = 0;

  private constructor(server: TestServer, tablo: TabloId, tokens: readonly [string, string]) {
    this.server = server;
    this.tablo = tablo;
    this.alice = new TestClient(server.url, this.name, tokens[0]);
    this.bob = new TestClient(server.url, this.name, tokens[1]);
    this.#open.push(this.alice, this.bob);
  }

  static async open(server: TestServer): Promise<Stage> {
    const tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member', [eve]: 'member', [gus]: 'guest' });
    const stage = new Stage(server, tablo, [tokenOf(alice), tokenOf(bob)]);
    await until(() => expect([stage.alice.provider.isSynced, stage.bob.provider.isSynced]).toEqual([true, true]));
    await stage.say(stage.alice, alice, 'from Alice, before');
    await stage.say(stage.bob, bob, 'from Bob, before');
    return stage;
  }

  get name(): string {
    return `${this.tablo}/1`;
  }

  /** A raw client, joined. */
  async join(user: UserId = eve, options: { token?: string; name?: string } = {}): Promise<RecordingClient> {
    const client = this.add(await RecordingClient.open(`${this.server.url}/sync`));
    client.join(options.name ?? this.name, options.token ?? tokenOf(user));
    await until(() => expect(client.heard.answers.length + client.heard.denied.length).toBeGreaterThan(0));
    return client;
  }

  /** A member with full buckets: limits count by user, over all tablos. */
  async addMember(): Promise<UserId> {
    const user = createEntryId() as string as UserId;
    await this.server.pool.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [this.tablo, user]);
    return user;
  }

  /** A raw client on `/yjs`. */
  async joinYjs(user: UserId = eve): Promise<RecordingClient> {
    const client = this.add(await RecordingClient.open(`${this.server.url}/yjs/${this.tablo}?token=${tokenOf(user)}`));
    client.send(syncFrame(null, 0, Uint8Array.of(0)));
    await until(() => expect(client.heard.answers.length).toBeGreaterThan(0));
    return client;
  }

  add<T extends { close(): void }>(one: T): T {
    this.#open.push(one);
    return one;
  }

  /** An honest member writes; resolves when it is acknowledged. */
  async say(client: TestClient, author: UserId, text: string): Promise<Message> {
    const message = say(author, text);
    this.#honest.set(message.id, message);
    client.push(message);
    await until(() => expect(client.provider.unsyncedChanges, `the acknowledgement of '${text}'`).toBe(0), HONEST_MS);
    return message;
  }

  async assertRefused(
    attacker: RecordingClient,
    code: string,
    bytes: Uint8Array,
    step: number = UPDATE,
  ): Promise<void> {
    const before = { refusals: attacker.refusals.length, statuses: attacker.heard.statuses.length };
    attacker.send(syncFrame(this.name, step, bytes));
    await until(() => {
      expect(attacker.refusals.slice(before.refusals)).toEqual([code]);
      expect(attacker.heard.statuses.slice(before.statuses)).toEqual([false]);
    });
    expect(attacker.heard.closes).toEqual([]);
    expect(attacker.isOpen).toBe(true);
  }

  /** Bytes as an Update and as a SyncStep2. */
  async assertRefusedBothWays(attacker: RecordingClient, code: string, bytes: Uint8Array): Promise<void> {
    await this.assertRefused(attacker, code, bytes, UPDATE);
    await this.assertRefused(attacker, code, bytes, SYNC_STEP_2);
  }

  /**
   * Server alive; honest members write and read within 2 s; what they wrote is whole, in a fresh replica and in SQL, and nothing stands there in their
   * name that they did not write.
   */
  async assertUnharmed(): Promise<void> {
    this.#count += 1;
    const nth = this.#count;
    const first = await this.say(this.alice, alice, `from Alice, after ${nth}`);
    await until(() => expect(this.bob.texts, 'what Bob sees').toContain(first.text), HONEST_MS);
    const second = await this.say(this.bob, bob, `from Bob, after ${nth}`);
    await until(() => expect(this.alice.texts, 'what Alice sees').toContain(second.text), HONEST_MS);
    await this.assertDocument();
    await this.assertRows();
  }

  /** What a member sees who joins now with nothing. */
  async assertDocument(): Promise<void> {
    const fresh = this.add(new TestClient(this.server.url, this.name, tokenOf(bob)));
    await until(() => expect(fresh.provider.isSynced, 'a fresh join').toBe(true), HONEST_MS);
    const entries = fresh.entries.map((entry) => parseEntry(entry));
    expect(entries.every(({ ok }) => ok)).toBe(true);
    const messages = fresh.entries.filter(
      ({ kind, author }) => kind === 'message' && (author === alice || author === bob),
    );
    expect(textsById(messages), 'the document').toEqual(this.#texts());
    expect([fresh.doc.store.pendingStructs, fresh.doc.store.pendingDs], 'what waits in the document').toEqual([
      null,
      null,
    ]);
    fresh.close();
  }

  async assertRows(): Promise<void> {
    const { rows } = await this.server.pool.query(
      'SELECT id, user_id AS author, text FROM messages WHERE channel_id = $1 AND user_id = ANY($2::uuid[]) AND deleted_at IS NULL',
      [this.tablo, [alice, bob]],
    );
    expect(textsById(rows), 'the rows').toEqual(this.#texts());
  }

  async countRows(author: UserId = eve): Promise<number> {
    const { rows } = await this.server.pool.query(
      'SELECT count(*)::int AS n FROM messages WHERE channel_id = $1 AND user_id = $2',
      [this.tablo, author],
    );
    return rows[0].n;
  }

  close(): void {
    for (const one of this.#open.splice(0)) one.close();
  }

  #texts(): Record<string, string> {
    return textsById([...this.#honest.values()]);
  }
}

function textsById(
  messages: readonly { readonly id?: unknown; readonly author?: unknown; readonly text?: unknown }[],
): Record<string, string> {
  return Object.fromEntries(messages.map(({ id, author, text }) => [String(id), `${author}: ${text}`]).sort());
}
