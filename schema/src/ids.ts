/**
 * Every id is a lowercase canonical UUID; another spelling of the same UUID is another string to Yjs and the same value to PostgreSQL,
 * so it is refused at every edge. Brands keep a user's id out of a tablo's place. This file alone mints them.
 */

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type TabloId = Id<'TabloId'>;
export type UserId = Id<'UserId'>;
export type EntryId = Id<'EntryId'>;

/** The author of entries that the server derives (arrivals). No user can have this id, since it is not a UUID. */
export const SERVER_AUTHOR = 'server';

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isCanonicalUuid(value: unknown): value is string {
  return typeof value === 'string' && CANONICAL_UUID.test(value);
}

export const isTabloId = (value: unknown): value is TabloId => isCanonicalUuid(value);
export const isUserId = (value: unknown): value is UserId => isCanonicalUuid(value);
export const isEntryId = (value: unknown): value is EntryId => isCanonicalUuid(value);

/**
 * A new entry id: UUID version 7 (RFC 9562, section 5.7), 48 bits of `now` (ms since the Unix epoch), then random bits. Time-ordered ids keep the
 * primary key's index pages warm; nothing else relies on the order.
 */
export function createEntryId(now: number = Date.now()): EntryId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(now / 0x1_0000));
  view.setUint16(4, now % 0x1_0000);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as EntryId;
}
