/** Which pages may open sockets here and sign people in: our own, and the configured ones. Programs send no origin and are not asked. */
import { isIP } from 'node:net';

export function createOriginCheck(
  allowedOrigins: readonly string[],
  publicUrl: string | null,
): (origin: string, host: string) => boolean {
  const allowed = new Set(publicUrl === null ? allowedOrigins : [...allowedOrigins, publicUrl]);
  const isOwnHost = createHostCheck(allowedOrigins, publicUrl);
  return (origin, host) =>
    allowed.has('*') || allowed.has(origin) || (URL.parse(origin)?.host === host && isOwnHost(host));
}

/**
 * Whether `Host` may be ours. Where PUBLIC_URL says what people call this server, another public name that leads here is somebody else's, and its page is not
 * ours, although a browser finds that both have one origin (DNS rebinding). Numbers and names without a dot belong to nobody else: probes, proxies and programs
 * inside use them.
 */
export function createHostCheck(
  allowedOrigins: readonly string[],
  publicUrl: string | null,
): (host: string) => boolean {
  if (publicUrl === null) return () => true;
  const named = new Set([publicUrl, ...allowedOrigins].map((origin) => URL.parse(origin)?.hostname));
  return (host) => {
    const hostname = URL.parse(`http://${host}`)?.hostname;
    if (hostname === undefined || hostname === '') return false;
    const isNumber = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
    return isNumber || !hostname.includes('.') || hostname.endsWith('.localhost') || named.has(hostname);
  };
}
