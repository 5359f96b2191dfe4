import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamWatch } from './stream-watch.ts';
import { FakeServer, type FakeTablo } from './testing/fake-server.ts';
import { ALICE, BOB, closeDevices, openDevice, statusOf, texts, unreadOf, until } from './testing/harness.ts';

const PATIENCE_MS = 1_000;

describe('what is missed', () => {
  let isReceiving: boolean;
  let missed: number;
  let watch: StreamWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    isReceiving = false;
    missed = 0;
    watch = new StreamWatch({
      patienceMs: PATIENCE_MS,
      isReceiving: () => isReceiving,
      onMissed: () => {
        missed += 1;
      },
    });
    watch.joined(5);
  });
  afterEach(() => vi.useRealTimers());

  const countMissed = (): number => {
    vi.advanceTimersByTime(PATIENCE_MS);
    return missed;
  };
  const listed = (seq: number) => watch.listed(seq, performance.now());

  it('is what the list tells of and `committed` does not', () => {
    listed(5);
    watch.heard(6, 2);
    listed(7);
    expect(countMissed()).toBe(0);
    listed(8);
    expect(countMissed()).toBe(1);
  });

  it('is what is jumped over', () => {
    listed(5);
    watch.heard(6, 1);
    watch.heard(8, 1);
    expect(countMissed()).toBe(1);
  });

  it('is nothing that comes a little later, again, or before the list has said where this join began', () => {
    watch.heard(6, 1);
    listed(5);
    watch.heard(7, 2);
    watch.heard(7, 2);
    listed(9);
    vi.advanceTimersByTime(PATIENCE_MS / 2);
    watch.heard(9, 1);
    expect(countMissed()).toBe(0);
  });

  it('is nothing that an answer to an older question says, and nothing once the link is lost', () => {
    const before = performance.now() - 1;
    watch.listed(3, before);
    listed(5);
    expect(countMissed()).toBe(0);
    listed(6);
    watch.left();
    expect(countMissed()).toBe(0);
  });

  it('may be behind a large frame: that is waited for', () => {
    listed(5);
    listed(6);
    isReceiving = true;
    expect(countMissed()).toBe(0);
    isReceiving = false;
    expect(countMissed()).toBe(1);
  });
});

describe('a document whose connection the server has lost sight of', () => {
  let server: FakeServer;
  let tablo: FakeTablo;

  beforeEach(async () => {
    server = new FakeServer();
    await server.start();
    tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
  });
  afterEach(async () => {
    await closeDevices();
    await server.stop();
  });

  it('[R5] is joined anew: what was missed comes, and what was written meanwhile is kept', async () => {
    const alice = await openDevice(server, ALICE, { timing: { listRefreshMs: 30, missedMs: 100 } });
    const room = alice.chat.openRoom(tablo.id);
    await until(() => expect(alice.chat.connection.get().status).toBe('online'));
    await server.post(tablo, BOB, 'seen');
    await until(() => expect(texts(room)).toEqual(['seen']));
    // Two questions after the join, answered: from there on nothing is missed unnoticed.
    const lists = () => server.requests.filter((request) => request.includes('unread')).length;
    const before = lists();
    await until(() => expect(lists()).toBeGreaterThan(before + 2));
    server.loseSight(tablo);
    await server.post(tablo, BOB, 'missed');
    await until(() => expect(texts(room)).toEqual(['seen', 'missed']));
    await until(() => expect(unreadOf(alice, tablo)).toBe(2));
    await room.send('back again');
    await until(() => expect(statusOf(room, 'back again')).toBe('sent'));
    expect(server.documentLength(tablo)).toBe(3);
  });
});
