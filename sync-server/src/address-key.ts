/** Whose a connection is, for bounds by address. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const NETWORK_GROUPS = 4;
const GROUPS = 8;

interface Incoming {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The socket's address, or what the proxy in front says, where it is trusted. */
export function addressOf({ headers, socket }: Incoming, trustProxy: boolean): string | null {
  // A proxy appends what it saw; whatever stands before that, the client may have written itself.
  const forwarded = trustProxy ? lastOf(headers['x-forwarded-for']) : undefined;
  if (forwarded !== undefined && isIP(forwarded) !== 0) return forwarded;
  return socket.remoteAddress ?? null;
}

const lastOf = (header: string | readonly string[] | undefined): string | undefined =>
  String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim();

/** What an address is counted under. Whoever has one IPv6 address has the whole /64 that it is of. */
export function addressKey(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain)) return address;
  const [head = '', tail] = plain.split('::', 2) as [string, string?];
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array.from({ length: GROUPS - first.length - last.length }, () => '0');
  const groups = [...first, ...middle, ...last].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** Whether the address is this machine's own. */
export const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/i.test(address);
