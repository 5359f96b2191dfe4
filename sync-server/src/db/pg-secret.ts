/** Secrets that the first server on a database makes up, and all others find. */
import { randomBytes } from 'node:crypto';
import type { Pool } from './pool.ts';

const SECRET_BYTES = 32;

export async function readSecret(pool: Pick<Pool, 'query'>, name: string): Promise<string> {
  // Two servers may start together: the first row stays, and both read it.
  await pool.query('INSERT INTO tablo_private.settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    name,
    randomBytes(SECRET_BYTES).toString('base64url'),
  ]);
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM tablo_private.settings WHERE name = $1', [
    name,
  ]);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error(`the secret ${name} was deleted while it was read`);
  return value;
}
