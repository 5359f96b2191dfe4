/**
 * [R11] What anybody may ask for without a token has a rate by address. `/chat` counts strangers where it knows that they are (`authenticate`), and members where
 * it knows what they ask for (`route.ts`); but a browser's question before a request (OPTIONS), and HEAD, which nothing is asked by, bring no token.
 */
import type { MiddlewareHandler } from 'hono';
import type { AddressRate, Limits } from '../../access/limits/limits.ts';
import { notFound } from '../base/app-error.ts';
import { tooMany } from './bound-requests.ts';
import { clientKey } from './client-address.ts';

/** In front of what answers OPTIONS. */
export function boundPreflights(limits: Limits, trustProxy: boolean): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.method === 'OPTIONS' && !limits.take('preflights', clientKey(context, trustProxy), 1))
      throw tooMany();
    await next();
  };
}

export function boundOpenRoutes(limits: Limits, trustProxy: boolean): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req;
    const rate = rateOf(method, path);
    if (rate !== null && rate !== 'preflights' && !limits.take(rate, clientKey(context, trustProxy), 1))
      throw tooMany();
    // Hono would do all that GET does, and throw the answer away: the whole cost, and no bytes for who asks.
    if (method === 'HEAD' && isRest(path)) throw notFound();
    await next();
  };
}

/** What has no route is answered as well, and pays like documentation. */
export function rateOf(method: string, path: string): AddressRate | null {
  if (method === 'OPTIONS' && isRest(path)) return 'preflights';
  if (path.startsWith('/chat/') && method !== 'HEAD') return null;
  if (path === '/healthz' || path === '/readyz') return 'health';
  return path.startsWith('/api/auth/') ? 'auth' : 'open';
}

/** As Hono reads the patterns `/chat/*` and `/api/*`. */
const isRest = (path: string): boolean => /^\/(chat|api)(\/|$)/.test(path);
