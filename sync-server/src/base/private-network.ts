/** What is within this machine or a private network: by its address, or by a name that no public resolver knows. */
import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6');
/** Names that no public resolver knows: of containers, of this machine. */
const PRIVATE_NAME = /^[\w-]+$|\.(localhost|local|internal|lan|home\.arpa)$/i;

/** As it stands in an address. A name is only likely to lead to such a network: whoever connects asks `isPrivateAddress` of what it led to. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? PRIVATE_NAME.test(host) : isPrivateAddress(host);
}

export function isPrivateAddress(address: string): boolean {
  // Of a link-local address the zone says which link.
  const [plain = ''] = address.split('%');
  const family = isIP(plain);
  return family !== 0 && PRIVATE.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}
