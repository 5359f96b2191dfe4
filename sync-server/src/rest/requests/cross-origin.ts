/** Pages of other origins. Authority comes by Bearer token alone, so they never get to use this origin's cookies. */
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { normaliseOrigin } from '../../base/origins.ts';

/** The header for such a page's browser; null: none, and the browser keeps the answer from the page. */
export function allowedOriginFor(allowed: readonly string[], origin: string | undefined): string | null {
  if (origin === undefined) return null;
  return allowed.includes('*') ? '*' : allowed.includes(normaliseOrigin(origin) ?? '') ? origin : null;
}

/** Answers every OPTIONS request. Its rate limit stands in front of it. */
export function crossOrigin(allowed: readonly string[]): MiddlewareHandler {
  return cors({
    origin: (origin) => allowedOriginFor(allowed, origin),
    allowHeaders: ['Authorization', 'Content-Type'],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    maxAge: 600,
  });
}
