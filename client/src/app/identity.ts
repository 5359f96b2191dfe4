/** Who signs people in: the server's built-in service, or the application around this page. */
import { createAuthClient } from 'better-auth/client';
import { ChatError } from '../chat/chat.ts';
import { createHostTokens, createSessionTokens, type TokenSource } from '../chat/session.ts';
import { type IdentityKind, parseUser, type User } from './device-memory.ts';

declare global {
  interface Window {
    /** Set by a host application before this page's script runs: the token of whoever is signed in there, or null. */
    tabloChatToken?: () => string | null | Promise<string | null>;
  }
}

export interface Credentials {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export interface Identity {
  readonly kind: IdentityKind;
  readonly tokens: TokenSource;
  /** Who is signed in; `null`: nobody. Throws when that cannot be found out now. */
  getUser(): Promise<User | null>;
  signUp(credentials: Credentials): Promise<User>;
  signIn(credentials: Credentials): Promise<User>;
  signOut(): Promise<void>;
}

const UNREACHABLE = 'The server cannot be reached. Check your connection and try again.';
const SENTENCES: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: 'This email and password do not belong together.',
  USER_ALREADY_EXISTS: 'There is an account with this email already. Sign in instead.',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'There is an account with this email already. Sign in instead.',
  INVALID_EMAIL: 'This is not an email address.',
  PASSWORD_TOO_SHORT: 'The password needs at least 8 characters.',
  PASSWORD_TOO_LONG: 'The password is too long.',
};

interface Answer<T> {
  readonly data: T | null;
  readonly error: {
    readonly status: number;
    readonly code?: string | undefined;
    readonly message?: string | undefined;
  } | null;
}

/** Failures as errors that speak to people. */
async function ask<T>(request: Promise<Answer<T>>): Promise<T | null> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch {
    throw new ChatError('offline', UNREACHABLE);
  }
  const { error, data } = answer;
  if (error === null) return data;
  const known = SENTENCES[error.code ?? ''];
  if (known !== undefined) throw new ChatError(error.code ?? '', known);
  if (error.status === 429) throw new ChatError('rate-limited', 'Too many attempts. Wait a minute and try again.');
  if (error.status >= 400 && error.status < 500 && error.message) throw new ChatError(error.code ?? '', error.message);
  throw new ChatError('unavailable', UNREACHABLE);
}

function expectUser(answer: { readonly user: unknown } | null): User {
  const user = parseUser(answer?.user);
  if (user === null)
    throw new ChatError('unavailable', 'The server gave an answer that this page does not understand.');
  return user;
}

export function createBuiltInIdentity(origin: string): Identity {
  const client = createAuthClient({ baseURL: `${origin}/api/auth`, fetchOptions: { timeout: 20_000 } });
  return {
    kind: 'built-in',
    tokens: createSessionTokens(origin),
    getUser: async () => parseUser((await ask(client.getSession()))?.user),
    signUp: async ({ name, email, password }) => expectUser(await ask(client.signUp.email({ name, email, password }))),
    signIn: async ({ email, password }) => expectUser(await ask(client.signIn.email({ email, password }))),
    signOut: async () => void (await ask(client.signOut())),
  };
}

export function createExternalIdentity(): Identity {
  const elsewhere = async (): Promise<never> => {
    throw new ChatError('external', 'People sign in through the application that this chat belongs to.');
  };
  const tokens = createHostTokens(() => window.tabloChatToken?.() ?? null);
  return {
    kind: 'external',
    tokens,
    getUser: async () => {
      const token = await tokens.getToken();
      return token === null ? null : readUser(token);
    },
    signUp: elsewhere,
    signIn: elsewhere,
    signOut: async () => undefined,
  };
}

/** The claims are only read for showing; the server verifies the token. */
function readUser(token: string): User | null {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(part), (unit) => unit.charCodeAt(0));
    const { sub, name, email } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    return parseUser({ id: sub, name, email });
  } catch {
    return null; // Not a JWT.
  }
}

export async function fetchIdentityKind(origin: string): Promise<IdentityKind> {
  const answer = await fetch(`${origin}/api/config`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new ChatError('unavailable', UNREACHABLE);
  const config: unknown = await answer.json();
  return (config as { identity?: unknown }).identity === 'external' ? 'external' : 'built-in';
}
