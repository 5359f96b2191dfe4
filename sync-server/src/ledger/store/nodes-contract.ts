/** Several servers on one store, each with a document of its own: what every ledger store must do. Run with the ledger's contract. */
import { createReaction, type MemberEntry } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { Ledger } from '../ledger.ts';
import { alice, bob, codeOf, entriesOf, type Loaded, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';
import type { StoreUnderTest } from './ledger-contract.ts';
import type { LedgerStore } from './ledger-store.ts';
import { EMPTY_STATE } from './live-document.ts';

const T = 1_700_000_000_000;
const LATE = 600_000;
const members: Readonly<Record<UserId, Role>> = { [alice]: 'owner', [bob]: 'member' };

interface Node extends Loaded {
  readonly ledger: Ledger;
  /** Rows of others that it took in. */
  foreign: number;
  mayShow: boolean;
}

function openNode(store: LedgerStore, tablo: TabloId, loaded: Loaded = load(tablo)): Node {
  const node: Node = Object.assign(loaded, {
    foreign: 0,
    mayShow: true,
    ledger: new Ledger(
      store,
      { onCommit() {}, onFailure() {} },
      {
        foreign: {
          mayShow: () => node.mayShow,
          onRows: (rows) => {
            node.foreign += rows;
          },
        },
      },
    ),
  });
  return node;
}

/** `committed` as connections heard it: messages by `seq`. */
const heard = ({ news }: Loaded) => news.flatMap(({ seq, messages }) => messages.map((id, nth) => [seq + nth, id]));

export function describeNodes(openStore: () => Promise<StoreUnderTest>): void {
  const start = async () => {
    const test = await openStore();
    const tablo = await test.addTablo(members);
    const [a, b] = [openNode(test.store, tablo), openNode(test.store, tablo)];
    const say = (node: Node, replica: Replica, entry: MemberEntry, at = T) =>
      node.ledger.submit(submissionOf(node.live, replica.author, replica.push(entry), at));
    return { test, tablo, a, b, say };
  };

  it('[N1] a commit decides after all that another server has committed, and shows it with its seq first', async () => {
    const { a, b, say } = await start();
    const [onA, onB] = [new Replica(alice), new Replica(bob)];
    const first = onA.message('first', T);
    const late = onA.message('late', T - LATE);
    await say(a, onA, first);
    await say(a, onA, late);
    const answer = onB.message('answer', T);
    expect(codeOf(await say(b, onB, answer))).toBe('committed');
    expect(heard(b)).toEqual([
      [1, first.id],
      [2, late.id],
      [3, answer.id],
    ]);
    // The entry that came late has its arrival with it [R5].
    expect(entriesOf(b.doc)).toContainEqual(expect.objectContaining({ kind: 'arrival', of: [late.id] }));
    const last = onA.message('last', T);
    await say(a, onA, last);
    expect(heard(a).at(-2)).toEqual([3, answer.id]);
    expect(a.foreign).toBe(1);
    await say(b, onB, onB.message('equal', T));
    expect(entriesOf(b.doc)).toEqual(expect.arrayContaining([...entriesOf(a.doc)]));
  });

  it('[N1] [R3] an honest client goes on at another server with all that it has seen, others’ entries included', async () => {
    const { a, b, say } = await start();
    const [onA, other] = [new Replica(alice), new Replica(bob)];
    await say(a, other, other.message('theirs', T));
    onA.pull(a.doc);
    await say(a, onA, onA.message('mine', T));
    // All that it holds, as an answer to the second server's question.
    onA.doc.getArray('messages').push([onA.message('next', T)]);
    const all = submissionOf(b.live, alice, Y.encodeStateAsUpdate(onA.doc), T);
    expect(codeOf(await b.ledger.submit(all))).toBe('committed');
    expect(entriesOf(b.doc)).toHaveLength(3);
    // The clientID is its writer's here as well.
    expect([onA, other].map(({ doc }) => b.live.frontier.ownerOf(doc.clientID))).toEqual([alice, bob]);
    const forged = new Replica(bob);
    forged.doc.clientID = onA.doc.clientID;
    expect(codeOf(await say(b, forged, forged.message('forged', T)))).not.toBe('committed');
  });

  it('[R4] what another server has committed is known, and is not committed again', async () => {
    const { test, tablo, a, b } = await start();
    const replica = new Replica(alice);
    const update = replica.push(replica.message('once', T));
    expect(codeOf(await a.ledger.submit(submissionOf(a.live, alice, update, T)))).toBe('committed');
    expect(codeOf(await b.ledger.submit(submissionOf(b.live, alice, update, T)))).toBe('known');
    expect(await test.rows(tablo)).toHaveLength(1);
    expect(entriesOf(b.doc)).toHaveLength(1);
  });

  it('[N1] both write at once, many times: one order, one document', async () => {
    const { test, tablo, a, b, say } = await start();
    const writers = [a, b, a, b].map((node, nth) => ({ node, replica: new Replica(nth < 2 ? alice : bob) }));
    const outcomes = await Promise.all(
      Array.from({ length: 120 }, (_, nth) => {
        const { node, replica } = writers[nth % 4] as (typeof writers)[number];
        return say(node, replica, replica.message(`m${nth}`, nth % 7 === 0 ? T - LATE : T));
      }),
    );
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['committed']));
    const [first, second] = writers as [(typeof writers)[number], (typeof writers)[number]];
    for (const { node, replica } of [first, second]) await say(node, replica, replica.message('end', T));
    await say(a, first.replica, first.replica.message('very end', T));
    const rows = await test.rows(tablo);
    expect(rows.map(([seq]) => seq)).toEqual(Array.from({ length: 123 }, (_, nth) => nth + 1));
    // What stands in b is what stands in a, but for the last one; and connections heard every seq once, in order.
    expect(heard(a).map(([seq]) => seq)).toEqual(rows.map(([seq]) => seq));
    expect(heard(b).map(([seq]) => seq)).toEqual(rows.slice(0, -1).map(([seq]) => seq));
    for (const node of [a, b]) expect(node.live.size.entries).toBe(entriesOf(node.doc).length);
  });

  it('[N1] reactions of another server are told as what is durable', async () => {
    const { a, b, say } = await start();
    const [onA, onB] = [new Replica(alice), new Replica(bob)];
    const message = onA.message('hello', T);
    await say(a, onA, message);
    await say(b, onB, onB.message('seen', T));
    const reaction = createReaction({ author: alice, sentAt: T }, message.id, '👍', true);
    await say(a, onA, reaction);
    await say(b, onB, onB.message('again', T));
    expect(b.news.flatMap(({ others }) => others)).toEqual([reaction.id]);
  });

  it('[N1] while a decision is under way, what is read meanwhile does not come in', async () => {
    const { a, b, say } = await start();
    const [onA, onB] = [new Replica(alice), new Replica(bob)];
    await say(a, onA, onA.message('first', T));
    b.live.beginDecision();
    const missed = {
      snapshot: null,
      rows: [{ id: 10n ** 9n, update: onB.push(onB.message('later', T)) }],
      messages: [],
    };
    expect(b.live.advance(missed)).toBeNull();
    expect([entriesOf(b.doc), b.live.head]).toEqual([[], 0n]);
    const again = Promise.withResolvers<void>();
    b.live.afterDecision(again.resolve);
    b.live.endDecision();
    await again.promise;
    expect(b.live.advance(missed)).toBe(1);
    expect(b.live.advance(missed)).toBe(0);
  });

  it('[R9] a tablo that another server has moved is moved here, whoever writes; and moving twice moves once', async () => {
    const { test, tablo, a, b, say } = await start();
    const [onA, onB] = [new Replica(alice), new Replica(bob)];
    await say(a, onA, onA.message('first', T));
    await Promise.all([a.ledger.move(a.live), b.ledger.move(b.live)]);
    expect([a.live.hasMoved, b.live.hasMoved]).toEqual([true, true]);
    const { state, ...seed } = await test.seed(tablo);
    const [c, d] = [a, b].map(() => {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, state);
      return openNode(test.store, tablo, load(tablo, 2, doc, { ...seed, bytes: state.byteLength }));
    }) as [Node, Node];
    const fresh = new Replica(alice);
    expect(codeOf(await say(c, fresh, fresh.message('in the next', T)))).toBe('committed');
    await c.ledger.move(c.live);
    expect(codeOf(await say(d, onB, onB.message('too late', T)))).toBe('epoch-moved');
    expect(d.live.hasMoved).toBe(true);
  });

  it('[N1] [R8] what does not come into one document stops neither the batch that it is in nor its other tablos; loaded anew, it goes on', async () => {
    const { test, tablo, a, b, say } = await start();
    const other = await test.addTablo(members);
    const well = load(other);
    await say(a, new Replica(alice), new Replica(alice).message('fine', T));
    await test.addLogRow(tablo, 1, Uint8Array.of(1, 2, 3));
    const [onB, elsewhere] = [new Replica(bob), new Replica(bob)];
    const update = onB.push(onB.message('mine', T));
    const outcomes = await Promise.all([
      b.ledger.submit(submissionOf(b.live, bob, update, T)),
      b.ledger.submit(submissionOf(well.live, bob, elsewhere.push(elsewhere.message('theirs', T)), T)),
    ]);
    expect(outcomes.map(codeOf)).toEqual(['unavailable', 'committed']);
    expect([b.live.isBroken, b.broken, well.live.isBroken]).toEqual([true, expect.any(Error), false]);
    expect([b.ledger.awaySince, b.ledger.apart, b.ledger.queued, b.idle]).toEqual([null, 0, 0, 1]);
    // Nothing more is decided about it.
    expect(codeOf(await b.ledger.submit(submissionOf(b.live, bob, update, T)))).toBe('unavailable');
    await b.ledger.move(b.live);
    const anew = load(tablo, 1, new Y.Doc(), { ...EMPTY_STATE, head: 10n ** 9n, lastSeq: 1 });
    expect(codeOf(await b.ledger.submit(submissionOf(anew.live, bob, update, T)))).toBe('committed');
    expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['fine', 'mine']);
  });

  it('[R1] a document that does not take what was committed is given up, and its neighbours are answered', async () => {
    const { test, tablo, a } = await start();
    const other = await test.addTablo(members);
    const [odd, well] = [load(tablo), load(other)];
    odd.doc.on('beforeTransaction', () => {
      throw new Error('it does not come in');
    });
    const send = ({ live }: Loaded, replica: Replica) =>
      a.ledger.submit(submissionOf(live, alice, replica.push(replica.message('hello', T)), T));
    const outcomes = await Promise.all([odd, well].map((one) => send(one, new Replica(alice))));
    expect(outcomes.map(codeOf)).toEqual(['unavailable', 'committed']);
    expect([odd.live.isBroken, well.live.isBroken, well.live.isDeciding]).toEqual([true, false, false]);
    // It is durable all the same, and known when it comes again.
    expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['hello']);
    expect(codeOf(await send(well, new Replica(alice)))).toBe('committed');
  });

  it('[R6] while changes are not heard, nothing of other servers is shown, and nothing is decided after it', async () => {
    const { a, b, say } = await start();
    const [onA, onB] = [new Replica(alice), new Replica(bob)];
    await say(a, onA, onA.message('not for b yet', T));
    b.mayShow = false;
    let isAnswered = false;
    const answered = say(b, onB, onB.message('waits', T)).then((outcome) => {
      isAnswered = true;
      return outcome;
    });
    await expect.poll(() => b.ledger.awaySince).not.toBeNull();
    expect([isAnswered, entriesOf(b.doc)]).toEqual([false, []]);
    b.mayShow = true;
    expect(codeOf(await answered)).toBe('committed');
    expect(entriesOf(b.doc)).toHaveLength(2);
  });
}
