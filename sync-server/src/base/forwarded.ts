/**
 * The address of a request as its browser knows it: `Host`, and, where the proxy in front is trusted, also the headers in which the proxy passes on the original request. No page can
 * make a browser send these headers to another origin, so a name in any of them is as good as `Host`.
 */

import { isIP } from 'node:net';

/** The header's value; null or undefined where there is none. */
type ReadHeader = (name: string) => string | null | undefined;

/** More than any chain of proxies adds. */
const HOSTS_MAX = 8;

/** The host names to which the request may have been sent: those of a proxy first, and each as it was given, before we normalise it. */
export function hostsOf(read: ReadHeader, trustProxy: boolean): readonly string[] {
  const host = read('host') ?? '';
  if (!trustProxy) return [host];
  const named = [...readPairs(read, 'host'), ...readList(read, 'x-forwarded-host'), host];
  const port = forwardedPort(read);
  // Some proxies send the port separately, and a few send their own port there: both names are possible.
  const hosts = named.flatMap((name) => (port === null || HAS_PORT.test(name) ? [name] : [name, `${name}:${port}`]));
  return [...new Set(hosts)].slice(0, HOSTS_MAX);
}

const HAS_PORT = /^$|:\d*$/;
/** Of http and https: no browser writes them, and a proxy behind the one that ends TLS may give either. */
const USUAL_PORTS = ['80', '443'];

/** The port as a browser writes it behind the name; null: none. */
function forwardedPort(read: ReadHeader): string | null {
  const port = readList(read, 'x-forwarded-port')[0] ?? '';
  return /^\d{1,5}$/.test(port) && !USUAL_PORTS.includes(port) ? port : null;
}

/**
 * The address of the client, as the last proxy saw it: it appends what it saw, and whatever stands before that, the client may have written itself. Of the two headers a proxy
 * writes one, and passes on the other as the client sent it; nearly all write `X-Forwarded-For`, so where that is there, it alone counts. (For names and schemes both do: no
 * page can write either, but a program that wants another address here can.)
 */
export function clientOf(read: ReadHeader): string | null {
  const list = readList(read, 'x-forwarded-for');
  return addressIn((list.length > 0 ? list : readPairs(read, 'for', 'last')).at(-1) ?? '');
}

/** Some write the port along: `192.0.2.1:51234`, `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::[\w.-]+)?$/;

function addressIn(text: string): string | null {
  const [, bracketed, plain = text] = WITH_PORT.exec(text) ?? [];
  const address = bracketed ?? plain;
  return isIP(address) === 0 ? null : address;
}

/** Whether the browser spoke TLS to the proxy. */
export function wasSecure(read: ReadHeader, trustProxy: boolean): boolean {
  if (!trustProxy) return false;
  const schemes = [
    ...readPairs(read, 'proto'),
    ...readList(read, 'x-forwarded-proto'),
    ...readList(read, 'x-forwarded-scheme'),
  ];
  return schemes.some((scheme) => scheme.toLowerCase() === 'https') || readList(read, 'x-forwarded-ssl').includes('on');
}

function readList(read: ReadHeader, name: string): readonly string[] {
  return (read(name) ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Of `Forwarded` (RFC 7239): `for=192.0.2.1;proto=https;host="chat.example:8443", for=…`. */
function readPairs(read: ReadHeader, name: string, which: 'all' | 'last' = 'all'): readonly string[] {
  const elements = readList(read, 'forwarded');
  return (which === 'last' ? elements.slice(-1) : elements).flatMap((element) =>
    element.split(';').flatMap((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return key.trim().toLowerCase() === name ? [value.trim().replace(/^"(.*)"$/, '$1')] : [];
    }),
  );
}
