/** The address of a client, as limits by address count it. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import { clientOf } from './forwarded.ts';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const NETWORK_GROUPS = 4;
const GROUPS = 8;

interface Incoming {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The socket's address, or what the proxy in front says, where it is trusted. */
export function addressOf({ headers, socket }: Incoming, trustProxy: boolean): string | null {
  const forwarded = trustProxy ? clientOf((name) => headers[name]?.toString()) : null;
  return forwarded ?? socket.remoteAddress ?? null;
}

/** The key under which an address is counted. A client with one IPv6 address has the whole /64 network around it. */
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
