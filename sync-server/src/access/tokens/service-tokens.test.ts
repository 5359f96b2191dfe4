import { type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { OurServiceTokens } from './service-tokens.ts';
import { secretKeys } from './token-keys.ts';
import { JwtVerifier } from './token-verifier.ts';

const SECRET = 'a-secret-that-nobody-knows-at-all';
const ISSUER = 'https://issuer.example/auth/v1';
const [FIRST, SECOND] = ['first-token-of-more-than-32-letters', 'second-token-of-more-than-32-letters'];
const inOneHour = () => Math.floor(Date.now() / 1_000) + 3_600;

const sign = (payload: JWTPayload, secret = SECRET) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
/** As Supabase makes it. */
const serviceKey = (given: JWTPayload = {}, secret = SECRET) =>
  sign({ iss: 'supabase', ref: 'abcdefghijkl', role: 'service_role', exp: inOneHour(), ...given }, secret);
const tokens = (now = Date.now) =>
  new OurServiceTokens(secretKeys(SECRET), { serviceTokens: [FIRST, SECOND], issuer: ISSUER }, null, now);
const people = (audience: string | null = 'authenticated') =>
  new JwtVerifier(secretKeys(SECRET), { issuer: ISSUER, audience });

describe('a back end’s token', () => {
  it('a back end’s token is one of the setting’s, each known apart by a name that does not give it away', async () => {
    const names = [await tokens().verify(FIRST), await tokens().verify(SECOND)].map((verified) =>
      verified?.ok ? verified.value.name : null,
    );
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{8}$/);
    expect(tokens().remembers(FIRST)).toBe(true);
    for (const wrong of [FIRST.slice(1), `${FIRST}x`, FIRST.toUpperCase(), ''])
      expect([await tokens().verify(wrong), tokens().remembers(wrong)]).toEqual([null, false]);
  });

  it('a back end’s token is one of the issuer’s with the role: of Supabase without sub and aud, and of our issuer', async () => {
    const all = tokens();
    for (const token of [await serviceKey(), await serviceKey({ iss: ISSUER, sub: crypto.randomUUID() })]) {
      expect(all.remembers(token)).toBe(false);
      expect(await all.verify(token)).toMatchObject({ ok: true, value: { name: 'service_role' } });
      expect(all.remembers(token)).toBe(true);
    }
  });

  it('a back end’s token is refused with another signature, issuer or end, or none', async () => {
    const refused = async (token: string) => (await tokens().verify(token)) ?? 'not a back end’s';
    expect(await refused(await serviceKey({}, 'another-secret-of-enough-length'))).toMatchObject({
      error: 'unauthenticated',
    });
    expect(await refused(await serviceKey({ iss: 'https://other.example' }))).toMatchObject({
      error: 'unauthenticated',
    });
    expect(await refused(await serviceKey({ exp: 1 }))).toMatchObject({ error: 'token-expired' });
    expect(await refused(await sign({ iss: ISSUER, role: 'service_role' }))).toMatchObject({
      error: 'unauthenticated',
    });
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ iss: ISSUER, role: 'service_role', exp: inOneHour() }),
    ).toString('base64url')}.`;
    expect(await refused(none)).toMatchObject({ error: 'unauthenticated' });
  });

  it('a back end’s token is nobody’s where people sign in, whatever else it says; and a person’s is no back end’s', async () => {
    const sub = crypto.randomUUID();
    const both = await serviceKey({ iss: ISSUER, sub, aud: 'authenticated' });
    expect(await people().verify(both)).toEqual({ ok: false, error: 'unauthenticated' });
    const person = await sign({ iss: ISSUER, sub, aud: 'authenticated', role: 'authenticated', exp: inOneHour() });
    expect(await people().verify(person)).toMatchObject({ ok: true });
    expect(await tokens().verify(person)).toBeNull();
    expect(await people().verify(await sign({ iss: 'supabase', sub, aud: 'authenticated', exp: inOneHour() }))).toEqual(
      {
        ok: false,
        error: 'unauthenticated',
      },
    );
  });
});
