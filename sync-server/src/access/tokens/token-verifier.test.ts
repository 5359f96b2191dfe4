import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { localKeys, remoteKeys, secretKeys } from './token-keys.ts';
import { JwtVerifier } from './token-verifier.ts';

const SECRET = 'a-secret-that-nobody-knows-at-all';
const ISSUER = 'https://issuer.example/auth/v1';
const ALICE = '0197aaaa-0000-7000-8000-00000000000a';
const inOneHour = () => Math.floor(Date.now() / 1_000) + 3_600;

const key = (secret = SECRET) => new TextEncoder().encode(secret);
const claims = (given: JWTPayload = {}): JWTPayload => ({ iss: ISSUER, sub: ALICE, exp: inOneHour(), ...given });
const sign = (payload: JWTPayload, secret = SECRET, alg = 'HS256') =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(key(secret));
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const bySecret = (audience: string | null = null, now?: () => number) =>
  new JwtVerifier(secretKeys(SECRET), { issuer: ISSUER, audience }, ...(now === undefined ? [] : [now]));
const fault = async (token: string, verifier = bySecret()) => {
  const result = await verifier.verify(token);
  return result.ok ? null : result.error;
};

describe('a token signed with the secret', () => {
  it('a token signed with the secret gives the user, their names and the end', async () => {
    const exp = inOneHour();
    const token = await sign(
      claims({ exp, name: ' Alice ', email: 'alice@example.org', picture: 'https://example.org/a.png' }),
    );
    expect(await bySecret().verify(token)).toEqual({
      ok: true,
      value: {
        userId: ALICE,
        name: 'Alice',
        email: 'alice@example.org',
        avatarUrl: 'https://example.org/a.png',
        expiresAt: exp * 1_000,
      },
    });
  });

  it('a token signed with the secret reads names where Supabase puts them', async () => {
    const token = await sign(
      claims({ role: 'authenticated', user_metadata: { full_name: 'Alice', avatar_url: 'https://x.example/a' } }),
    );
    expect(await bySecret().verify(token)).toMatchObject({
      value: { name: 'Alice', email: null, avatarUrl: 'https://x.example/a' },
    });
  });

  it('a token signed with the secret drops of names what cannot be stored, and addresses that are not of the web', async () => {
    const token = await sign(claims({ name: 'a\u0000b', picture: 'javascript:alert(1)' }));
    expect(await bySecret().verify(token)).toMatchObject({ ok: true, value: { name: 'ab', avatarUrl: null } });
  });

  it('a token signed with the secret looks at aud only where one is expected', async () => {
    const verifier = bySecret('authenticated');
    expect(await fault(await sign(claims({ aud: ['other', 'authenticated'] })), verifier)).toBeNull();
    expect(await fault(await sign(claims({ aud: 'other' })), verifier)).toBe('unauthenticated');
    expect(await fault(await sign(claims()), verifier)).toBe('unauthenticated');
    expect(await fault(await sign(claims({ aud: 'other' })))).toBeNull();
  });

  it.each<[string, JWTPayload]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined as never }],
    ['no end', { exp: undefined as never }],
    ['an end that is no number', { exp: '9999999999' as never }],
    ['a beginning in the future', { nbf: inOneHour() }],
    ['no user', { sub: undefined as never }],
    ['a user that is no UUID', { sub: 'alice' }],
    ['a user in capitals', { sub: ALICE.toUpperCase() }],
    ['a user in braces', { sub: `{${ALICE}}` }],
  ])('[R6] a token signed with the secret is refused with %s', async (_, given) => {
    expect(await fault(await sign(claims(given)))).toBe('unauthenticated');
  });

  it('a token signed with the secret counts when it is some seconds too new for our clock, and only its beginning has that grace', async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect(await fault(await sign(claims({ nbf: now + 10, iat: now + 10 })))).toBeNull();
    expect(await fault(await sign(claims({ iat: now + 10, exp: now + 40 })))).toBeNull();
    expect(await fault(await sign(claims({ nbf: now + 120 })))).toBe('unauthenticated');
    expect(await fault(await sign(claims({ exp: now })))).toBe('token-expired');
  });

  it('a token signed with the secret is told apart when it has expired, but only if everything else is right', async () => {
    const exp = Math.floor(Date.now() / 1_000) - 1;
    expect(await fault(await sign(claims({ exp })))).toBe('token-expired');
    expect(await fault(await sign(claims({ exp, iss: 'https://evil.example' })))).toBe('unauthenticated');
    expect(await fault(await sign(claims({ exp }), 'another-secret-of-some-length'))).toBe('unauthenticated');
  });

  it('a token signed with the secret expires while it is remembered', async () => {
    let now = Date.now();
    const verifier = bySecret(null, () => now);
    const token = await sign(claims({ exp: Math.floor(now / 1_000) + 10 }));
    expect(await fault(token, verifier)).toBeNull();
    now += 10_000;
    expect(await fault(token, verifier)).toBe('token-expired');
  });

  it('a token signed with the secret never ends later than a date can be', async () => {
    expect(await bySecret().verify(await sign(claims({ exp: 1e300 })))).toMatchObject({
      value: { expiresAt: 8.64e15 },
    });
  });
});

describe('forgeries', () => {
  it('the verifier refuses alg none, with and without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const unsigned = `${base64url({ alg, typ: 'JWT' })}.${base64url(claims())}.`;
      expect(await fault(unsigned)).toBe('unauthenticated');
      expect(await fault(`${unsigned}AAAA`)).toBe('unauthenticated');
    }
  });

  it('the verifier refuses another secret, another HMAC, and a payload changed under its signature', async () => {
    const token = await sign(claims());
    const [header, , signature] = token.split('.');
    expect(await fault(await sign(claims(), 'another-secret-of-some-length'))).toBe('unauthenticated');
    expect(await fault(await sign(claims(), SECRET.padEnd(64, '!'), 'HS512'))).toBe('unauthenticated');
    expect(await fault(`${header}.${base64url(claims({ sub: ALICE.replace('a', 'b') }))}.${signature}`)).toBe(
      'unauthenticated',
    );
  });

  it.each(['', '.', '..', '...', 'a.b.c', 'Bearer x', '{}', '\u0000', `${'x'.repeat(17_000)}.y.z`])(
    'refuses garbage (%#)',
    async (token) => {
      expect(await fault(token)).toBe('unauthenticated');
    },
  );

  it('the verifier refuses a huge token without reading it', async () => {
    expect(await fault(await sign(claims({ groups: Array(20_000).fill('group') })))).toBe('unauthenticated');
  });

  it('the verifier never takes a public key for an HMAC secret, nor an embedded key for ours', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256' };
    const verifier = new JwtVerifier(
      localKeys(async () => ({ keys: [jwk] })),
      { issuer: ISSUER, audience: null },
    );
    const confused = new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(key(await exportSPKI(publicKey)));
    expect(await fault(await confused, verifier)).toBe('unauthenticated');
    expect(await fault(await sign(claims()), verifier)).toBe('unauthenticated');

    const mallory = await generateKeyPair('RS256', { extractable: true });
    const embedded = {
      alg: 'RS256',
      kid: 'k1',
      jwk: await exportJWK(mallory.publicKey),
      jku: 'https://evil.example/jwks',
    };
    expect(
      await fault(await new SignJWT(claims()).setProtectedHeader(embedded).sign(mallory.privateKey), verifier),
    ).toBe('unauthenticated');
    const honest = new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey);
    expect(await fault(await honest, verifier)).toBeNull();
  });
});

describe('a token signed with a key of a set', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

  async function serve(answer: () => JSONWebKeySet | null) {
    const requests = vi.fn();
    server = createServer((_, response) => {
      requests();
      const keys = answer();
      response.writeHead(keys === null ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(keys));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/jwks`, requests };
  }
  async function newKey(alg: string, kid?: string) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const header = { alg, ...(kid === undefined ? {} : { kid }) };
    return {
      jwk: { ...(await exportJWK(publicKey)), ...header },
      sign: (payload: JWTPayload = claims()) => new SignJWT(payload).setProtectedHeader(header).sign(privateKey),
    };
  }
  const expected = { issuer: ISSUER, audience: null };

  it.each(['EdDSA', 'ES256', 'RS256', 'PS256'])('is accepted with %s', async (alg) => {
    const signer = await newKey(alg, 'k1');
    const { url } = await serve(() => ({ keys: [signer.jwk] }));
    expect(await fault(await signer.sign(), new JwtVerifier(remoteKeys(url), expected))).toBeNull();
  });

  it('a token signed with a key of a set may leave out which key it was', async () => {
    const [one, two] = [await newKey('ES256'), await newKey('ES256')];
    const { url } = await serve(() => ({ keys: [one.jwk, two.jwk] }));
    const verifier = new JwtVerifier(remoteKeys(url), expected);
    expect(await fault(await two.sign(), verifier)).toBeNull();
    expect(await fault(await (await newKey('ES256')).sign(), verifier)).toBe('unauthenticated');
  });

  it('a token signed with a key of a set is checked once while it is remembered, however many ask at the same time', async () => {
    const signer = await newKey('EdDSA', 'k1');
    const load = vi.fn(async () => ({ keys: [signer.jwk] }));
    const verifier = new JwtVerifier(localKeys(load), expected);
    const token = await signer.sign();
    const all = await Promise.all(Array.from({ length: 300 }, () => verifier.verify(token)));
    expect(all.every(({ ok }) => ok)).toBe(true);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is taken although its key was made, by another server, just after the keys were read', async () => {
    const [first, second] = [await newKey('ES256', 'k1'), await newKey('ES256', 'k2')];
    const known = [first.jwk];
    const load = vi.fn(async () => ({ keys: [...known] }));
    const verifier = new JwtVerifier(localKeys(load), expected);
    expect(await fault(await first.sign(), verifier)).toBeNull();
    known.push(second.jwk);
    expect(await fault(await second.sign(), verifier)).toBeNull();
    const strangers = await Promise.all(
      Array.from({ length: 50 }, async (_, nth) => (await newKey('ES256', `x${nth}`)).sign()),
    );
    const faults = await Promise.all(strangers.map((token) => fault(token, verifier)));
    expect(new Set(faults)).toEqual(new Set(['unauthenticated']));
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('does not make us ask the issuer again and again when its key is unknown', async () => {
    const signer = await newKey('ES256', 'k1');
    const { url, requests } = await serve(() => ({ keys: [signer.jwk] }));
    const verifier = new JwtVerifier(remoteKeys(url), expected);
    await verifier.verify(await signer.sign());
    for (let nth = 0; nth < 5; nth += 1)
      expect(await fault(await (await newKey('ES256', `x${nth}`)).sign(), verifier)).toBe('unauthenticated');
    expect(requests.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('[R11] a token signed with a key of a set is neither good nor bad while the keys cannot be had, and known keys go on counting', async () => {
    const signer = await newKey('ES256', 'k1');
    let isUp = false;
    const { url } = await serve(() => (isUp ? { keys: [signer.jwk] } : null));
    const verifier = new JwtVerifier(remoteKeys(url), expected);
    const token = await signer.sign();
    expect(await fault(token, verifier)).toBe('unavailable');
    isUp = true;
    expect(await fault(token, verifier)).toBeNull();
    isUp = false;
    expect(await fault(await signer.sign(claims({ name: 'another token' })), verifier)).toBeNull();
    const local = new JwtVerifier(
      localKeys(() => Promise.reject(new Error('database away'))),
      expected,
    );
    expect(await fault(token, local)).toBe('unavailable');
  });
});
