/** better-auth's own format and cost (`@better-auth/utils/password`), so that every hash that was ever stored goes on counting: `<salt>:<key>`, both hex. */
import { scryptSync } from 'node:crypto';

const COST = { N: 16_384, r: 16, p: 1 } as const;
const KEY_BYTES = 64;

export interface HashOrder {
  readonly id: number;
  readonly password: string;
  readonly salt: string;
}

export interface HashAnswer {
  readonly id: number;
  readonly key: string;
}

/** Some 60 ms of one core, and 32 MiB. */
export function derive(password: string, salt: string): string {
  const maxmem = 2 * 128 * COST.N * COST.r;
  return scryptSync(password.normalize('NFKC'), salt, KEY_BYTES, { ...COST, maxmem }).toString('hex');
}
