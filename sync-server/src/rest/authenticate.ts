/** Bearer token → claims, for every `/chat` route. */
import { REASONS } from '@tablo/schema/close-codes';
import type { MiddlewareHandler } from 'hono';
import type { Claims } from '../access/claims.ts';
import type { Profiles } from '../access/profiles.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import { AppError, refusal } from './app-error.ts';

export interface RestEnv {
  Variables: { claims: Claims };
}

/** RFC 6750, section 2.1; the scheme's case does not matter. */
const BEARER = /^bearer +(\S+) *$/i;

export function authenticate(verifier: TokenVerifier, profiles: Profiles): MiddlewareHandler<RestEnv> {
  return async (context, next) => {
    const token = BEARER.exec(context.req.header('authorization') ?? '')?.[1];
    if (token === undefined) throw new AppError(refusal('unauthenticated'));
    const verified = await verifier.verify(token);
    if (!verified.ok) {
      const message =
        verified.error === 'unavailable' ? 'The token cannot be checked right now.' : REASONS[verified.error].message;
      throw new AppError(refusal(verified.error, message));
    }
    profiles.remember(verified.value);
    context.set('claims', verified.value);
    await next();
  };
}
