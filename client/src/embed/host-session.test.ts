import type { UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Writable } from '../chat/base/readable.ts';
import type { Chat, ConnectionState } from '../chat/chat.ts';
import type { TokenSource } from '../chat/session/session.ts';
import type { User } from '../chat/session/token-user.ts';
import { HostSession } from './host-session.ts';
import type { GetToken } from './host-tokens.ts';

const ADA = '00000000-0000-4000-8000-00000000000a' as UserId;
const BOB = '00000000-0000-4000-8000-00000000000b' as UserId;
const LIFE_S = 600;

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const tokenOf = (sub: string, life = LIFE_S) =>
  `${encode({ alg: 'none' })}.${encode({ sub, name: sub === ADA ? 'Ada' : 'Bob', iat: now(), exp: now() + life })}.`;

function setUp(
  first: GetToken,
  { isUp = true, answersAfterMs = 0, opensAfterMs = 0, last = null as User | null } = {},
) {
  const log: string[] = [];
  const problems: unknown[] = [];
  const server = { isUp, answersAfterMs };
  const memory = { user: last };
  const wakers: (() => void)[] = [];
  const chats: { readonly wipe: () => void; readonly tokens: TokenSource }[] = [];
  const session = new HostSession(first, {
    openChat: async (user, tokens, wipe) => {
      log.push(`open ${user.name}`);
      chats.push({ wipe, tokens });
      if (opensAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, opensAfterMs));
      const chat: Partial<Chat> = {
        user,
        connection: new Writable<ConnectionState>({ status: server.isUp ? 'online' : 'offline' }),
        close: async () => {
          log.push(`closing ${user.name}`);
          await Promise.resolve();
          log.push(`closed ${user.name}`);
        },
        reconnect: () => void log.push(`reconnect ${user.name}`),
      };
      return chat as Chat;
    },
    isServerThere: async () => {
      if (server.answersAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, server.answersAfterMs));
      return server.isUp;
    },
    lastUser: {
      read: () => memory.user,
      write: (user) => {
        memory.user = user;
      },
    },
    report: (error) => problems.push(error),
    onWake: (listener) => {
      wakers.push(listener);
      return () => wakers.splice(0);
    },
  });
  const here = () => {
    const { status, chat } = session.state.get();
    return chat === null ? status : chat.user.id;
  };
  return { session, log, problems, server, memory, chats, here, wake: () => wakers.forEach((one) => void one()) };
}

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe('the user of a host application', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is the sub of the first token, and the host is asked once', async () => {
    const getToken = vi.fn(async () => tokenOf(ADA));
    const { session, here, log } = setUp(getToken);
    expect(here()).toBe('starting');
    session.mount();
    await settle();
    expect([here(), log, getToken.mock.calls.length]).toEqual([ADA, ['open Ada'], 1]);
  });

  it('is nobody while the host says null, with nothing opened, and comes when they sign in there', async () => {
    let user: string | null = null;
    const { session, here, log } = setUp(async () => user);
    session.mount();
    await settle();
    expect([here(), log]).toEqual(['signed-out', []]);
    user = tokenOf(ADA);
    await settle(15_000);
    expect(here()).toBe(ADA);
  });

  it('is nobody as well where a host without types says undefined or nothing', async () => {
    for (const nothing of [undefined, '']) {
      const { session, here, problems } = setUp(async () => nothing as string | null);
      session.mount();
      await settle();
      expect([here(), problems]).toEqual(['signed-out', []]);
    }
  });

  it('changes only with a token of another sub: the first one’s chat is closed wholly before the other’s opens', async () => {
    const { session, here, log } = setUp(async () => tokenOf(ADA));
    session.mount();
    await settle(2_000);
    const shown: unknown[] = [];
    session.state.subscribe(() => shown.push(here()));
    const ofAda = session.state.get().access;
    session.setGetToken(async () => tokenOf(BOB));
    await settle();
    expect(log).toEqual(['open Ada', 'closing Ada', 'closed Ada', 'open Bob']);
    expect(shown).toEqual(['starting', BOB]);
    expect(await ofAda.whenOpen()).toBeNull();
    expect((await session.state.get().access.whenOpen())?.user.id).toBe(BOB);
  });

  it('is asked for once after each change of the function, and a fresh function at every render never reconnects', async () => {
    const { session, here, log } = setUp(async () => tokenOf(ADA));
    session.mount();
    await settle(2_000);
    const changed = vi.fn(async () => tokenOf(ADA));
    session.setGetToken(changed);
    session.setGetToken(changed);
    await settle(5_000);
    expect(changed).toHaveBeenCalledTimes(1);
    let asked = 0;
    for (let render = 0; render < 100; render += 1) {
      session.setGetToken(async () => {
        asked += 1;
        return tokenOf(ADA);
      });
      await settle(50);
    }
    await settle(5_000);
    expect([here(), log]).toEqual([ADA, ['open Ada']]);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(7);
  });

  it('a slow answer of a function that was replaced does not bring its user back', async () => {
    const { session, here, log } = setUp(
      () => new Promise((resolve) => setTimeout(() => resolve(tokenOf(ADA)), 5_000)),
    );
    session.mount();
    await settle(1_000);
    session.setGetToken(() => new Promise((resolve) => setTimeout(() => resolve(tokenOf(BOB)), 8_000)));
    await settle(20_000);
    expect([here(), log]).toEqual([BOB, ['open Bob']]);
  });

  it('slow answers of functions that change at every render are heard at last', async () => {
    const slow = (): GetToken => () => new Promise((resolve) => setTimeout(() => resolve(tokenOf(ADA)), 2_500));
    const { session, here } = setUp(slow());
    session.mount();
    for (let render = 0; render < 100; render += 1) {
      session.setGetToken(slow());
      await settle(100);
    }
    expect(here()).toBe(ADA);
  });

  it('is asked for ahead of the token’s end', async () => {
    const getToken = vi.fn(async () => tokenOf(ADA));
    const { session } = setUp(getToken);
    session.mount();
    await settle(LIFE_S * 700);
    expect(getToken).toHaveBeenCalledTimes(1);
    await settle(LIFE_S * 150);
    expect(getToken).toHaveBeenCalledTimes(2);
  });

  it('a rejected getToken is tried again, is told once, and changes nobody', async () => {
    let isBroken = true;
    const getToken = vi.fn(async () => {
      if (isBroken) throw new Error('the host is away');
      return tokenOf(ADA);
    });
    const { session, here, problems } = setUp(getToken);
    session.mount();
    await settle(10_000);
    expect(here()).toBe('starting');
    expect(getToken.mock.calls.length).toBeGreaterThan(2);
    expect(problems).toEqual([new Error('the host is away')]);
    isBroken = false;
    await settle(15_000);
    expect(here()).toBe(ADA);
    isBroken = true;
    await settle(LIFE_S * 2_000);
    expect(here()).toBe(ADA);
  });

  it('[R7] the last user stays while the server cannot be reached, whatever the host says; with a server null is signed out', async () => {
    const last = { id: ADA, name: 'Ada', email: null };
    for (const answer of [
      () => Promise.resolve(null),
      () => Promise.reject(new Error('no network')),
      () => new Promise<null>(() => undefined),
    ]) {
      const { session, here, memory } = setUp(answer, { isUp: false, last });
      session.mount();
      await settle(4_000);
      expect([here(), memory.user?.id]).toEqual([ADA, ADA]);
    }
    const { session, here, server, memory } = setUp(async () => null, { isUp: false, last });
    session.mount();
    await settle();
    server.isUp = true;
    await settle(20_000);
    expect([here(), memory.user]).toEqual(['signed-out', null]);
  });

  it('nobody’s chat is shown from memory while a server answers: only the host can say who is there', async () => {
    const last = { id: ADA, name: 'Ada', email: null };
    const { session, here, log } = setUp(() => Promise.reject(new Error('the host is away')), { last });
    session.mount();
    await settle(30_000);
    expect([here(), log]).toEqual(['starting', []]);
  });

  it('StrictMode’s second mount in the same turn opens nothing twice; letting go closes', async () => {
    const { session, log, here } = setUp(async () => tokenOf(ADA));
    const letGo = session.mount();
    letGo();
    const letGoAgain = session.mount();
    await settle();
    expect(log).toEqual(['open Ada']);
    letGoAgain();
    await settle();
    expect([here(), log]).toEqual(['starting', ['open Ada', 'closing Ada', 'closed Ada']]);
    session.mount();
    await settle();
    expect(here()).toBe(ADA);
  });

  it('an answer that comes after the page has let go opens nothing', async () => {
    const { session, log, here } = setUp(
      () => new Promise((resolve) => setTimeout(() => resolve(tokenOf(ADA)), 1_000)),
    );
    const letGo = session.mount();
    await settle(500);
    letGo();
    await settle(5_000);
    expect([here(), log]).toEqual(['starting', []]);
  });

  it('what is called before anybody is there waits for the first one, and ends with null where nobody comes', async () => {
    let user: string | null = null;
    const { session } = setUp(async () => user);
    const early = session.state.get().access.whenOpen();
    session.mount();
    await settle();
    expect(await early).toBeNull();
    user = tokenOf(ADA);
    await settle(15_000);
    expect((await session.state.get().access.whenOpen())?.user.id).toBe(ADA);
  });

  it('a null does not sign out who came while the server was asked whether it is there', async () => {
    let user: string | null = null;
    const { session, here, log, memory, wake } = setUp(async () => user, { answersAfterMs: 3_000 });
    session.mount();
    await settle(1_500);
    user = tokenOf(ADA);
    wake();
    await settle(10_000);
    expect([here(), log, memory.user?.id]).toEqual([ADA, ['open Ada'], ADA]);
  });

  it('a null of before the page let go does not sign out who is here when it is mounted again', async () => {
    let answer: Promise<string | null> = Promise.resolve(null);
    const { session, here, log, memory } = setUp(() => answer, { answersAfterMs: 3_000 });
    const letGo = session.mount();
    await settle(1_000);
    letGo();
    await settle();
    let sayAda: (token: string) => void = () => undefined;
    answer = new Promise((resolve) => {
      sayAda = resolve;
    });
    memory.user = { id: ADA, name: 'Ada', email: null };
    session.mount();
    await settle(4_000);
    expect([here(), memory.user?.id]).toEqual(['starting', ADA]);
    sayAda(tokenOf(ADA));
    await settle();
    expect([here(), log]).toEqual([ADA, ['open Ada']]);
  });

  it('the chat’s own question is not answered with a null of before the last answer', async () => {
    const answers: ((token: string | null) => void)[] = [];
    let isHeld = false;
    const { session, chats, wake } = setUp(() =>
      isHeld
        ? new Promise((resolve) => {
            answers.push(resolve);
          })
        : Promise.resolve(tokenOf(ADA)),
    );
    session.mount();
    await settle(5_000);
    isHeld = true;
    const asked = chats[0]?.tokens.getToken({ fresh: true });
    wake();
    await settle();
    const newer = tokenOf(ADA);
    answers[1]?.(newer);
    await settle();
    answers[0]?.(null);
    await settle();
    expect(await asked).toBe(newer);
  });

  it('a chat whose data was deleted in another tab ends once, and neither its user’s next chat nor another user’s ends with it', async () => {
    let token = tokenOf(ADA);
    const { session, here, log, memory, chats, wake } = setUp(async () => token);
    session.mount();
    await settle(2_000);
    chats[0]?.wipe();
    await settle();
    expect([here(), memory.user]).toEqual(['signed-out', null]);
    wake();
    await settle();
    expect(here()).toBe(ADA);
    chats[0]?.wipe();
    await settle();
    expect([here(), memory.user?.id]).toEqual([ADA, ADA]);
    token = tokenOf(BOB);
    await settle(2_000);
    wake();
    await settle();
    chats[1]?.wipe();
    await settle();
    expect([here(), memory.user?.id]).toEqual([BOB, BOB]);
    expect(log.filter((line) => line.startsWith('open'))).toEqual(['open Ada', 'open Ada', 'open Bob']);
  });

  it('whose data was deleted in another tab while the chat was being opened gets another one when the host says again that they are here', async () => {
    const { session, here, log, chats, wake } = setUp(async () => tokenOf(ADA), { opensAfterMs: 3_000 });
    session.mount();
    await settle(500);
    chats[0]?.wipe();
    wake();
    await settle(10_000);
    expect([here(), log]).toEqual([ADA, ['open Ada', 'closing Ada', 'closed Ada', 'open Ada']]);
  });

  it('is asked for ever less often where every token has ended when it comes, or never ends', async () => {
    for (const times of [{ exp: now() - 60 }, { iat: now() - 120, exp: now() - 60 }, {}, { exp: now() }]) {
      const getToken = vi.fn(async () => `${encode({ alg: 'none' })}.${encode({ sub: ADA, name: 'Ada', ...times })}.`);
      const { session, here, chats } = setUp(getToken);
      const letGo = session.mount();
      await settle(5 * 60_000);
      expect(here()).toBe(ADA);
      expect(getToken.mock.calls.length).toBeLessThan(50);
      const before = getToken.mock.calls.length;
      for (let nth = 0; nth < 300; nth += 1) await chats[0]?.tokens.getToken();
      expect(getToken.mock.calls.length - before).toBeLessThanOrEqual(1);
      letGo();
      await settle();
    }
  });
});
