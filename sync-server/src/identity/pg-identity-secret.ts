/** The identity service's secret: made up by the first server that starts on a database, found by all others. It signs cookies and encrypts private keys. */
import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';

const NAME = 'identity_secret';
const SECRET_BYTES = 32;

export async function readIdentitySecret(pool: Pool): Promise<string> {
  // Two servers may start together: the first row stays, and both read it.
  await pool.query('INSERT INTO tablo_private.settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    NAME,
    randomBytes(SECRET_BYTES).toString('base64url'),
  ]);
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM tablo_private.settings WHERE name = $1', [
    NAME,
  ]);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error('the identity secret was deleted while it was read');
  return value;
}
