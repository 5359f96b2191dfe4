/**
 * Bearer token → the caller, for every `/chat` route. Until the token is verified, the request is charged to its address: the checks and refusals that a stranger can
 * cause have a rate.
 */
import { REASONS } from '@tablo/schema/close-codes';
import { isUserId, type UserId } from '@tablo/schema/ids';
import type { Result } from '@tablo/schema/result';
import type { Context, MiddlewareHandler } from 'hono';
import type { Limits } from '../../access/limits/limits.ts';
import type { Profiles } from '../../access/members/profiles.ts';
import type { TokenFault } from '../../access/tokens/jwt-check.ts';
import type { ServiceTokens } from '../../access/tokens/service-tokens.ts';
import type { TokenVerifier } from '../../access/tokens/token-verifier.ts';
import type { Log } from '../../base/log.ts';
import { AppError, invalidRequest, refusal } from '../base/app-error.ts';
import { bearerOf } from './bearer.ts';
import { type RestEnv, tooMany } from './bound-requests.ts';
import { CHAT_USER, callerFor } from './caller.ts';
import { clientKey } from './client-address.ts';

interface Deps {
  readonly verifier: TokenVerifier;
  readonly services: ServiceTokens;
  readonly profiles: Profiles;
  readonly limits: Limits;
  readonly trustProxy: boolean;
  readonly log: Log;
}

export function authenticate(deps: Deps): MiddlewareHandler<RestEnv> {
  const { verifier, services, profiles, limits, trustProxy, log } = deps;
  return async (context, next) => {
    const address = clientKey(context, trustProxy);
    const refuse = (error: AppError): never => {
      throw limits.take('open', address, 1) ? error : tooMany();
    };
    const unwrap = <T>(verified: Result<T, TokenFault>): T =>
      verified.ok ? verified.value : refuse(of(verified.error));
    const token = bearerOf(context.req.header('authorization'));
    if (token === null) return refuse(of('unauthenticated'));
    // Verifying a signature costs a thousand times as much as looking up a remembered one.
    const isKnown = services.remembers(token) || verifier.remembers(token);
    if (!isKnown && !limits.take('token-checks', address, 1)) throw tooMany();
    const service = await services.verify(token);
    if (service === null) {
      const claims = unwrap(await verifier.verify(token));
      profiles.remember(claims);
      context.set('caller', { type: 'user', claims, service: null });
    } else context.set('caller', callerFor(unwrap(service), readChatUser(context)));
    context.set('log', log);
    await next();
  };
}

function of(fault: TokenFault): AppError {
  const message = fault === 'unavailable' ? 'The token cannot be checked right now.' : REASONS[fault].message;
  return new AppError(refusal(fault, message));
}

function readChatUser(context: Context): UserId | null {
  const given = context.req.header(CHAT_USER);
  if (given === undefined) return null;
  if (isUserId(given)) return given;
  throw invalidRequest(`The header ${CHAT_USER} must be a user id, a lowercase UUID.`);
}
