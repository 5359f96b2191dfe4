import { createEntryId, type TabloId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ledger } from '../ledger.ts';
import { EPOCH_LIMITS } from '../store/epoch-limits.ts';
import { MemoryLedgerStore } from '../store/memory-ledger.ts';
import { alice, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';

const T = 1_700_000_000_000;
const QUIET_MS = 30_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

async function start(entries: number) {
  const store = new MemoryLedgerStore();
  const tablo = createEntryId() as string as TabloId;
  store.addTablo(tablo, { [alice]: 'member' });
  const limits = { ...EPOCH_LIMITS, entries: 10 };
  const ledger = new Ledger(store, { onCommit: () => {}, onFailure: () => {} }, { epochLimits: limits });
  const loaded = load(tablo);
  const replica = new Replica(alice);
  const say = () => ledger.submit(submissionOf(loaded.live, alice, replica.push(replica.message('x', T)), T));
  for (let nth = 0; nth < entries; nth += 1) await say();
  /** The same document after the process has begun anew, under lower or equal limits. */
  const openAgain = (lower = limits) => {
    const next = new Ledger(store, { onCommit: () => {}, onFailure: () => {} }, { epochLimits: lower });
    const again = load(tablo, 1, loaded.doc);
    next.noteOpened(again.live);
    return again;
  };
  return { ...loaded, ledger, say, openAgain };
}

const settle = async () => {
  for (let nth = 0; nth < 10; nth += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a document that is half full', () => {
  it('[R9] moves when nobody has written for half a minute, and not while somebody writes', async () => {
    const { live, say } = await start(5);
    vi.advanceTimersByTime(QUIET_MS - 1);
    await say();
    vi.advanceTimersByTime(QUIET_MS - 1);
    await settle();
    expect(live.hasMoved).toBe(false);
    vi.advanceTimersByTime(1);
    await settle();
    expect(live.hasMoved).toBe(true);
  });

  it('[R9] is not quiet while somebody writes into it through another server', async () => {
    const { live, ledger } = await start(5);
    vi.advanceTimersByTime(QUIET_MS - 1);
    ledger.noteWritten(live);
    vi.advanceTimersByTime(QUIET_MS - 1);
    await settle();
    expect(live.hasMoved).toBe(false);
  });

  it('[R9] stays when it is less than half full', async () => {
    const { live } = await start(4);
    vi.advanceTimersByTime(10 * QUIET_MS);
    await settle();
    expect(live.hasMoved).toBe(false);
  });

  it('[R9] moves within minutes after it was opened, if its quiet time passed while nobody was here, and not all at once', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, async () => (await start(5)).openAgain().live));
    const movedBy = async (ms: number): Promise<number> => {
      vi.advanceTimersByTime(ms);
      await settle();
      return all.filter(({ hasMoved }) => hasMoved).length;
    };
    expect(await movedBy(QUIET_MS - 1)).toBe(0);
    expect(await movedBy(QUIET_MS)).toBeLessThan(40);
    expect(await movedBy(9 * QUIET_MS)).toBe(40);
  });
});

describe('a document that is fuller than one may be now', () => {
  it('[R9] moves when it is opened', async () => {
    const { openAgain } = await start(4);
    const { live } = openAgain({ ...EPOCH_LIMITS, entries: 3 });
    await settle();
    expect(live.hasMoved).toBe(true);
  });
});
