/** What every ledger store must do when a tablo moves to a fresh document: part of the ledger's contract. */
import { createDeletion, createEdit, createMessage, createReaction } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import { MAX_UPDATE_ENTRIES, SEED_MAX_BYTES } from '@tablo/schema/limits';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { decodeUpdate } from '../../admission/decode-update.ts';
import { Ledger } from '../ledger.ts';
import { alice, bob, carol, codeOf, entriesOf, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';
import { EPOCH_LIMITS } from './epoch-limits.ts';
import type { StoreUnderTest } from './ledger-contract.ts';

const silent = { onCommit: () => {}, onFailure: () => {} };
const T = 1_700_000_000_000;

type Start = () => Promise<{ readonly test: StoreUnderTest; readonly tablo: TabloId; readonly ledger: Ledger }>;

export function describeEpochs(start: Start): void {
  it('[R9] moves to a fresh document when the live one is full, and refuses what comes to the old one', async () => {
    const { test, tablo } = await start();
    const ledger = new Ledger(test.store, silent, { epochLimits: { ...EPOCH_LIMITS, entries: 5 } });
    const full = load(tablo);
    const replica = new Replica(alice);
    for (let nth = 0; nth < 5; nth += 1)
      await ledger.submit(submissionOf(full.live, alice, replica.push(replica.message(`m${nth}`, T)), T));
    const late = await ledger.submit(submissionOf(full.live, alice, replica.push(replica.message('late', T)), T));
    expect(late).toMatchObject({ type: 'refused', refusal: { code: 'epoch-moved' } });
    expect(full.hasMoved).toBe(true);
    expect(await test.log(tablo, 1)).toEqual([]);
    const fresh = load(tablo, 2);
    const next = new Replica(alice);
    expect(await ledger.submit(submissionOf(fresh.live, alice, next.push(next.message('m5', T)), T))).toMatchObject({
      type: 'committed',
    });
    expect((await test.rows(tablo)).map(([seq]) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('[R9] begins an epoch with the newest messages as they were written, in their order, under a clientID of the server alone', async () => {
    const { ledger, test, tablo } = await start();
    const { live } = load(tablo);
    const replica = new Replica(alice);
    const by = (sentAt: number, author = alice) => ({ author, sentAt });
    const [first, gone, late] = [
      replica.message('first', T),
      replica.message('gone', T + 1),
      replica.message('late', T - 900_000),
    ];
    const answer = createMessage(by(T + 2), 'answer', first.id);
    const edits = [createEdit(by(T + 4), first.id, 'second text'), createEdit(by(T + 3), first.id, 'older text')];
    const reactions = [
      createReaction(by(T + 5), first.id, '👍', true),
      createReaction(by(T + 6), first.id, '🎉', true),
      createReaction(by(T + 7), first.id, '🎉', false),
    ];
    const deletion = createDeletion(by(T + 8), gone.id);
    await ledger.submit(submissionOf(live, alice, replica.push(first, gone, late, answer, ...edits), T));
    await ledger.submit(submissionOf(live, alice, replica.push(...reactions, deletion), T));
    await ledger.move(live);
    const seed = await test.seed(tablo);
    const next = open(seed);
    expect(entriesOf(next)).toEqual([
      expect.objectContaining({ kind: 'arrival', author: 'server', of: [late.id], at: T }),
      late,
      first,
      edits[0],
      reactions[0],
      answer,
    ]);
    expect([...next.store.clients.keys()]).toEqual([seed.serverClient]);

    const second = load(tablo, 2, next, seed);
    const forger = new Replica(bob);
    forger.pull(next);
    forger.doc.clientID = seed.serverClient ?? 0;
    const forged = forger.push(forger.message('in the server’s name', T));
    expect(await ledger.submit(submissionOf(second.live, bob, forged, T))).toMatchObject({
      refusal: { code: 'not-your-entry' },
    });
    const honest = new Replica(bob);
    honest.pull(next);
    expect(
      await ledger.submit(submissionOf(second.live, bob, honest.push(honest.message('next', T + 9)), T)),
    ).toMatchObject({ type: 'committed' });
    expect((await test.rows(tablo)).map(([seq]) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('[R9] begins empty where there is nothing to take along, and whoever writes then is heard', async () => {
    const { ledger, test, tablo } = await start();
    const { live } = load(tablo);
    const replica = new Replica(alice);
    const message = replica.message('gone', T);
    await ledger.submit(
      submissionOf(live, alice, replica.push(message, createDeletion({ author: alice, sentAt: T }, message.id)), T),
    );
    await ledger.move(live);
    const seed = await test.seed(tablo);
    const second = load(tablo, 2, open(seed), seed);
    expect(second.doc.store.clients.size).toBe(0);
    const next = new Replica(bob);
    next.pull(second.doc);
    const outcome = ledger.submit(submissionOf(second.live, bob, next.push(next.message('hello', T)), T));
    expect(await outcome).toMatchObject({ type: 'committed' });
  });

  it('[R9] takes as many of the newest messages along as 100 KB hold, the newest one always', async () => {
    const { ledger, test, tablo } = await start();
    const { live } = load(tablo);
    const replica = new Replica(alice);
    const long = Array.from({ length: 8 }, (_, nth) => replica.message('𝄞'.repeat(7_000), T + nth));
    for (const message of long) await ledger.submit(submissionOf(live, alice, replica.push(message), T + 10));
    await ledger.move(live);
    const seed = await test.seed(tablo);
    expect(entriesOf(open(seed))).toEqual(long.slice(-3));
    expect(seed.state.byteLength).toBeLessThan(SEED_MAX_BYTES);
  });

  it('[R9] moves when a document is full of bytes, in the transaction that fills it: one update alone goes beyond the bound', async () => {
    const { test, tablo } = await start();
    const ledger = new Ledger(test.store, silent, { epochLimits: { ...EPOCH_LIMITS, bytes: 20_000 } });
    const { live } = load(tablo);
    const sent = Array.from({ length: 6 }, (_, nth) => {
      const replica = new Replica(alice);
      return ledger.submit(submissionOf(live, alice, replica.push(replica.message('x'.repeat(7_000), T + nth)), T));
    });
    const outcomes = (await Promise.all(sent)).map(codeOf);
    expect(outcomes).toEqual(['committed', 'committed', 'committed', 'epoch-moved', 'epoch-moved', 'epoch-moved']);
    expect(live.hasMoved).toBe(true);
    expect(entriesOf(open(await test.seed(tablo)))).toHaveLength(3);
  });

  it('[R9] moves when too many clientIDs have written', async () => {
    const { test, tablo } = await start();
    const ledger = new Ledger(test.store, silent, { epochLimits: { ...EPOCH_LIMITS, clients: 3 } });
    const { live } = load(tablo);
    for (let nth = 0; nth < 3; nth += 1) {
      const replica = new Replica(alice);
      await ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T + nth)), T));
    }
    expect(live.hasMoved).toBe(true);
  });

  it('[R4] acknowledges what a client of the document before brings along, and writes for it what is new and its own', async () => {
    const { ledger, test, tablo } = await start();
    const first = load(tablo);
    const [a, b] = [new Replica(alice), new Replica(bob)];
    const [hello, gone] = [a.message('hello', T), a.message('gone', T + 1)];
    await ledger.submit(submissionOf(first.live, alice, a.push(hello, gone), T));
    await ledger.submit(
      submissionOf(first.live, alice, a.push(createDeletion({ author: alice, sentAt: T }, gone.id)), T),
    );
    await ledger.move(first.live);
    const seed = await test.seed(tablo);
    const second = load(tablo, 2, open(seed), seed);
    b.pull(first.doc);
    const carry = (update: Uint8Array, user = bob) =>
      ledger.submit({
        ...submissionOf(second.live, user, update, T),
        continuity: 'carried-over',
      } as ReturnType<typeof submissionOf>);
    const everything = () => Y.encodeStateAsUpdate(b.doc);
    expect(await carry(everything())).toEqual({ type: 'known' });
    const mine = b.message('mine', T + 5);
    b.push(mine);
    expect(await carry(everything())).toMatchObject({ type: 'committed', fresh: [mine.id] });
    // It goes on under its old clientID, for ever.
    const next = b.message('and more', T + 6);
    expect(await carry(b.push(next))).toMatchObject({ type: 'committed', fresh: [next.id] });
    expect(await carry(everything())).toEqual({ type: 'known' });
    expect(entriesOf(second.doc)).toEqual([hello, mine, next]);
    expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['hello', '', 'mine', 'and more']);
    // Neither a guest, nor a forger, gets anything in by it.
    await test.setRole(tablo, carol, 'guest');
    expect(await carry(everything(), carol)).toEqual({ type: 'known' });
    const forger = new Replica(bob);
    forger.pull(b.doc);
    forger.push(new Replica(alice).message('forged', T));
    expect(await carry(Y.encodeStateAsUpdate(forger.doc))).toMatchObject({ type: 'refused' });
  });

  it('[R3] [R8] a client that has written since the move comes back with what it wrote meanwhile, whichever clientIDs there are', async () => {
    let wasUnderItsOwn = 0;
    // Where an entry of hers stands in her document, and so whether it connects here, depends on the clientIDs that were drawn.
    for (let round = 0; round < 12; round += 1) {
      const { ledger, test, tablo } = await start();
      const first = load(tablo);
      const a = new Replica(alice);
      await ledger.submit(submissionOf(first.live, alice, a.push(a.message('old', T)), T));
      const b = new Replica(bob);
      b.pull(first.doc);
      await ledger.move(first.live);
      const seed = await test.seed(tablo);
      const second = load(tablo, 2, open(seed), seed);
      const carry = (update: Uint8Array) =>
        ledger.submit({
          ...submissionOf(second.live, bob, update, T),
          continuity: 'carried-over',
        } as ReturnType<typeof submissionOf>);
      b.pull(second.doc);
      const texts = ['one', 'two', 'three'].map((text, nth) => b.message(text, T + 10 + nth));
      expect(await carry(b.push(texts[0]))).toMatchObject({ type: 'committed' });
      if (second.live.frontier.nextClock(b.doc.clientID) > 0) wasUnderItsOwn += 1;
      // Written without a link; what it lacks of the server's is asked for and sent as a stock client does it.
      b.push(texts[1]);
      const lacking = Y.encodeStateAsUpdate(b.doc, Y.encodeStateVector(second.doc));
      expect(await carry(lacking)).toMatchObject({ type: 'committed', fresh: [texts[1]?.id] });
      expect(await carry(b.push(texts[2]))).toMatchObject({ type: 'committed', fresh: [texts[2]?.id] });
      expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['old', 'one', 'two', 'three']);
    }
    expect(wasUnderItsOwn).toBeGreaterThan(0);
    expect(wasUnderItsOwn).toBeLessThan(12);
  });

  it('[R3] [R8] a clientID that somebody else took after a move costs its first owner nothing that it writes', async () => {
    const { ledger, test, tablo } = await start();
    const first = load(tablo);
    const b = new Replica(bob);
    await ledger.submit(submissionOf(first.live, bob, b.push(b.message('old', T)), T));
    await ledger.move(first.live);
    const seed = await test.seed(tablo);
    const second = load(tablo, 2, open(seed), seed);
    await test.setRole(tablo, carol, 'member');
    const mallory = new Replica(carol);
    mallory.doc.clientID = b.doc.clientID;
    await ledger.submit(submissionOf(second.live, carol, mallory.push(mallory.message('mine now', T + 1)), T));
    const pending = b.message('still mine', T + 2);
    b.push(pending);
    const everything = {
      ...submissionOf(second.live, bob, Y.encodeStateAsUpdate(b.doc), T),
      continuity: 'carried-over',
    } as ReturnType<typeof submissionOf>;
    expect(await ledger.submit(everything)).toMatchObject({ type: 'committed', fresh: [pending.id] });
    expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['old', 'mine now', 'still mine']);
  });

  it('[R9] a client that brings along more clientIDs than one person has is answered by its entries', async () => {
    const { test, tablo } = await start();
    const ledger = new Ledger(test.store, silent, { epochLimits: { ...EPOCH_LIMITS, clients: 10_000 } });
    const first = load(tablo);
    for (let round = 0; round < 3; round += 1) {
      const pages = Array.from({ length: 400 }, (_, nth) => {
        const page = new Replica(alice);
        return page.push(page.message(`${nth}`, T + nth));
      });
      await ledger.submit(submissionOf(first.live, alice, Y.mergeUpdates(pages), T));
    }
    const b = new Replica(bob);
    b.pull(first.doc);
    await ledger.move(first.live);
    const seed = await test.seed(tablo);
    const second = load(tablo, 2, open(seed), seed);
    const decoded = decodeUpdate(Y.encodeStateAsUpdate(b.doc), MAX_UPDATE_ENTRIES);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const outcome = await ledger.submit({
      ...{ type: 'update', document: second.live, userId: bob, receivedAt: T, continuity: 'carried-over' },
      ...{ update: Y.encodeStateAsUpdate(b.doc), decoded: decoded.value },
    } as ReturnType<typeof submissionOf>);
    expect(outcome).toEqual({ type: 'known' });
    expect(second.live.hasMoved).toBe(false);
  });

  it('[R9] a client that comes back with nothing but its own old entries does not fill the next document with them', async () => {
    const { test, tablo } = await start();
    const ledger = new Ledger(test.store, silent, { epochLimits: { ...EPOCH_LIMITS, bytes: 20_000 } });
    const first = load(tablo);
    const replica = new Replica(alice);
    for (const text of [7_000, 7_000, 7_000, 3].map((length) => 'x'.repeat(length))) {
      const update = replica.push(replica.message(text, T));
      await ledger.submit(submissionOf(first.live, alice, update, T));
    }
    expect(first.live.hasMoved).toBe(true);
    const seed = await test.seed(tablo);
    const second = load(tablo, 2, open(seed), seed);
    const before = second.live.size;
    const carry = () =>
      ledger.submit({
        ...submissionOf(second.live, alice, Y.encodeStateAsUpdate(replica.doc), T),
        continuity: 'carried-over',
      } as ReturnType<typeof submissionOf>);
    // The one that the first document did not take any more is new.
    expect(await carry()).toMatchObject({ type: 'committed', fresh: [expect.anything()] });
    expect(await carry()).toEqual({ type: 'known' });
    expect(second.live.hasMoved).toBe(false);
    expect(second.live.size.entries).toBe(before.entries + 1);
    expect(await test.rows(tablo)).toHaveLength(4);
  });

  it('[R2] notes every text of a deleted message that is in the document: its own, its edits, and those that come later', async () => {
    const { ledger, test, tablo } = await start();
    const { live } = load(tablo);
    const replica = new Replica(alice);
    const message = replica.message('secret', T);
    const deletion = createDeletion({ author: alice, sentAt: T + 1 }, message.id);
    await ledger.submit(submissionOf(live, alice, replica.push(message, deletion), T));
    expect(await test.erasures(tablo)).toEqual([[message.id, 1]]);
    await ledger.move(live);
    const seed = await test.seed(tablo);
    const second = load(tablo, 2, open(seed), seed);
    const again = new Replica(alice);
    await ledger.submit(submissionOf(second.live, alice, again.push(message), T));
    expect(await test.erasures(tablo)).toEqual([[message.id, 2]]);
    await ledger.move(second.live);
    const third = load(tablo, 3, open(await test.seed(tablo)), await test.seed(tablo));
    const edit = createEdit({ author: alice, sentAt: T + 2 }, message.id, 'secret, edited');
    await ledger.submit(submissionOf(third.live, alice, new Replica(alice).push(edit), T));
    expect(await test.erasures(tablo)).toEqual([[message.id, 3]]);
    expect((await test.rows(tablo)).map(([, text]) => text)).toEqual(['']);
  });
}

/** The document that an epoch begins with. */
function open({ state }: { readonly state: Uint8Array }): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, state);
  return doc;
}
