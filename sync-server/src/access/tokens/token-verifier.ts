/** JWT → the claims of a person. A back end's token (`service-tokens.ts`) belongs to no person here, so it opens no socket. */
import type { Result } from '@tablo/schema/result';
import type { JWTPayload } from 'jose';
import { type Claims, claimsOf } from './claims.ts';
import { JwtCheck, type TokenFault } from './jwt-check.ts';
import type { RefusedTokens } from './refused-tokens.ts';
import { isOfService } from './service-role.ts';
import type { TokenKeys } from './token-keys.ts';

export interface TokenVerifier {
  /** Whether it was found good before, and is remembered: `verify` costs next to nothing then. */
  remembers(token: string): boolean;
  verify(token: string): Promise<Result<Claims, TokenFault>>;
}

export interface ExpectedClaims {
  readonly issuer: string;
  /** null: not looked at. */
  readonly audience: string | null;
}

export class JwtVerifier implements TokenVerifier {
  readonly #check: JwtCheck<Claims>;

  /** `refused`: called with every token that was refused, and the reason. */
  constructor(
    keys: TokenKeys,
    { issuer, audience }: ExpectedClaims,
    now: () => number = Date.now,
    refused: Pick<RefusedTokens, 'note'> | null = null,
  ) {
    const requiredClaims = ['iss', 'sub', 'exp'];
    this.#check = new JwtCheck(keys, { issuer, audience, requiredClaims, read: personOf, now, refused });
  }

  remembers(token: string): boolean {
    return this.#check.remembers(token);
  }

  verify(token: string): Promise<Result<Claims, TokenFault>> {
    return this.#check.verify(token);
  }
}

const personOf = (payload: JWTPayload): Claims | null => (isOfService(payload) ? null : claimsOf(payload));
