import type { UserId } from '@tablo/schema/ids';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Chat, ChatError } from '../chat/chat.ts';
import { hasSignOutToTell, type IdentityKind, readRemembered, remember, type User } from './device-memory.ts';
import type { Identity } from './identity.ts';
import { Session } from './session.ts';

const ada: User = { id: '00000000-0000-4000-8000-00000000000a' as UserId, name: 'Ada', email: 'ada@example.org' };
const bob: User = { id: '00000000-0000-4000-8000-00000000000b' as UserId, name: 'Bob', email: 'bob@example.org' };
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
  const openChat = async (user: User) => {
    log.push(`open ${user.name}`);
    const chat: Partial<Chat> = {
      close: async () => void log.push(`close ${user.name}`),
      wipe: async () => void log.push(`wipe ${user.name}`),
      reconnect: () => void log.push(`reconnect ${user.name}`),
    };
    return chat as Chat;
  };
  const { createIdentity, fetchIdentityKind } = server;
  return { server, log, session: new Session({ createIdentity, fetchIdentityKind, openChat }) };
}

describe('Session', () => {
  beforeEach(() => {
    Object.defineProperty(globalThis, 'localStorage', { value: new FakeStorage(), configurable: true });
  });

  it('[R7] opens a remembered person’s chat without the server', async () => {
    remember({ user: ada, identity: 'built-in' });
    const { server, session, log } = setUp();
    server.isUp = false;
    await session.start();
    expect(session.state.get()).toMatchObject({ status: 'signed-in', user: ada });
    expect(log).toEqual(['open Ada']);
  });

  it('keeps the chat of a person whose session has ended', async () => {
    remember({ user: ada, identity: 'built-in' });
    const { session } = setUp();
    await session.start();
    expect(session.state.get()).toMatchObject({ status: 'signed-in', user: ada });
  });

  it('changes to whom the server names, closing the other chat first', async () => {
    remember({ user: ada, identity: 'built-in' });
    const { server, session, log } = setUp();
    server.user = bob;
    await session.start();
    expect(log).toEqual(['open Ada', 'close Ada', 'open Bob']);
    expect(readRemembered()?.user).toEqual(bob);
  });

  it('shows the form to a stranger, also without the server', async () => {
    for (const isUp of [true, false]) {
      const { server, session } = setUp();
      server.isUp = isUp;
      await session.start();
      expect(session.state.get()).toEqual({ status: 'signed-out', identity: 'built-in', wasSignedIn: false });
    }
  });

  it('signs in, and reconnects when it is the same person again', async () => {
    const { session, log } = setUp();
    await session.start();
    await session.signIn('sign-up', credentials);
    await session.signIn('sign-in', credentials);
    expect(log).toEqual(['open Ada', 'reconnect Ada']);
    expect(readRemembered()).toEqual({ user: ada, identity: 'built-in' });
  });

  it('signs out without the server, and tells it before anything else when it is back', async () => {
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
