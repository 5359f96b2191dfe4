import { describe, expect, it } from 'vitest';
import { describeConfig, helpText, parseConfig, wantsHelp } from './config.ts';
import { OPTIONS } from './config-options.ts';

const parsed = (env: Record<string, string>, argv: string[] = []) => {
  const result = parseConfig(env, argv);
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
const sentence = (env: Record<string, string>, argv: string[] = []) => {
  const result = parseConfig(env, argv);
  return result.ok ? null : result.error;
};
const external = { JWT_SECRET: 'a-secret-of-enough-length', JWT_ISSUER: 'https://issuer.example/auth/v1' };

describe('parseConfig', () => {
  it('parseConfig starts with nothing set: embedded database, built-in identity, this machine only', () => {
    expect(parsed({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      databaseUrl: null,
      databaseConnections: 12,
      dataDir: './.data',
      tokens: { type: 'built-in' },
      issuer: 'tablo-chat',
      audience: null,
      allowedOrigins: [],
      publicUrl: null,
      redisUrl: null,
      trustProxy: false,
      epochLimits: { entries: 2_000, bytes: 262_144, clients: 1_000 },
      addMembers: 'members',
      bounds: { tablosPerUser: 1_000, membersPerTablo: 10_000, linksPerTablo: 100, invitationsPerUser: 100 },
      limits: { entriesPerSecond: 20, entriesBurst: 5_000 },
      logLevel: 'info',
      logFormat: 'text',
    });
  });

  it('parseConfig takes empty and blank texts as absent', () => {
    expect(parsed({ PORT: '', DATABASE_URL: '  ', JWT_SECRET: '', JWT_JWKS_URL: '' })).toEqual(parsed({}));
  });

  it('parseConfig takes a setting by the name that it had before, and its name of today before that', () => {
    expect(parsed({ MAX_STRANGER_SOCKETS: '77' }).limits.unauthenticatedSockets).toBe(77);
    const both = { MAX_STRANGER_SOCKETS: '77', MAX_UNAUTHENTICATED_SOCKETS: '88' };
    expect(parsed(both).limits.unauthenticatedSockets).toBe(88);
  });

  it('parseConfig takes an external issuer by secret or by key set', () => {
    expect(parsed({ ...external, JWT_AUDIENCE: 'authenticated' })).toMatchObject({
      tokens: { type: 'secret', secret: external.JWT_SECRET },
      issuer: external.JWT_ISSUER,
      audience: 'authenticated',
    });
    const jwks = { JWT_JWKS_URL: 'https://issuer.example/jwks', JWT_ISSUER: 'x' };
    expect(parsed(jwks).tokens).toEqual({ type: 'jwks', url: 'https://issuer.example/jwks' });
  });

  it('parseConfig takes several tokens of a back end, none of which is guessed', () => {
    const [one, other] = ['o'.repeat(32), 'another-token-of-32-characters=='];
    expect(parsed({}).serviceTokens).toEqual([]);
    expect(parsed({ SERVICE_TOKENS: `${one}, ${other},${one}` }).serviceTokens).toEqual([one, other]);
    for (const given of ['short', `${one},short`, `${one}!`])
      expect(sentence({ SERVICE_TOKENS: given })).toMatch(/^SERVICE_TOKENS must be tokens of at least 32 letters/);
  });

  it('parseConfig reads origins as browsers send them', () => {
    const config = parsed({
      ALLOWED_ORIGINS: 'https://App.example/, http://localhost:5173',
      PUBLIC_URL: 'https://chat.example:443/',
    });
    expect(config.allowedOrigins).toEqual(['https://app.example', 'http://localhost:5173']);
    expect(config.publicUrl).toBe('https://chat.example');
    for (const PUBLIC_URL of ['https://App.example/chat', 'https://app.example:443/chat/'])
      expect(parsed({ PUBLIC_URL }).publicUrl).toBe('https://app.example/chat');
    const given =
      'HTTPS://B\u00fccher.Example:443/;http://[::1]:80 https://a.example.,capacitor://localhost,*, https://a.example';
    expect(parsed({ ALLOWED_ORIGINS: given }).allowedOrigins).toEqual([
      'https://xn--bcher-kva.example',
      'http://[::1]',
      'https://a.example',
      'capacitor://localhost',
      '*',
    ]);
  });

  it('parseConfig lets options win over the environment', () => {
    expect(parsed({ PORT: '1' }, ['--port', '2', '--database-url=postgres://u:p@h/d?a=b']).port).toBe(2);
    expect(parsed({}, ['--database-url=postgres://u:p@h/d?a=b']).databaseUrl).toBe('postgres://u:p@h/d?a=b');
  });

  it('parseConfig takes an address to listen on with brackets and without', () => {
    const hosts = ['::1', '[::1]', '[fe80::1%eth0]', '0.0.0.0', '[chat]', 'localhost'].map(
      (HOST) => parsed({ HOST }).host,
    );
    expect(hosts).toEqual(['::1', '::1', 'fe80::1%eth0', '0.0.0.0', '[chat]', 'localhost']);
  });

  it.each([
    [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535.'],
    [{ PORT: '65536' }, 'PORT must be a whole number from 0 to 65535.'],
    [
      { DATABASE_URL: 'mysql://h/d' },
      'DATABASE_URL must be an address of a PostgreSQL, beginning with postgres:// or postgresql://.',
    ],
    [{ JWT_SECRET: 'short', JWT_ISSUER: 'x' }, 'JWT_SECRET must be at least 16 characters long.'],
    [
      { JWT_SECRET: external.JWT_SECRET },
      "JWT_ISSUER must be set beside JWT_SECRET: the iss claim of your issuer's tokens.",
    ],
    [
      { ...external, JWT_JWKS_URL: 'https://h/jwks' },
      'JWT_SECRET and JWT_JWKS_URL exclude each other: set the one that your issuer uses.',
    ],
    [
      { PUBLIC_URL: 'chat.example' },
      'PUBLIC_URL must be the address that people open, such as https://chat.example.org or https://example.org/chat/.',
    ],
    [
      { PUBLIC_URL: 'https://chat.example/?a=b' },
      'PUBLIC_URL must be the address that people open, such as https://chat.example.org or https://example.org/chat/.',
    ],
    [
      { PUBLIC_URL: 'https://chat.example/api/' },
      'PUBLIC_URL must be an address with another path: of letters and digits, and not one of this server’s own (/api, /sync, /t).',
    ],
    [
      { ALLOWED_ORIGINS: 'https://a.example null' },
      'ALLOWED_ORIGINS must be a list of addresses; null is what pages without an address send (files, sandboxed frames): only * lets them in.',
    ],
    [
      { ALLOWED_ORIGINS: 'https://*.example.org' },
      'ALLOWED_ORIGINS must be a list of whole addresses, or * alone for any; a star within an address stands for nothing here.',
    ],
    ...[
      'app.example',
      'https://a.example/x',
      'https://u:p@a.example',
      'wss://a.example',
      'file:///x',
      '"https://a.example"',
    ].map((given): [{ ALLOWED_ORIGINS: string }, string] => [
      { ALLOWED_ORIGINS: given },
      'ALLOWED_ORIGINS must be a list of origins separated by commas, such as https://a.example,https://b.example.',
    ]),
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of debug, info, warn, error, silent.'],
    [{ REDIS_URL: 'localhost' }, 'REDIS_URL must be an address of a Redis, beginning with redis:// or rediss://.'],
    [{ TRUST_PROXY: '1' }, 'TRUST_PROXY must be one of yes, no.'],
  ])('parseConfig stops the start with one sentence that names the variable: %o', (env, expected) => {
    expect(sentence(env as Record<string, string>)).toBe(expected);
  });

  it('parseConfig names an option that it does not know, and one without a value', () => {
    expect(sentence({}, ['--colour', 'red'])).toBe('--colour is not an option; --help lists them.');
    expect(sentence({}, ['--port'])).toBe('--port needs a value.');
  });

  it('parseConfig never repeats a secret in a sentence', () => {
    expect(sentence({ JWT_SECRET: 'hunter2', JWT_ISSUER: 'x' })).not.toContain('hunter2');
  });
});

describe('help and README', () => {
  it('help and README list every option of the table', () => {
    expect(wantsHelp(['--help'])).toBe(true);
    for (const name of Object.keys(OPTIONS)) {
      expect(helpText()).toContain(name);
      expect(describeConfig()).toContain(`| \`${name}\` |`);
    }
  });
});
