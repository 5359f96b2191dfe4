import { expect, it } from 'vitest';
import { requestOrigin } from './request-origin.ts';

const originOf = (headers: Readonly<Record<string, string>>, trustProxy = true): string =>
  requestOrigin(
    new Request('http://10.0.0.7:3000/chat/channels', { headers: { host: 'chat.example', ...headers } }),
    trustProxy,
  );
const secure = { 'x-forwarded-proto': 'https' };

it.each([
  // A proxy that says the port that it listens on itself.
  [{ ...secure, 'x-forwarded-port': '8443' }, 'https://chat.example'],
  [{ ...secure, 'x-forwarded-port': '8443', origin: 'https://chat.example' }, 'https://chat.example'],
  // And one that says the port that people use.
  [{ ...secure, 'x-forwarded-port': '8443', origin: 'https://chat.example:8443' }, 'https://chat.example:8443'],
  [{ ...secure, 'x-forwarded-host': 'chat.example:8443', host: 'inner:3000' }, 'https://chat.example:8443'],
  // TLS ended before the proxy, which does not know.
  [{ origin: 'https://chat.example' }, 'https://chat.example'],
  [{ ...secure, origin: 'https://other.example' }, 'https://chat.example'],
  [{ origin: 'null' }, 'http://chat.example'],
  [{ origin: 'https://chat.example/invite' }, 'http://chat.example'],
  [{ origin: 'https://other.example', 'sec-fetch-site': 'same-origin' }, 'https://other.example'],
])('behind a proxy, %o reached the server at %s', (headers, expected) => {
  expect(originOf(headers)).toBe(expected);
});

it('a proxy that is not trusted names neither a host nor a port nor TLS', () => {
  expect(originOf({ ...secure, 'x-forwarded-port': '8443', 'x-forwarded-host': 'other.example' }, false)).toBe(
    'http://chat.example',
  );
});
