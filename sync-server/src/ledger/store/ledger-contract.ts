/** What every ledger store must do, run on memory and on PostgreSQL. */
import {
  createDeletion,
  createEdit,
  createMessage,
  createReaction,
  type MemberEntry,
  type Message,
} from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { MAX_EDITS } from '@tablo/schema/limits';
import type { Role } from '@tablo/schema/roles';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Submission } from '../commit/submission.ts';
import { Ledger } from '../ledger.ts';
import {
  alice,
  bob,
  carol,
  codeOf,
  entriesOf,
  load,
  Replica,
  refusalOf,
  submissionOf,
} from '../testing/ledger-fixture.ts';
import { describeAssumed } from './assumed-contract.ts';
import { describeEpochs } from './epoch-contract.ts';
import { EPOCH_LIMITS } from './epoch-limits.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { LoadedState } from './live-document.ts';
import { describeNodes } from './nodes-contract.ts';

export interface StoreUnderTest {
  readonly store: LedgerStore;
  addTablo(members: Readonly<Record<UserId, Role>>): Promise<TabloId>;
  setRole(tablo: TabloId, user: UserId, role: Role | null): Promise<void>;
  /** The tablo's messages by `seq`: `[seq, text, shownAt]`. */
  rows(tablo: TabloId): Promise<readonly (readonly [number, string, number])[]>;
  /** The log of an epoch, in order. */
  log(tablo: TabloId, epoch: number): Promise<readonly Uint8Array[]>;
  /** As another server would, had it stored something damaged. */
  addLogRow(tablo: TabloId, epoch: number, update: Uint8Array): Promise<void>;
  /** What the live epoch began with; null in the first one. */
  seed(tablo: TabloId): Promise<LoadedState & { readonly state: Uint8Array }>;
  /** Deleted messages whose texts are still to be removed, with the epoch whose document holds them. */
  erasures(tablo: TabloId): Promise<readonly (readonly [EntryId, number])[]>;
  /** The next transaction with something in it commits, and its answer is lost. */
  loseAnswer(): void;
  /** The next statement of the short way does not happen, and nobody says so. */
  loseStatement(): void;
}

const silent = { onCommit: () => {}, onFailure: () => {} };
const T = 1_700_000_000_000;
const everybody: Readonly<Record<UserId, Role>> = { [alice]: 'owner', [bob]: 'member', [carol]: 'guest' };

export function describeLedger(name: string, openStore: () => Promise<StoreUnderTest>): void {
  describe(`the ledger on ${name}`, () => {
    it('[R1] resolves when the message is a row, in the log and in the document', async () => {
      const { ledger, test, tablo } = await start();
      const { live, doc, news } = load(tablo);
      const replica = new Replica(alice);
      const message = replica.message('hello', T);
      const outcome = await ledger.submit(submissionOf(live, alice, replica.push(message), T));
      expect(outcome).toEqual({ type: 'committed', fresh: [message.id], repeated: [], refusals: [], dropped: [] });
      expect(await test.rows(tablo)).toEqual([[1, 'hello', T]]);
      expect(await test.log(tablo, 1)).toHaveLength(1);
      expect(entriesOf(doc)).toEqual([message]);
      expect(news).toEqual([{ seq: 1, messages: [message.id], others: [] }]);
    });

    it('[R10] counts seq without gaps in order of arrival, over submissions, documents and refusals', async () => {
      const { ledger, test, tablo } = await start();
      const { live } = load(tablo);
      const [a, b, guest] = [new Replica(alice), new Replica(bob), new Replica(carol)];
      const sent = Array.from({ length: 30 }, (_, nth) => {
        const replica = [a, b, guest][nth % 3] as Replica;
        return ledger.submit(submissionOf(live, replica.author, replica.push(replica.message(`m${nth}`, T - nth)), T));
      });
      const outcomes = await Promise.all(sent);
      expect(outcomes.filter(({ type }) => type === 'refused')).toHaveLength(10);
      const rows = await test.rows(tablo);
      expect(rows.map(([seq]) => seq)).toEqual(Array.from({ length: 20 }, (_, nth) => nth + 1));
      expect(rows.map(([, text]) => text)).toEqual(
        Array.from({ length: 30 }, (_, nth) => `m${nth}`).filter((_, nth) => nth % 3 < 2),
      );
    });

    it('[R4] counts an id once, over connections, clientIDs and epochs', async () => {
      const { ledger, test, tablo } = await start();
      const message = new Replica(alice).message('once', T);
      const first = load(tablo);
      const both = await Promise.all(
        [new Replica(alice), new Replica(alice)].map((replica) =>
          ledger.submit(submissionOf(first.live, alice, replica.push(message), T)),
        ),
      );
      expect(both.map((outcome) => outcome.type)).toEqual(['committed', 'committed']);
      await ledger.submit({ type: 'move', document: first.live });
      const second = load(tablo, 2);
      const again = await ledger.submit(
        submissionOf(second.live, alice, new Replica(alice).push(message), T + 9_000_000),
      );
      expect(again).toEqual({ type: 'committed', fresh: [], repeated: [message.id], refusals: [], dropped: [] });
      expect(await test.rows(tablo)).toEqual([[1, 'once', T]]);
      expect(entriesOf(second.doc)).toEqual([message]);
    });

    it('[R4] refuses a used id with other content, in this tablo and in another, and leaves the neighbours alone', async () => {
      const { ledger, test, tablo } = await start();
      const other = await test.addTablo(everybody);
      const [here, there] = [load(tablo), load(other)];
      const message = new Replica(alice).message('mine', T);
      const submit = (target: typeof here, user: UserId, entry: unknown) =>
        ledger.submit(submissionOf(target.live, user, new Replica(user).push(entry), T));
      const outcomes = await Promise.all([
        submit(here, alice, message),
        submit(here, alice, { ...message, text: 'changed' }),
        submit(there, alice, message),
        submit(here, bob, { ...message, author: bob }),
        submit(here, bob, new Replica(bob).message('neighbour', T)),
      ]);
      expect(outcomes.map(codeOf)).toEqual(['committed', 'duplicate-id', 'duplicate-id', 'duplicate-id', 'committed']);
      expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['mine', 'neighbour']);
      expect(await test.rows(other)).toEqual([]);
    });

    it('[R8] refuses single entries of an update and takes the others; what their author writes after it connects, in the document as it is', async () => {
      const { ledger, test, tablo } = await start();
      const { live, doc } = load(tablo);
      const [a, b] = [new Replica(alice), new Replica(bob)];
      const send = (update: Uint8Array) => ledger.submit(submissionOf(live, alice, update, T));
      const [one, two, three] = ['one', 'two', 'three'].map((text) => a.message(text, T));
      const tooLong = { ...a.message('too long', T), text: 'x'.repeat(8_001) };
      const mixed = a.push(one, tooLong, two);
      expect(await send(mixed)).toEqual({
        type: 'committed',
        fresh: [one?.id, two?.id],
        repeated: [],
        refusals: [{ refusal: expect.objectContaining({ code: 'invalid-update' }), ids: [tooLong.id] }],
        dropped: [],
      });
      expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['one', 'two']);
      // Nobody's document has it, its author's neither.
      a.pull(doc);
      b.pull(doc);
      for (const each of [doc, a.doc, b.doc]) expect(entriesOf(each)).toEqual([one, two]);
      expect(await send(a.push(three))).toMatchObject({
        type: 'committed',
        fresh: [three?.id],
        refusals: [],
        dropped: [],
      });
      // Sent again as it was, by a client that has not heard of it, it is refused again, and the others are known [R1].
      expect(await send(mixed)).toMatchObject({ fresh: [], repeated: [], refusals: [{ ids: [tooLong.id] }] });
      // With what it holds as deleted, as each sync of a client sends it.
      expect(await send(Y.encodeStateAsUpdate(a.doc))).toEqual({ type: 'known' });
      expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['one', 'two', 'three']);
    });

    it('[R3] [R8] a clientID of which all was refused stays its user’s, after a restart too, and goes on', async () => {
      const { ledger, test, tablo } = await start();
      const { live } = load(tablo);
      const [a, b] = [new Replica(alice), new Replica(bob)];
      const refused = await ledger.submit(submissionOf(live, alice, a.push({ ...a.message('empty', T), text: '' }), T));
      expect(codeOf(refused)).toBe('invalid-update');
      const restarted = load(tablo, 1, replay(await test.log(tablo, 1)));
      expect(restarted.live.frontier.nextClock(a.doc.clientID)).toBe(1);
      b.pull(restarted.doc);
      b.doc.clientID = a.doc.clientID;
      const forged = b.push(b.message('under another’s clientID', T));
      expect(codeOf(await ledger.submit(submissionOf(restarted.live, bob, forged, T)))).toBe('not-your-entry');
      const next = a.push(a.message('goes on', T));
      expect(codeOf(await ledger.submit(submissionOf(restarted.live, alice, next, T)))).toBe('committed');
      expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['goes on']);
    });

    it('[R2] a deletion of what the server has refuses all that comes with it, and leaves nothing behind', async () => {
      const { ledger, test, tablo } = await start();
      const { live, doc } = load(tablo);
      const a = new Replica(alice);
      const message = a.message('stays', T);
      await ledger.submit(submissionOf(live, alice, a.push(message), T));
      const before = Y.encodeStateVector(a.doc);
      a.doc.transact(() => {
        a.doc.getArray('messages').push([a.message('along', T)]);
        a.doc.getArray('messages').delete(0, 1);
      });
      const outcome = await ledger.submit(submissionOf(live, alice, Y.encodeStateAsUpdate(a.doc, before), T));
      expect(outcome).toMatchObject({ type: 'refused', refusal: { code: 'invalid-update' }, ids: [] });
      expect(entriesOf(doc)).toEqual([message]);
      expect(await test.log(tablo, 1)).toHaveLength(1);
    });

    it('[R1] [R4] what comes with entries of an earlier document is refused again where it was refused, and counts once however often it comes along', async () => {
      const { ledger, test, tablo } = await start();
      const { live } = load(tablo);
      const [a, b, formerly] = [new Replica(alice), new Replica(bob), new Replica(alice)];
      const send = (update: Uint8Array) =>
        ledger.submit({ ...submissionOf(live, alice, update, T), continuity: 'carried-over' } as Submission);
      const old = b.message('of an earlier document', T);
      const entry = { type: 'entry', document: live, userId: bob, receivedAt: T, entry: old } as const;
      await ledger.submit(entry);
      b.push(old);
      await send(a.push(a.message('here', T)));
      const refused = { ...a.message('empty', T), text: '' };
      await send(a.push(refused));
      const twice = a.message('twice', T);
      a.push(twice);
      formerly.push(twice);
      const all = Y.mergeUpdates([a, b, formerly].map(({ doc }) => Y.encodeStateAsUpdate(doc)));
      expect(await send(all)).toMatchObject({
        type: 'committed',
        fresh: [twice.id],
        refusals: [{ refusal: { code: 'invalid-update' }, ids: [refused.id] }],
      });
      expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['of an earlier document', 'here', 'twice']);
    });

    it('[R4] a posted message sent again is one message, though the clock went on', async () => {
      const { ledger, test, tablo } = await start();
      const { live, doc } = load(tablo);
      const id = createEntryId();
      const post = (sentAt: number, text = 'bot') =>
        ledger.submit({
          type: 'entry',
          document: live,
          userId: alice,
          receivedAt: sentAt,
          entry: createMessage({ author: alice, sentAt, id }, text),
        });
      expect(await post(T)).toMatchObject({ type: 'committed', fresh: [id] });
      expect(await post(T + 5_000)).toMatchObject({ type: 'committed', fresh: [], repeated: [id] });
      expect(await post(T, 'else')).toMatchObject({ type: 'refused', refusal: { code: 'duplicate-id' } });
      expect(await test.rows(tablo)).toHaveLength(1);
      expect(entriesOf(doc)).toHaveLength(1);
      expect(doc.store.pendingStructs).toBeNull();
    });

    it('[R5] records when late entries arrived, in rows and in the document, before the entries themselves', async () => {
      const { ledger, test, tablo } = await start();
      const { live, doc } = load(tablo);
      const replica = new Replica(alice);
      const [late, onTime] = [replica.message('ten', T), replica.message('noon', T + 7_200_000)];
      await ledger.submit(submissionOf(live, alice, replica.push(late, onTime), T + 7_200_000));
      expect(await test.rows(tablo)).toEqual([
        [1, 'ten', T + 7_200_000],
        [2, 'noon', T + 7_200_000],
      ]);
      expect(entriesOf(doc)).toContainEqual(
        expect.objectContaining({ kind: 'arrival', of: [late.id], at: T + 7_200_000 }),
      );
      expect(await test.log(tablo, 1)).toHaveLength(1);
    });

    it('[R5] records the arrival again where a late entry enters a new epoch', async () => {
      const { ledger, tablo } = await start();
      const first = load(tablo);
      const late = new Replica(alice).message('ten', T);
      await ledger.submit(submissionOf(first.live, alice, new Replica(alice).push(late), T + 100_000));
      await ledger.submit({ type: 'move', document: first.live });
      const second = load(tablo, 2);
      await ledger.submit(submissionOf(second.live, alice, new Replica(alice).push(late), T + 900_000));
      expect(entriesOf(second.doc)).toContainEqual(expect.objectContaining({ kind: 'arrival', at: T + 100_000 }));
    });

    it('[R6] decides by the membership of the moment of the commit', async () => {
      const { ledger, test, tablo } = await start();
      const { live } = load(tablo);
      const replica = new Replica(bob);
      await test.setRole(tablo, bob, null);
      expect(await ledger.submit(submissionOf(live, bob, replica.push(replica.message('gone', T)), T))).toMatchObject({
        refusal: { code: 'forbidden' },
      });
      await test.setRole(tablo, bob, 'guest');
      expect(
        await ledger.submit(submissionOf(live, bob, new Replica(bob).push(replica.message('reads', T)), T)),
      ).toMatchObject({ refusal: { code: 'read-only' } });
      await test.setRole(tablo, bob, 'member');
      expect(
        await ledger.submit(submissionOf(live, bob, new Replica(bob).push(replica.message('back', T)), T)),
      ).toMatchObject({ type: 'committed' });
    });

    it('[R9] bounds the kinds of reactions of a message and of a member, and the edits of a message; one in use may be taken back', async () => {
      const { ledger, tablo } = await start();
      const { live } = load(tablo);
      const [a, b] = [new Replica(alice), new Replica(bob)];
      const message = a.message('popular', T);
      await ledger.submit(submissionOf(live, alice, a.push(message), T));
      const emoji = (nth: number) => String.fromCodePoint(0x1f600 + nth);
      let at = T;
      const react = (author: UserId, nth: number, on = true) => {
        at += 1;
        return createReaction({ author, sentAt: at }, message.id, emoji(nth), on);
      };
      const send = async (user: UserId, ...entries: readonly unknown[]) => {
        const outcome = await ledger.submit(submissionOf(live, user, new Replica(user).push(...entries), T));
        return refusalOf(outcome)?.message ?? outcome.type;
      };
      const own = Array.from({ length: 20 }, (_, nth) => react(alice, nth));
      expect(await send(alice, ...own, react(alice, 20))).toBe('A member can use 20 different emoji on a message.');
      expect(await send(alice, ...own)).toBe('committed');
      expect(await send(alice, react(alice, 20))).toBe('A member can use 20 different emoji on a message.');
      expect(await send(alice, react(alice, 3, false), react(alice, 3))).toBe('committed');
      const edits = Array.from({ length: MAX_EDITS }, (_, nth) =>
        createEdit({ author: alice, sentAt: T + nth }, message.id, `edit ${nth}`),
      );
      expect(await send(alice, ...edits)).toBe('committed');
      expect(await send(alice, createEdit({ author: alice, sentAt: at }, message.id, 'one more'))).toBe(
        `A message can be edited ${MAX_EDITS} times.`,
      );
      expect(await send(bob, b.message('others go on', T))).toBe('committed');
    });

    it('takes edits, deletions and reactions on what the same update brings', async () => {
      const { ledger, test, tablo } = await start();
      const { live } = load(tablo);
      const replica = new Replica(alice);
      const message = replica.message('one', T);
      const by = (sentAt: number) => ({ author: alice, sentAt });
      const update = replica.push(
        message,
        createEdit(by(T + 1), message.id, 'two'),
        createReaction(by(T + 2), message.id, '👍', true),
        replica.message('gone', T + 3),
      );
      expect(await ledger.submit(submissionOf(live, alice, update, T))).toMatchObject({ type: 'committed' });
      const gone = entriesOf(replica.doc)[3] as { id: typeof message.id };
      await ledger.submit(submissionOf(live, alice, replica.push(createDeletion(by(T + 4), gone.id)), T));
      const found = await test.store.findDurable(tablo, alice, [message.id, gone.id, createEntryId()]);
      expect(found.map(({ id }) => id).sort()).toEqual([message.id, gone.id].sort());
      expect(await test.store.findDurable(tablo, bob, [message.id])).toEqual([]);
    });

    it('[R5] says of durable entries when they are shown, if not at their sentAt', async () => {
      const { ledger, test, tablo } = await start();
      const { live } = load(tablo);
      const replica = new Replica(alice);
      const [late, onTime] = [replica.message('late', T - 900_000), replica.message('on time', T - 1_000)];
      await ledger.submit(submissionOf(live, alice, replica.push(late, onTime), T));
      const found = await test.store.findDurable(tablo, alice, [late.id, onTime.id]);
      expect(new Map(found.map(({ id, shownAt }) => [id, shownAt]))).toEqual(
        new Map([
          [late.id, T],
          [onTime.id, null],
        ]),
      );
    });

    it('[R10] announces repeated messages with their seq, stretch by stretch, and deleted ones without', async () => {
      const { ledger, tablo } = await start();
      const { live, news } = load(tablo);
      const replica = new Replica(alice);
      const messages = Array.from({ length: 5 }, (_, nth) => replica.message(`m${nth}`, T + nth));
      const [first, second, third, fourth, fifth] = messages.map(({ id }) => id);
      await ledger.submit(submissionOf(live, alice, replica.push(...messages), T));
      const deletion = createDeletion({ author: alice, sentAt: T + 9 }, third!);
      await ledger.submit(submissionOf(live, alice, replica.push(deletion), T));
      news.splice(0);
      const [, , , , last] = messages;
      const again = [messages[3], messages[1], messages[0], messages[2], deletion];
      await Promise.all([
        ledger.submit(submissionOf(live, alice, new Replica(alice).push(...again), T)),
        ledger.submit(submissionOf(live, alice, new Replica(alice).push(last), T)),
      ]);
      expect(news).toEqual([
        { seq: 0, messages: [], others: [third, deletion.id] },
        { seq: 1, messages: [first, second], others: [] },
        { seq: 4, messages: [fourth, fifth], others: [] },
      ]);
    });

    it('[R10] [R11] announces as usual what was committed when the answer to COMMIT got lost', async () => {
      const { ledger, test, tablo } = await start();
      const { live, doc, news } = load(tablo);
      const replica = new Replica(alice);
      const [message, late] = [replica.message('hello', T), replica.message('late', T - 900_000)];
      test.loseAnswer();
      const outcome = await ledger.submit(submissionOf(live, alice, replica.push(message, late), T));
      expect(outcome).toEqual({
        type: 'committed',
        fresh: [message.id, late.id],
        repeated: [],
        refusals: [],
        dropped: [],
      });
      expect(news).toEqual([{ seq: 1, messages: [message.id, late.id], others: [] }]);
      expect((await test.rows(tablo)).map(([seq, text]) => [seq, text])).toEqual([
        [1, 'hello'],
        [2, 'late'],
      ]);
      expect(foldLog(await test.log(tablo, 1))).toEqual(entriesOf(doc));
      expect(await test.log(tablo, 1)).toHaveLength(1);
    });

    it('[R1] [R11] after a lost answer the document is what the log says, also where the server writes', async () => {
      const { ledger, test, tablo } = await start();
      const { live, doc } = load(tablo);
      const post = (entry: MemberEntry) =>
        ledger.submit({ type: 'entry', document: live, userId: alice, receivedAt: T, entry });
      const [one, two] = [new Replica(alice).message('one', T), new Replica(alice).message('two', T)];
      test.loseAnswer();
      expect(await post(one)).toMatchObject({ type: 'committed', fresh: [one.id] });
      expect(await post(two)).toMatchObject({ type: 'committed', fresh: [two.id] });
      expect(entriesOf(doc)).toEqual([one, two]);
      expect(foldLog(await test.log(tablo, 1))).toEqual([one, two]);
    });

    it('[R1] [R11] after a lost answer too when all of the batch was refused and the tablo moves on with it', async () => {
      const { test, tablo } = await start();
      const ledger = new Ledger(test.store, silent, { epochLimits: { ...EPOCH_LIMITS, entries: 2 } });
      const loaded = load(tablo);
      const a = new Replica(alice);
      await ledger.submit(submissionOf(loaded.live, alice, a.push(a.message('one', T)), T));
      const empty = () => ({ ...a.message('empty', T), text: '' });
      test.loseAnswer();
      const outcome = await ledger.submit(submissionOf(loaded.live, alice, a.push(empty(), empty()), T));
      expect(codeOf(outcome)).toBe('invalid-update');
      await expect.poll(() => loaded.hasMoved).toBe(true);
    });

    it('[R1] [R11] after a lost answer too when the first of the batch’s tablos moves on with it', async () => {
      const { ledger, test, tablo } = await start();
      const other = await test.addTablo(everybody);
      const [busy, quiet] = [load(tablo), load(other)];
      const [sent, one, two] = ['sent', 'one', 'two'].map((text) => new Replica(alice).message(text, T));
      const post = (entry: MemberEntry) =>
        ledger.submit({ type: 'entry', document: quiet.live, userId: alice, receivedAt: T, entry });
      test.loseAnswer();
      const outcomes = await Promise.all([
        ledger.submit(submissionOf(busy.live, alice, new Replica(alice).push(sent as Message), T)),
        post(one as Message),
        ledger.submit({ type: 'move', document: busy.live }),
      ]);
      expect(outcomes.map(({ type }) => type)).toEqual(['committed', 'committed', 'known']);
      expect(outcomes[1]).toMatchObject({ fresh: [one?.id] });
      await post(two as Message);
      expect(entriesOf(quiet.doc)).toEqual([one, two]);
      expect(foldLog(await test.log(other, 1))).toEqual([one, two]);
      expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['sent']);
    });

    it('[R1] [R11] after a lost answer too when all of the batch’s tablos move on with it', async () => {
      const { ledger, test, tablo } = await start();
      const { live, news } = load(tablo);
      const message = new Replica(alice).message('the last one', T);
      test.loseAnswer();
      const outcomes = await Promise.all([
        ledger.submit(submissionOf(live, alice, new Replica(alice).push(message), T)),
        ledger.submit({ type: 'move', document: live }),
      ]);
      expect(outcomes[0]).toEqual({ type: 'committed', fresh: [message.id], repeated: [], refusals: [], dropped: [] });
      expect(news).toEqual([{ seq: 1, messages: [message.id], others: [] }]);
    });

    describeEpochs(start);
    describeNodes(openStore);
    describeAssumed(openStore);

    async function start() {
      const test = await openStore();
      return { test, tablo: await test.addTablo(everybody), ledger: new Ledger(test.store, silent) };
    }
  });
}

/** What a server that starts now loads. */
function foldLog(updates: readonly Uint8Array[]): readonly unknown[] {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return entriesOf(doc);
}

/** A document as it is loaded after a restart. */
function replay(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}
