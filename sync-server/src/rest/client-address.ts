/** Whose request this is, for rate limits: the socket's address, or what the proxy in front says, where it is trusted. */
import { isIP } from 'node:net';
import type { Context } from 'hono';

/** What `@hono/node-server` puts into the environment; absent when a test calls `app.request()`. */
interface NodeBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string | undefined } };
}

export function clientAddress(context: Context, trustProxy: boolean): string | null {
  // A proxy appends what it saw; whatever stands before that, the client may have written itself.
  const forwarded = trustProxy ? context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  if (forwarded !== undefined && isIP(forwarded) !== 0) return forwarded;
  return (context.env as NodeBindings | undefined)?.incoming?.socket?.remoteAddress ?? null;
}
