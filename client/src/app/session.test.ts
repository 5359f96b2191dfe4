import type { UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Chat, ChatError } from '../chat/chat.ts';
import type { TokenSource } from '../chat/session/session.ts';
import type { User } from '../chat/session/token-user.ts';
import { hasSignOutToTell, type IdentityKind, readRemembered, remember } from './device-memory.ts';
import type { Identity } from './identity.ts';
import { Session, type SessionParts } from './session.ts';

const ada: User = { id: '00000000-0000-4000-8000-00000000000a' as UserId, name: 'Ada', email: 'ada@example.org' };
const bob: User = { id: '00000000-0000-4000-8000-00000000000b' as UserId, name: 'Bob', email: 'bob@example.org' };
const broken: User = { ...bob, id: 'eeeeeeee-0000-4000-8000-0000000000e5' as User['id'], name: 'Broken' };
const credentials = { name: 'Ada', email: 'ada@example.org', password: 'secret-enough' };

class FakeStorage {
  readonly #values = new Map<string, string>();
  getItem = (key: string) => this.#values.get(key) ?? null;
  setItem = (key: string, value: string) => void this.#values.set(key, value);
  removeItem = (key: string) => void this.#values.delete(key);
}

/** A server that is there or not, and what was asked of it. */
class FakeServer {
  isUp = true;
  user: User | null = null;
  readonly asked: string[] = [];

  readonly #ask = <T>(what: string, answer: () => T): Promise<T> => {
    if (!this.isUp) return Promise.reject(new ChatError('offline', 'away'));
    this.asked.push(what);
    return Promise.resolve(answer());
  };

  readonly #signIn = (what: string) =>
    this.#ask(what, () => {
      this.user = ada;
      return ada;
    });

  readonly fetchIdentityKind = () => this.#ask<IdentityKind>('config', () => 'built-in');
  readonly createIdentity = (kind: IdentityKind): Identity => ({
    kind,
    tokens: { getToken: async () => null },
    getUser: () => this.#ask('session', () => this.user),
    signUp: () => this.#signIn('sign-up'),
    signIn: () => this.#signIn('sign-in'),
    signOut: () =>
      this.#ask('sign-out', () => {
        this.user = null;
      }),
  });
}

function setUp() {
  const server = new FakeServer();
  const log: string[] = [];
  const openChat: SessionParts['openChat'] = async (user) => {
    if (user.id === broken.id) throw new Error('The browser’s storage fails.');
    log.push(`open ${user.name}`);
    const chat: Partial<Chat> = {
      close: async () => void log.push(`close ${user.name}`),
      wipe: async () => void log.push(`wipe ${user.name}`),
      reconnect: () => void log.push(`reconnect ${user.name}`),
    };
    return chat as Chat;
  };
  const { createIdentity, fetchIdentityKind } = server;
  return { server, log, openChat, session: new Session({ createIdentity, fetchIdentityKind, openChat }) };
}

/** A host application, and whom it names; `null`: nobody. */
function setUpHosted(first: User | null) {
  const parts = setUp();
  let named = first;
  const identity: Identity = {
    kind: 'external',
    tokens: { getToken: async () => named?.id ?? null },
    getUser: async () => named,
    signUp: () => Promise.reject(new Error('no form')),
    signIn: () => Promise.reject(new Error('no form')),
    signOut: async () => undefined,
  };
  const tokensOf: { value: TokenSource | null } = { value: null };
  const session = new Session({
    createIdentity: () => identity,
    fetchIdentityKind: async () => 'external',
    openChat: async (user, tokens, onWiped) => {
      tokensOf.value = tokens;
      return parts.openChat(user, tokens, onWiped);
    },
  });
  const name = (user: User | null): void => {
    named = user;
  };
  return { session, log: parts.log, tokensOf, name };
}

describe('Session under a host application', () => {
  beforeEach(() => {
    Object.defineProperty(globalThis, 'localStorage', { value: new FakeStorage(), configurable: true });
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('Session under a host application becomes the other’s when the host changes its user, and shows neither while it changes', async () => {
    const { session, log, name } = setUpHosted(ada);
    const seen: string[] = [];
    session.state.subscribe(() => {
      const state = session.state.get();
      seen.push(state.status === 'signed-in' ? state.user.name : state.status);
    });
    await session.start();
    name(bob);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(log).toEqual(['open Ada', 'close Ada', 'open Bob']);
    expect(seen).toEqual(['Ada', 'starting', 'Bob']);
    expect(readRemembered()?.user).toEqual(bob);
  });

  it('Session under a host application says that nobody is here when the other’s chat cannot be opened, and opens the next one', async () => {
    const { session, log, name } = setUpHosted(ada);
    await session.start();
    name(broken);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(session.state.get()).toMatchObject({ status: 'signed-out' });
    name(bob);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(log).toEqual(['open Ada', 'close Ada', 'open Bob']);
    expect(session.state.get()).toMatchObject({ status: 'signed-in', user: bob });
  });

  it('Session under a host application becomes the other’s at once when the chat itself gets the other’s token', async () => {
    const { session, log, name, tokensOf } = setUpHosted(ada);
    await session.start();
    name(bob);
    await tokensOf.value?.getToken();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['open Ada', 'close Ada', 'open Bob']);
  });

  it('Session under a host application keeps everything while the host names nobody, and goes on when it names the same person again', async () => {
    const { session, log, name } = setUpHosted(ada);
    await session.start();
    name(null);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await session.askHost()).toBe(false);
    expect(session.state.get()).toMatchObject({ status: 'signed-in', user: ada });
    name(ada);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(log).toEqual(['open Ada', 'reconnect Ada']);
  });

  it('Session under a host application never shows a remembered person’s chat when the host names another', async () => {
    remember({ user: ada, identity: 'external' });
    const { session, log } = setUpHosted(bob);
    await session.start();
    expect(log).toEqual(['open Bob']);
  });

  it('Session under a host application stays signed out for whoever signed out here, until the host names somebody else', async () => {
    const { session, log, name } = setUpHosted(ada);
    await session.start();
    await session.signOut();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(log).toEqual(['open Ada', 'wipe Ada']);
    name(bob);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(log.at(-1)).toBe('open Bob');
  });
});

describe('Session', () => {
  beforeEach(() => {
    Object.defineProperty(globalThis, 'localStorage', { value: new FakeStorage(), configurable: true });
  });

  it('[R7] Session opens a remembered person’s chat without the server', async () => {
    remember({ user: ada, identity: 'built-in' });
    const { server, session, log } = setUp();
    server.isUp = false;
    await session.start();
    expect(session.state.get()).toMatchObject({ status: 'signed-in', user: ada });
    expect(log).toEqual(['open Ada']);
  });

  it('Session keeps the chat of a person whose session has ended', async () => {
    remember({ user: ada, identity: 'built-in' });
    const { session } = setUp();
    await session.start();
    expect(session.state.get()).toMatchObject({ status: 'signed-in', user: ada });
  });

  it('Session changes to whom the server names, closing the other chat first', async () => {
    remember({ user: ada, identity: 'built-in' });
    const { server, session, log } = setUp();
    server.user = bob;
    await session.start();
    expect(log).toEqual(['open Ada', 'close Ada', 'open Bob']);
    expect(readRemembered()?.user).toEqual(bob);
  });

  it('Session shows the form to a stranger, also without the server', async () => {
    for (const isUp of [true, false]) {
      const { server, session } = setUp();
      server.isUp = isUp;
      await session.start();
      expect(session.state.get()).toEqual({ status: 'signed-out', identity: 'built-in', wasSignedIn: false });
    }
  });

  it('Session signs in, and reconnects when it is the same person again', async () => {
    const { session, log } = setUp();
    await session.start();
    await session.signIn('sign-up', credentials);
    await session.signIn('sign-in', credentials);
    expect(log).toEqual(['open Ada', 'reconnect Ada']);
    expect(readRemembered()).toEqual({ user: ada, identity: 'built-in' });
  });

  it('Session signs out without the server, and tells it before anything else when it is back', async () => {
    const { server, session, log } = setUp();
    await session.start();
    await session.signIn('sign-in', credentials);
    server.isUp = false;
    await session.signOut();
    expect(log).toEqual(['open Ada', 'wipe Ada']);
    expect(session.state.get()).toMatchObject({ status: 'signed-out', wasSignedIn: true });
    expect([readRemembered(), hasSignOutToTell()]).toEqual([null, true]);

    const next = setUp();
    next.server.user = ada;
    await next.session.start();
    expect(next.server.asked).toEqual(['config', 'sign-out', 'session']);
    expect(next.session.state.get().status).toBe('signed-out');
    expect(hasSignOutToTell()).toBe(false);
  });
});
