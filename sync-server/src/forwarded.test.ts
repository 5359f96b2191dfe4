import { describe, expect, it } from 'vitest';
import { hostsOf, wasSecure } from './forwarded.ts';

const reading = (headers: Record<string, string>) => (name: string) => headers[name];

describe('what a trusted proxy says of a request', () => {
  it.each([
    [{ 'x-forwarded-host': 'chat.example, inner' }, ['chat.example', 'inner', '10.0.0.7:3000']],
    [
      { forwarded: 'for=192.0.2.1;Host="chat.example:8443";proto=https, for=10.0.0.1' },
      ['chat.example:8443', '10.0.0.7:3000'],
    ],
    [{}, ['10.0.0.7:3000']],
  ])('names its host: %o', (headers, expected) => {
    const read = reading({ host: '10.0.0.7:3000', ...headers });
    expect(hostsOf(read, true)).toEqual(expected);
    expect(hostsOf(read, false)).toEqual(['10.0.0.7:3000']);
  });

  it.each([
    [{ 'x-forwarded-proto': 'https' }, true],
    [{ 'x-forwarded-proto': 'HTTPS,http' }, true],
    [{ 'x-forwarded-scheme': 'https' }, true],
    [{ 'x-forwarded-ssl': 'on' }, true],
    [{ forwarded: 'proto=https' }, true],
    [{ 'x-forwarded-proto': 'http' }, false],
    [{}, false],
  ])('says whether it was TLS: %o', (headers, expected) => {
    expect(wasSecure(reading(headers), true)).toBe(expected);
    expect(wasSecure(reading(headers), false)).toBe(false);
  });
});
