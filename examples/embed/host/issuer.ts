/** The host's issuer of tokens: ES256, and its public keys where the chat server reads them (JWKS). What Supabase Auth, Auth0 or Keycloak do for others. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

const KEY_ID = 'planner-1';
/** Short on purpose: the chat renews them ahead of time. */
const LIFETIME = '10m';

export interface Issuer {
  /** What `/.well-known/jwks.json` answers: public keys alone. */
  readonly keys: { readonly keys: readonly JWK[] };
  issue(user: { readonly id: string; readonly name: string; readonly email: string }): Promise<string>;
}

/** The key lives in `dataDir`, so that a restart signs nobody out. */
export async function openIssuer(dataDir: string, name: string): Promise<Issuer> {
  const file = join(dataDir, 'issuer-key.json');
  const secret = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as JWK,
    async () => {
      const { privateKey } = await generateKeyPair('ES256', { extractable: true });
      const made = await exportJWK(privateKey);
      await writeFile(file, JSON.stringify(made), { mode: 0o600 });
      return made;
    },
  );
  const key = await importJWK(secret, 'ES256');
  const { d: _, ...open } = secret;
  return {
    keys: { keys: [{ ...open, kid: KEY_ID, alg: 'ES256', use: 'sig' }] },
    issue: ({ id, name: called, email }) =>
      new SignJWT({ name: called, email })
        .setProtectedHeader({ alg: 'ES256', kid: KEY_ID })
        .setSubject(id)
        .setIssuer(name)
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(key),
  };
}
