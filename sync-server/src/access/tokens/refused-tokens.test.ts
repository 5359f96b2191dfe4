import { generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { RefusedTokens } from './refused-tokens.ts';
import { localKeys, secretKeys } from './token-keys.ts';
import { JwtVerifier } from './token-verifier.ts';

const SECRET = 'a-secret-that-nobody-knows-at-all';
const ISSUER = 'https://issuer.example/auth/v1';
const ALICE = '0197aaaa-0000-7000-8000-00000000000a';

const sign = (given: JWTPayload, secret = SECRET) =>
  new SignJWT({ iss: ISSUER, aud: 'chat', sub: ALICE, exp: Math.floor(Date.now() / 1_000) + 3_600, ...given })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));

function setUp(type: 'secret' | 'jwks' | 'built-in' = 'secret') {
  const lines: string[] = [];
  let now = 0;
  const log = {
    warn: (fields: object | string, message = '') => void lines.push(`${message} ${JSON.stringify(fields)}`),
  };
  const expected = { issuer: ISSUER, audience: 'chat' };
  const refused = new RefusedTokens({ tokens: { type }, ...expected }, log, () => now);
  const keys = type === 'secret' ? secretKeys(SECRET) : localKeys(async () => ({ keys: [] }));
  const verifier = new JwtVerifier(keys, expected, Date.now, refused);
  return { lines, verifier, wait: (ms: number) => (now += ms) };
}

it('a token of another issuer or for another audience is told with both values and the setting, once in ten minutes', async () => {
  const { lines, verifier, wait } = setUp();
  for (let nth = 0; nth < 20; nth += 1) {
    await verifier.verify(await sign({ iss: 'https://issuer.example/auth/v1/', jti: String(nth) }));
    await verifier.verify(await sign({ aud: ['authenticated', 'other'], jti: String(nth) }));
  }
  expect(lines).toEqual([
    expect.stringMatching(/JWT_ISSUER.*"iss":"https:\/\/issuer\.example\/auth\/v1\/","JWT_ISSUER":"https:.*v1"/),
    expect.stringMatching(/JWT_AUDIENCE.*"aud":"authenticated other","JWT_AUDIENCE":"chat"/),
  ]);
  wait(600_000);
  await verifier.verify(await sign({ iss: 'https://issuer.example/auth/v1/', jti: 'again' }));
  expect(lines).toHaveLength(3);
});

it('one that was signed otherwise is told without a word of it, and names the setting of the keys', async () => {
  const other = await sign({ iss: 'https://mallory.example' }, 'another-secret-of-somebody-else');
  const { privateKey } = await generateKeyPair('ES256');
  const paired = await new SignJWT({ iss: ISSUER }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey);
  for (const [type, setting] of [
    ['secret', 'JWT_SECRET'],
    ['jwks', 'JWT_JWKS_URL'],
    ['built-in', 'JWT_SECRET or JWT_JWKS_URL'],
  ] as const) {
    const { lines, verifier } = setUp(type);
    for (const token of [other, paired, other.replace(/^ey/, 'eX')]) await verifier.verify(token);
    expect(lines).toEqual([expect.stringContaining(setting)]);
    expect(lines[0]).not.toMatch(/mallory|eyJ/);
  }
});

it('the log is not filled by ever other values, nor by long ones, nor by what looks like a line', async () => {
  const { lines, verifier } = setUp();
  for (let nth = 0; nth < 100; nth += 1) {
    await verifier.verify(await sign({ iss: `${nth}\n{"level":"error"}\u001b[2J\u202e${'x'.repeat(5_000)}` }));
  }
  expect(lines).toHaveLength(20);
  for (const line of lines) {
    expect(line.length).toBeLessThan(500);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(line).not.toMatch(/[\n\u001b\u202e]|\\n|\\u/);
  }
});

it('a claim that is no word is refused and told like any other, whatever is in it', async () => {
  const { lines, verifier } = setUp();
  const odd: unknown = { toString: 1, toJSON: 'x' };
  for (const iss of [odd, [odd, ['a']], 7, null]) {
    const token = await sign({ iss } as JWTPayload);
    expect((await verifier.verify(token)).ok).toBe(false);
  }
  expect((await verifier.verify(await sign({ aud: [odd] } as JWTPayload))).ok).toBe(false);
  expect(lines).toEqual(
    ['"iss":"(an object)"', '"iss":"(an object) (an object)"', '"iss":"7"', '"iss":"null"', '"aud":"(an object)"'].map(
      (text) => expect.stringContaining(text),
    ),
  );
});

it('a good token, an expired one, and what is no token are not told', async () => {
  const { lines, verifier } = setUp();
  expect((await verifier.verify(await sign({}))).ok).toBe(true);
  await verifier.verify(await sign({ exp: 1 }));
  await verifier.verify('no.token.at-all');
  expect(lines).toEqual([]);
});
