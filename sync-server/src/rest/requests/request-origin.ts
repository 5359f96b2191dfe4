/** The origin a request came to, as the browser knows it: the browser says so, or the proxy that ends TLS, where it is trusted. */
import { hostsOf, wasSecure } from '../../base/forwarded.ts';
import { isSameHost, normaliseOrigin } from '../../base/origins.ts';

export function requestOrigin(request: Request, trustProxy: boolean): string {
  const read = (name: string) => request.headers.get(name);
  const hosts = hostsOf(read, trustProxy);
  const origin = read('origin');
  // No page can change these two: it is of the origin that it sends the request to, which a browser says itself, or one of the names says.
  if (origin !== null && normaliseOrigin(origin) === origin) {
    if (read('sec-fetch-site') === 'same-origin' || hosts.some((host) => isSameHost(origin, host))) return origin;
  }
  const url = new URL(request.url);
  const protocol = wasSecure(read, trustProxy) ? 'https:' : url.protocol;
  return URL.parse(`${protocol}//${hosts[0]}`)?.origin ?? `${protocol}//${url.host}`;
}
