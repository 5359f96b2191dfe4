import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RoomHandle } from '../chat.ts';
import { CachedTokens } from '../session/session.ts';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer, fakeToken } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, openDevice, statusOf, texts, unreadOf, until } from '../testing/harness.ts';

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

/** 64 KB, which 16 KiB/s carry in four seconds. */
const LONG = Array.from({ length: 8 }, (_, nth) => `${nth}${'x'.repeat(7_999)}`);

describe('denials', () => {
  it('[R11] a server that cannot load the tablo is asked again, and the reason is told', async () => {
    server.deny = 'unavailable';
    const { chat } = await openDevice(server, ALICE);
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get()).toEqual({ status: 'connecting', reason: 'unavailable' }));
    server.deny = null;
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online' }));
    await room.send('here again');
    await until(() => expect(statusOf(room, 'here again')).toBe('sent'));
  });

  it('[R11] says that the server cannot store messages while it says so, and forgets it with the socket', async () => {
    const { chat } = await openDevice(server, ALICE);
    chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online' }));
    server.tell(tablo, { type: 'storage', isAway: true });
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online', reason: 'unavailable' }));
    server.tell(tablo, { type: 'storage', isAway: false });
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online' }));
    server.tell(tablo, { type: 'storage', isAway: true });
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online', reason: 'unavailable' }));
    await server.stop();
    await until(() => expect(chat.connection.get().status).not.toBe('online'));
    await server.start();
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online' }));
  });

  it('[R10] counts a message once, however often it is announced', async () => {
    const { chat } = await openDevice(server, ALICE);
    chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online' }));
    const id = await server.post(tablo, BOB, 'one');
    const unread = () => chat.channels.get().channels.find((channel) => channel.id === tablo.id)?.unreadCount;
    await until(() => expect(unread()).toBe(1));
    server.tell(tablo, { type: 'committed', seq: 1, messages: [id], others: [] });
    const next = await server.post(tablo, BOB, 'two');
    await until(() => expect(unread()).toBe(2));
    server.tell(tablo, { type: 'committed', seq: 1, messages: [id, next], others: [] });
    await server.post(tablo, BOB, 'three');
    await until(() => expect(unread()).toBe(3));
  });

  it('[R6] an expired token is replaced without anybody noticing', async () => {
    let count = 0;
    const tokens = new CachedTokens(async () => {
      count += 1;
      return fakeToken(ALICE, 3600, String(count));
    });
    // Younger than this a token counts as fresh, so make the first one old.
    const first = await tokens.getToken();
    server.tokensRejected.add(first!);
    tokens.forget();
    let isFirst = true;
    const { chat } = await openDevice(server, ALICE, {
      tokens: {
        getToken: async (options) => {
          if (isFirst && options?.fresh !== true) return first;
          isFirst = false;
          return tokens.getToken(options);
        },
      },
    });
    await until(() => expect(chat.connection.get()).toEqual({ status: 'online' }));
    expect(count).toBe(2);
  });

  it('[R6] a session that has ended is shown as such, keeps what is written, and goes on after signing in', async () => {
    let isSignedIn = false;
    const { chat } = await openDevice(server, ALICE, {
      tokens: new CachedTokens(async () => (isSignedIn ? fakeToken(ALICE) : null)),
    });
    const room = chat.openRoom(tablo.id);
    server.addTablo('Other', { [ALICE]: 'owner' });
    await room.send('while signed out');
    isSignedIn = true;
    chat.reconnect();
    await until(() => expect(statusOf(room, 'while signed out')).toBe('sent'));
    expect(chat.connection.get()).toEqual({ status: 'online' });
  });

  it('[R6] the end of a live session ends in offline with its reason', async () => {
    let isSignedIn = true;
    const { chat } = await openDevice(server, ALICE, {
      tokens: { getToken: async () => (isSignedIn ? fakeToken(ALICE) : null) },
    });
    chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    isSignedIn = false;
    server.cut(tablo, 'token-expired');
    await until(() => expect(chat.connection.get()).toEqual({ status: 'offline', reason: 'unauthenticated' }));
  });

  it.each(['shutting-down', 'unavailable', 'Reset Connection', 'token-expired', 'something new'])(
    '[R11] a tablo closed with %s joins again',
    async (reason) => {
      const { chat } = await openDevice(server, ALICE);
      const room = chat.openRoom(tablo.id);
      await until(() => expect(chat.connection.get().status).toBe('online'));
      server.cut(tablo, reason);
      await until(() => expect(server.joins).toBe(2));
      await room.send('back');
      await until(() => expect(statusOf(room, 'back')).toBe('sent'));
      expect(room.view.get().closed).toBeNull();
    },
  );
});

it('[R11] the list is asked for when the page is back, though the clock has jumped over the next time', async () => {
  const { chat, environment } = await openDevice(server, ALICE);
  const room = chat.openRoom(tablo.id);
  const lists = () => server.requests.filter((request) => request.endsWith('/channels')).length;
  // At the start, and when the connection is there.
  await until(() => expect(lists()).toBe(2));
  await room.send('all is quiet');
  await until(() => expect(statusOf(room, 'all is quiet')).toBe('sent'));
  const before = lists();
  vi.setSystemTime(Date.now() + 3600_000);
  try {
    environment.fire('visible');
    await until(() => expect(lists()).toBeGreaterThan(before));
  } finally {
    vi.useRealTimers();
  }
});

describe('a document whose connection the server has lost sight of', () => {
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

describe('a link that is dead without being closed', () => {
  it('[R11] is noticed and replaced', async () => {
    const { chat } = await openDevice(server, ALICE, { timing: { idleProbeMs: 60, probeAnswerMs: 60 } });
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    server.freeze();
    await until(() => expect(chat.connection.get().status).not.toBe('online'));
    server.thaw();
    await until(() => expect(chat.connection.get().status).toBe('online'));
    await room.send('hello again');
    await until(() => expect(statusOf(room, 'hello again')).toBe('sent'));
  });

  it('[R11] is not suspected while the server waits for its database', async () => {
    // An answer that this busy process reads late is none that is missing.
    const { chat } = await openDevice(server, ALICE, { timing: { idleProbeMs: 30, probeAnswerMs: 5_000 } });
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    let release = () => {};
    server.hold = new Promise((resolve) => {
      release = resolve;
    });
    await room.send('slow');
    await until(() => expect(server.updates).toBe(1));
    const before = server.pings;
    await until(() => expect(server.pings - before).toBeGreaterThan(20));
    expect(chat.connection.get().status).toBe('online');
    release();
    await until(() => expect(statusOf(room, 'slow')).toBe('sent'));
    expect(server.openings).toHaveLength(1);
    expect(server.joins).toBe(1);
  });

  it.each([
    ['a large frame that was announced', () => server.tell(tablo, { type: 'coming', bytes: 48 * 1024 })],
    ['its own large update on the way', (room: RoomHandle) => Promise.all(LONG.map((text) => room.send(text)))],
  ])('[R11] is given the time that a slow link needs for %s', async (_what, begin) => {
    const { chat } = await openDevice(server, ALICE, { timing: { idleProbeMs: 200, probeAnswerMs: 200 } });
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    server.freeze();
    await begin(room);
    const start = performance.now();
    await until(() => expect(chat.connection.get().status).not.toBe('online'));
    expect(performance.now() - start).toBeGreaterThan(2_000);
    server.thaw();
  });

  it('[R11] is asked at once when the page is back, by whatever event', async () => {
    const { chat, environment } = await openDevice(server, ALICE, { timing: { idleProbeMs: 60_000 } });
    chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    await until(() => expect(server.pings).toBe(1));
    for (const event of ['visible', 'wake', 'online'] as const) {
      const before = server.pings;
      // Events of one second are one wake.
      await until(() => {
        environment.fire(event);
        expect(server.pings).toBe(before + 1);
      });
    }
  });

  it('[R11] is told by its socket when the wall clock jumps a day', async () => {
    const { chat } = await openDevice(server, ALICE, { timing: { idleProbeMs: 30, probeAnswerMs: 5_000 } });
    chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    const real = Date.now;
    try {
      for (const days of [1, -2]) {
        const jumped = Date.now;
        Date.now = () => jumped() + days * 24 * 3600_000;
        const before = server.pings;
        await until(() => expect(server.pings - before).toBeGreaterThan(5));
      }
    } finally {
      Date.now = real;
    }
    expect(chat.connection.get().status).toBe('online');
    expect(server.openings).toHaveLength(1);
  });
});

describe('reconnecting', () => {
  const SLOWER = { reconnectMinMs: 50, reconnectMaxMs: 10_000, offlineAfterMs: 60_000 };

  it.each([1009, 4205, 4422, 4529, 1011])(
    '[R11] backs off when the server cuts every socket with %i, and comes back when it does not any more',
    async (code) => {
      server.closeWith = code;
      const { chat, environment } = await openDevice(server, ALICE, { timing: SLOWER });
      const room = chat.openRoom(tablo.id);
      await until(() => expect(server.openings.length).toBe(6));
      const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = server.openings;
      expect(third - second).toBeGreaterThan(40);
      expect(fifth - fourth).toBeGreaterThan(100);
      // The shortest that chance allows: 42, 72, 123 and 209 ms, after a first one that may be at once.
      expect(sixth - first).toBeGreaterThan(440);
      server.closeWith = null;
      environment.goOnline();
      await until(() => expect(chat.connection.get().status).toBe('online'));
      await room.send('at last');
      await until(() => expect(statusOf(room, 'at last')).toBe('sent'));
    },
  );

  it('[R11] backs off also when every socket gets as far as joining', async () => {
    const { chat } = await openDevice(server, ALICE, { timing: SLOWER });
    chat.openRoom(tablo.id);
    const cut = chat.connection.subscribe(() => {
      if (chat.connection.get().status === 'online') server.closeSockets(1009, '');
    });
    await until(() => expect(server.openings.length).toBe(6));
    cut();
    const [, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = server.openings;
    expect(third - second).toBeGreaterThan(40);
    expect(fourth - third).toBeGreaterThan(70);
    expect(sixth - fifth).toBeGreaterThan(200);
  });

  it('[R11] of many clients after a restart is spread', async () => {
    const timing = { reconnectMinMs: 20, restartSpreadMs: 3_000 };
    const devices = await Promise.all(Array.from({ length: 12 }, () => openDevice(server, ALICE, { timing })));
    await until(() => expect(devices.every(({ chat }) => chat.connection.get().status === 'online')).toBe(true));
    const before = server.openings.length;
    server.closeSockets(1012, 'shutting-down');
    await until(() => expect(server.openings.length).toBe(before + 12));
    const back = server.openings.slice(before);
    expect(Math.max(...back) - Math.min(...back)).toBeGreaterThan(1_000);
    await until(() => expect(devices.every(({ chat }) => chat.connection.get().status === 'online')).toBe(true));
    expect(server.openings.length).toBe(before + 12);
  });

  it('[R11] goes on where no socket can even be made', async () => {
    let isForbidden = true;
    const guarded: unknown = function guarded(url: string) {
      if (isForbidden) throw new Error('A policy of the page forbids it.');
      return new WebSocket(url);
    };
    const { chat } = await openDevice(server, ALICE, { WebSocketImpl: guarded });
    chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('offline'));
    isForbidden = false;
    await until(() => expect(chat.connection.get().status).toBe('online'));
  });

  it('[R6] stops when the session has ended, and when the device says that there is no network', async () => {
    let isSignedIn = true;
    const { chat, environment } = await openDevice(server, ALICE, {
      tokens: { getToken: async () => (isSignedIn ? fakeToken(ALICE) : null) },
    });
    chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    environment.goOffline();
    const other = await openDevice(server, ALICE);
    await until(() => expect(other.chat.connection.get().status).toBe('online'));
    expect(server.openings).toHaveLength(2);
    isSignedIn = false;
    environment.goOnline();
    await until(() => expect(chat.connection.get()).toEqual({ status: 'offline', reason: 'unauthenticated' }));
    const before = server.openings.length;
    const third = await openDevice(server, ALICE);
    await until(() => expect(third.chat.connection.get().status).toBe('online'));
    expect(server.openings).toHaveLength(before + 1);
  });
});

describe('presence', () => {
  it('shows who is there and who types, until they stop or leave', async () => {
    const alice = await openDevice(server, ALICE);
    const bob = await openDevice(server, BOB, { timing: { typingIdleMs: 80 } });
    const [here, there] = [alice.chat.openRoom(tablo.id), bob.chat.openRoom(tablo.id)];
    await until(() => expect(here.presence.get().online.map(({ name }) => name)).toEqual(['Name a1', 'Name b2']));
    const isSeenTyping = () =>
      until(() => {
        // Again and again, as a page says it: so short an idle time may be over before this process reads the first.
        there.sendTyping(true);
        expect(here.presence.get().typing.map(({ id }) => id)).toEqual([BOB]);
      });
    await isSeenTyping();
    expect(there.presence.get().typing).toEqual([]);
    await until(() => expect(here.presence.get().typing).toEqual([]));
    await isSeenTyping();
    await there.send('done');
    await until(() => expect(here.presence.get().typing).toEqual([]));
    await bob.chat.close();
    await until(() => expect(here.presence.get().online.map(({ id }) => id)).toEqual([ALICE]));
  });

  it('who goes on writing goes on typing, however rarely the page says so', async () => {
    const alice = await openDevice(server, ALICE);
    const bob = await openDevice(server, BOB, { timing: { typingIdleMs: 300 } });
    const [here, there] = [alice.chat.openRoom(tablo.id), bob.chat.openRoom(tablo.id)];
    await until(() => expect(here.presence.get().online).toHaveLength(2));
    const seen: number[] = [];
    here.presence.subscribe(() => seen.push(here.presence.get().typing.length));
    there.sendTyping(true);
    await until(() => {
      there.setDraft(`${there.draft.get()}a`);
      expect(seen).toEqual([1]);
    });
    const start = Date.now();
    await until(() => {
      there.setDraft(`${there.draft.get()}a`);
      expect(Date.now() - start).toBeGreaterThan(700);
    });
    expect(seen).toEqual([1]);
    await until(() => expect(here.presence.get().typing).toEqual([]));
  });

  it('survives a view that is mounted twice', async () => {
    const alice = await openDevice(server, ALICE);
    const bob = await openDevice(server, BOB);
    bob.chat.openRoom(tablo.id).release();
    const there = bob.chat.openRoom(tablo.id);
    const here = alice.chat.openRoom(tablo.id);
    await until(() => expect(here.presence.get().online).toHaveLength(2));
    await here.send('seen');
    await until(() => expect(texts(there)).toEqual(['seen']));
    expect(server.joins).toBe(2);
  });
});
