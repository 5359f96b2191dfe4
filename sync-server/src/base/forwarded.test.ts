import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostsOf, wasSecure } from './forwarded.ts';

const reading = (headers: Readonly<Record<string, string | undefined>>) => (name: string) => headers[name];

describe('what a trusted proxy says of a request', () => {
  it.each([
    [{ 'x-forwarded-host': 'chat.example, inner' }, ['chat.example', 'inner', '10.0.0.7:3000']],
    [
      { forwarded: 'for=192.0.2.1;Host="chat.example:8443";proto=https, for=10.0.0.1' },
      ['chat.example:8443', '10.0.0.7:3000'],
    ],
    [
      { 'x-forwarded-host': 'chat.example', 'x-forwarded-port': '8443', 'x-forwarded-proto': 'https' },
      ['chat.example', 'chat.example:8443', '10.0.0.7:3000'],
    ],
    [{ host: 'chat.example', 'x-forwarded-port': '8080' }, ['chat.example', 'chat.example:8080']],
    [{ host: '[2001:db8::1]', 'x-forwarded-port': '8080' }, ['[2001:db8::1]', '[2001:db8::1]:8080']],
    [{ host: 'chat.example:81', 'x-forwarded-port': '8080' }, ['chat.example:81']],
    [{ host: 'chat.example', 'x-forwarded-port': '443', 'x-forwarded-proto': 'https' }, ['chat.example']],
    [{ host: 'chat.example', 'x-forwarded-port': '80', 'x-forwarded-proto': 'https' }, ['chat.example']],
    [{ host: 'chat.example', 'x-forwarded-port': '8080.evil' }, ['chat.example']],
    [{}, ['10.0.0.7:3000']],
  ])('what a trusted proxy says of a request names its host: %o', (headers, expected) => {
    const read = reading({ host: '10.0.0.7:3000', ...headers });
    expect(hostsOf(read, true)).toEqual(expected);
    expect(hostsOf(read, false)).toEqual([read('host')]);
  });

  it.each([
    [{ 'x-forwarded-proto': 'https' }, true],
    [{ 'x-forwarded-proto': 'HTTPS,http' }, true],
    [{ 'x-forwarded-scheme': 'https' }, true],
    [{ 'x-forwarded-ssl': 'on' }, true],
    [{ forwarded: 'proto=https' }, true],
    [{ 'x-forwarded-proto': 'http' }, false],
    [{}, false],
  ])('what a trusted proxy says of a request says whether it was TLS: %o', (headers, expected) => {
    expect(wasSecure(reading(headers), true)).toBe(expected);
    expect(wasSecure(reading(headers), false)).toBe(false);
  });
});

it('README’s nginx passes the name on with its port: nginx’s own $host has none', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../../README.md'), 'utf8');
  expect(readme).toContain('proxy_set_header Host $http_host;');
});

it('README’s nginx writes one of the headers that name a client, and removes the other; and so says the setting', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../../README.md'), 'utf8');
  expect(readme).toContain('proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;');
  expect(readme).toContain('proxy_set_header Forwarded "";');
  expect(readme).toContain('one that writes neither has to remove both');
  expect(readme).toMatch(/\| `TRUST_PROXY` .*A proxy removes what it does not write of X-Forwarded-For and Forwarded/);
});
