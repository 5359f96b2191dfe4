/**
 * What every answer tells browsers: nothing from elsewhere runs here, nobody frames the page, and no script is inline. A message's text is shown as
 * text anyway; this is the second wall.
 *
 * By hand, since `hono/secure-headers` serves Hono's answers alone: the page is answered from memory before Hono, and has to say the same.
 */
import type { MiddlewareHandler } from 'hono';
import { publicPathOf } from '../../base/public-path.ts';

const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i;

/** `connect-src 'self'` covers WebSockets of the same host in today's browsers only; older Safaris want them named. */
function contentSecurityPolicy(host: string): string {
  const sockets = HOST.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self'${sockets}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const FIXED = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // An invitation's code stands in the address: it must not travel to linked sites.
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** Only for a host name that is ours alone: below a path the policy of the host name is not ours. */
const HSTS = 'max-age=31536000';

/** Of an answer to a request for `host`. */
export function securityHeadersOf(host: string, publicUrl: string | null): Readonly<Record<string, string>> {
  return {
    ...FIXED,
    'Content-Security-Policy': contentSecurityPolicy(host),
    ...(publicUrl?.startsWith('https:') === true && publicPathOf(publicUrl) === ''
      ? { 'Strict-Transport-Security': HSTS }
      : {}),
  };
}

/** Headers are set before the answer exists: changing the headers of a finished answer copies its body. */
export function securityHeaders(publicUrl: string | null): MiddlewareHandler {
  return async (context, next) => {
    const headers = securityHeadersOf(context.req.header('host') ?? '', publicUrl);
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    await next();
  };
}
