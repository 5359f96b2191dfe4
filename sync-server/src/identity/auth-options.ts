/** How better-auth is set up here: e-mail and password, and short-lived JWTs that the rest of the server checks like anybody's. */

import { PASSWORD_MAX_UNITS, PASSWORD_MIN_UNITS } from '@tablo/schema/account-problems';
import { MAX_PERSON_NAME_CODE_POINTS, parseName } from '@tablo/schema/names/name';
import type { BetterAuthOptions } from 'better-auth';
import { APIError } from 'better-auth/api';
import { jwt } from 'better-auth/plugins/jwt';
import { hostsOf } from '../base/forwarded.ts';
import { createHostCheck, createOriginRules, normaliseOrigin } from '../base/origins.ts';
import { publicPathOf } from '../base/public-path.ts';
import type { createPool } from '../db/pool.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { keepNewestSessions } from './pg-sessions.ts';

export const AUTH_PATH = '/api/auth';
/** Set by us from the socket, whatever the client sent: what a session notes. */
export const CLIENT_ADDRESS_HEADER = 'x-tablo-client-address';

const TOKEN_LIFETIME = '15m';
/** [R7] People come back from a holiday without signing in again. */
const SESSION_MAX_S = 60 * 24 * 3_600;
const SESSION_RENEWED_AFTER_S = 24 * 3_600;
/** What better-auth has to say; with the error that was the cause, if any. */
export type Report = (message: string, error: Error | null) => void;

export interface AuthSettings {
  readonly issuer: string;
  readonly audience: string | null;
  readonly publicUrl: string | null;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
}

export function authOptions(
  settings: AuthSettings,
  pool: ReturnType<typeof createPool>,
  secret: string,
  passwords: Pick<PasswordHasher, 'hash' | 'verify'>,
  report: Report,
) {
  return {
    appName: 'Tablo Chat',
    basePath: AUTH_PATH,
    ...(settings.publicUrl === null ? {} : { baseURL: originOf(settings.publicUrl) }),
    secret,
    database: pool,
    telemetry: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_MIN_UNITS,
      maxPasswordLength: PASSWORD_MAX_UNITS,
      password: { hash: (password) => passwords.hash(password), verify: (given) => passwords.verify(given) },
    },
    session: { expiresIn: SESSION_MAX_S, updateAge: SESSION_RENEWED_AFTER_S },
    trustedOrigins: createTrustedOrigins(settings),
    // Ours are in front of it (`rest/routes/auth-routes.ts`): its own remembers every address and path for a minute, and walks over all of them at each request.
    rateLimit: { enabled: false },
    advanced: {
      // Written explicitly: better-auth drops both checks where NODE_ENV is `test`.
      disableCSRFCheck: false,
      disableOriginCheck: false,
      cookiePrefix: cookiePrefixOf(settings.publicUrl),
      useSecureCookies: settings.publicUrl?.startsWith('https:') ?? false,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: publicPathOf(settings.publicUrl) || '/' },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
      database: { generateId: 'uuid' },
    },
    databaseHooks: {
      session: { create: { after: ({ userId }) => keepNewestSessions(pool, userId) } },
      user: {
        create: { before: async (user) => ({ data: { ...user, name: checkName(user.name) } }) },
        update: {
          before: async (user) => ({ data: user.name === undefined ? user : { ...user, name: checkName(user.name) } }),
        },
      },
    },
    plugins: [
      jwt({
        disableSettingJwtHeader: true,
        jwt: {
          issuer: settings.issuer,
          audience: settings.audience ?? settings.issuer,
          expirationTime: TOKEN_LIFETIME,
          definePayload: ({ user }) => ({
            name: user.name,
            email: user.email,
            ...(user.image ? { picture: user.image } : {}),
          }),
        },
      }),
    ],
    // Failures of the library itself come to our log instead of the console.
    onAPIError: { throw: true },
    logger: {
      level: 'error',
      // Its messages name addresses and origins, never passwords; what else comes after the message may hold anything.
      log: (_level, message, ...details) => report(message, details.find((detail) => detail instanceof Error) ?? null),
    },
  } satisfies BetterAuthOptions;
}

/** Requests come to us without the path. */
const originOf = (publicUrl: string): string => normaliseOrigin(publicUrl) ?? publicUrl;

/** Of servers below one another (`/`, `/chat`) a browser sends the cookies of both: each knows its own by the name. */
const cookiePrefixOf = (publicUrl: string | null): string => `tablo${publicPathOf(publicUrl).replaceAll('/', '.')}`;

/** This server however it was addressed (127.0.0.1 and localhost, or through a proxy that speaks HTTPS), and what the settings name. */
function createTrustedOrigins({ allowedOrigins, publicUrl, trustProxy }: AuthSettings) {
  const named = [publicUrl === null ? null : originOf(publicUrl), ...allowedOrigins].flatMap((origin) =>
    origin === null || origin === '*' ? [] : [origin],
  );
  const isOwnHost = createHostCheck(allowedOrigins, publicUrl);
  const rules = createOriginRules(allowedOrigins, publicUrl);
  return (request: Request | undefined): string[] => {
    if (request === undefined) return named;
    const { headers } = request;
    const host = headers.get('host');
    // A page of another host cannot make a browser send this host's name in `Host`, so a page with the same name is ours; if the name is.
    const isOwn = host !== null && /^[\w.:[\]-]+$/.test(host) && isOwnHost(host);
    const own = isOwn ? [`http://${host}`, `https://${host}`] : [];
    // The page's own, where it is ours by another spelling, or by what a trusted proxy says.
    const origin = headers.get('origin');
    const hosts = hostsOf((name) => headers.get(name), trustProxy);
    return [...named, ...own, ...(origin !== null && rules.allowsSignIn(origin, hosts) ? [origin] : [])];
  };
}

/** A word of the page ("You", "System") is no reason to refuse: some people are called so, and another issuer would not ask. The page tells them apart. */
function checkName(given: unknown): string {
  const name = parseName(given, { max: MAX_PERSON_NAME_CODE_POINTS });
  if (!name.ok) throw new APIError('BAD_REQUEST', { code: 'INVALID_NAME', message: `The name ${name.error}.` });
  return name.value;
}
