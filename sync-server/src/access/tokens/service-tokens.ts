/**
 * Tokens of a host's back end, for REST alone: one of SERVICE_TOKENS, or a token of the issuer whose role is `service_role`. Supabase's own key of that kind has no
 * `sub`, no `aud`, and `supabase` for its issuer.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { MAX_TIME_MS } from '@tablo/schema/limits';
import { ok, type Result } from '@tablo/schema/result';
import { decodeJwt, type JWTPayload } from 'jose';
import { isPlausible, JwtCheck, type TokenFault } from './jwt-check.ts';
import type { RefusedTokens } from './refused-tokens.ts';
import { isOfService } from './service-role.ts';
import type { TokenKeys } from './token-keys.ts';

export interface Service {
  /** Which token it is, for the log and for limits: the beginning of its digest, or `service_role`. */
  readonly name: string;
}

export interface ServiceTokens {
  /** Whether it was found good before: `verify` costs next to nothing then. */
  remembers(token: string): boolean;
  /** null: it is no back end's, as far as it says itself. */
  verify(token: string): Promise<Result<Service, TokenFault> | null>;
}

interface Settings {
  readonly serviceTokens: readonly string[];
  readonly issuer: string;
}

const SUPABASE_ISSUER = 'supabase';
const NAME_LENGTH = 8;
const OF_ROLE = { name: 'service_role' };

export class OurServiceTokens implements ServiceTokens {
  readonly #digests: readonly Buffer[];
  readonly #check: JwtCheck<Service & { readonly expiresAt: number }>;

  constructor(
    keys: TokenKeys,
    { serviceTokens, issuer }: Settings,
    refused: Pick<RefusedTokens, 'note'> | null = null,
    now: () => number = Date.now,
  ) {
    this.#digests = serviceTokens.map(digestOf);
    this.#check = new JwtCheck(keys, {
      issuer: [issuer, SUPABASE_ISSUER],
      // A back end's key is made for the whole project: Supabase writes no `aud` into it.
      audience: null,
      requiredClaims: ['iss', 'exp'],
      read: serviceOf,
      now,
      refused,
    });
  }

  remembers(token: string): boolean {
    return this.#findFixed(token) !== null || this.#check.remembers(token);
  }

  async verify(token: string): Promise<Result<Service, TokenFault> | null> {
    const fixed = this.#findFixed(token);
    if (fixed !== null) return ok(fixed);
    return saysItIsOfService(token) ? await this.#check.verify(token) : null;
  }

  /** All are compared, each in constant time: how long it takes says nothing of any. */
  #findFixed(token: string): Service | null {
    const digest = digestOf(token);
    const found = this.#digests.filter((one) => timingSafeEqual(one, digest));
    return found[0] === undefined ? null : { name: found[0].toString('hex').slice(0, NAME_LENGTH) };
  }
}

/** Where there is no back end. */
export const noServiceTokens: ServiceTokens = { remembers: () => false, verify: () => Promise.resolve(null) };

function serviceOf(payload: JWTPayload): (Service & { readonly expiresAt: number }) | null {
  const { exp } = payload;
  if (!isOfService(payload) || typeof exp !== 'number' || !Number.isFinite(exp)) return null;
  return { ...OF_ROLE, expiresAt: Math.min(exp * 1_000, MAX_TIME_MS) };
}

/** Read without a look at its signature: only which of the two checks it is for. */
function saysItIsOfService(token: string): boolean {
  if (!isPlausible(token)) return false;
  try {
    return isOfService(decodeJwt(token));
  } catch {
    // No JWT at all: the other check says what is wrong with it.
    return false;
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
