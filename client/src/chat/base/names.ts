/** Names as this device shows them. What comes from the server may have been written by plain SQL, or stored here by an earlier release: it is cleaned on the way in. */
import { MAX_TABLO_NAME_CODE_POINTS } from '@tablo/schema/limits';
import { cleanName } from '@tablo/schema/names/name';
import { NAMELESS_TABLO } from './nameless-tablo.ts';

/** The name of a person for whom we know no visible name. */
export const UNKNOWN_NAME = 'Someone';
/** The same for a person who has left, as the server has confirmed. */
export const FORMER_NAME = 'Former member';

export function tabloNameOf(name: string): string {
  return cleanName(name, { max: MAX_TABLO_NAME_CODE_POINTS }) || NAMELESS_TABLO;
}

export function personNameOf(name: string | null, email: string | null = null): string {
  return cleanName(name ?? '') || cleanName(email ?? '') || UNKNOWN_NAME;
}

/** An address with hidden characters is dropped: addresses distinguish people. */
export function emailOf(email: string | null): string | null {
  return email !== null && cleanName(email, { max: 320 }) === email && !email.includes(' ') ? email : null;
}
