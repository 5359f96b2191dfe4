/**
 * What the client's tests count on when they talk to the fake server (`client/src/chat/testing/fake-server.ts`). The same suite runs on the real server, so
 * that the fake one cannot drift away from it: on the wire as an unmodified provider sees it, and by REST as its schemas say.
 */
import { encodeDocumentName } from '@tablo/schema/document-name';
import { createDeletion, createEdit, createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { channelAnswer, channelsAnswer } from '@tablo/schema/rest/channel';
import { errorBody, okAnswer } from '@tablo/schema/rest/common';
import { draftAnswer, draftsAnswer } from '@tablo/schema/rest/draft';
import { membersAnswer } from '@tablo/schema/rest/member';
import { messageAnswer, messagesPage } from '@tablo/schema/rest/message';
import { peopleAnswer } from '@tablo/schema/rest/people';
import { readAnswer, unreadAnswer } from '@tablo/schema/rest/read';
import { encodeStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import { TestClient } from '@tablo/sync-server/testing/test-client';
import { untilWithin } from '@tablo/sync-server/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

export interface ContractServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Every user has this name. */
  tokenOf(user: UserId): string;
  addTablo(name: string, members: Readonly<Record<UserId, 'owner' | 'member'>>): Promise<TabloId>;
  moveEpoch(tablo: TabloId): Promise<void>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const wait = untilWithin(10_000);

export function describeServer(name: string, open: () => Promise<ContractServer>): void {
  describe(`${name} keeps the contract that the client's tests count on`, () => {
    let server: ContractServer;
    const clients: TestClient[] = [];
    const alice = createEntryId() as string as UserId;
    const bob = createEntryId() as string as UserId;
    const stranger = createEntryId() as string as UserId;

    beforeAll(async () => {
      server = await open();
    });
    afterEach(() => {
      for (const client of clients.splice(0)) client.close();
    });
    afterAll(async () => server.close());

    const addTablo = () => server.addTablo('Kitchen', { [alice]: 'owner', [bob]: 'member' });
    const connect = (tablo: TabloId, user: UserId, epoch = 1): TestClient => {
      const client = new TestClient(
        server.url.replace('http', 'ws'),
        encodeDocumentName({ tabloId: tablo, epoch }),
        server.tokenOf(user),
      );
      clients.push(client);
      return client;
    };
    const join = async (tablo: TabloId, user: UserId, epoch = 1): Promise<TestClient> => {
      const client = connect(tablo, user, epoch);
      await wait(() => expect(client.provider.isSynced).toBe(true));
      return client;
    };
    const call = async (user: UserId, path: string, method = 'GET', body?: unknown) => {
      const answer = await fetch(`${server.url}/chat${path}`, {
        method,
        headers: { authorization: `Bearer ${server.tokenOf(user)}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as unknown };
    };
    let last = 0;
    const by = (author: UserId, sentAt = Date.now()) => {
      // No two at one time: their order is by time.
      last = Math.max(last + 1, sentAt);
      return { author, sentAt: sentAt < Date.now() - HOUR_MS ? sentAt : last };
    };
    const committed = (client: TestClient) =>
      client.heard.filter((one): one is Extract<ServerStateless, { type: 'committed' }> => one.type === 'committed');
    const acknowledged = (client: TestClient): readonly string[] =>
      committed(client).flatMap(({ messages, others }) => [...messages, ...others]);
    const send = async (client: TestClient, ...entries: readonly MemberEntry[]): Promise<void> => {
      client.push(...entries);
      await wait(() => expect(acknowledged(client)).toEqual(expect.arrayContaining(entries.map(({ id }) => id))));
    };

    it('[R1] the server tells everybody of a message once it is durable, with its number', async () => {
      const tablo = await addTablo();
      const [mine, theirs] = [await join(tablo, alice), await join(tablo, bob)];
      const messages = [createMessage(by(alice), 'one'), createMessage(by(alice), 'two')];
      for (const message of messages) await send(mine, message);
      for (const client of [mine, theirs]) {
        await wait(() => expect(acknowledged(client)).toEqual(messages.map(({ id }) => id)));
        expect(committed(client).map(({ seq }) => seq)).toEqual([1, 2]);
        expect(client.texts).toEqual(['one', 'two']);
      }
    });

    it('[R4] the server acknowledges an id that comes again, and counts it once', async () => {
      const tablo = await addTablo();
      const message = createMessage(by(alice), 'once');
      await send(await join(tablo, alice), message);
      const again = await join(tablo, alice);
      again.push(message);
      await wait(() => expect(acknowledged(again)).toContain(message.id));
      const { body } = await call(alice, `/channels/${tablo}/messages`);
      expect(messagesPage.parse(body).messages.map(({ id, seq }) => [id, seq])).toEqual([[message.id, 1]]);
    });

    it('[R1] the server acknowledges edits, reactions and deletions among the others', async () => {
      const tablo = await addTablo();
      const mine = await join(tablo, alice);
      const message = createMessage(by(alice), 'x');
      await send(mine, message);
      const changes = [
        createEdit(by(alice), message.id, 'y'),
        createReaction(by(alice), message.id, '👍', true),
        createDeletion(by(alice), message.id),
      ];
      for (const change of changes) await send(mine, change);
      expect(committed(mine).flatMap(({ others }) => others)).toEqual(changes.map(({ id }) => id));
      const { body } = await call(alice, `/channels/${tablo}/messages/${message.id}`);
      expect(messageAnswer.parse(body).message).toMatchObject({
        id: message.id,
        text: '',
        deleted_at: expect.any(String),
      });
    });

    it('[R5] the server writes when a late message came into the document, before the message itself is seen', async () => {
      const tablo = await addTablo();
      const mine = await join(tablo, alice);
      const late = createMessage(by(alice, Date.now() - 24 * HOUR_MS), 'late');
      await send(mine, late);
      await wait(() =>
        expect(mine.entries).toContainEqual(expect.objectContaining({ kind: 'arrival', of: [late.id] })),
      );
    });

    it('[R8] the server answers check with those that are durable, and no others', async () => {
      const tablo = await addTablo();
      const mine = await join(tablo, alice);
      const message = createMessage(by(alice), 'durable');
      await send(mine, message);
      const unknown = createEntryId();
      mine.heard.length = 0;
      mine.provider.sendStateless(encodeStateless({ type: 'check', ids: [message.id, unknown] }));
      await wait(() => expect(committed(mine)).toMatchObject([{ messages: [], others: [message.id] }]));
    });

    it('[R6] the server denies a join to who is no member, and sends who asks for an old document to the new one', async () => {
      const tablo = await addTablo();
      const denied = connect(tablo, stranger);
      await wait(() => expect(denied.denied).toContain('forbidden'));
      const mine = await join(tablo, alice);
      await server.moveEpoch(tablo);
      await wait(() => expect(mine.closed).toContain('epoch-moved'));
      const old = connect(tablo, alice);
      await wait(() => expect(old.denied).toContain('epoch-moved'));
      await join(tablo, alice, 2);
      const { body } = await call(alice, '/channels');
      expect(channelsAnswer.parse(body).channels.find(({ id }) => id === tablo)).toMatchObject({ epoch: 2 });
    });

    it('[R7] the server lists a user’s own tablos with number, role, unread messages and the newest one', async () => {
      const tablo = await addTablo();
      const message = createMessage(by(alice), 'newest');
      await send(await join(tablo, alice), message);
      const { status, body } = await call(bob, '/channels');
      expect(status).toBe(200);
      const channel = channelsAnswer.parse(body).channels.find(({ id }) => id === tablo);
      expect(channel).toMatchObject({
        name: 'Kitchen',
        role: 'member',
        epoch: 1,
        last_seq: 1,
        read_seq: 0,
        unread_count: 1,
      });
      expect(channel?.last_message).toMatchObject({ id: message.id, user_id: alice, text: 'newest' });
      const unread = unreadAnswer.parse((await call(bob, '/unread?ids=true')).body);
      expect(unread.unread.find(({ channel_id }) => channel_id === tablo)).toMatchObject({
        unread_count: 1,
        messages: [{ id: message.id, seq: 1 }],
      });
      expect(channelsAnswer.parse((await call(stranger, '/channels')).body).channels).toEqual([]);
    });

    it('[R10] the server moves a read position forward only, and tells the user’s other devices', async () => {
      const tablo = await addTablo();
      const [mine, theirs] = [await join(tablo, alice), await join(tablo, bob)];
      await send(mine, createMessage(by(alice), 'one'));
      await send(mine, createMessage(by(alice), 'two'));
      const read = async (seq?: number) =>
        readAnswer.parse((await call(bob, `/channels/${tablo}/read`, 'POST', seq === undefined ? {} : { seq })).body);
      expect(await read(1)).toMatchObject({ read_seq: 1, unread_count: 1 });
      expect(await read()).toMatchObject({ read_seq: 2, unread_count: 0 });
      expect(await read(1)).toMatchObject({ read_seq: 2, unread_count: 0 });
      await wait(() => expect(theirs.heard).toContainEqual({ type: 'read', seq: 2 }));
      expect(mine.heard.filter(({ type }) => type === 'read')).toEqual([]);
    });

    it('the server gives pages of the history before, after and around a message', async () => {
      const tablo = await addTablo();
      const mine = await join(tablo, alice);
      const messages = Array.from({ length: 7 }, (_, nth) => createMessage(by(alice), `m${nth}`));
      for (const message of messages) await send(mine, message);
      const page = async (query: string) => {
        const parsed = messagesPage.parse((await call(alice, `/channels/${tablo}/messages?${query}`)).body);
        return { texts: parsed.messages.map(({ text }) => text), hasMore: parsed.hasMore, hasNewer: parsed.hasNewer };
      };
      expect(await page('limit=3')).toMatchObject({ texts: ['m4', 'm5', 'm6'], hasMore: true });
      expect(await page(`limit=3&before=${messages[4]?.id}`)).toMatchObject({
        texts: ['m1', 'm2', 'm3'],
        hasMore: true,
      });
      expect(await page(`limit=3&before=${messages[2]?.id}`)).toMatchObject({ texts: ['m0', 'm1'], hasMore: false });
      expect(await page('limit=3&after=5')).toMatchObject({ texts: ['m5', 'm6'], hasMore: false });
      expect(await page('limit=3&after=2')).toMatchObject({ texts: ['m2', 'm3', 'm4'], hasMore: true });
      const around = await page(`limit=4&around=${messages[3]?.id}`);
      expect(around).toMatchObject({ hasMore: true, hasNewer: true });
      expect(around.texts).toContain('m3');
    });

    it('the server keeps the later of two drafts, and tells the user’s other devices', async () => {
      const tablo = await addTablo();
      const [mine, theirs] = [await join(tablo, alice), await join(tablo, bob)];
      const put = async (text: string, at: number) =>
        draftAnswer.parse(
          (await call(bob, `/channels/${tablo}/draft`, 'PUT', { text, updated_at: new Date(at).toISOString() })).body,
        ).draft;
      const now = Date.now();
      expect(await put('later', now)).toMatchObject({ text: 'later' });
      expect(await put('earlier', now - 1_000)).toMatchObject({ text: 'later' });
      await wait(() => expect(theirs.heard).toContainEqual({ type: 'draft', text: 'later', at: now }));
      expect(mine.heard.filter(({ type }) => type === 'draft')).toEqual([]);
      const drafts = draftsAnswer.parse((await call(bob, '/drafts')).body).drafts;
      expect(drafts).toContainEqual(expect.objectContaining({ channel_id: tablo, text: 'later' }));
    });

    it('the server makes tablos, lists members and names people as the schemas say', async () => {
      const made = await call(alice, '/channels', 'POST', { name: 'New' });
      expect(made.status).toBe(201);
      const { channel } = channelAnswer.parse(made.body);
      expect(channel).toMatchObject({ name: 'New', role: 'owner', epoch: 1, last_seq: 0 });
      const { members } = membersAnswer.parse((await call(alice, `/channels/${channel.id}/members`)).body);
      expect(members.map(({ user_id, role }) => [user_id, role])).toEqual([[alice, 'owner']]);
      const tablo = await addTablo();
      const { people } = peopleAnswer.parse((await call(alice, `/people?of=${tablo}:${alice}`)).body);
      expect(people.map(({ user_id }) => user_id)).toEqual([alice]);
      const removed = await call(alice, `/channels/${tablo}/members/${bob}`, 'DELETE');
      expect(okAnswer.safeParse(removed.body).success).toBe(true);
      expect((await call(bob, `/channels/${tablo}/members`)).status).toBe(403);
    });

    it.each([
      ['a tablo of others', (tablo: TabloId) => `/channels/${tablo}/messages`, 403, 'forbidden'],
      [
        'a message that is not there',
        (tablo: TabloId) => `/channels/${tablo}/messages/${createEntryId()}`,
        404,
        'not-found',
      ],
      [
        'a place in the history that is not there',
        (tablo: TabloId) => `/channels/${tablo}/messages?around=${createEntryId()}`,
        404,
        'not-found',
      ],
    ])('the server says by status and code that there is no way to %s', async (_, path, status, code) => {
      const tablo = await addTablo();
      const answer = await call(code === 'forbidden' ? stranger : alice, path(tablo));
      expect(answer.status).toBe(status);
      expect(errorBody.parse(answer.body).code).toBe(code);
    });

    it('[R2] the server refuses what is no token, by REST and on the socket', async () => {
      const tablo = await addTablo();
      const answer = await fetch(`${server.url}/chat/channels`, { headers: { authorization: 'Bearer nonsense' } });
      expect(answer.status).toBe(401);
      expect(errorBody.parse(await answer.json()).code).toBe('unauthenticated');
      const client = new TestClient(
        server.url.replace('http', 'ws'),
        encodeDocumentName({ tabloId: tablo, epoch: 1 }),
        'nonsense',
      );
      clients.push(client);
      await wait(() => expect(client.denied).toContain('unauthenticated'));
    });

    it('the server gives who joins later all that is in the document', async () => {
      const tablo = await addTablo();
      const ids: EntryId[] = [];
      const mine = await join(tablo, alice);
      for (let nth = 0; nth < 5; nth += 1) {
        const message = createMessage(by(alice), `m${nth}`);
        ids.push(message.id);
        await send(mine, message);
      }
      const theirs = await join(tablo, bob);
      expect(theirs.entries.map(({ id }) => id)).toEqual(ids);
    });
  });
}
