import { randomUUID } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseChange } from '../../access/members/changes.ts';
import type { Member } from '../../access/members/membership.ts';
import { silentLog } from '../../base/log.ts';
import { addConnection } from '../test-connections.ts';
import { Connections } from './connections.ts';
import { Revocation } from './revocation.ts';

const uuid = <T>(): T => randomUUID() as T;
const member: Member = { role: 'member', epoch: 1 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open({ isListening = true } = {}) {
  const connections = new Connections();
  const removed = new Set<UserId>();
  const newcomers = new Set<UserId>();
  const moved = new Set<TabloId>();
  const unreadable = new Set<UserId>();
  const state = { lookUps: 0, isAway: false, mostAtOnce: 0, held: Promise.resolve() };
  let atOnce = 0;
  const find = async (tablo: TabloId, user: UserId): Promise<Member | null> => {
    state.lookUps += 1;
    atOnce += 1;
    state.mostAtOnce = Math.max(state.mostAtOnce, atOnce);
    const wasRemoved = removed.has(user);
    await state.held;
    atOnce -= 1;
    if (state.isAway || unreadable.has(user)) throw new Error('the database is away');
    if (wasRemoved) return null;
    const now = { ...member, epoch: moved.has(tablo) ? 2 : 1 };
    return newcomers.has(user) ? { ...now, isNewcomer: true } : now;
  };
  const onCome = vi.fn();
  const onHeard = vi.fn();
  const news = { tell: vi.fn(), close: () => {} };
  const revocation = new Revocation({
    membership: { find, settle: () => Promise.resolve() },
    connections,
    isListening,
    drafts: news,
    positions: news,
    log: silentLog,
    onCome,
    onHeard,
  });
  revocation.open();
  return { connections, removed, moved, newcomers, unreadable, onCome, onHeard, state, news, revocation };
}

const soon = () => vi.advanceTimersByTimeAsync(0);

describe('Revocation', () => {
  it('[R6] Revocation cuts a removed member at once, in the middle of a flood of notifications within a second', async () => {
    const { connections, removed, revocation } = open();
    const [tablo, alice] = [uuid<TabloId>(), uuid<UserId>()];
    const one = addConnection(connections, { tablo, user: alice });
    revocation.handle({ type: 'access', tablo, user: alice });
    await soon();
    expect(one.closed).toEqual([]);
    removed.add(alice);
    for (let nth = 0; nth < 50_000; nth += 1) revocation.handle({ type: 'access', tablo, user: alice });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(one.closed).toEqual(['forbidden']);
  });

  it('[R6] knows who may be here only by a look that began after changes were heard again, not by one that was under way when they were lost', async () => {
    const { connections, removed, state, onHeard, revocation } = open();
    const who = { tablo: uuid<TabloId>(), user: uuid<UserId>() };
    const one = addConnection(connections, who);
    revocation.handle({ type: 'lost' });
    expect(revocation.isInformed).toBe(false);
    const held = Promise.withResolvers<void>();
    state.held = held.promise;
    // It reads that the member is there; then the connection is lost, the member removed, and the connection back.
    revocation.handle({ type: 'resync' });
    await soon();
    revocation.handle({ type: 'lost' });
    removed.add(who.user);
    revocation.handle({ type: 'resync' });
    held.resolve();
    await soon();
    expect([revocation.isInformed, onHeard.mock.calls.length, one.closed]).toEqual([false, 0, []]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([revocation.isInformed, onHeard.mock.calls.length, one.closed]).toEqual([true, 1, ['forbidden']]);
  });

  it('[R6] does not know who may be here where it began without hearing changes', async () => {
    const { connections, removed, state, onHeard, revocation } = open({ isListening: false });
    const who = { tablo: uuid<TabloId>(), user: uuid<UserId>() };
    const one = addConnection(connections, who);
    removed.add(who.user);
    const held = Promise.withResolvers<void>();
    state.held = held.promise;
    revocation.handle({ type: 'resync' });
    await soon();
    expect(revocation.isInformed).toBe(false);
    held.resolve();
    await soon();
    expect([revocation.isInformed, onHeard.mock.calls.length, one.closed]).toEqual([true, 1, ['forbidden']]);
  });

  it('[R2] ends connections of a document that is not the tablo’s any more, after the ledger had time to end them itself', async () => {
    const { connections, moved, revocation } = open();
    const [tablo, other, alice] = [uuid<TabloId>(), uuid<TabloId>(), uuid<UserId>()];
    const [one, own, elsewhere] = [
      addConnection(connections, { tablo, user: alice }),
      addConnection(connections, { tablo, user: alice }),
      addConnection(connections, { tablo: other, user: alice }),
    ];
    moved.add(tablo);
    revocation.handle({ type: 'tablo', tablo });
    await soon();
    expect([one.closed, own.closed]).toEqual([[], []]);
    own.leave();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([one.closed, own.closed, elsewhere.closed]).toEqual([['epoch-moved'], [], []]);
  });

  it('[R11] a flood of forged notifications of who is online costs a look at each a second, and of others nothing', async () => {
    const { connections, state, revocation } = open();
    const online = Array.from({ length: 50 }, () => ({ tablo: uuid<TabloId>(), user: uuid<UserId>() }));
    const live = online.map((who) => addConnection(connections, who));
    for (let second = 0; second < 10; second += 1) {
      for (let nth = 0; nth < 5_000; nth += 1) {
        revocation.handle({ type: 'access', ...online[nth % online.length]! });
        revocation.handle({ type: 'access', tablo: uuid(), user: uuid() });
        revocation.handle({ type: 'all' });
      }
      await vi.advanceTimersByTimeAsync(1_000);
    }
    // Four looks a second at each for `access`, one for `all`.
    expect(state.lookUps).toBeLessThanOrEqual(11 * 50 * 5);
    // Each of the three kinds of news is told once a second at the most.
    for (const { heard, closed } of live)
      expect({ isFew: heard.length <= 11, closed }).toEqual({ isFew: true, closed: [] });
  });

  it('[R6] [R11] more tablos notified than can be looked up one by one are looked up together, once a second', async () => {
    const { connections, removed, state, revocation } = open();
    const online = Array.from({ length: 3_000 }, () => ({ tablo: uuid<TabloId>(), user: uuid<UserId>() }));
    const live = online.map((who) => addConnection(connections, who));
    removed.add(online.at(-1)!.user);
    for (const who of online) revocation.handle({ type: 'access', ...who });
    await soon();
    expect(live.at(-1)?.closed).toEqual(['forbidden']);
    // A thousand of them alone, and all of them together.
    expect(state.lookUps).toBeLessThanOrEqual(1_000 + 3_000);
  });

  it('[R6] a join under way looks again after any flood that its own news may have been lost in', async () => {
    const { connections, removed, revocation } = open();
    const who = { tablo: uuid<TabloId>(), user: uuid<UserId>() };
    const admittedAt = Date.now();
    removed.add(who.user);
    revocation.handle({ type: 'access', ...who });
    for (let nth = 0; nth < 30_000; nth += 1) revocation.handle({ type: 'access', tablo: uuid(), user: uuid() });
    const one = addConnection(connections, who);
    await revocation.recheckIfChangedSince(one.live, admittedAt);
    expect(one.closed).toEqual(['forbidden']);
  });

  it('[R9] `changed` is told at once, and then once a second, of a tablo and to a user, whatever is renamed or added', async () => {
    const { connections, revocation } = open();
    const [alice, socket] = [uuid<UserId>(), {}];
    const tablos = Array.from({ length: 20 }, () => uuid<TabloId>());
    const live = tablos.map((tablo) => addConnection(connections, { tablo, user: alice, socket }));
    revocation.handle({ type: 'tablo', tablo: tablos[0]! });
    await soon();
    expect(live[0]?.heard).toEqual([{ type: 'changed' }]);
    for (let nth = 0; nth < 50; nth += 1) {
      for (const tablo of tablos) revocation.handle({ type: 'tablo', tablo });
      await vi.advanceTimersByTimeAsync(100);
    }
    for (const { heard } of live) {
      expect(heard.length).toBeGreaterThan(1);
      expect(heard.length).toBeLessThanOrEqual(7);
    }
    const before = live.map(({ heard }) => heard.length);
    await vi.advanceTimersByTimeAsync(3_000);
    // The last change of all is told as well, once.
    for (const [nth, { heard }] of live.entries()) expect(heard.length - before[nth]!).toBeLessThanOrEqual(2);
    const atEnd = live.map(({ heard }) => heard.length);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(live.map(({ heard }) => heard.length)).toEqual(atEnd);
  });

  it('[R9] a user who is added somewhere hears it once on each device, however many tablos are open there', async () => {
    const { connections, revocation } = open();
    const alice = uuid<UserId>();
    const devices = [{}, {}].map((socket) =>
      Array.from({ length: 30 }, () => addConnection(connections, { tablo: uuid(), user: alice, socket })),
    );
    revocation.handle({ type: 'access', tablo: uuid(), user: alice });
    await soon();
    expect(devices.map((live) => live.flatMap(({ heard }) => heard))).toEqual([
      [{ type: 'changed' }],
      [{ type: 'changed' }],
    ]);
  });

  it('[R6] a removal that no trigger told is noticed within a minute, and a database that is away cuts nobody by it', async () => {
    const { connections, removed, state, revocation } = open();
    const [tablo, alice, bob] = [uuid<TabloId>(), uuid<UserId>(), uuid<UserId>()];
    const [one, other] = [alice, bob].map((user) => addConnection(connections, { tablo, user }));
    removed.add(alice);
    state.isAway = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([one?.closed, other?.closed]).toEqual([[], []]);
    state.isAway = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([one?.closed, other?.closed]).toEqual([['forbidden'], []]);
    revocation.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('[R6] Revocation tells once that a newcomer has come, when the membership says so', async () => {
    const { connections, newcomers, onCome, revocation } = open();
    const who = { tablo: uuid<TabloId>(), user: uuid<UserId>() };
    newcomers.add(who.user);
    const { live } = addConnection(connections, { ...who, isNewcomer: true });
    revocation.handle({ type: 'access', ...who });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(onCome).not.toHaveBeenCalled();
    newcomers.delete(who.user);
    for (let nth = 0; nth < 3; nth += 1) {
      revocation.handle({ type: 'access', ...who });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(onCome.mock.calls).toEqual([[live]]);
    expect(live.context.isNewcomer).toBe(false);
  });

  it('[R6] Revocation looks at 50,000 connections in portions that the database takes, and cuts nobody for their number', async () => {
    const { connections, state, revocation } = open();
    const tablo = uuid<TabloId>();
    const live = Array.from({ length: 50_000 }, (_, nth) =>
      addConnection(connections, { tablo, user: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}` as UserId }),
    );
    revocation.handle({ type: 'resync' });
    await vi.advanceTimersByTimeAsync(100);
    expect(state.lookUps).toBe(50_000);
    expect(state.mostAtOnce).toBeLessThanOrEqual(4_000);
    expect(live.every(({ closed }) => closed.length === 0)).toBe(true);
  });

  it('[R11] a database that is back for a moment and gone again costs nobody their document; removals meanwhile are learned when it is back', async () => {
    const { connections, removed, state, revocation } = open();
    const [tablo, alice, bob] = [uuid<TabloId>(), uuid<UserId>(), uuid<UserId>()];
    const [one, other] = [
      addConnection(connections, { tablo, user: alice }),
      addConnection(connections, { tablo, user: bob }),
    ];
    state.isAway = true;
    revocation.handle({ type: 'lost' });
    revocation.handle({ type: 'resync' });
    revocation.handle({ type: 'lost' });
    await vi.advanceTimersByTimeAsync(30_000);
    expect([one.closed, other.closed]).toEqual([[], []]);
    removed.add(bob);
    state.isAway = false;
    revocation.handle({ type: 'resync' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect([one.closed, other.closed]).toEqual([[], ['forbidden']]);
  });

  it('[R6] where changes are heard and memberships cannot be read, nobody is trusted for longer than seconds', async () => {
    const { connections, state, revocation } = open();
    const one = addConnection(connections, { tablo: uuid<TabloId>(), user: uuid<UserId>() });
    state.isAway = true;
    revocation.handle({ type: 'resync' });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(one.closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(one.closed).toEqual(['unavailable']);
  });

  it('[R6] [R11] a user who could not be read is asked for again alone, until everybody is to be asked for anew', async () => {
    const { connections, removed, state, unreadable, revocation } = open();
    const tablo = uuid<TabloId>();
    const users = Array.from({ length: 100 }, () => uuid<UserId>());
    const live = users.map((user) => addConnection(connections, { tablo, user }));
    unreadable.add(users[0]!);
    revocation.handle({ type: 'resync' });
    await vi.advanceTimersByTimeAsync(500);
    expect(state.lookUps).toBe(100);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.lookUps).toBe(101);
    removed.add(users[1]!);
    revocation.handle({ type: 'all' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.lookUps).toBe(201);
    expect(live.map(({ closed }) => closed).slice(0, 3)).toEqual([['unavailable'], ['forbidden'], []]);
    // And it is over with that.
    revocation.handle({ type: 'all' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.lookUps).toBe(201 + 98);
  });

  it('[R10] a forged read position reaches nobody: only whose it is and where is passed on', () => {
    const { news, revocation } = open();
    const [tablo, user] = [uuid<TabloId>(), uuid<UserId>()];
    const forged = parseChange(JSON.stringify({ type: 'read', tablo, user, seq: 3 }));
    revocation.handle(forged!);
    expect(news.tell.mock.calls).toEqual([[tablo, user]]);
  });
});
