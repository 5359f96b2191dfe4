/**
 * [N2] Every user of the database may hear what is notified, and NOTIFY whatever they like. A hint is sealed with a key that only servers can read, so that nobody else
 * learns who is present, shows a person who is not there, or keeps servers reading.
 *
 * AES-256-GCM, where a key must never meet a number twice: each process draws a salt, by which its own key is made of the secret that all share, and counts what it seals.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const COUNT_BYTES = 6;
const TAG_BYTES = 16;
const HEAD_BYTES = SALT_BYTES + COUNT_BYTES;
/** Keys of other servers that are remembered. */
const KEYS_MAX = 256;

export interface Seal {
  close(text: string): string;
  /** Null: not sealed with this secret. */
  open(sealed: string): string | null;
}

/** How long a text of so many bytes is when it is sealed. */
export const sealedBytes = (bytes: number): number => Math.ceil(((HEAD_BYTES + bytes + TAG_BYTES) * 4) / 3);

export function createSeal(secret: string): Seal {
  const salt = randomBytes(SALT_BYTES);
  const own = keyOf(secret, salt);
  const keys = new Map<string, Buffer>();
  let count = 0;
  return {
    close: (text) => {
      count += 1;
      const counted = Buffer.alloc(COUNT_BYTES);
      counted.writeUIntBE(count, 0, COUNT_BYTES);
      const cipher = createCipheriv(CIPHER, own, nonceOf(counted), { authTagLength: TAG_BYTES });
      const parts = [cipher.update(text, 'utf8'), cipher.final()];
      return Buffer.concat([salt, counted, ...parts, cipher.getAuthTag()]).toString('base64url');
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.byteLength < HEAD_BYTES + TAG_BYTES) return null;
      const by = bytes.toString('latin1', 0, SALT_BYTES);
      const key = keys.get(by) ?? keyOf(secret, bytes.subarray(0, SALT_BYTES));
      const text = decrypt(bytes, key);
      // Only of a server: others could make us forget those that are needed.
      if (text !== null && !keys.has(by)) {
        if (keys.size >= KEYS_MAX) keys.clear();
        keys.set(by, key);
      }
      return text;
    },
  };
}

function decrypt(bytes: Buffer, key: Buffer): string | null {
  const decipher = createDecipheriv(CIPHER, key, nonceOf(bytes.subarray(SALT_BYTES, HEAD_BYTES)), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null; // The tag is another's: it was not sealed with this key.
  }
}

const keyOf = (secret: string, salt: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, 'tablo-chat hints', KEY_BYTES));

const nonceOf = (counted: Buffer): Buffer => Buffer.concat([Buffer.alloc(NONCE_BYTES - COUNT_BYTES), counted]);
