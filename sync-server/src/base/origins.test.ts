import { describe, expect, it } from 'vitest';
import { createHostCheck, createOriginRules, normaliseOrigin } from './origins.ts';

describe('a host', () => {
  const isOwn = createHostCheck(['https://app.example', '*'], 'https://chat.example:8443');

  it.each([
    'chat.example:8443',
    'chat.example',
    'chat.example.',
    'Chat.Example:443',
    'app.example',
    '127.0.0.1:3000',
    '[::1]:3000',
    'localhost',
    'chat:3000',
  ])('the host %s may be ours', (host) => {
    expect(isOwn(host)).toBe(true);
  });

  it.each(['evil.example', 'evil.example:8443', 'chat.example.evil.example', '127.0.0.1.evil.example', '', 'a b'])(
    '[R3] %j is none of ours where PUBLIC_URL says what people call this server',
    (host) => {
      expect(isOwn(host)).toBe(false);
      expect(createOriginRules([], 'https://chat.example').allowsSockets(`http://${host}`, [host])).toBe(false);
    },
  );

  it('a host is what each request says without PUBLIC_URL', () => {
    expect(createHostCheck([], null)('anything.example')).toBe(true);
    const rules = createOriginRules([], null);
    expect(rules.allowsSockets('http://chat.example', ['chat.example'])).toBe(true);
    expect(rules.allowsSockets('http://evil.example', ['chat.example'])).toBe(false);
  });
});

describe('a page', () => {
  it.each([
    ['https://chat.example', 'chat.example:443'],
    ['http://chat.example', 'chat.example:80'],
    ['https://chat.example.', 'chat.example.'],
    ['http://[::1]:8080', '[::1]:8080'],
    ['https://xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('a page of %s is ours when its requests come to %s', (origin, host) => {
    const rules = createOriginRules([], null);
    expect([rules.allowsSockets(origin, [host]), rules.allowsSignIn(origin, [host])]).toEqual([true, true]);
  });

  it('a page may come under the name that a trusted proxy passes on', () => {
    expect(createOriginRules([], null).allowsSignIn('https://chat.example', ['chat.example', '10.0.0.7:3000'])).toBe(
      true,
    );
  });

  it('[R3] a page is not signed in because sockets are open to all, nor by an origin that is no address', () => {
    const rules = createOriginRules(['*'], null);
    for (const origin of ['https://evil.example', 'null', 'capacitor://chat.example']) {
      expect(rules.allowsSockets(origin, ['chat.example'])).toBe(true);
      expect(rules.allowsSignIn(origin, ['chat.example'])).toBe(false);
    }
  });

  it('a page without TLS is not signed in where cookies ask for TLS, but for this machine', () => {
    const rules = createOriginRules([], 'https://chat.example');
    expect(rules.allowsSignIn('http://chat.example', ['chat.example'])).toBe(false);
    expect(rules.allowsSignIn('http://localhost:3000', ['localhost:3000'])).toBe(true);
    expect(rules.explain('http://chat.example', ['chat.example'])).toContain('Open https://chat.example, or whoever');
  });
});

describe('the sentence about a refused page', () => {
  it('the sentence about a refused page names both addresses and the setting', () => {
    expect(createOriginRules([], null).explain('http://127.0.0.1:8080', ['127.0.0.1:3000'])).toBe(
      'This page is at http://127.0.0.1:8080, but its requests reach the server as 127.0.0.1:3000. Whoever runs the server sets PUBLIC_URL=http://127.0.0.1:8080, or lets the reverse proxy pass the Host header on.',
    );
    expect(
      createOriginRules([], 'https://chat.example').explain('https://www.chat.example', ['www.chat.example']),
    ).toBe(
      'This page is at https://www.chat.example, but PUBLIC_URL says that people reach the server at https://chat.example. Open https://chat.example, or whoever runs the server sets PUBLIC_URL=https://www.chat.example, or adds https://www.chat.example to ALLOWED_ORIGINS.',
    );
  });

  it('the sentence about a refused page names the path, where people open it below one', () => {
    expect(createOriginRules([], 'https://app.example/chat').explain('https://www.example', ['app.example'])).toContain(
      'Open https://app.example/chat, or whoever runs the server sets PUBLIC_URL=https://www.example/chat, or adds https://www.example to ALLOWED_ORIGINS.',
    );
  });

  it('the sentence about a refused page never repeats what is no address', () => {
    const sentence = createOriginRules([], null).explain('<script>', ['<b>']);
    expect(sentence).not.toContain('<');
  });
});

describe('normaliseOrigin', () => {
  it.each([
    ['HTTPS://Chat.Example:443/', 'https://chat.example'],
    ['http://chat.example.:8080', 'http://chat.example:8080'],
    ['https://b\u00fccher.example', 'https://xn--bcher-kva.example'],
    ['chrome-extension://AbC', 'chrome-extension://abc'],
    ['null', null],
    ['chat.example', null],
  ])('normaliseOrigin reads %s as %s', (given, expected) => {
    expect(normaliseOrigin(given)).toBe(expected);
  });
});
