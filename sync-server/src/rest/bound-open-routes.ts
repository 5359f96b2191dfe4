/** [R11] What anybody may ask for without a token has a rate by address. `/chat` counts strangers where it knows that they are (`authenticate`). */
import type { MiddlewareHandler } from 'hono';
import type { AddressRate, Limits } from '../access/limits.ts';
import { tooMany } from './bound-requests.ts';
import { clientKey } from './client-address.ts';

export function boundOpenRoutes(limits: Limits, trustProxy: boolean): MiddlewareHandler {
  return async (context, next) => {
    const rate = rateOf(context.req.path);
    if (rate !== null && !limits.take(rate, clientKey(context, trustProxy), 1)) throw tooMany();
    await next();
  };
}

/** What has no route is answered as well, and pays like documentation. */
export function rateOf(path: string): AddressRate | null {
  if (path.startsWith('/chat/')) return null;
  if (path === '/healthz' || path === '/readyz') return 'health';
  return path.startsWith('/api/auth/') ? 'auth' : 'open';
}
