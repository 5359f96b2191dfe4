import { SignJWT } from 'jose';

/** Tokens as a host application's issuer signs them, for JWT_SECRET. */
export function createTokenSigner(secret: string): (user: string) => Promise<string> {
  const key = new TextEncoder().encode(secret);
  return (user) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setIssuer('host')
      .setExpirationTime('1h')
      .sign(key);
}
