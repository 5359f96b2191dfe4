/** What goes into the transaction that all tablos share, and what does not. */
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../ledger.ts';
import { EPOCH_LIMITS } from '../store/epoch-limits.ts';
import type { Patience, Scope } from '../store/ledger-store.ts';
import { MemoryLedgerStore } from '../store/memory-ledger.ts';
import { alice, bob, codeOf, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';

const T = 1_700_000_000_000;
const silent = { onCommit: () => {}, onFailure: () => {} };

interface Run {
  readonly isShared: boolean;
  readonly tablos: ReadonlySet<TabloId>;
  readonly ids: ReadonlySet<EntryId>;
  moves: number;
}

/** Notes what each transaction was about; those of single tablos wait until the test lets them go. */
class WatchedStore extends MemoryLedgerStore {
  readonly runs: Run[] = [];
  gate: Promise<void> = Promise.resolve();
  /** Transactions that were under way together, at the most. */
  atOnce = 0;
  #running = 0;
  /** Called when a transaction has decided and written, before its answer. */
  written = (): void => {};

  override async transact(
    scope: Scope,
    decide: Parameters<MemoryLedgerStore['transact']>[1],
    patience?: Patience,
  ): ReturnType<MemoryLedgerStore['transact']> {
    const run: Run = {
      isShared: patience?.waitsForLocks === false,
      tablos: scope.tablos,
      ids: scope.entries as ReadonlySet<EntryId>,
      moves: 0,
    };
    this.runs.push(run);
    this.#running += 1;
    this.atOnce = Math.max(this.atOnce, this.#running);
    if (!run.isShared) await this.gate;
    const committed = await super.transact(scope, (facts) => {
      const writes = decide(facts);
      run.moves = writes.moves.length;
      return writes;
    });
    this.written();
    this.#running -= 1;
    return committed;
  }
}

function start(limits = EPOCH_LIMITS) {
  const store = new WatchedStore();
  const ledger = new Ledger(store, silent, { epochLimits: limits });
  const open = (user: UserId = alice) => {
    const tablo = createEntryId() as string as TabloId;
    store.addTablo(tablo, { [user]: 'member' });
    return { tablo, replica: new Replica(user), ...load(tablo) };
  };
  return { store, ledger, open };
}

describe('the shared transaction', () => {
  it('[R9] [R11] moves no tablo to its next document, however many are filled at once, by whatever way and in however many parts', async () => {
    const { store, ledger, open } = start({ ...EPOCH_LIMITS, bytes: 20_000, clients: 30 });
    const byParts = Array.from({ length: 8 }, () => open());
    const byRest = Array.from({ length: 8 }, () => open());
    const byClients = Array.from({ length: 8 }, () => open());
    for (const { live, replica } of [...byParts, ...byRest])
      for (let nth = 0; nth < 2; nth += 1)
        await ledger.submit(submissionOf(live, alice, replica.push(replica.message('x'.repeat(7_500), T)), T));
    const outcomes = [
      ...byParts.flatMap(({ live, replica }) =>
        Array.from({ length: 3 }, (_, nth) =>
          ledger.submit(submissionOf(live, alice, replica.push(replica.message('y'.repeat(2_000), T + nth)), T)),
        ),
      ),
      ...byRest.map(({ live, replica }) =>
        ledger.submit({
          ...{ type: 'entry', document: live, userId: alice, receivedAt: T },
          entry: replica.message('z'.repeat(6_000), T),
        }),
      ),
      ...byClients.flatMap(({ live }) =>
        Array.from({ length: 30 }, (_, nth) => {
          const page = new Replica(alice);
          return ledger.submit(submissionOf(live, alice, page.push(page.message(`${nth}`, T)), T));
        }),
      ),
    ];
    await Promise.all(outcomes);
    const moved = [...byParts, ...byRest, ...byClients].filter((one) => one.live.hasMoved);
    expect(moved).toHaveLength(24);
    expect(store.runs.filter(({ isShared, moves }) => isShared && moves > 0)).toEqual([]);
    expect(store.runs.filter(({ isShared }) => isShared).length).toBeGreaterThan(0);
  });

  it('[R4] [R11] is over before a tablo goes apart that is in it, also under the document that it had before', async () => {
    const { store, ledger, open } = start();
    const { tablo, live, replica } = open();
    const next = load(tablo, 2);
    const late = ledger.submit(submissionOf(live, alice, replica.push(replica.message('late', T)), T));
    const many = Array.from({ length: 300 }, (_, nth) => replica.message(`${nth}`, T + nth));
    const large = ledger.submit(submissionOf(next.live, alice, new Replica(alice).push(...many), T));
    await Promise.all([late, large]);
    expect(store.runs.map(({ isShared }) => isShared)).toEqual([true, false]);
    expect(store.atOnce).toBe(1);
  });

  it('[R3] a clientID that is claimed while its first entry is being committed for somebody else stays with the entry', async () => {
    const { store, ledger, open } = start();
    const { live, replica } = open();
    const entries = Array.from({ length: 300 }, (_, nth) => replica.message(`${nth}`, T + nth));
    const { promise, resolve } = Promise.withResolvers<void>();
    let claimed: boolean | null = null;
    store.written = () => {
      claimed = live.frontier.claim(replica.doc.clientID, bob);
      resolve();
    };
    const sent = ledger.submit(submissionOf(live, alice, replica.push(...entries), T));
    await promise;
    expect(claimed).toBe(false);
    expect(await sent).toMatchObject({ type: 'committed' });
    expect(live.frontier.ownerOf(replica.doc.clientID)).toBe(alice);
  });

  it('[R4] [R11] is never about an id that another transaction is writing: whoever sends one id to several tablos waits with those alone', async () => {
    const { store, ledger, open } = start();
    const [large, small, honest] = [open(), open(), open()];
    const { promise, resolve } = Promise.withResolvers<void>();
    store.gate = promise;
    const entries = Array.from({ length: 300 }, (_, nth) => large.replica.message(`${nth}`, T + nth));
    const first = ledger.submit(submissionOf(large.live, alice, large.replica.push(...entries), T));
    const again = entries[7];
    const second = ledger.submit(submissionOf(small.live, alice, small.replica.push(again), T));
    const said = honest.replica.message('hello', T);
    const third = ledger.submit(submissionOf(honest.live, alice, honest.replica.push(said), T));
    expect(await third).toMatchObject({ type: 'committed', fresh: [said.id] });
    resolve();
    expect(await first).toMatchObject({ type: 'committed' });
    expect(codeOf(await second)).toBe('duplicate-id');
    const withId = store.runs.filter(({ ids }) => again !== undefined && ids.has(again.id as EntryId));
    expect(withId.map(({ isShared }) => isShared)).toEqual([false, false]);
    expect(withId[0]?.tablos).toEqual(new Set([large.tablo]));
    expect(withId[1]?.tablos).toEqual(new Set([small.tablo]));
  });
});
