/**
 * Whether a token is exactly an unexpired one of the issuer, signed with one of its algorithms, and what it says. Verified tokens are remembered for a while: a
 * client with 300 tablos authenticates each document with the same token.
 */
import { createHash } from 'node:crypto';
import { err, ok, type Result } from '@tablo/schema/result';
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { LruMap } from './lru-map.ts';
import type { RefusedTokens } from './refused-tokens.ts';
import { KeysUnavailableError, type TokenKeys } from './token-keys.ts';

/** `unavailable`: the issuer's keys cannot be had now; the token may well be good. Codes of `close-codes.ts`. */
export type TokenFault = 'unauthenticated' | 'token-expired' | 'unavailable';

/** A token with many groups in it has a few KB; a longer one is not read. */
const TOKEN_MAX_LENGTH = 16 * 1024;
const CACHE_MAX = 10_000;
/** A key that the issuer took back stops counting after this, at the latest. */
const CACHE_MAX_AGE_MS = 5 * 60_000;
/** How far the issuer's clock may be ahead of ours. Only a token's beginning (`nbf`) has this grace: it ends when its `exp` says. */
const CLOCK_AHEAD_S = 30;

interface Verified<C> {
  readonly claims: C;
  readonly until: number;
}

interface Expected<C> {
  readonly issuer: string | readonly string[];
  /** null: not looked at. */
  readonly audience: string | null;
  readonly requiredClaims: readonly string[];
  /** What the payload says; null: it is no token for this. */
  readonly read: (payload: JWTPayload) => C | null;
  readonly now: () => number;
  /** Called with every token that was refused, and the reason. */
  readonly refused: Pick<RefusedTokens, 'note'> | null;
}

export class JwtCheck<C extends { readonly expiresAt: number }> {
  readonly #keys: TokenKeys;
  readonly #expected: Expected<C>;
  readonly #options: JWTVerifyOptions;
  readonly #verified = new LruMap<string, Verified<C>>(CACHE_MAX);
  readonly #running = new Map<string, Promise<Result<C, TokenFault>>>();

  constructor(keys: TokenKeys, expected: Expected<C>) {
    const { issuer, audience, requiredClaims } = expected;
    this.#keys = keys;
    this.#expected = expected;
    this.#options = {
      algorithms: [...keys.algorithms],
      issuer: typeof issuer === 'string' ? issuer : [...issuer],
      requiredClaims: [...requiredClaims],
      // jose gives the end the same grace; `#check` takes it back.
      clockTolerance: CLOCK_AHEAD_S,
      ...(audience === null ? {} : { audience }),
    };
  }

  /** Whether it was found good before, and is remembered: `verify` costs next to nothing then. */
  remembers(token: string): boolean {
    return isPlausible(token) && this.#verified.get(digestOf(token)) !== undefined;
  }

  async verify(token: string): Promise<Result<C, TokenFault>> {
    if (!isPlausible(token)) return err('unauthenticated');
    const digest = digestOf(token);
    const known = this.#verified.get(digest);
    const now = this.#expected.now();
    if (known !== undefined && now < known.until) {
      return now < known.claims.expiresAt ? ok(known.claims) : err('token-expired');
    }
    const running = this.#running.get(digest) ?? this.#check(token, digest).finally(() => this.#running.delete(digest));
    this.#running.set(digest, running);
    return await running;
  }

  async #check(token: string, digest: string): Promise<Result<C, TokenFault>> {
    const now = this.#expected.now();
    try {
      const claims = this.#expected.read(await this.#readPayload(token, new Date(now)));
      if (claims === null) return err('unauthenticated');
      if (now >= claims.expiresAt) return err('token-expired');
      this.#verified.set(digest, { claims, until: now + CACHE_MAX_AGE_MS });
      return ok(claims);
    } catch (error) {
      if (error instanceof KeysUnavailableError) return err('unavailable');
      this.#expected.refused?.note(error);
      // Thrown after the signature, `iss` and `aud` were found good. Whatever else jose throws is the token's fault, or a key's that no token can use.
      return err(error instanceof errors.JWTExpired ? 'token-expired' : 'unauthenticated');
    }
  }

  async #readPayload(token: string, currentDate: Date): Promise<JWTPayload> {
    const { getKey } = this.#keys;
    const options = { ...this.#options, currentDate };
    if (typeof getKey !== 'function') return (await jwtVerify(token, getKey, options)).payload;
    try {
      return (await jwtVerify(token, getKey, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // No `kid` in the header: whichever key fits.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (reason) {
          if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
        }
      }
      throw error;
    }
  }
}

/** A value that cannot be a token is refused without any cost. */
export const isPlausible = (token: string): boolean => token !== '' && token.length <= TOKEN_MAX_LENGTH;

/** The cache holds digests, not tokens: a memory dump of it opens nothing. */
const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64');
