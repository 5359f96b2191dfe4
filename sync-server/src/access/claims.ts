/** What a token says of its bearer, read off the claims of any issuer: ours, Supabase's, another. */
import { isUserId, type UserId } from '@tablo/schema/ids';
import { MAX_TIME_MS } from '@tablo/schema/limits';
import { isStorableText } from '@tablo/schema/text';
import type { JWTPayload } from 'jose';

export interface Claims {
  readonly userId: UserId;
  readonly name: string | null;
  readonly email: string | null;
  readonly avatarUrl: string | null;
  /** ms since the Unix epoch. */
  readonly expiresAt: number;
}

const NAME_MAX_LENGTH = 200;
/** RFC 5321, section 4.5.3.1. */
const EMAIL_MAX_LENGTH = 320;
const URL_MAX_LENGTH = 2_048;

/** `null` where the token does not name a user and an end. Its signature, `iss` and `aud` were checked before. */
export function claimsOf(payload: JWTPayload): Claims | null {
  const { sub, exp } = payload;
  if (!isUserId(sub) || typeof exp !== 'number' || !Number.isFinite(exp)) return null;
  const metadata = asRecord(payload['user_metadata']);
  return {
    userId: sub,
    name: first([payload['name'], metadata['full_name'], metadata['name']], NAME_MAX_LENGTH),
    email: first([payload['email']], EMAIL_MAX_LENGTH),
    avatarUrl: webAddress([payload['avatar_url'], payload['picture'], metadata['avatar_url'], metadata['picture']]),
    // Timers and dates stop there; the year 275760 is as good as never.
    expiresAt: Math.min(exp * 1_000, MAX_TIME_MS),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The first that is a text which can be stored and shown. */
function first(values: readonly unknown[], maxLength: number): string | null {
  for (const value of values) {
    if (typeof value !== 'string' || !isStorableText(value)) continue;
    const trimmed = value.trim().slice(0, maxLength).toWellFormed();
    if (trimmed !== '') return trimmed;
  }
  return null;
}

function webAddress(values: readonly unknown[]): string | null {
  const value = first(values, URL_MAX_LENGTH + 1);
  if (value === null || value.length > URL_MAX_LENGTH) return null;
  return ['https:', 'http:'].includes(URL.parse(value)?.protocol ?? '') ? value : null;
}
