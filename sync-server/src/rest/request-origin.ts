/** The origin a request came to, as the browser knows it: the browser says so, or the proxy that ends TLS, where it is trusted. */
import { hostsOf, wasSecure } from '../forwarded.ts';
import { normaliseOrigin } from '../origins.ts';

export function requestOrigin(request: Request, trustProxy: boolean): string {
  const read = (name: string) => request.headers.get(name);
  const origin = read('origin');
  // No page can change these two: it is of the origin that it sends the request to.
  if (read('sec-fetch-site') === 'same-origin' && origin !== null && normaliseOrigin(origin) === origin) return origin;
  const url = new URL(request.url);
  const protocol = wasSecure(read, trustProxy) ? 'https:' : url.protocol;
  const [host] = hostsOf(read, trustProxy);
  return URL.parse(`${protocol}//${host}`)?.origin ?? `${protocol}//${url.host}`;
}
