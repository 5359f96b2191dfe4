/**
 * Which pages may open sockets here and sign people in: our own, and the configured ones. Programs send no origin and are not checked. A refusal is
 * explained in one sentence that names both addresses and the setting that mends it.
 */
import { isIP } from 'node:net';
import { publicPathOf } from './public-path.ts';

export interface OriginRules {
  /** Whether a page may open sockets here. `hosts`: what the request was sent to, of which the browser knows one (`forwarded.ts`). */
  allowsSockets(origin: string, hosts: readonly string[]): boolean;
  /** Whether a page may sign people in: it is given cookies, so `*` is not enough. */
  allowsSignIn(origin: string, hosts: readonly string[]): boolean;
  /** Whether the settings name it. */
  names(origin: string): boolean;
  /** For the operator: the setting that would allow the page. */
  explain(origin: string, hosts: readonly string[]): string;
}

/** Of origins of other schemes than the web's, which apps and extensions have: `capacitor://localhost`. */
const OWN_SCHEME = /^([a-z][a-z\d+.-]*:\/\/)([^/?#@\s]+)$/i;
/** Addresses that a browser trusts without TLS. */
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** As browsers write it: lower case, without a default port, punycode; without the dot at the end of a full name. `null` for what is none. */
export function normaliseOrigin(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return null;
  if (url.protocol === 'http:' || url.protocol === 'https:')
    return `${url.protocol}//${url.host.replace(/\.(?=:|$)/, '')}`;
  return OWN_SCHEME.test(text) ? text.toLowerCase() : null;
}

/** A browser leaves out a default port, some proxies add it. `origin`: as `normaliseOrigin` makes it. */
export function isSameHost(origin: string, host: string): boolean {
  const [scheme] = /^https?:/.exec(origin) ?? [];
  return scheme !== undefined && normaliseOrigin(`${scheme}//${host}`) === origin;
}

const hostnameOf = (origin: string): string => URL.parse(origin)?.hostname ?? '';

export function createOriginRules(allowedOrigins: readonly string[], publicUrl: string | null): OriginRules {
  const named = new Set<string | null>(
    [...(publicUrl === null ? [] : [publicUrl]), ...allowedOrigins].map(normaliseOrigin),
  );
  named.delete(null); // `*`
  const isOwnHost = createHostCheck(allowedOrigins, publicUrl);
  const isOurs = (given: string, hosts: readonly string[]): boolean => {
    const origin = normaliseOrigin(given);
    return origin !== null && (named.has(origin) || hosts.some((host) => isSameHost(origin, host) && isOwnHost(host)));
  };
  return {
    allowsSockets: (origin, hosts) => allowedOrigins.includes('*') || isOurs(origin, hosts),
    allowsSignIn: (origin, hosts) => isOurs(origin, hosts) && !losesCookies(origin, publicUrl),
    names: (origin) => named.has(normaliseOrigin(origin)),
    explain: (origin, hosts) => explain(origin, hosts[0] ?? '', publicUrl),
  };
}

/** Cookies of an `https:` address are marked so, and no browser keeps them for a page without TLS. */
function losesCookies(origin: string, publicUrl: string | null): boolean {
  const url = URL.parse(origin);
  return publicUrl?.startsWith('https:') === true && url?.protocol === 'http:' && !LOOPBACK.test(url.hostname);
}

/** The sentence does not repeat a value that no browser sends as an origin; it only names its kind. */
function explain(given: string, host: string, publicUrl: string | null): string {
  const origin = normaliseOrigin(given);
  if (origin === null)
    return `This page has no address of its own (it calls itself ${given === 'null' ? 'null' : 'something else'}), as files and sandboxed frames have none; such pages are let in only by ALLOWED_ORIGINS=*.`;
  if (publicUrl === null)
    return `This page is at ${origin}, but its requests reach the server as ${shownHost(host)}. Whoever runs the server sets PUBLIC_URL=${origin}, or lets the reverse proxy pass the Host header on.`;
  // With the same path: an origin does not contain one.
  const right = origin + publicPathOf(publicUrl);
  const remedy = losesCookies(given, publicUrl)
    ? `Open ${publicUrl}, or whoever runs the server sets PUBLIC_URL=${right}.`
    : `Open ${publicUrl}, or whoever runs the server sets PUBLIC_URL=${right}, or adds ${origin} to ALLOWED_ORIGINS.`;
  return `This page is at ${origin}, but PUBLIC_URL says that people reach the server at ${publicUrl}. ${remedy}`;
}

const shownHost = (host: string): string => (/^[\w.:[\]-]{1,255}$/.test(host) ? host : 'another name');

/**
 * Whether `Host` may be ours. Where PUBLIC_URL names this server, another public name that leads here belongs to somebody else, and its page is not
 * ours, although a browser sees one origin for both (DNS rebinding). IP addresses and names without a dot belong to nobody else: probes, proxies and internal programs
 * use them.
 */
export function createHostCheck(
  allowedOrigins: readonly string[],
  publicUrl: string | null,
): (host: string) => boolean {
  if (publicUrl === null) return () => true;
  const named = new Set([publicUrl, ...allowedOrigins].map(hostnameOf));
  return (host) => {
    const hostname = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '');
    if (hostname === undefined || hostname === '') return false;
    const isNumber = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
    return isNumber || !hostname.includes('.') || hostname.endsWith('.localhost') || named.has(hostname);
  };
}
