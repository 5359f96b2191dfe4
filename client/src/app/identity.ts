/** Who signs people in: the server's built-in service, or the application around this page. */
import { ACCOUNT_PROBLEMS, accountProblem, isAccountProblemCode } from '@tablo/schema/account-problems';
import { ChatError } from '../chat/chat.ts';
import { createHostTokens, createSessionTokens, type TokenSource } from '../chat/session/session.ts';
import { parseUser, readTokenUser, type User } from '../chat/session/token-user.ts';
import type { IdentityKind } from './device-memory.ts';
import { takeEarly } from './early-answers.ts';
import { type AuthAnswer, createAuthCalls } from './sign-in/auth-calls.ts';

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
  /** Who is signed in; `null`: nobody. Throws when that cannot be found out now. `fresh`: a host application is asked again, although its last answer is still cached. */
  getUser(options?: { readonly fresh?: boolean }): Promise<User | null>;
  signUp(credentials: Credentials): Promise<User>;
  signIn(credentials: Credentials): Promise<User>;
  signOut(): Promise<void>;
}

const UNREACHABLE = 'The server cannot be reached. Check your connection and try again.';

/** Failures as errors that speak to people. */
async function ask(request: Promise<AuthAnswer>): Promise<AuthAnswer['data']> {
  let answer: AuthAnswer;
  try {
    answer = await request;
  } catch {
    throw new ChatError('offline', UNREACHABLE);
  }
  const { error, data } = answer;
  if (error === null) return data;
  if (error.status === 429) throw new ChatError('rate-limited', 'Too many attempts. Wait a minute and try again.');
  const code = isAccountProblemCode(error.code) ? error.code : null;
  if (code !== null) throw new ChatError(code, accountProblem(code).sentence);
  if (error.status >= 400 && error.status < 500)
    throw new ChatError(error.code ?? '', error.error ?? ACCOUNT_PROBLEMS.NOT_UNDERSTOOD.sentence);
  throw new ChatError('unavailable', UNREACHABLE);
}

function expectUser(answer: AuthAnswer['data']): User {
  const user = parseUser(answer?.user);
  if (user === null)
    throw new ChatError('unavailable', 'The server gave an answer that this page does not understand.');
  return user;
}

export function createBuiltInIdentity(serverUrl: string): Identity {
  const calls = createAuthCalls(serverUrl);
  return {
    kind: 'built-in',
    tokens: createSessionTokens(serverUrl),
    getUser: async () => parseUser((await ask(calls.getSession()))?.user),
    signUp: async ({ name, email, password }) => expectUser(await ask(calls.signUp({ name, email, password }))),
    signIn: async ({ email, password }) => expectUser(await ask(calls.signIn({ email, password }))),
    signOut: async () => void (await ask(calls.signOut())),
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
    getUser: async (options) => {
      const token = await tokens.getToken(options);
      return token === null ? null : readTokenUser(token);
    },
    signUp: elsewhere,
    signIn: elsewhere,
    signOut: async () => undefined,
  };
}

export async function fetchIdentityKind(serverUrl: string): Promise<IdentityKind> {
  const early = await takeEarly('config');
  const answer = early ?? (await fetch(`${serverUrl}/api/config`, { signal: AbortSignal.timeout(10_000) }));
  if (!answer.ok) throw new ChatError('unavailable', UNREACHABLE);
  const config: unknown = await answer.json();
  return (config as { identity?: unknown }).identity === 'external' ? 'external' : 'built-in';
}
