/** Whom a token names. Only read, never trusted: the server verifies. */
import { isUserId, type UserId } from '@tablo/schema/ids';
import { personNameOf } from '../base/names.ts';
import { readTokenClaims } from './token-claims.ts';

export interface User {
  readonly id: UserId;
  readonly name: string;
  readonly email: string | null;
}

export function parseUser(value: unknown): User | null {
  const { id, name, email } = (value ?? {}) as { id?: unknown; name?: unknown; email?: unknown };
  if (!isUserId(id)) return null;
  const address = typeof email === 'string' ? email : null;
  return { id, name: personNameOf(typeof name === 'string' ? name : null, address), email: address };
}

/** `null`: it is no JWT, or names nobody. */
export function readTokenUser(token: string): User | null {
  const { sub, name, email } = readTokenClaims(token) ?? {};
  return parseUser({ id: sub, name, email });
}
