/** The origin a request came to, as the browser knows it: a proxy that ends TLS says so, where it is trusted. */
export function requestOrigin(request: Request, trustProxy: boolean): string {
  const url = new URL(request.url);
  const protocol = trustProxy ? request.headers.get('x-forwarded-proto') : null;
  return protocol === 'https' ? `https://${url.host}` : url.origin;
}
