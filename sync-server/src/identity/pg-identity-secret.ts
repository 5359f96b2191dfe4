/** The identity service's secret: made up by the first server that starts on a database, found by all others. It signs cookies and encrypts private keys. */
import { readSecret } from '../db/pg-secret.ts';
import type { Pool } from '../db/pool.ts';

export const readIdentitySecret = (pool: Pool): Promise<string> => readSecret(pool, 'identity_secret');
