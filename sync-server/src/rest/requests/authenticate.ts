/**
 * Bearer token → claims, for every `/chat` route. Until the token has been found good, the request is its address's: what a stranger can make us check, and be
 * told no for, has a rate.
 */
import { REASONS } from '@tablo/schema/close-codes';
import type { MiddlewareHandler } from 'hono';
import type { Limits } from '../../access/limits/limits.ts';
import type { Profiles } from '../../access/members/profiles.ts';
import type { TokenVerifier } from '../../access/tokens/token-verifier.ts';
import { AppError, refusal } from '../base/app-error.ts';
import { bearerOf } from './bearer.ts';
import { type RestEnv, tooMany } from './bound-requests.ts';
import { clientKey } from './client-address.ts';

interface Deps {
  readonly verifier: TokenVerifier;
  readonly profiles: Profiles;
  readonly limits: Limits;
  readonly trustProxy: boolean;
}

export function authenticate({ verifier, profiles, limits, trustProxy }: Deps): MiddlewareHandler<RestEnv> {
  return async (context, next) => {
    const address = clientKey(context, trustProxy);
    const refuse = (error: AppError): never => {
      throw limits.take('open', address, 1) ? error : tooMany();
    };
    const token = bearerOf(context.req.header('authorization'));
    if (token === null) return refuse(new AppError(refusal('unauthenticated')));
    // A signature costs a thousand times what it takes to remember one.
    if (!verifier.remembers(token) && !limits.take('token-checks', address, 1)) throw tooMany();
    const verified = await verifier.verify(token);
    if (!verified.ok) {
      const message =
        verified.error === 'unavailable' ? 'The token cannot be checked right now.' : REASONS[verified.error].message;
      return refuse(new AppError(refusal(verified.error, message)));
    }
    profiles.remember(verified.value);
    context.set('claims', verified.value);
    await next();
  };
}
