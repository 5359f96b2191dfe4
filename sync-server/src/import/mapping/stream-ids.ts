/**
 * Ids that follow from Stream's: the same file gives the same ids, whenever and wherever it is read, which is what makes an import that runs twice change nothing. An id that is a
 * UUID stays; else a UUID of version 5 (RFC 9562, section 5.5) of what it names, within a name space of ours.
 */
import { hash } from 'node:crypto';
import { isCanonicalUuid } from '@tablo/schema/ids';

/** Ours: drawn once, never to be changed. */
const NAME_SPACE = Buffer.from('5d0a8f0e3c5b4d1f9a7e2b6c4f8d1e90', 'hex');

/** `kind`: of the thing named, so that a user and a channel of one name are two. */
export function createNamedId(kind: string, ...name: readonly (string | number)[]): string {
  // As JSON: no two lists of names read the same.
  const bytes = hash('sha1', Buffer.concat([NAME_SPACE, Buffer.from(JSON.stringify([kind, ...name]))]), 'buffer');
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex').slice(0, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Stream takes either case; here there is one. */
export function asUuid(id: string): string | null {
  const lower = id.toLowerCase();
  return isCanonicalUuid(lower) ? lower : null;
}
