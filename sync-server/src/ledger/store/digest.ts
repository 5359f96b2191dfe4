import { hash } from 'node:crypto';

/** First 16 bytes of SHA-256 over an entry's content, in hex: enough to tell a repeated entry from another with the same id [R4]. */
export function digestContent(content: string): string {
  return hash('sha256', content, 'hex').slice(0, 32);
}
