/** The routes of the built-in identity service, as it answers: data, or what it says is wrong. Rejects when the server cannot be reached. */
import { takeEarly } from '../early-answers.ts';

const TIMEOUT_MS = 20_000;

export interface AuthAnswer {
  /** `user` is whoever is signed in now. */
  readonly data: { readonly user?: unknown } | null;
  readonly error: {
    readonly status: number;
    readonly code?: string | undefined;
    /** A sentence of our server. The text of the library behind it is in `message`, and is never shown. */
    readonly error?: string | undefined;
  } | null;
}

export interface AuthCalls {
  getSession(): Promise<AuthAnswer>;
  signUp(credentials: {
    readonly name: string;
    readonly email: string;
    readonly password: string;
  }): Promise<AuthAnswer>;
  signIn(credentials: { readonly email: string; readonly password: string }): Promise<AuthAnswer>;
  signOut(): Promise<AuthAnswer>;
}

export function createAuthCalls(serverUrl: string): AuthCalls {
  const send = (path: string, body?: object): Promise<Response> =>
    fetch(`${serverUrl}/api/auth/${path}`, {
      credentials: 'include',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  return {
    getSession: async () => read((await takeEarly('session')) ?? (await send('get-session'))),
    signUp: (credentials) => send('sign-up/email', credentials).then(read),
    signIn: (credentials) => send('sign-in/email', credentials).then(read),
    signOut: () => send('sign-out', {}).then(read),
  };
}

async function read(answer: Response): Promise<AuthAnswer> {
  const json: unknown = await answer.json().catch(() => null);
  if (answer.ok) return { data: json as AuthAnswer['data'], error: null };
  const { code, error } = (json ?? {}) as { code?: unknown; error?: unknown };
  return { data: null, error: { status: answer.status, code: textOf(code), error: textOf(error) } };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
