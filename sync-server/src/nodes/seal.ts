/**
 * [N2] Every user of the database may NOTIFY, whatever they like. A hint is sealed with a key that only servers can read, so that nobody else shows a person who is not
 * there, or keeps servers reading.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Of a SHA-256, in base64url: 16 bytes. */
const SEAL_UNITS = 22;

export interface Seal {
  close(text: string): string;
  /** Null: not sealed with this key. */
  open(sealed: string): string | null;
}

/** What a seal adds to a text, in bytes. */
export const SEAL_BYTES = SEAL_UNITS;

export function createSeal(key: string): Seal {
  const sign = (text: string): string =>
    createHmac('sha256', key).update(text).digest('base64url').slice(0, SEAL_UNITS);
  return {
    close: (text) => sign(text) + text,
    open: (sealed) => {
      const text = sealed.slice(SEAL_UNITS);
      const [given, right] = [Buffer.from(sealed.slice(0, SEAL_UNITS)), Buffer.from(sign(text))];
      return given.byteLength === right.byteLength && timingSafeEqual(given, right) ? text : null;
    },
  };
}
