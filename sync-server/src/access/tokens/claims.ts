/** What a token says of its bearer, read off the claims of any issuer: ours, Supabase's, another. */
import { isUserId, type UserId } from '@tablo/schema/ids';
import { MAX_TIME_MS } from '@tablo/schema/limits';
import { cleanName, MAX_PERSON_NAME_CODE_POINTS } from '@tablo/schema/names/name';
import { isStorableText } from '@tablo/schema/names/text';
import type { JWTPayload } from 'jose';

export interface Claims {
  readonly userId: UserId;
  /** Cleaned: what a name may be is `schema`'s to say, whoever issued the token. */
  readonly name: string | null;
  readonly email: string | null;
  readonly avatarUrl: string | null;
  /** ms since the Unix epoch. */
  readonly expiresAt: number;
}

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
    name: firstName([payload['name'], metadata['full_name'], metadata['name']]),
    email: emailAddress(payload['email']),
    avatarUrl: webAddress([payload['avatar_url'], payload['picture'], metadata['avatar_url'], metadata['picture']]),
    // Timers and dates stop there; the year 275760 is as good as never.
    expiresAt: Math.min(exp * 1_000, MAX_TIME_MS),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The first that shows something. */
function firstName(values: readonly unknown[]): string | null {
  for (const value of values) {
    const name = typeof value === 'string' ? cleanName(value, { max: MAX_PERSON_NAME_CODE_POINTS }) : '';
    if (name !== '') return name;
  }
  return null;
}

/** An address distinguishes people whose names look alike. An address with hidden characters is dropped. */
function emailAddress(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const address = cleanName(value, { max: EMAIL_MAX_LENGTH });
  return address === value.trim().normalize('NFC') && !/\s/u.test(address) && address !== '' ? address : null;
}

function webAddress(values: readonly unknown[]): string | null {
  const value = values.find((one) => typeof one === 'string' && one.trim() !== '');
  if (typeof value !== 'string' || value.length > URL_MAX_LENGTH) return null;
  const address = value.trim();
  return ['https:', 'http:'].includes(URL.parse(address)?.protocol ?? '') && isStorableText(address) ? address : null;
}

/** What others see of a person who is online. */
export function displayName({ name, email }: Pick<Claims, 'name' | 'email'>): string {
  return name ?? (cleanName(email?.split('@')[0] ?? '') || 'Someone');
}
