/**
 * [R11] Requests without a token have a rate by address. `/chat` charges strangers in `authenticate`, and members where
 * their route is known (`route.ts`). A browser's preflight request (OPTIONS), and HEAD, which no client of ours uses, bring no token.
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
    // Hono would do all the work of GET and drop the answer: the full cost without any bytes.
    if (method === 'HEAD' && isRest(path)) throw notFound();
    await next();
  };
}

/** A request without a route is answered as well, and is charged like documentation. */
export function rateOf(method: string, path: string): AddressRate | null {
  if (method === 'OPTIONS' && isRest(path)) return 'preflights';
  if (path.startsWith('/chat/') && method !== 'HEAD') return null;
  if (path === '/healthz' || path === '/readyz') return 'health';
  return path.startsWith('/api/auth/') ? 'auth' : 'open';
}

/** As Hono reads the patterns `/chat/*` and `/api/*`. */
const isRest = (path: string): boolean => /^\/(chat|api)(\/|$)/.test(path);
