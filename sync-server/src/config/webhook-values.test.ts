import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const read = (env: Record<string, string>) => {
  const config = parseConfig({ WEBHOOK_SECRET: SECRET, ...env });
  return config.ok ? config.value.webhooks : config.error;
};

describe('webhooks, by the settings', () => {
  it('webhooks, by the settings, are off without an address, and need a secret with one', () => {
    expect(read({})).toBeNull();
    expect(read({ WEBHOOK_URL: 'https://a.example/hooks', WEBHOOK_SECRET: '' })).toMatch(
      /^WEBHOOK_SECRET must be set beside WEBHOOK_URL/,
    );
  });

  it('webhooks, by the settings, go to https, or to http that does not leave the house', () => {
    const good = ['https://a.example/hooks?k=1', 'http://localhost:4000/h', 'http://backend:80/h', 'http://10.1.2.3/h'];
    for (const url of [
      ...good,
      'http://[::1]:4000/h',
      'http://[fd00::1]/h',
      'http://api.internal/h',
      good.slice(0, 3).join(', '),
    ])
      expect(read({ WEBHOOK_URL: url }), url).toMatchObject({ urls: expect.any(Array) });
    const bad = ['http://a.example/h', 'http://8.8.8.8/h', 'http://[2001:db8::1]/h', 'ftp://a/h', 'nonsense'];
    for (const url of [...bad, `${good[0]},http://a.example/`, 'http://172.32.0.1/h'])
      expect(read({ WEBHOOK_URL: url }), url).toMatch(/^WEBHOOK_URL must be /);
    expect(
      read({
        WEBHOOK_URL: 'abcdef'
          .split('')
          .map((name) => `https://${name}.example/`)
          .join(),
      }),
    ).toMatch(/at most 5/);
  });

  it('webhooks, by the settings, are signed with what `openssl rand -base64 32` makes, with or without its prefix, and with several', () => {
    const url = { WEBHOOK_URL: 'https://a.example/' };
    const other = Buffer.alloc(32, 255).toString('base64');
    expect(read({ ...url, WEBHOOK_SECRET: `${SECRET},${other}` })).toMatchObject({
      secrets: [Buffer.from(SECRET.slice(6), 'base64'), Buffer.alloc(32, 255)],
    });
    for (const secret of ['short', 'not base64 at all, really not!', Buffer.alloc(65).toString('base64')])
      expect(read({ ...url, WEBHOOK_SECRET: secret })).toMatch(/^WEBHOOK_SECRET must be base64/);
  });

  it('webhooks, by the settings, are of the kinds that are asked for', () => {
    const events = (given: string) => read({ WEBHOOK_URL: 'https://a.example/', WEBHOOK_EVENTS: given });
    expect(events('')).toMatchObject({ events: { length: 6 } });
    expect(events('member.*, message.created')).toMatchObject({
      events: ['message.created', 'member.added', 'member.removed', 'member.role_changed'],
    });
    expect(events('message.created,message.read')).toMatch(/^WEBHOOK_EVENTS must be a list of message.created/);
  });
});
