/** Tokens as a host application's issuer signs them: HS256 (RFC 7519), made by hand, so that a test can say in one whatever it likes. */
import { createHmac } from 'node:crypto';

export const TEST_SECRET = 'a secret that only tests know';
export const TEST_ISSUER = 'tests';
/** What a server needs to take `tokenOf`'s tokens. */
export const TOKEN_SETTINGS = { JWT_SECRET: TEST_SECRET, JWT_ISSUER: TEST_ISSUER } as const;

/** Longer than any test or bench; no whole day, by which clocks are wrong in the schedules. */
const TTL_S = 7_200;

type Claims = Readonly<Record<string, unknown>>;

/** `claims` come in addition to who it is, and may take the place of the usual ones. */
export function tokenOf(user: string, claims: Claims = {}, ttlSeconds = TTL_S): string {
  const now = Math.floor(Date.now() / 1_000);
  return signClaims({ iss: TEST_ISSUER, sub: user, name: 'Somebody', iat: now, exp: now + ttlSeconds, ...claims });
}

/** `alg`: what the header says, whatever is done. */
export function signClaims(claims: Claims, secret: string = TEST_SECRET, alg = 'HS256'): string {
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
