/**
 * The built-in identity service, for operators without an issuer of their own: accounts in PostgreSQL, a session cookie for the page, and 15-minute JWTs that
 * the rest of the server verifies like any issuer's. Absent where an external issuer is configured.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { betterAuth } from 'better-auth';
import type { JSONWebKeySet } from 'jose';
import { isDatabaseAway } from '../base/database-away.ts';
import type { Log } from '../base/log.ts';
import { createPool } from '../db/pool.ts';
import { type AuthSettings, authOptions, CLIENT_ADDRESS_HEADER, type Report } from './auth-options.ts';
import { PasswordHasher } from './password-hasher.ts';
import { readIdentitySecret } from './pg-identity-secret.ts';
import { inPlainWords } from './plain-answer.ts';

export interface Identity {
  /** Answers `/api/auth/*`; rejects when the database is away. `clientAddress` is the socket's, or what a trusted proxy says. */
  handle(request: Request, clientAddress: string | null): Promise<Response>;
  /** The public keys of the tokens it issues; made at the first call. */
  readKeys(): Promise<JSONWebKeySet>;
  close(): Promise<void>;
}

/** Accounts change seldom: a few connections, so that chatting keeps its own. */
const POOL_MAX = 4;
/** better-auth names its tables without a schema: its connections look into that one alone. */
export const IDENTITY_SCHEMA = 'tablo_identity';
const SAID_BY_IDENTITY = 'The identity service has something to say.';
const SAID_MAX_LENGTH = 100;

export async function openIdentity(
  databaseUrl: string,
  settings: AuthSettings,
  log: Log,
  connections = POOL_MAX,
): Promise<Identity> {
  const pool = createPool(databaseUrl, {
    max: connections,
    applicationName: 'tablo-chat identity',
    searchPath: IDENTITY_SCHEMA,
    log,
  });
  const requests = new AsyncLocalStorage<{ failure: Error | null }>();
  const report: Report = (message, error) => {
    const request = requests.getStore();
    if (request !== undefined && isDatabaseAway(error)) request.failure = error;
    else log.warn({ said: ownWords(message), ...(error === null ? {} : { err: error }) }, SAID_BY_IDENTITY);
  };
  const passwords = new PasswordHasher();
  const auth = betterAuth(authOptions(settings, pool, await readIdentitySecret(pool), passwords, report));
  return {
    handle: (request, clientAddress) => {
      const noted: { failure: Error | null } = { failure: null };
      return requests.run(noted, async () => {
        const answer = await auth.handler(withOrigin(withAddress(request, clientAddress)));
        // [R11] A session that could not be read is no session to better-auth, and 401 would sign people out because the database was away.
        if (noted.failure !== null) throw noted.failure;
        return inPlainWords(answer);
      });
    },
    readKeys: async () => (await auth.api.getJwks()) as JSONWebKeySet,
    close: async () => {
      await Promise.all([pool.end(), passwords.close()]);
    },
  };
}

/** Its messages quote what a stranger sent, after a colon or in quotes (`Invalid callbackURL: …`): what comes before that is the library's. */
function ownWords(message: string): string {
  return (/^[\w ,.'()/-]*/.exec(message)?.[0] ?? '').slice(0, SAID_MAX_LENGTH);
}

function withAddress(request: Request, clientAddress: string | null): Request {
  const headers = new Headers(request.headers);
  headers.delete(CLIENT_ADDRESS_HEADER);
  if (clientAddress !== null) headers.set(CLIENT_ADDRESS_HEADER, clientAddress);
  return new Request(request, { headers });
}

/**
 * Every browser names its origin when it posts, and better-auth refuses cookies without one. A request that names none comes from a program, which
 * nobody can trick into sending somebody's cookies: it counts as ours.
 */
function withOrigin(request: Request): Request {
  if (request.method === 'GET' || request.headers.has('origin') || request.headers.has('referer')) return request;
  const headers = new Headers(request.headers);
  headers.set('origin', new URL(request.url).origin);
  return new Request(request, { headers });
}
