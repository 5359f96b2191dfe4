import { describe, expect, it } from 'vitest';
import { createHostCheck, createOriginCheck } from './origins.ts';

describe('a host', () => {
  const isOwn = createHostCheck(['https://app.example', '*'], 'https://chat.example:8443');

  it.each([
    'chat.example:8443',
    'chat.example',
    'app.example',
    '127.0.0.1:3000',
    '[::1]:3000',
    'localhost',
    'chat:3000',
  ])('%s may be ours', (host) => {
    expect(isOwn(host)).toBe(true);
  });

  it.each(['evil.example', 'evil.example:8443', 'chat.example.evil.example', '127.0.0.1.evil.example', '', 'a b'])(
    '[R3] %j is none of ours where PUBLIC_URL says what people call this server',
    (host) => {
      expect(isOwn(host)).toBe(false);
      expect(createOriginCheck([], 'https://chat.example')(`http://${host}`, host)).toBe(false);
    },
  );

  it('is what each request says without PUBLIC_URL', () => {
    expect(createHostCheck([], null)('anything.example')).toBe(true);
    expect(createOriginCheck([], null)('http://chat.example', 'chat.example')).toBe(true);
    expect(createOriginCheck([], null)('http://evil.example', 'chat.example')).toBe(false);
  });
});
