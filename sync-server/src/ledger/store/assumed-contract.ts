/** The short way: what every ledger store that has one must do. Run with the ledger's contract. */
import { createReaction, type MemberEntry } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { expect, it, vi } from 'vitest';
import { Ledger } from '../ledger.ts';
import {
  alice,
  bob,
  carol,
  codeOf,
  entriesOf,
  type Loaded,
  load,
  Replica,
  submissionOf,
} from '../testing/ledger-fixture.ts';
import type { Wrong } from './assumed.ts';
import type { StoreUnderTest } from './ledger-contract.ts';

const T = 1_700_000_000_000;
const LATE = 600_000;
const members: Readonly<Record<UserId, Role>> = { [alice]: 'owner', [bob]: 'member', [carol]: 'guest' };

interface Node extends Loaded {
  readonly ledger: Ledger;
}

/** What the short way answered, by call: how many tablos were written, and what was wrong with the others. */
type Answer = readonly [written: number, ...wrong: Wrong[]];

export function describeAssumed(openStore: () => Promise<StoreUnderTest>): void {
  const start = async () => {
    const test = await openStore();
    const { assumed } = test.store;
    const answers: Answer[] = [];
    const transact = vi.spyOn(test.store, 'transact');
    if (assumed !== undefined) {
      const commit = assumed.commit.bind(assumed);
      vi.spyOn(assumed, 'commit').mockImplementation(async (all) => {
        const answer = await commit(all);
        answers.push([answer.written.size, ...answer.wrong.values()]);
        return answer;
      });
    }
    const openNode = (loaded: Loaded): Node =>
      Object.assign(loaded, { ledger: new Ledger(test.store, { onCommit() {}, onFailure() {} }) });
    const tablo = await test.addTablo(members);
    return { test, tablo, answers, transact, openNode, a: openNode(load(tablo)), hasShortWay: assumed !== undefined };
  };
  /** A client that was shown in presence, as ours are: so its clientID is known as its user's. */
  const say = ({ live, ledger }: Node, replica: Replica, ...entries: MemberEntry[]) => {
    live.frontier.claim(replica.doc.clientID, replica.author);
    return ledger.submit(submissionOf(live, replica.author, replica.push(...entries), T));
  };

  it('[R1] messages of which memory knows all go the short way: rows, log, document and news are the same', async () => {
    const { test, tablo, a, answers, transact, hasShortWay } = await start();
    const [onA, onB] = [new Replica(alice), new Replica(bob)];
    const [one, late, post] = [onA.message('one', T), onB.message('late', T - LATE), onA.message('post', T)];
    const outcomes = await Promise.all([
      say(a, onA, one),
      say(a, onB, late),
      a.ledger.submit({ type: 'entry', document: a.live, userId: alice, receivedAt: T, entry: post }),
    ]);
    expect(outcomes.map(codeOf)).toEqual(['committed', 'committed', 'committed']);
    expect(await test.rows(tablo)).toEqual([
      [1, 'one', T],
      [2, 'late', T],
      [3, 'post', T],
    ]);
    expect(a.news).toEqual([{ seq: 1, messages: [one.id, late.id, post.id], others: [] }]);
    // The entry that came late has its arrival with it [R5].
    expect(entriesOf(a.doc)).toContainEqual(expect.objectContaining({ kind: 'arrival', of: [late.id] }));
    expect(await test.log(tablo, 1)).toHaveLength(1);
    expect((await say(a, onA, onA.message('next', T))).type).toBe('committed');
    if (!hasShortWay) return;
    expect(answers).toEqual([[1], [1]]);
    expect(transact).not.toHaveBeenCalled();
  });

  it('[R3] what is more than new messages of known clientIDs goes the other way', async () => {
    const { a, answers } = await start();
    const [onA, unknown] = [new Replica(alice), new Replica(bob)];
    const message = onA.message('hello', T);
    const strange = submissionOf(a.live, bob, unknown.push(unknown.message('nobody has seen me', T)), T);
    expect(codeOf(await a.ledger.submit(strange))).toBe('committed');
    expect(
      codeOf(await say(a, onA, message, createReaction({ author: alice, sentAt: T }, message.id, '👍', true))),
    ).toBe('committed');
    expect(codeOf(await say(a, onA, { ...onA.message('x', T), text: '' } as MemberEntry))).toBe('invalid-update');
    expect(codeOf(await say(a, onA, message))).toBe('committed');
    expect(answers).toEqual([[0, 'id']].slice(0, answers.length));
  });

  it.each<
    [
      wrong: Wrong,
      what: string,
      make: (node: Node, other: Node, test: StoreUnderTest) => Promise<unknown>,
      code: string,
    ]
  >([
    [
      'seq',
      'another server has committed a message',
      (_, b) => say(b, new Replica(bob), new Replica(bob).message('theirs', T)),
      'committed',
    ],
    [
      'head',
      'another server has committed a reaction',
      async (a, b) => {
        const on = new Replica(bob);
        const [message] = entriesOf(a.doc) as readonly MemberEntry[];
        await say(b, on, createReaction({ author: bob, sentAt: T }, (message as MemberEntry).id, '👍', true));
      },
      'committed',
    ],
    ['epoch', 'another server has moved the tablo', (_, b) => b.ledger.move(b.live), 'epoch-moved'],
    ['role', 'the author is a guest by now', (a, _, test) => test.setRole(a.live.tabloId, alice, 'guest'), 'read-only'],
    [
      'role',
      'the author is no member any more',
      (a, _, test) => test.setRole(a.live.tabloId, alice, null),
      'forbidden',
    ],
  ])(
    '[R1] [N1] nothing is written the short way where memory is wrong (%s: %s), and it is decided again',
    async (wrong, _, make, code) => {
      const { test, tablo, a, answers, openNode, hasShortWay } = await start();
      const onA = new Replica(alice);
      await say(a, onA, onA.message('first', T));
      await make(a, openNode(load(tablo)), test);
      answers.length = 0;
      const before = await test.rows(tablo);
      const sent = onA.message('sent', T);
      expect(codeOf(await say(a, onA, sent))).toBe(code);
      if (hasShortWay) expect(answers).toEqual([[0, wrong]]);
      const added = (await test.rows(tablo)).slice(before.length);
      expect(added.map(([, text]) => text)).toEqual(code === 'committed' ? ['sent'] : []);
      if (code !== 'committed') return;
      expect(a.live.size.entries).toBe(entriesOf(a.doc).length);
      expect((await say(a, onA, onA.message('and on', T))).type).toBe('committed');
      if (hasShortWay) expect(answers.at(-1)).toEqual([1]);
    },
  );

  it('[R4] an id that another tablo has used is refused, and one that this tablo has used in an earlier document counts once', async () => {
    const { test, tablo, a, answers, openNode, hasShortWay } = await start();
    const other = openNode(load(await test.addTablo(members)));
    const message = new Replica(alice).message('mine', T);
    await say(a, new Replica(alice), message);
    expect(codeOf(await say(other, new Replica(alice), message))).toBe('duplicate-id');
    await a.ledger.move(a.live);
    const next = openNode(load(tablo, 2));
    expect(await say(next, new Replica(alice), message)).toMatchObject({ type: 'committed', repeated: [message.id] });
    if (hasShortWay) expect(answers).toEqual([[1], [0, 'id'], [0, 'seq']]);
    expect(await test.rows(tablo)).toHaveLength(1);
  });

  it('[R8] what does not hold of one tablo keeps no other of the same batch back, nor sends it the other way', async () => {
    const { test, a, answers, openNode, transact, hasShortWay } = await start();
    const others = await Promise.all([1, 2, 3].map(() => test.addTablo(members)));
    const nodes = others.map((id): Node => Object.assign(load(id), { ledger: a.ledger }));
    const [, wrong, stale] = nodes as [Node, Node, Node];
    for (const { live } of [wrong, stale])
      await say(openNode(load(live.tabloId)), new Replica(bob), new Replica(bob).message('theirs', T));
    answers.length = 0;
    transact.mockClear();
    const shared = new Replica(alice).message('in two tablos', T);
    const outcomes = await Promise.all([
      ...[a, ...nodes].map((node) => say(node, new Replica(alice), new Replica(alice).message('x', T))),
      say(a, new Replica(bob), { ...shared, author: bob } as MemberEntry),
      say(wrong, new Replica(bob), { ...shared, author: bob } as MemberEntry),
    ]);
    expect(outcomes.map(codeOf)).toEqual([...Array(5).fill('committed'), 'duplicate-id']);
    for (const { live } of [wrong, stale])
      expect((await test.rows(live.tabloId)).map(([seq, text]) => [seq, text])).toEqual([
        [1, 'theirs'],
        [2, 'x'],
      ]);
    if (!hasShortWay) return;
    // The tablo with the id that another one of the batch has was not even tried.
    expect(answers).toEqual([[2, 'seq']]);
    const theRest = transact.mock.calls.flatMap(([{ tablos }]) => [...tablos]);
    expect(theRest.sort()).toEqual([wrong.live.tabloId, stale.live.tabloId].sort());
  });

  it('[R1] [R11] announces as usual what was committed when the answer to the statement got lost', async () => {
    const { test, tablo, a } = await start();
    const [onA, onB] = [new Replica(alice), new Replica(bob)];
    await say(a, onA, onA.message('before', T));
    test.loseAnswer();
    const [message, late] = [onA.message('hello', T), onA.message('late', T - LATE)];
    expect(await say(a, onA, message, late)).toMatchObject({ type: 'committed', fresh: [message.id, late.id] });
    expect(a.news.at(-1)).toEqual({ seq: 2, messages: [message.id, late.id], others: [] });
    expect(codeOf(await say(a, onB, onB.message('after', T)))).toBe('committed');
    expect((await test.rows(tablo)).map(([seq, text]) => [seq, text])).toEqual([
      [1, 'before'],
      [2, 'hello'],
      [3, 'late'],
      [4, 'after'],
    ]);
    expect(a.live.size.entries).toBe(entriesOf(a.doc).length);
  });

  it('[R1] [R11] decides again what a statement without an answer did not commit', async () => {
    const { test, tablo, a } = await start();
    const onA = new Replica(alice);
    await say(a, onA, onA.message('before', T));
    test.loseStatement();
    const message = onA.message('hello', T);
    expect(await say(a, onA, message)).toMatchObject({ type: 'committed', fresh: [message.id] });
    expect((await test.rows(tablo)).map(([seq, text]) => [seq, text])).toEqual([
      [1, 'before'],
      [2, 'hello'],
    ]);
    expect(entriesOf(a.doc)).toHaveLength(2);
  });
}
