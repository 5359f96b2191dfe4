import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { describe, expect, it, vi } from 'vitest';
import { Ledger } from './ledger.ts';
import { describeLedger, type StoreUnderTest } from './store/ledger-contract.ts';
import { type LedgerStore, SHARED, UnstorableError, type Writes } from './store/ledger-store.ts';
import type { LiveDocument } from './store/live-document.ts';
import { MemoryLedgerStore } from './store/memory-ledger.ts';
import { alice, bob, codeOf, entriesOf, load, Replica, submissionOf } from './testing/ledger-fixture.ts';

describeLedger('memory', async () => openStore());
describeLedger('memory, the short way', async () => openStore(true));

function openStore(isHasty = false): StoreUnderTest {
  const store = new MemoryLedgerStore({ isHasty });
  return {
    store,
    addTablo: async (members) => {
      const tablo = createEntryId() as string as TabloId;
      store.addTablo(tablo, members);
      return tablo;
    },
    setRole: async (tablo, user, role) => {
      if (role === null) store.roles.delete(`${tablo} ${user}`);
      else store.roles.set(`${tablo} ${user}`, role);
    },
    rows: async (tablo) =>
      [...store.entries.values()]
        .flatMap(({ tabloId, entry, seq, shownAt }) =>
          tabloId === tablo && entry.kind === 'message' && seq !== null
            ? [[seq, store.isDeleted(entry.id) ? '' : entry.text, shownAt] as const]
            : [],
        )
        .sort(([left], [right]) => left - right),
    log: async (tablo, epoch) =>
      store.updates.flatMap((one) => (one.tabloId === tablo && one.epoch === epoch ? [one.update] : [])),
    addLogRow: async (tabloId, epoch, update) => void store.addLogRow({ tabloId, epoch, update }),
    seed: async (tablo) => {
      const { seed, lastSeq = 0 } = store.tablos.get(tablo) ?? {};
      const { update: state, client: serverClient } = seed ?? { update: new Uint8Array([0, 0]), client: null };
      return { state, bytes: state.byteLength, logIds: [], serverClient, head: 0n, lastSeq };
    },
    erasures: async (tablo) => [
      ...new Map(store.erasures.flatMap((one) => (one.tabloId === tablo ? [[one.messageId, one.epoch]] : []))),
    ],
    loseAnswer: () => {
      store.losesAnswer = true;
    },
    loseStatement: () => {
      store.losesStatement = true;
    },
  };
}

const T = 1_700_000_000_000;
const tablo = '0197a000-0000-7000-8000-0000000000f1' as TabloId;

function start(store = new MemoryLedgerStore()) {
  store.addTablo(tablo, { [alice]: 'member', [bob]: 'member' });
  const onFailure = vi.fn();
  const onCommit = vi.fn();
  const onStorage = vi.fn();
  const ledger = new Ledger(store, { onCommit, onFailure, onStorage });
  return { store, ledger, onCommit, onFailure, onStorage, ...load(tablo) };
}

describe('the ledger', () => {
  it('[R11] acknowledges and shows nothing while the store fails, then all of it in order', async () => {
    const { store, ledger, live, doc, news, onFailure } = start();
    store.failure = new Error('the database is away');
    const replica = new Replica(alice);
    const outcomes: string[] = [];
    const sent = ['a', 'b', 'c'].map((text) =>
      ledger
        .submit(submissionOf(live, alice, replica.push(replica.message(text, T)), T))
        .then((outcome) => outcomes.push(`${text} ${outcome.type}`)),
    );
    await vi.waitFor(() => expect(onFailure.mock.calls.length).toBeGreaterThan(2), 10_000);
    expect([outcomes, entriesOf(doc), news]).toEqual([[], [], []]);
    expect(ledger.awaySince).not.toBeNull();
    store.failure = null;
    await Promise.all(sent);
    expect(outcomes).toEqual(['a committed', 'b committed', 'c committed']);
    expect(entriesOf(doc)).toHaveLength(3);
    expect(ledger.awaySince).toBeNull();
  });

  it('[R11] says once that the store is away, at the second failure in a row, and once that it is back', async () => {
    const { store, ledger, live, onStorage, onFailure } = start();
    store.failure = new Error('a connection broke');
    const replica = new Replica(alice);
    const waiting = ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T));
    const wasAway: boolean[] = [];
    onFailure.mockImplementation(() => wasAway.push(ledger.awaySince !== null));
    await vi.waitFor(() => expect(wasAway.length).toBeGreaterThan(2), 10_000);
    expect(wasAway.slice(0, 3)).toEqual([false, true, true]);
    expect(onStorage.mock.calls).toEqual([[true]]);
    store.failure = null;
    await waiting;
    expect(onStorage.mock.calls).toEqual([[true], [false]]);
  });

  it('[R11] says that the store is away while a commit gets no answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const answer = Promise.withResolvers<void>();
      const store = new (class extends MemoryLedgerStore {
        override async transact(...given: Parameters<MemoryLedgerStore['transact']>) {
          await answer.promise;
          return super.transact(...given);
        }
      })();
      const { ledger, live, onStorage } = start(store);
      const replica = new Replica(alice);
      const waiting = ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T));
      await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(2_900);
      expect(onStorage.mock.calls).toEqual([]);
      vi.advanceTimersByTime(200);
      expect(onStorage.mock.calls).toEqual([[true]]);
      answer.resolve();
      expect(await waiting).toMatchObject({ type: 'committed' });
      expect(onStorage.mock.calls).toEqual([[true], [false]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('[R11] notices by itself that the store is back when nobody writes, and that it is gone when told to look', async () => {
    const { store, ledger, onStorage } = start();
    store.failure = new Error('away');
    ledger.suspect();
    await vi.waitFor(() => expect(onStorage.mock.calls).toEqual([[true]]), 10_000);
    store.failure = null;
    await vi.waitFor(() => expect(onStorage.mock.calls).toEqual([[true], [false]]), 10_000);
  });

  it('[R11] commits what comes while it asks whether the store is back', async () => {
    const { store, ledger, live, onStorage } = start();
    store.failure = new Error('away');
    ledger.suspect();
    await vi.waitFor(() => expect(onStorage).toHaveBeenCalled(), 10_000);
    const replica = new Replica(alice);
    const waiting = ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T));
    store.failure = null;
    expect(await waiting).toMatchObject({ type: 'committed' });
  });

  it('[R11] refuses unavailable at once what would not fit into its memory, and takes more when there is room again', async () => {
    const { store, ledger, waiting, submit } = await fill();
    expect(await submit(bob, 'c')).toMatchObject({ type: 'refused', refusal: { code: 'unavailable' } });
    expect(ledger.queuedBytes).toBeLessThan(10_000);
    expect(ledger.queued).toBe(2);
    store.failure = null;
    expect((await Promise.all(waiting)).map(({ type }) => type)).toEqual(['committed', 'committed']);
    expect([ledger.queued, ledger.queuedBytes]).toEqual([0, 0]);
    expect(await submit(alice, 'c')).toMatchObject({ type: 'committed' });
  });

  it('[R11] gives one user a quarter of its memory, one tablo a half, and leaves the rest to the others', async () => {
    const { store, ledger, waiting, submit } = await fill(40_000);
    const more = [submit(alice, 'c'), submit(alice, 'd')];
    expect((await Promise.all(more)).map((one) => one.type === 'refused' && one.refusal.code)).toEqual([
      'unavailable',
      'unavailable',
    ]);
    const others = ['1', '2', '3', '4'].map((nth) =>
      submit(`00000000-0000-4000-8000-00000000001${nth}` as UserId, 'a'),
    );
    expect(await others[3]).toMatchObject({ type: 'refused', refusal: { code: 'unavailable' } });
    expect(ledger.queued).toBe(5);
    store.failure = null;
    const outcomes = await Promise.all([...waiting, ...others.slice(0, 3)]);
    // Who is no member is refused, but was heard.
    expect(outcomes.map(({ type }) => type)).toEqual(['committed', 'committed', 'refused', 'refused', 'refused']);
  });

  /** A failing store, and two messages of 4 KB that wait: of two members, for two tablos. */
  async function fill(maxQueuedBytes = 10_000) {
    const { store } = start();
    const ledger = new Ledger(store, { onCommit() {}, onFailure() {} }, { maxQueuedBytes });
    const documents = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => {
        const id = createEntryId() as string as TabloId;
        store.addTablo(id, { [alice]: 'member', [bob]: 'member' });
        return [name, load(id).live];
      }),
    );
    store.failure = new Error('away');
    const submit = (author: UserId, name: string) => {
      const replica = new Replica(author);
      const update = replica.push(replica.message('x'.repeat(3_000), T));
      return ledger.submit(submissionOf(documents[name] as LiveDocument, author, update, T));
    };
    return { store, ledger, submit, waiting: [submit(alice, 'a'), submit(maxQueuedBytes > 10_000 ? alice : bob, 'b')] };
  }

  it('[R8] says when all that a user has sent so far is answered', async () => {
    const { store, ledger, live } = start();
    store.failure = new Error('away');
    const replica = new Replica(alice);
    const order: string[] = [];
    void ledger
      .submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T))
      .then(({ type }) => order.push(type));
    const settled = ledger.settled(tablo, alice).then((isTrue) => order.push(isTrue ? 'settled' : 'given up'));
    expect(await ledger.settled(tablo, bob)).toBe(true);
    expect(order).toEqual([]);
    await vi.waitFor(() => expect(ledger.awaySince).not.toBeNull(), 10_000);
    expect([await ledger.settled(tablo, alice), await ledger.settled(tablo, bob)]).toEqual([false, true]);
    store.failure = null;
    await settled;
    expect(order).toEqual(['committed', 'settled']);
  });

  it('[R1] [R11] keeps what may be durable, though nobody waits for it, until the store says what became of it', async () => {
    const { store, ledger, live, doc, onFailure } = start();
    const replica = new Replica(alice);
    const submission = submissionOf(live, alice, replica.push(replica.message('x', T)), T);
    store.losesAnswer = true;
    const waiting = ledger.submit({ ...submission, isAwaited: () => false } as typeof submission);
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalled(), 10_000);
    expect(await waiting).toMatchObject({ type: 'committed' });
    expect(entriesOf(doc)).toHaveLength(1);
  });

  it('groups what arrives while a commit is under way into one', async () => {
    const { ledger, live, onCommit } = start();
    const replicas = Array.from({ length: 40 }, () => new Replica(alice));
    await Promise.all(
      replicas.map((replica) => ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T))),
    );
    expect(onCommit.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('[R8] refuses the one entry that cannot be stored, not its neighbours', async () => {
    class Picky extends MemoryLedgerStore {
      override transact(...[scope, decide]: Parameters<MemoryLedgerStore['transact']>) {
        return super.transact(scope, (facts): Writes => {
          const writes = decide(facts);
          if (writes.entries.some(({ entry }) => entry.kind === 'message' && entry.text === 'poison'))
            throw new UnstorableError('22021');
          return writes;
        });
      }
    }
    const { ledger, live, doc, store } = start(new Picky());
    const outcomes = await Promise.all(
      ['a', 'poison', 'b', 'c'].map((text) => {
        const replica = new Replica(alice);
        return ledger.submit(submissionOf(live, alice, replica.push(replica.message(text, T)), T));
      }),
    );
    expect(outcomes.map(({ type }) => type)).toEqual(['committed', 'refused', 'committed', 'committed']);
    expect(entriesOf(doc)).toHaveLength(3);
    expect([...store.entries.values()].map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('[R8] drops what nobody waits for any more while the store fails, and commits the rest', async () => {
    const { store, ledger, live, onFailure } = start();
    store.failure = new Error('away');
    const [gone, here] = [new Replica(alice), new Replica(bob)];
    let isAwaited = true;
    const cancelled = submissionOf(live, alice, gone.push(gone.message('never mind', T)), T);
    const outcomes = Promise.all([
      ledger.submit({ ...cancelled, isAwaited: () => isAwaited } as typeof cancelled),
      ledger.submit(submissionOf(live, bob, here.push(here.message('still here', T)), T)),
    ]);
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalled(), 10_000);
    isAwaited = false;
    store.failure = null;
    expect((await outcomes).map(({ type }) => type)).toEqual(['refused', 'committed']);
    expect([...store.entries.values()].map(({ entry }) => entry.author)).toEqual([bob]);
  });

  it('[R1] keeps a document busy until all that was submitted for it is answered, and says when', async () => {
    const { store, ledger } = start();
    const loaded = load(tablo);
    const { live } = loaded;
    store.failure = new Error('away');
    let isAwaited = true;
    const submit = (author: typeof alice) => {
      const replica = new Replica(author);
      const submission = submissionOf(live, author, replica.push(replica.message('x', T)), T);
      return ledger.submit({ ...submission, isAwaited: () => author === bob || isAwaited } as typeof submission);
    };
    const [dropped, committed] = [submit(alice), submit(bob)];
    isAwaited = false;
    expect((await dropped).type).toBe('refused');
    expect([live.isBusy, loaded.idle]).toEqual([true, 0]);
    store.failure = null;
    expect((await committed).type).toBe('committed');
    expect([live.isBusy, loaded.idle]).toEqual([false, 1]);
  });

  it('[R8] drops also what came while the batch before it was tried, and whose sender has gone since', async () => {
    const { store, ledger, live, onFailure } = start();
    store.failure = new Error('away');
    const [first, gone] = [new Replica(bob), new Replica(alice)];
    const waiting = ledger.submit(submissionOf(live, bob, first.push(first.message('waits', T)), T));
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalled(), 10_000);
    let isAwaited = true;
    const cancelled = submissionOf(live, alice, gone.push(gone.message('never mind', T)), T);
    const later = ledger.submit({ ...cancelled, isAwaited: () => isAwaited } as typeof cancelled);
    isAwaited = false;
    store.failure = null;
    expect((await waiting).type).toBe('committed');
    expect((await later).type).toBe('refused');
    expect([...store.entries.values()].map(({ entry }) => entry.author)).toEqual([bob]);
  });

  it('[R8] what stands in the way of one tablo stops no other, and nobody is told that the store is away', async () => {
    const { store, ledger, live, doc, onStorage } = start();
    const other = createEntryId() as string as TabloId;
    store.addTablo(other, { [alice]: 'member', [bob]: 'member' });
    const stuck = load(other);
    store.blocked.add(other);
    const transact = vi.spyOn(store as LedgerStore, 'transact');
    const send = (author: typeof alice, document: typeof live, text: string) => {
      const replica = new Replica(author);
      return ledger.submit(submissionOf(document, author, replica.push(replica.message(text, T)), T));
    };
    const waiting = [send(alice, stuck.live, 'one'), send(bob, stuck.live, 'two')];
    expect((await send(alice, live, 'goes on')).type).toBe('committed');
    waiting.push(send(alice, stuck.live, 'three'));
    expect((await send(bob, live, 'still')).type).toBe('committed');
    expect([entriesOf(doc).length, entriesOf(stuck.doc), ledger.queued]).toEqual([2, [], 3]);
    expect(await ledger.settled(other, alice)).toBe(false);
    store.blocked.clear();
    expect((await Promise.all(waiting)).map(({ type }) => type)).toEqual(['committed', 'committed', 'committed']);
    const rows = [...store.entries.values()].filter(({ tabloId }) => tabloId === other);
    expect(rows.map(({ seq, entry }) => [seq, 'text' in entry && entry.text])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
    expect(onStorage).not.toHaveBeenCalled();
    const patience = transact.mock.calls.flatMap(([{ tablos }, , how]) => (tablos.has(other) ? [how] : []));
    expect(patience[0]).toEqual(SHARED);
    expect(patience.slice(1).every(({ waitsForLocks }) => waitsForLocks)).toBe(true);
    expect((await send(alice, stuck.live, 'as usual')).type).toBe('committed');
  });

  it('[R11] refuses with shutting-down what waits for a tablo that cannot be written to', async () => {
    const { store, ledger, live, onFailure } = start();
    store.blocked.add(tablo);
    const replica = new Replica(alice);
    const waiting = ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T));
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalled(), 10_000);
    expect(await ledger.settled(tablo, alice)).toBe(false);
    await ledger.close(10);
    expect(await waiting).toMatchObject({ refusal: { code: 'shutting-down' } });
  });

  it('[R11] answers a post unavailable when its caller has waited long enough', async () => {
    const { store, ledger, live, doc, onFailure } = start();
    store.failure = new Error('away');
    let isAwaited = true;
    const entry = new Replica(alice).message('by a bot', T);
    const post = { type: 'entry', document: live, userId: alice, receivedAt: T, entry } as const;
    const waiting = ledger.submit({ ...post, isAwaited: () => isAwaited });
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalled(), 10_000);
    isAwaited = false;
    expect(await waiting).toMatchObject({ type: 'refused', refusal: { code: 'unavailable' } });
    store.failure = null;
    await vi.waitFor(() => expect(ledger.awaySince).toBeNull(), 10_000);
    expect(entriesOf(doc)).toEqual([]);
  });

  it('[R11] refuses with shutting-down what is still waiting at the deadline, and everything after', async () => {
    const { store, ledger, live } = start();
    store.failure = new Error('away');
    const replica = new Replica(alice);
    const waiting = ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T));
    await ledger.close(100);
    expect(await waiting).toMatchObject({ type: 'refused', refusal: { code: 'shutting-down' } });
    expect(await ledger.submit({ type: 'move', document: live })).toMatchObject({ refusal: { code: 'shutting-down' } });
  });

  it('[R11] takes nothing more once it closes, and gives up a commit that gets no answer', async () => {
    const store = new (class extends MemoryLedgerStore {
      override transact(): Promise<never> {
        return new Promise(() => {});
      }
    })();
    const { ledger, live } = start(store);
    const replica = new Replica(alice);
    const stuck = ledger.submit(submissionOf(live, alice, replica.push(replica.message('x', T)), T));
    const closed = ledger.close(100);
    const late = new Replica(alice);
    expect(await ledger.submit(submissionOf(live, alice, late.push(late.message('y', T)), T))).toMatchObject({
      refusal: { code: 'shutting-down' },
    });
    await closed;
    expect(await stuck).toMatchObject({ refusal: { code: 'shutting-down' } });
  });

  it('[R3] binds a clientID to its first author within one batch, too', async () => {
    const { ledger, live } = start();
    const [a, b] = [new Replica(alice), new Replica(bob)];
    a.doc.clientID = 5;
    b.doc.clientID = 5;
    b.pull(a.doc);
    const outcomes = await Promise.all([
      ledger.submit(submissionOf(live, alice, a.push(a.message('mine', T)), T)),
      ledger.submit(submissionOf(live, bob, shiftClock(b), T)),
    ]);
    expect(outcomes.map(codeOf)).toEqual(['committed', 'not-your-entry']);
  });
});

/** Bob writes under clientID 5 at the clock after Alice's first entry. */
function shiftClock(b: Replica): Uint8Array {
  b.push(b.message('hidden', T));
  return b.push(b.message('forged', T));
}
