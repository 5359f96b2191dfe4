import { expect, it } from 'vitest';
import { addressKey, addressOf, isLoopback } from './address-key.ts';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('[R11] the address %s counts as %s: one network is one address', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

it('addressKey knows this machine by its addresses', () => {
  expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
  expect(['10.0.0.1', '::2', '1.127.0.0'].some(isLoopback)).toBe(false);
});

const PROXY = '10.0.0.1';

it.each([
  [{ 'x-forwarded-for': '198.51.100.9, 203.0.113.5' }, '203.0.113.5'],
  [{ 'x-forwarded-for': '203.0.113.5:51234' }, '203.0.113.5'],
  [{ 'x-forwarded-for': '198.51.100.9, [2001:db8::1]:443' }, '2001:db8::1'],
  [{ 'x-forwarded-for': '[2001:db8::1]' }, '2001:db8::1'],
  [{ 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
  [{ forwarded: 'for=198.51.100.9, for=203.0.113.5;proto=https' }, '203.0.113.5'],
  [{ forwarded: 'proto=https;For="[2001:db8::1]:443"' }, '2001:db8::1'],
  [{ forwarded: 'for="203.0.113.5:_port"' }, '203.0.113.5'],
  // The last proxy's own word alone: what stands before it may be the client's.
  [{ forwarded: 'for=198.51.100.9, proto=https' }, PROXY],
  [{ forwarded: 'for=198.51.100.9, for=_hidden' }, PROXY],
  [{ 'x-forwarded-for': '198.51.100.9, unknown' }, PROXY],
  [{ 'x-forwarded-for': '203.0.113.5', forwarded: 'for=198.51.100.9' }, '203.0.113.5'],
  [{ 'x-forwarded-for': 'unknown', forwarded: 'for=198.51.100.9' }, PROXY],
  [{ 'x-forwarded-for': '' }, PROXY],
])('[R11] a request behind a trusted proxy, %o, counts as %s', (headers, address) => {
  const request = { headers, socket: { remoteAddress: PROXY } };
  expect(addressOf(request, true)).toBe(address);
  expect(addressOf(request, false)).toBe(PROXY);
});
