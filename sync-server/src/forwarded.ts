/**
 * What a request was sent to, as its browser knows it: `Host`, and where the proxy in front is trusted also what it says of the request that it was sent. No page can
 * make a browser send these headers to another origin, so a name in any of them is as good as `Host`.
 */

/** The header's value; null or undefined where there is none. */
type ReadHeader = (name: string) => string | null | undefined;

/** More than any chain of proxies adds. */
const HOSTS_MAX = 8;

/** The names it may have been sent to, the one that a browser used most likely first. */
export function hostsOf(read: ReadHeader, trustProxy: boolean): readonly string[] {
  const host = read('host') ?? '';
  if (!trustProxy) return [host];
  const forwarded = [...readPairs(read, 'host'), ...readList(read, 'x-forwarded-host')];
  return [...new Set([...forwarded, host])].slice(0, HOSTS_MAX);
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
function readPairs(read: ReadHeader, name: string): readonly string[] {
  return readList(read, 'forwarded').flatMap((element) =>
    element.split(';').flatMap((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return key.trim().toLowerCase() === name ? [value.trim().replace(/^"(.*)"$/, '$1')] : [];
    }),
  );
}
